// SPDX-License-Identifier: MIT
// A whole layer of a perceptron on the card: int8 weights and activations,
// int32 sums, requantised by the VXM. It uses every unit and most
// instructions, and there is a plain version of it to compare with.
#ifndef GROQ_TESTS_CHIP_DENSE_LAYER_HPP
#define GROQ_TESTS_CHIP_DENSE_LAYER_HPP

#include <bit>
#include <cmath>
#include <random>

#include "program.hpp"

namespace groq::chip::test {

struct dense_layer : program_card {
    static constexpr uint32_t lanes = GROQ_LANES;
    static constexpr float scale = 1.0f / 4096;

    using vector = std::array<int8_t, lanes>;

    explicit dense_layer(uint32_t count) : inputs(count) {
        std::mt19937 random(23);
        for (vector &row : weights)
            for (int8_t &w : row)
                w = static_cast<int8_t>(random());
        for (vector &input : inputs)
            for (int8_t &x : input)
                x = static_cast<int8_t>(random());
        for (float &b : bias)
            b = static_cast<float>(random() % 100) - 50.5f;
        place();
        schedule();
    }

    // What the layer gives for input @i, on the card.
    vector output(uint32_t i) {
        vector v;
        std::memcpy(v.data(), word(GROQ_EAST, output_slice, i), lanes);
        return v;
    }

    void clear_outputs() {
        for (uint32_t i = 0; i < inputs.size(); ++i)
            std::memset(word(GROQ_EAST, output_slice, i), 0, lanes);
    }

    vector expected(uint32_t i) const {
        vector v;
        for (uint32_t o = 0; o < lanes; ++o) {
            int32_t sum = 0;
            for (uint32_t k = 0; k < lanes; ++k)
                sum += weights[o][k] * inputs[i][k];
            float scaled = static_cast<float>(sum) * scale;
            float biased = scaled + bias[o];
            float positive = biased > 0 ? biased : 0;
            v[o] = static_cast<int8_t>(std::min(std::nearbyint(positive), 127.0f));
        }
        return v;
    }

    std::array<vector, lanes> weights;
    std::vector<vector> inputs;
    std::array<float, lanes> bias;

private:
    static constexpr uint32_t input_slice = 20;
    static constexpr uint32_t output_slice = 40;
    static constexpr uint32_t input_word = 5000;

    // Cycles. Everything waits for the Notify of cycle 0.
    static constexpr uint32_t started = GROQ_DELAY_SYNC;
    static constexpr uint32_t loads = started + 15;
    static constexpr uint32_t multiplies = loads + 20 + GROQ_DELAY_MXM_INSTALL;
    static constexpr uint32_t leaves = multiplies + GROQ_DELAY_MXM_MULTIPLY;
    static constexpr uint32_t at_vxm = leaves + GROQ_DELAY_MXM_ACCUMULATE + 13;

    void place() {
        for (uint32_t row = 0; row < lanes; ++row)
            std::memcpy(word(GROQ_EAST, row % 16, row / 16), weights[row].data(),
                        lanes);
        for (uint32_t i = 0; i < inputs.size(); ++i)
            std::memcpy(word(GROQ_EAST, input_slice, input_word + i), inputs[i].data(),
                        lanes);
        for (uint32_t lane = 0; lane < lanes; ++lane) {
            auto bytes = std::bit_cast<std::array<uint8_t, 4>>(bias[lane]);
            for (uint32_t byte = 0; byte < 4; ++byte)
                word(GROQ_WEST, byte, 0)[lane] = bytes[byte];
        }
    }

    // Issues @text in queue @icu in cycle @when, repeated for every input.
    void add_at(uint32_t icu, uint32_t when, instruction_word what) {
        add(icu, {sync(), nop(when - started), what});
        if (inputs.size() > 1)
            add(icu, {repeat(static_cast<uint32_t>(inputs.size()) - 1)});
    }

    static uint32_t hops_to_mxm(uint32_t slice) {
        return 13 - GROQ_POSITION_MEM(slice / 4) + GROQ_DELAY_MEM_READ;
    }

    void schedule() {
        add(GROQ_ICU_SXM(GROQ_WEST, 0), {notify()});
        for (uint32_t slice = 0; slice < 16; ++slice)
            add(mem(GROQ_EAST, slice),
                {sync(), nop(loads - hops_to_mxm(slice) - started),
                 read(0, east(16 + slice), 1), repeat(19)});
        add(GROQ_ICU_MXM(GROQ_EAST, 0),
            {sync(), nop(loads - started), load_weights(east(16), 0, 1), repeat(19),
             install()});
        add_at(mem(GROQ_EAST, input_slice), multiplies - hops_to_mxm(input_slice),
               read(input_word, east(0), 1));
        add_at(GROQ_ICU_MXM(GROQ_EAST, 1), multiplies, activate(east(0)));
        add_at(GROQ_ICU_MXM(GROQ_EAST, 2), leaves, accumulate(0, false, west(0), 1));
        schedule_requantisation();
    }

    void schedule_requantisation() {
        for (uint32_t byte = 0; byte < 4; ++byte) // of the bias, for ALU 2
            add_at(mem(GROQ_WEST, byte), at_vxm + 6 - 2, read(0, east(4 + byte)));
        add_at(GROQ_ICU_VXM(0), at_vxm,
               convert(GROQ_TYPE_I32, GROQ_TYPE_F32, nowhere, west(0)));
        add_at(GROQ_ICU_VXM(1), at_vxm + 3,
               binary(GROQ_OPCODE_MUL_MOD, GROQ_TYPE_F32, nowhere, alu(0), immediate,
                      std::bit_cast<uint32_t>(scale)));
        add_at(GROQ_ICU_VXM(2), at_vxm + 6,
               binary(GROQ_OPCODE_ADD_MOD, GROQ_TYPE_F32, nowhere, alu(1), east(4)));
        add_at(GROQ_ICU_VXM(3), at_vxm + 9,
               unary(GROQ_OPCODE_RELU, GROQ_TYPE_F32, nowhere, alu(2)));
        add_at(GROQ_ICU_VXM(4), at_vxm + 12,
               convert(GROQ_TYPE_F32, GROQ_TYPE_I8, east(12), alu(3)));
        add_at(mem(GROQ_EAST, output_slice),
               at_vxm + 12 + GROQ_DELAY_VXM + GROQ_POSITION_MEM(output_slice / 4),
               write(0, east(12), 1));
    }
};

} // namespace groq::chip::test

#endif
