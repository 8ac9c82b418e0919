// SPDX-License-Identifier: MIT
// A card whose MXM is to be tested: how weights get into a plane, vectors
// through it, and results back into SRAM.
#ifndef GROQ_TESTS_CHIP_MATRIX_CARD_HPP
#define GROQ_TESTS_CHIP_MATRIX_CARD_HPP

#include <random>

#include "program.hpp"

namespace groq::chip::test {

constexpr uint32_t lanes = GROQ_LANES;

using weights = std::vector<int8_t>; // [output][input]
using bytes = std::vector<uint8_t>;

// The 320 x 320 weights of a plane in an MXM, vectors that go through it, and
// programs that do it.
struct matrix_card : program_card {
    // The queues of a plane.
    uint32_t weights_icu(uint32_t hemisphere, uint32_t plane) {
        return GROQ_ICU_MXM(hemisphere, GROQ_MXM_QUEUE_WEIGHTS(plane));
    }
    uint32_t activations_icu(uint32_t hemisphere, uint32_t plane) {
        return GROQ_ICU_MXM(hemisphere, GROQ_MXM_QUEUE_ACTIVATIONS(plane));
    }
    uint32_t results_icu(uint32_t hemisphere, uint32_t plane) {
        return GROQ_ICU_MXM(hemisphere, GROQ_MXM_QUEUE_RESULTS(plane));
    }

    uint32_t outward(uint32_t hemisphere, uint32_t n) {
        return hemisphere == GROQ_EAST ? east(n) : west(n);
    }
    uint32_t inward(uint32_t hemisphere, uint32_t n) {
        return hemisphere == GROQ_EAST ? west(n) : east(n);
    }

    weights random_weights() {
        weights w(lanes * lanes);
        for (int8_t &x : w)
            x = static_cast<int8_t>(random());
        return w;
    }

    bytes random_bytes() {
        bytes b(lanes);
        for (uint8_t &x : b)
            x = static_cast<uint8_t>(random());
        return b;
    }

    // Slice s of 0..15 holds rows s, 16 + s, ... from @first_word on.
    void place(uint32_t hemisphere, const weights &w, uint32_t first_word = 0) {
        for (uint32_t row = 0; row < lanes; ++row)
            std::memcpy(word(hemisphere, row % 16, first_word + row / 16),
                        w.data() + row * lanes, lanes);
    }

    static constexpr uint32_t arrival = 20; // of the first rows, at the array

    // From the 16 slices to stream group 16..31, the first row of each at the
    // array in cycle @arrival + @delay.
    void send_weights(uint32_t hemisphere, uint32_t delay = 0, uint32_t blocks = 20,
                      uint32_t first_word = 0) {
        for (uint32_t slice = 0; slice < 16; ++slice)
            read_at(hemisphere, slice, arrival + delay,
                    {read(first_word, outward(hemisphere, 16 + slice), 1),
                     repeat(blocks - 1)});
    }

    // Has @slice read so that its first word is at the MXM in cycle @when.
    void read_at(uint32_t hemisphere, uint32_t slice, uint32_t when,
                 const words &reads) {
        uint32_t hops = 13 - GROQ_POSITION_MEM(slice / 4);
        add(mem(hemisphere, slice), {nop(when - hops - GROQ_DELAY_MEM_READ)});
        add(mem(hemisphere, slice), reads);
    }

    // Writes the four streams that leave the MXM in cycle @when to slices
    // 28..31 (words from @first_word on); positions 8.
    void write_results(uint32_t hemisphere, uint32_t when, uint32_t count,
                       uint32_t first_word = 6000) {
        for (uint32_t byte = 0; byte < 4; ++byte) {
            uint32_t icu = mem(hemisphere, 28 + byte);
            add(icu, {nop(when + 5), write(first_word, inward(hemisphere, byte), 1)});
            if (count > 1)
                add(icu, {repeat(count - 1)});
        }
    }

    std::vector<int32_t> result(uint32_t hemisphere, uint32_t number) {
        std::vector<int32_t> values(lanes);
        for (uint32_t lane = 0; lane < lanes; ++lane) {
            uint32_t value = 0;
            for (uint32_t byte = 0; byte < 4; ++byte)
                value |= uint32_t{word(hemisphere, 28 + byte, 6000 + number)[lane]}
                         << 8 * byte;
            values[lane] = static_cast<int32_t>(value);
        }
        return values;
    }

    std::vector<int32_t> product(const weights &w, const bytes &a, uint32_t type) {
        std::vector<int32_t> sums(lanes);
        for (uint32_t o = 0; o < lanes; ++o)
            for (uint32_t i = 0; i < lanes; ++i)
                sums[o] += w[o * lanes + i] *
                           (type == GROQ_TYPE_I8 ? static_cast<int8_t>(a[i]) : a[i]);
        return sums;
    }

    // One weight load, then @activations one per cycle, each into its own
    // accumulator and out. The plane's weights are there from @usable on.
    void multiply(uint32_t hemisphere, uint32_t plane, const std::vector<bytes> &a,
                  uint32_t type) {
        uint32_t usable = arrival + 20 + GROQ_DELAY_MXM_INSTALL;
        uint32_t count = static_cast<uint32_t>(a.size());
        for (uint32_t i = 0; i < count; ++i)
            std::memcpy(word(hemisphere, 20, i), a[i].data(), lanes);
        send_weights(hemisphere);
        add(weights_icu(hemisphere, plane),
            {nop(arrival), load_weights(outward(hemisphere, 16), 0, 1), repeat(19),
             install()});
        read_at(hemisphere, 20, usable,
                {read(0, outward(hemisphere, 0), 1), repeat(count - 1)});
        add(activations_icu(hemisphere, plane),
            {nop(usable), activate(outward(hemisphere, 0), type), repeat(count - 1)});
        uint32_t leaves = usable + GROQ_DELAY_MXM_MULTIPLY;
        add(results_icu(hemisphere, plane),
            {nop(leaves), accumulate(0, false, inward(hemisphere, 0), 1),
             repeat(count - 1)});
        write_results(hemisphere, leaves + GROQ_DELAY_MXM_ACCUMULATE, count);
    }

    std::mt19937 random{11};
};

} // namespace groq::chip::test

#endif
