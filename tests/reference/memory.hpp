// SPDX-License-Identifier: MIT
// Vectors and where they rest: SRAM, word by word and only those that are not zero,
// the windows of the queue that runs the program, and stream registers.
// docs/hardware.md sections 2 and 8.2, docs/isa.md sections 1 and 5.6.
#ifndef GROQ_TESTS_REFERENCE_MEMORY_HPP
#define GROQ_TESTS_REFERENCE_MEMORY_HPP

#include <array>
#include <bitset>
#include <cstdint>
#include <map>
#include <memory>
#include <vector>

#include "hw/groq_sram.h"

namespace groq::reference {

// The bits that are wrong of a tile's 128 data and 9 check bits.
using wrong_bits = std::bitset<137>;

// One byte per lane. The bytes are the true ones: what ECC would correct is only
// remembered, by tile.
struct vector {
    std::array<uint8_t, GROQ_LANES> lanes{};
    std::map<unsigned, wrong_bits> errors;

    bool operator==(const vector &) const = default;
};

class memory {
public:
    explicit memory(uint32_t bytes = GROQ_SRAM_BYTES) : bytes_(bytes) {}

    uint32_t bytes() const { return bytes_; }
    // The word at linear address @address, a multiple of 320.
    vector read(uint32_t address) const;
    // Lanes and errors of the first @superlanes tiles.
    void write(uint32_t address, const vector &value, unsigned superlanes);
    void load(uint32_t address, const std::vector<uint8_t> &data);
    void inject(uint32_t address, unsigned first, unsigned second);

    const std::map<uint32_t, vector> &words() const { return words_; }

private:
    uint32_t bytes_;
    std::map<uint32_t, vector> words_;
};

struct window {
    uint32_t base;
    uint32_t size;
    uint32_t access;
};

// Whether @bytes from @address lie in windows with @access.
bool windows_allow(const std::vector<window> &windows, const memory &sram,
                   uint64_t address, uint64_t bytes, uint32_t access);

// Positions -13..13, streams 0..63 (32 up run west).
class stream_registers {
public:
    using value = std::shared_ptr<const vector>;

    // Each value goes to its next position; those at the edge leave.
    void shift();
    // False if something else was driven there in this cycle.
    bool drive(int position, unsigned stream, value what);
    // Null if the register carries nothing.
    const value &at(int position, unsigned stream) const {
        return cells_[index(position)][stream];
    }

private:
    static constexpr unsigned both_ways = 2 * GROQ_STREAMS;
    template <class T>
    using everywhere = std::array<std::array<T, both_ways>, GROQ_POSITIONS>;

    static size_t index(int position) {
        return static_cast<size_t>(position + GROQ_POSITION_MXM);
    }

    everywhere<value> cells_;
    everywhere<bool> driven_{};
};

} // namespace groq::reference

#endif
