// SPDX-License-Identifier: MIT
// The 88 slices of SRAM as a program sees them: words, two banks, one read and
// one write per cycle, within the windows of the queue, docs/isa.md section 5.1.
#ifndef GROQ_CHIP_MEMORY_SLICES_HPP
#define GROQ_CHIP_MEMORY_SLICES_HPP

#include <array>
#include <cstdint>

#include "archive.hpp"
#include "sram.hpp"
#include "trouble.hpp"
#include "windows.hpp"

namespace groq::chip {

class memory_slices {
public:
    static constexpr uint32_t slices = GROQ_HEMISPHERES * GROQ_SLICES;

    explicit memory_slices(sram &sram) : sram_(sram) {}

    // A program starts, with what its queue may touch.
    void start(const grants &grants);

    // A word for an instruction that issues in @cycle. On success @data is
    // where it lies; a write must wait until the cycle is over.
    trouble read(uint32_t slice, int32_t word, uint64_t cycle, const uint8_t *&data);
    trouble write(uint32_t slice, int32_t word, uint64_t cycle, uint8_t *&data);
    // Text: takes the read port like read(). @address is a multiple of 320.
    trouble fetch(uint32_t address, uint64_t cycle);

    const uint8_t *at(uint32_t address) const { return sram_.at(address); }
    void serialize(archive &a, const grants &grants);

private:
    struct use {
        uint64_t cycle = ~uint64_t{0};
        uint32_t bank = 0;
    };

    struct slice_state {
        uint64_t program = 0; // the rest is of that one
        use read;
        use write;
        // The granted ranges that held the last words: most often the next too.
        range readable{0, 0};
        range writable{0, 0};
    };

    slice_state &state_of(uint32_t slice);
    trouble locate(uint32_t slice, int32_t word, uint32_t &address) const;
    trouble take_read_port(slice_state &s, uint32_t address, uint64_t cycle);
    trouble take_write_port(slice_state &s, uint32_t address, uint64_t cycle);
    static trouble permit(uint32_t address, range &last, const granted_ranges &granted);

    sram &sram_;
    grants grants_;
    std::array<slice_state, slices> slices_{};
    uint64_t program_ = 0;
};

} // namespace groq::chip

#endif
