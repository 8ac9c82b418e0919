// SPDX-License-Identifier: MIT
// MXM: docs/isa.md section 5.2.
#include <memory>
#include <random>

#include "chip/matrix_kernels.hpp"
#include "program.hpp"

namespace groq::chip::test {
namespace {

constexpr uint32_t lanes = GROQ_LANES;

using weights = std::vector<int8_t>; // [output][input]
using bytes = std::vector<uint8_t>;

struct mxm : testing::Test, program_card {
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
    void stream_weights(uint32_t hemisphere, uint32_t delay = 0, uint32_t blocks = 20,
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
        stream_weights(hemisphere);
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

TEST_F(mxm, multiplies_a_stream_of_vectors_by_its_weights) {
    for (uint32_t hemisphere : {GROQ_WEST, GROQ_EAST}) {
        for (uint32_t plane : {0, 1}) {
            for (uint32_t type : {GROQ_TYPE_I8, GROQ_TYPE_U8}) {
                queues.clear();
                weights w = random_weights();
                std::vector<bytes> a;
                for (int i = 0; i < 40; ++i)
                    a.push_back(random_bytes());
                place(hemisphere, w);
                multiply(hemisphere, plane, a, type);
                ASSERT_EQ(run().status, GROQ_COMPLETION_OK) << queue.last_fault().cause;
                for (uint32_t i = 0; i < a.size(); ++i)
                    ASSERT_EQ(result(hemisphere, i), product(w, a[i], type)) << i;
            }
        }
    }
}

TEST_F(mxm, holds_the_largest_sums_exactly) {
    weights w(lanes * lanes, -128);
    place(GROQ_EAST, w);
    multiply(GROQ_EAST, 0, {bytes(lanes, 0x80), bytes(lanes, 0x7f)}, GROQ_TYPE_I8);
    ASSERT_EQ(run().status, GROQ_COMPLETION_OK);
    EXPECT_EQ(result(GROQ_EAST, 0), std::vector<int32_t>(lanes, 320 * 128 * 128));
    EXPECT_EQ(result(GROQ_EAST, 1), std::vector<int32_t>(lanes, -320 * 128 * 127));
}

TEST_F(mxm, accumulates_modulo_two_to_the_32) {
    // Each pass adds 320 * 255 * 127 to what is there: past 2^31 after 208.
    weights w(lanes * lanes, 127);
    place(GROQ_WEST, w);
    multiply(GROQ_WEST, 0, std::vector<bytes>(300, bytes(lanes, 255)), GROQ_TYPE_U8);
    words &text = queues[results_icu(GROQ_WEST, 0)];
    text[1] = accumulate(7, true, inward(GROQ_WEST, 0));
    ASSERT_EQ(run().status, GROQ_COMPLETION_OK);
    for (uint32_t i : {0u, 100u, 250u, 299u}) {
        uint32_t sum = (i + 1) * (320u * 255 * 127);
        EXPECT_EQ(result(GROQ_WEST, i),
                  std::vector<int32_t>(lanes, static_cast<int32_t>(sum)));
    }
}

TEST_F(mxm, starts_every_program_with_zero_accumulators) {
    weights w(lanes * lanes, 1);
    place(GROQ_WEST, w);
    multiply(GROQ_WEST, 0, {bytes(lanes, 1)}, GROQ_TYPE_U8);
    queues[results_icu(GROQ_WEST, 0)] = {
        nop(arrival + 20 + GROQ_DELAY_MXM_INSTALL + GROQ_DELAY_MXM_MULTIPLY),
        accumulate(3, true, inward(GROQ_WEST, 0))};
    queues[activations_icu(GROQ_WEST, 0)].pop_back();
    queues[mem(GROQ_WEST, 20)].pop_back();
    for (int round = 0; round < 2; ++round) {
        ASSERT_EQ(run().status, GROQ_COMPLETION_OK) << queue.last_fault().cause;
        EXPECT_EQ(result(GROQ_WEST, 0), std::vector<int32_t>(lanes, 320));
    }
}

TEST_F(mxm, starts_every_program_with_zero_weights) {
    weights w(lanes * lanes, 1);
    place(GROQ_WEST, w);
    multiply(GROQ_WEST, 0, {bytes(lanes, 1), bytes(lanes, 2)}, GROQ_TYPE_U8);
    ASSERT_EQ(run().status, GROQ_COMPLETION_OK);
    EXPECT_EQ(result(GROQ_WEST, 1), std::vector<int32_t>(lanes, 640));
    words full = queues[weights_icu(GROQ_WEST, 0)];
    queues[weights_icu(GROQ_WEST, 0)] = {nop(1)};
    ASSERT_EQ(run().status, GROQ_COMPLETION_OK);
    EXPECT_EQ(result(GROQ_WEST, 1), std::vector<int32_t>(lanes, 0)) << "array";
    // Only blocks 0..9 are loaded: the buffer's other rows are zero.
    queues[weights_icu(GROQ_WEST, 0)] = {full[0], full[1], repeat(9), nop(10),
                                         install()};
    ASSERT_EQ(run().status, GROQ_COMPLETION_OK);
    std::vector<int32_t> half(lanes, 640);
    std::fill(half.begin() + 160, half.end(), 0);
    EXPECT_EQ(result(GROQ_WEST, 1), half) << "buffer";
}

TEST_F(mxm, loads_a_plane_in_less_than_40_cycles) {
    weights w = random_weights();
    place(GROQ_EAST, w);
    multiply(GROQ_EAST, 0, {random_bytes(), random_bytes()}, GROQ_TYPE_I8);
    ASSERT_EQ(run().status, GROQ_COMPLETION_OK);
    // The reads begin with slice 0: 12 hops and 1 cycle before the arrival.
    uint32_t first_read = arrival - 12 - GROQ_DELAY_MEM_READ;
    uint32_t usable = arrival + 20 + GROQ_DELAY_MXM_INSTALL;
    EXPECT_LT(usable - first_read, 40u);
}

TEST_F(mxm, uses_installed_weights_from_the_third_cycle_on) {
    weights first(lanes * lanes, 1), second(lanes * lanes, 2);
    place(GROQ_EAST, first, 0);
    place(GROQ_EAST, second, 20);
    stream_weights(GROQ_EAST, 0, 40);
    // The first IW takes cycle 40, in which block 0 of the second weights goes
    // by: rows 0..15 stay 1. The second issues in cycle 60.
    add(weights_icu(GROQ_EAST, 0),
        {nop(arrival), load_weights(east(16), 0, 1), repeat(19), install(),
         load_weights(east(16), 1, 1), repeat(18), install()});
    read_at(GROQ_EAST, 20, 55, {read(0, east(0)), repeat(19)});
    std::memset(word(GROQ_EAST, 20, 0), 1, lanes);
    add(activations_icu(GROQ_EAST, 0), {nop(55), activate(east(0)), repeat(19)});
    uint32_t leaves = 55 + GROQ_DELAY_MXM_MULTIPLY;
    add(results_icu(GROQ_EAST, 0),
        {nop(leaves), accumulate(0, false, west(0), 1), repeat(19)});
    write_results(GROQ_EAST, leaves + GROQ_DELAY_MXM_ACCUMULATE, 20);
    ASSERT_EQ(run().status, GROQ_COMPLETION_OK) << queue.last_fault().cause;
    constexpr uint32_t installed = arrival + 40 + GROQ_DELAY_MXM_INSTALL;
    for (uint32_t i = 0; i < 20; ++i) {
        std::vector<int32_t> sums = result(GROQ_EAST, i);
        EXPECT_EQ(sums[0], 320) << i;
        EXPECT_EQ(sums[16], 55 + i < installed ? 320 : 640) << i;
        EXPECT_EQ(sums[319], 55 + i < installed ? 320 : 640) << i;
    }
}

TEST_F(mxm, refuses_to_install_while_it_installs) {
    for (uint32_t wait : {1u, 2u}) {
        queues.clear();
        add(weights_icu(GROQ_WEST, 1), {install(), nop(wait), install()});
        if (wait == 2) {
            EXPECT_EQ(run().status, GROQ_COMPLETION_OK);
            continue;
        }
        groq_fault f = fault_of_run();
        EXPECT_EQ(f.cause, uint32_t{GROQ_FAULT_MXM_CONFLICT});
        EXPECT_EQ(f.unit, weights_icu(GROQ_WEST, 1));
        EXPECT_EQ(f.cycle, 2u);
    }
}

TEST_F(mxm, loads_only_blocks_that_exist) {
    stream_weights(GROQ_WEST);
    add(weights_icu(GROQ_WEST, 0),
        {nop(arrival), load_weights(west(16), 10, 3), repeat(5)});
    groq_fault f = fault_of_run();
    EXPECT_EQ(f.cause, uint32_t{GROQ_FAULT_ADDRESS});
    EXPECT_EQ(f.cycle, arrival + 4u);
    EXPECT_EQ(f.detail, 22u);
}

TEST_F(mxm, needs_all_sixteen_streams_of_a_load) {
    stream_weights(GROQ_WEST);
    queues.erase(mem(GROQ_WEST, 9));
    add(weights_icu(GROQ_WEST, 0), {nop(arrival), load_weights(west(16), 0)});
    groq_fault f = fault_of_run();
    EXPECT_EQ(f.cause, uint32_t{GROQ_FAULT_STREAM_EMPTY});
    EXPECT_EQ(f.detail, west(25));
}

TEST_F(mxm, needs_an_accumulate_for_every_result_in_its_cycle) {
    auto program = [&](uint32_t wait) {
        queues.clear();
        read_at(GROQ_WEST, 20, 10, {read(0, west(0))});
        add(activations_icu(GROQ_WEST, 0), {nop(10), activate(west(0))});
        if (wait)
            add(results_icu(GROQ_WEST, 0), {nop(wait), accumulate(0)});
    };
    uint32_t leaves = 10 + GROQ_DELAY_MXM_MULTIPLY;
    program(leaves);
    EXPECT_EQ(run().result, leaves + 1 + GROQ_DELAY_DRAIN);
    for (uint32_t wait : {0u, leaves + 1}) {
        program(wait);
        groq_fault f = fault_of_run();
        EXPECT_EQ(f.cause, uint32_t{GROQ_FAULT_MXM_LOST});
        EXPECT_EQ(f.unit, results_icu(GROQ_WEST, 0));
        EXPECT_EQ(f.cycle, leaves);
    }
    program(leaves - 1);
    groq_fault f = fault_of_run();
    EXPECT_EQ(f.cause, uint32_t{GROQ_FAULT_MXM_EMPTY});
    EXPECT_EQ(f.cycle, leaves - 1);
}

TEST_F(mxm, steps_only_to_accumulators_that_exist) {
    read_at(GROQ_WEST, 20, 10, {read(0, west(0)), repeat(1)});
    add(activations_icu(GROQ_WEST, 0), {nop(10), activate(west(0)), repeat(1)});
    add(results_icu(GROQ_WEST, 0),
        {nop(10 + GROQ_DELAY_MXM_MULTIPLY), accumulate(511, false, std::nullopt, 1),
         repeat(1)});
    groq_fault f = fault_of_run();
    EXPECT_EQ(f.cause, uint32_t{GROQ_FAULT_ADDRESS});
    EXPECT_EQ(f.detail, 512u);
}

TEST_F(mxm, collides_when_both_planes_emit_onto_the_same_streams) {
    read_at(GROQ_WEST, 20, 10, {read(0, west(0))});
    for (uint32_t plane : {0, 1}) {
        add(activations_icu(GROQ_WEST, plane), {nop(10), activate(west(0))});
        add(results_icu(GROQ_WEST, plane),
            {nop(10 + GROQ_DELAY_MXM_MULTIPLY), accumulate(0, false, east(4))});
    }
    groq_fault f = fault_of_run();
    EXPECT_EQ(f.cause, uint32_t{GROQ_FAULT_STREAM_CONFLICT});
    EXPECT_EQ(f.unit, results_icu(GROQ_WEST, 1));
    EXPECT_EQ(f.cycle,
              10u + GROQ_DELAY_MXM_MULTIPLY + uint32_t{GROQ_DELAY_MXM_ACCUMULATE});
    EXPECT_EQ(f.detail, east(4));
}

TEST(matrix_kernels, agree_to_the_bit) {
    std::mt19937 random(2);
    auto packed = std::make_unique<matrix_weights>();
    std::vector<int8_t> plain(lanes * lanes);
    for (int8_t &x : plain)
        x = static_cast<int8_t>(random() % 8 ? random() : -128);
    for (uint32_t b = 0; b < matrix_weights::blocks; ++b) {
        const uint8_t *rows[16];
        for (uint32_t i = 0; i < 16; ++i)
            rows[i] = reinterpret_cast<const uint8_t *>(&plain[(b * 16 + i) * lanes]);
        pack_block(rows, packed->block[b]);
    }
    for (size_t count = 1; count <= 16; ++count) {
        std::vector<matrix_activations> a(count);
        for (matrix_activations &v : a)
            for (uint8_t &x : v.lane)
                x = static_cast<uint8_t>(random() % 8 ? random() : 255);
        for (const matrix_kernel &kernel : matrix_kernels()) {
            if (!kernel.is_usable())
                continue;
            std::vector<matrix_sums> sums(count);
            std::vector<const matrix_activations *> in;
            std::vector<matrix_sums *> out;
            for (size_t n = 0; n < count; ++n)
                in.push_back(&a[n]), out.push_back(&sums[n]);
            kernel.multiply(*packed, in.data(), out.data(), count);
            for (size_t n = 0; n < count; ++n) {
                for (uint32_t o = 0; o < lanes; ++o) {
                    int32_t sum = 0;
                    for (uint32_t i = 0; i < lanes; ++i)
                        sum += plain[o * lanes + i] * a[n].lane[i];
                    ASSERT_EQ(sums[n].lane[o], sum) << kernel.name << " " << count;
                }
            }
        }
    }
}

} // namespace
} // namespace groq::chip::test
