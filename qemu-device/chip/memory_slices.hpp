// SPDX-License-Identifier: MIT
// The 88 slices of SRAM as a program sees them: words, two banks, one read and
// one write per cycle, within the windows of the queue, docs/isa.md section 5.1.
#ifndef GROQ_CHIP_MEMORY_SLICES_HPP
#define GROQ_CHIP_MEMORY_SLICES_HPP

#include <array>
#include <cstdint>
#include <span>

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
    // The same with a word of its own in each of the first tiles, as many as
    // @words has: @data is where the 16 lanes of each lie.
    template <class Byte>
    using tiles = std::array<Byte *, GROQ_TILES>;
    trouble gather(uint32_t slice, std::span<const int32_t> words, uint64_t cycle,
                   tiles<const uint8_t> &data);
    trouble scatter(uint32_t slice, std::span<const int32_t> words, uint64_t cycle,
                    tiles<uint8_t> &data);

    // Text: takes the read port like read(). @address is a multiple of 320.
    trouble fetch(uint32_t address, uint64_t cycle);

    const uint8_t *at(uint32_t address) const { return sram_.at(address); }
    void serialize(archive &a, const grants &grants);

private:
    struct use {
        uint64_t cycle = ~uint64_t{0};
        uint32_t banks = 0; // bit per bank
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
    trouble locate_tiles(uint32_t slice, std::span<const int32_t> words, range &last,
                         const granted_ranges &granted, uint32_t *addresses) const;
    static trouble permit(uint32_t address, range &last, const granted_ranges &granted);
    static trouble take(use &port, const use &other,
                        std::span<const uint32_t> addresses, uint64_t cycle);

    sram &sram_;
    grants grants_;
    std::array<slice_state, slices> slices_{};
    uint64_t program_ = 0;
};

} // namespace groq::chip

#endif
