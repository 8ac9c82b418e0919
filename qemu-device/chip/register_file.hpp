// SPDX-License-Identifier: MIT
// Registers that are nothing but storage: identity, scratch, messages of the
// mailbox. What a write may change and what a reset
// restores is data, in the table of register_file.cpp.
#ifndef GROQ_CHIP_REGISTER_FILE_HPP
#define GROQ_CHIP_REGISTER_FILE_HPP

#include <array>
#include <atomic>
#include <cstdint>

#include "archive.hpp"
#include "hw/groq_regs.h"

namespace groq::chip {

class register_file {
public:
    static constexpr uint32_t bytes = GROQ_LINK(0);

    register_file() { reset(); }

    uint32_t read(uint32_t offset) const;
    // As the driver may: bits that are not writable keep their value.
    void write(uint32_t offset, uint32_t value);
    // As the chip itself may.
    void set(uint32_t offset, uint32_t value);
    void set64(uint32_t offset, uint64_t value);
    // Registers with a reset value take it; what was only set() stays.
    void reset();
    void serialize(archive &a);

private:
    std::array<std::atomic<uint32_t>, bytes / 4> words_{};
};

} // namespace groq::chip

#endif
