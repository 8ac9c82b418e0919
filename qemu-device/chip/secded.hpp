// SPDX-License-Identifier: MIT
// The code over every 16 bytes of a tile: 128 data and 9 check bits, one wrong
// bit of the 137 corrected, two detected, docs/isa.md section 5.6.
//
// The code is linear: what decoding finds depends on the bits that are wrong
// and not on the data. So an error may be kept and decoded as a word by itself.
#ifndef GROQ_CHIP_SECDED_HPP
#define GROQ_CHIP_SECDED_HPP

#include <cstdint>
#include <cstring>

namespace groq::chip {

struct codeword {
    static constexpr uint32_t data_bits = 128;
    static constexpr uint32_t check_bits = 9;
    static constexpr uint32_t bits = data_bits + check_bits;

    uint64_t low = 0;   // bits 0..63: the data, bit 0 of the first byte first
    uint64_t high = 0;  // bits 64..127
    uint64_t check = 0; // bits 128..136, from bit 0 on

    // The word with bit @bit alone.
    static codeword single(uint32_t bit);

    bool is_zero() const { return (low | high | check) == 0; }
    bool is_valid() const { return check >> check_bits == 0; }
    codeword &operator^=(const codeword &other) {
        low ^= other.low;
        high ^= other.high;
        check ^= other.check;
        return *this;
    }
    bool operator==(const codeword &) const = default;
};

// The data with the check bits that belong to them.
codeword encode_secded(uint64_t low, uint64_t high);

enum class soundness { clean, corrected, uncorrectable };

struct secded_verdict {
    soundness state;
    uint32_t bit; // the wrong one, if corrected
};

// Three and more wrong bits can look like one, another one.
secded_verdict decode_secded(const codeword &word);

// Flips the bit that decoding finds wrong. Of an error kept by itself this
// leaves what correction could not undo, or made worse.
soundness correct_secded(codeword &word);

// Flips in the 16 bytes at @bytes those that are wrong by @error.
inline void flip_data(uint8_t *bytes, const codeword &error) {
    uint64_t half[2];
    std::memcpy(half, bytes, sizeof(half));
    half[0] ^= error.low;
    half[1] ^= error.high;
    std::memcpy(bytes, half, sizeof(half));
}

} // namespace groq::chip

#endif
