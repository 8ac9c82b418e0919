// SPDX-License-Identifier: MIT
// ECC errors on purpose, docs/hardware.md section 4.5: the registers say where
// and which bits, and here they are made.
#ifndef GROQ_CHIP_ERROR_INJECTOR_HPP
#define GROQ_CHIP_ERROR_INJECTOR_HPP

#include "register_file.hpp"
#include "sram.hpp"
#include "stream_errors.hpp"

namespace groq::chip {

class error_injector {
public:
    error_injector(const register_file &registers, sram &sram, stream_errors &streams)
        : registers_(registers), sram_(sram), streams_(streams) {}

    // A write of @targets to ECC_INJECT, from any thread.
    void inject(uint32_t targets);

private:
    void into_sram(uint32_t address, const codeword &error);
    void into_stream(uint32_t address, const codeword &error);

    const register_file &registers_;
    sram &sram_;
    stream_errors &streams_;
};

} // namespace groq::chip

#endif
