// SPDX-License-Identifier: MIT
// A card whose memory errs where the test says: docs/hardware.md section 4.5.
#ifndef GROQ_TESTS_CHIP_WRONG_CARD_HPP
#define GROQ_TESTS_CHIP_WRONG_CARD_HPP

#include <initializer_list>

#include "chip/secded.hpp"
#include "program.hpp"

namespace groq::chip::test {

using bit_list = std::initializer_list<uint32_t>;

inline codeword error_of(bit_list bits) {
    codeword error;
    for (uint32_t bit : bits)
        error ^= codeword::single(bit);
    return error;
}

// Three bits that decoding takes for one, another one, and corrects: four data
// bits are wrong then. And three that it finds.
constexpr bit_list mistaken_triple = {0, 1, 5};
constexpr bit_list found_triple = {0, 1, 54};

// The data bits that are wrong when mistaken_triple has been "corrected".
inline codeword mistaken_error() {
    codeword error = error_of(mistaken_triple);
    EXPECT_EQ(correct_secded(error), soundness::corrected);
    EXPECT_EQ(error.check, 0u);
    codeword found = error_of(found_triple);
    EXPECT_EQ(correct_secded(found), soundness::uncorrectable);
    return error;
}

// A word with something in it, and one for what becomes of it.
constexpr uint32_t source = GROQ_SRAM_ADDRESS(GROQ_WEST, 0, 7);
constexpr uint32_t target = GROQ_SRAM_ADDRESS(GROQ_EAST, 0, 9);

struct wrong_card : program_card {
    wrong_card() {
        for (uint32_t i = 0; i < GROQ_LANES; ++i)
            sram.get()[source + i] = static_cast<uint8_t>(i * 7 + 1);
    }

    void inject(uint32_t where, uint32_t bits, uint32_t into) {
        write32(GROQ_ECC_INJECT_ADDRESS, where);
        write32(GROQ_ECC_INJECT_BITS, bits);
        write32(GROQ_ECC_INJECT, into);
    }

    // In the 16 bytes of SRAM at @address, one by one.
    void flip(uint32_t address, bit_list bits) {
        for (uint32_t bit : bits)
            inject(address, bit | bit << 8, GROQ_ECC_INJECT_INTO_SRAM);
    }

    // In tile @tile of the next value on @stream.
    void flip_next(uint32_t stream, uint32_t tile, bit_list bits) {
        for (uint32_t bit : bits)
            inject(stream | tile << 8, bit | bit << 8, GROQ_ECC_INJECT_INTO_STREAM);
    }

    uint64_t corrected() { return read64(GROQ_ECC_CORRECTED); }
    uint64_t uncorrected() { return read64(GROQ_ECC_UNCORRECTED); }

    void expect_counts(uint64_t single, uint64_t more) {
        EXPECT_EQ(corrected(), single);
        EXPECT_EQ(uncorrected(), more);
    }

    void expect_run() {
        EXPECT_EQ(run().status, GROQ_COMPLETION_OK)
            << queue.last_fault().cause << " in " << queue.last_fault().unit;
    }

    // Bytes of SRAM without the errors.
    std::vector<uint8_t> truth(uint32_t address, uint32_t bytes = GROQ_VECTOR_BYTES) {
        return {sram.get() + address, sram.get() + address + bytes};
    }

    // Bytes of SRAM as the host gets them.
    std::vector<uint8_t> copy_out(uint32_t address, uint32_t bytes) {
        last = queue.execute(copy_command(GROQ_OP_COPY_OUT, buffer, address, bytes));
        return {host.at(buffer), host.at(buffer) + bytes};
    }

    groq_completion last{};
    uint64_t buffer = host.allocate(1 << 20);
};

} // namespace groq::chip::test

#endif
