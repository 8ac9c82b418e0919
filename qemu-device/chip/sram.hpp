// SPDX-License-Identifier: MIT
// The SRAM: memory of the caller, read and written by both engines and by
// whoever maps it. Nothing here takes a lock but the errors; who touches the same
// bytes at once gets what docs/hardware.md section 12 says.
#ifndef GROQ_CHIP_SRAM_HPP
#define GROQ_CHIP_SRAM_HPP

#include <cstddef>
#include <cstdint>
#include <cstring>

#include "hw/groq_sram.h"
#include "memory_errors.hpp"

namespace groq::chip {

class sram {
public:
    sram(void *memory, uint32_t bytes)
        : memory_(static_cast<uint8_t *>(memory)), bytes_(bytes) {}

    uint32_t size() const { return bytes_; }
    uint8_t *at(uint32_t address) { return memory_ + address; }
    const uint8_t *at(uint32_t address) const { return memory_ + address; }

    // Of what at() gave.
    uint32_t address_of(const uint8_t *data) const {
        return static_cast<uint32_t>(data - memory_);
    }

    // Whoever writes granules clears their errors, whoever reads them checks.
    memory_errors &errors() { return errors_; }
    const memory_errors &errors() const { return errors_; }

    bool contains(uint64_t address, uint64_t bytes) const {
        return address <= bytes_ && bytes <= bytes_ - address;
    }

    // The granule as whoever consumes it sees it: after correction.
    soundness consume(uint32_t granule, uint8_t *out) const {
        codeword error = errors_.at(granule);
        soundness s = correct_secded(error);
        std::memcpy(out, at(granule), memory_errors::granule_bytes);
        flip_data(out, error);
        return s;
    }

    // Leaves pages alone that nobody ever wrote, so that they cost no memory.
    void clear() {
        errors_.clear();
        constexpr size_t page = 4096;
        for (size_t at = 0; at < bytes_; at += page)
            clear_page(memory_ + at, at + page < bytes_ ? page : bytes_ - at);
    }

private:
    static void clear_page(uint8_t *data, size_t bytes) {
        if (data[0] != 0 || std::memcmp(data, data + 1, bytes - 1) != 0)
            std::memset(data, 0, bytes);
    }

    uint8_t *memory_;
    uint32_t bytes_;
    memory_errors errors_;
};

} // namespace groq::chip

#endif
