// SPDX-License-Identifier: MIT
// The 88 slices of SRAM as a program sees them: words, two banks, one read and
// one write per cycle, within the windows of the queue, docs/isa.md section 5.1.
#ifndef GROQ_CHIP_MEMORY_SLICES_HPP
#define GROQ_CHIP_MEMORY_SLICES_HPP

#include <array>
#include <cstdint>
#include <span>

#include "archive.hpp"
#include "counters.hpp"
#include "hw/groq_isa.h"
#include "sram.hpp"
#include "trouble.hpp"
#include "windows.hpp"

namespace groq::chip {

class memory_slices {
public:
    static constexpr uint32_t slices = GROQ_HEMISPHERES * GROQ_SLICES;

    memory_slices(sram &sram, tally &tally) : sram_(sram), tally_(tally) {}

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

    // Text: takes the read port like read() and consumes the word. @address is
    // a multiple of 320.
    trouble fetch(uint32_t address, uint64_t cycle);
    // The word is consumed, by whoever executes what is in it.
    trouble check_text(uint32_t address);
    // The 640 bytes of text at @address, corrected; valid until the next call.
    const uint8_t *text(uint32_t address);

    // ECC errors, by the tiles of words: @tile is where its lanes lie.
    bool has_errors() const { return sram_.errors().any(); }
    codeword error_of(const uint8_t *tile) const {
        return sram_.errors().at(sram_.address_of(tile));
    }
    void set_error(const uint8_t *tile, const codeword &error) {
        sram_.errors().set(sram_.address_of(tile), error);
    }
    void serialize(archive &a, const grants &grants);

private:
    struct use {
        uint64_t cycle = ~uint64_t{0};
        uint32_t banks = 0; // bit per bank
    };

    struct alignas(64) slice_state {
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
    static trouble check_free(const use &port, const use &other, uint32_t address,
                              uint64_t cycle);
    static trouble take(use &port, const use &other,
                        std::span<const uint32_t> addresses, uint64_t cycle);
    static trouble take(use &port, const use &other, uint32_t address, uint64_t cycle);

    sram &sram_;
    tally &tally_;
    grants grants_;
    std::array<slice_state, slices> slices_{};
    uint64_t program_ = 0;
    uint8_t text_[GROQ_TEXT_BYTES]; // where SRAM's own is wrong
};

} // namespace groq::chip

#endif
