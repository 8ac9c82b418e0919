// SPDX-License-Identifier: MIT
// F16 on the two planes of a hemisphere in tandem: docs/isa.md section 5.2.
#include "half_reference.hpp"
#include "matrix_card.hpp"
#include "pieces.hpp"

namespace groq::chip::test {
namespace {

// Both planes of a hemisphere with 16-bit weights.
struct mxm_halves : testing::Test, matrix_card {
    static constexpr uint32_t usable = arrival + 40 + GROQ_DELAY_MXM_INSTALL;
    static constexpr uint32_t leaves = usable + GROQ_DELAY_MXM_MULTIPLY;

    halves random_halves(size_t count) {
        halves h(count);
        for (uint16_t &x : h)
            x = static_cast<uint16_t>(random());
        return h;
    }

    // Weights to both planes, low bytes in words 0..19, high ones in 20..39.
    void load_halves(uint32_t hemisphere, const halves &w) {
        for (uint32_t plane : {0, 1}) {
            weights plane_weights(w.size());
            for (size_t i = 0; i < w.size(); ++i)
                plane_weights[i] = static_cast<int8_t>(w[i] >> 8 * plane);
            place(hemisphere, plane_weights, 20 * plane);
            add(weights_icu(hemisphere, plane),
                {nop(arrival + 20 * plane), load_weights(outward(hemisphere, 16), 0, 1),
                 repeat(19), install()});
        }
        send_weights(hemisphere, 0, 40);
    }

    // Activations at the arrays in cycle @when and every other after it, on the
    // streams 2 and 3.
    void send_activations(uint32_t hemisphere, const std::vector<halves> &a,
                          uint32_t when = usable) {
        for (uint32_t byte : {0, 1}) {
            for (uint32_t n = 0; n < a.size(); ++n)
                for (uint32_t i = 0; i < lanes; ++i)
                    word(hemisphere, 20 + byte, n)[i] =
                        static_cast<uint8_t>(a[n][i] >> 8 * byte);
            read_at(hemisphere, 20 + byte, when,
                    {read(0, outward(hemisphere, 2 + byte), 1), again(a.size())});
        }
    }

    static instruction_word again(size_t times) {
        return times > 1 ? repeat(static_cast<uint32_t>(times - 1), 2) : nop(1);
    }

    instruction_word multiply_half(uint32_t hemisphere) {
        return activate(outward(hemisphere, 2), GROQ_TYPE_F16);
    }

    // One vector after the other, each into an accumulator of its own and out.
    void run_halves(uint32_t hemisphere, const halves &w, const std::vector<halves> &a,
                    bool add_up = false) {
        load_halves(hemisphere, w);
        send_activations(hemisphere, a);
        add(activations_icu(hemisphere, 0),
            {nop(usable), multiply_half(hemisphere), again(a.size())});
        add(results_icu(hemisphere, 0), {nop(leaves),
                                         accumulate(9, add_up, inward(hemisphere, 0),
                                                    add_up ? 0 : 1, GROQ_TYPE_F32),
                                         again(a.size())});
        for (uint32_t byte = 0; byte < 4; ++byte)
            add(mem(hemisphere, 28 + byte),
                {nop(leaves + GROQ_DELAY_MXM_ACCUMULATE + 5),
                 write(6000, inward(hemisphere, byte), 1), again(a.size())});
    }

    // Of an F16 at @when and another ABC of @plane at @other.
    void take_results(uint32_t when, uint32_t plane, uint32_t other, uint32_t type) {
        bool half = type == GROQ_TYPE_F16;
        auto take = [](bool f) {
            return accumulate(0, false, std::nullopt, 0,
                              f ? GROQ_TYPE_F32 : GROQ_TYPE_I32);
        };
        words &first = queues[results_icu(GROQ_EAST, 0)];
        first = {nop(when + GROQ_DELAY_MXM_MULTIPLY), take(true)};
        if (plane == 0 && other > when + 1)
            first.push_back(nop(other - when - 1));
        words &second = queues[results_icu(GROQ_EAST, plane)];
        if (plane == 1)
            second.push_back(nop(other + GROQ_DELAY_MXM_MULTIPLY));
        second.push_back(take(half));
    }

    float_bits result_bits(uint32_t hemisphere, uint32_t number) {
        std::vector<int32_t> values = result(hemisphere, number);
        return {values.begin(), values.end()};
    }

    static float_bits products(const halves &w, const halves &a) {
        float_bits bits(lanes);
        for (uint32_t o = 0; o < lanes; ++o)
            bits[o] = dot_product(&w[o * lanes], a.data());
        return bits;
    }
};

TEST_F(mxm_halves, multiplies_in_both_hemispheres) {
    for (uint32_t hemisphere : {GROQ_WEST, GROQ_EAST}) {
        queues.clear();
        halves w = random_halves(lanes * lanes);
        for (uint16_t &x : w)
            x &= 0xbfff;
        std::vector<halves> a;
        for (int n = 0; n < 20; ++n)
            a.push_back(random_halves(lanes));
        run_halves(hemisphere, w, a);
        ASSERT_EQ(run().status, GROQ_COMPLETION_OK) << queue.last_fault().cause;
        for (uint32_t n = 0; n < a.size(); ++n)
            ASSERT_EQ(result_bits(hemisphere, n), products(w, a[n])) << n;
    }
}

TEST_F(mxm_halves, accumulates_as_f32_rounding_each_time) {
    halves w = random_halves(lanes * lanes);
    std::vector<halves> a(6);
    for (halves &h : a)
        h = random_halves(lanes);
    for (uint16_t &x : w)
        x &= 0xbbff;
    for (halves &h : a)
        for (uint16_t &x : h)
            x &= 0xbbff;
    a[4][7] = half_infinity; // NaN from the sixth on where it meets its negative
    a[5][7] = half_infinity;
    w[3 * lanes + 7] = half_one;
    run_halves(GROQ_WEST, w, a, true);
    ASSERT_EQ(run().status, GROQ_COMPLETION_OK) << queue.last_fault().cause;
    std::vector<float> sums(lanes);
    for (uint32_t n = 0; n < a.size(); ++n) {
        float_bits now = products(w, a[n]), expected(lanes);
        for (uint32_t o = 0; o < lanes; ++o) {
            sums[o] += std::bit_cast<float>(now[o]);
            expected[o] =
                sums[o] == sums[o] ? std::bit_cast<uint32_t>(sums[o]) : float_nan;
        }
        ASSERT_EQ(result_bits(GROQ_WEST, n), expected) << n;
    }
}

TEST_F(mxm_halves, take_both_planes_for_two_cycles) {
    struct {
        uint32_t plane, type;
        int32_t distance;
        bool conflict;
    } cases[] = {
        {1, GROQ_TYPE_I8, -1, false}, {1, GROQ_TYPE_I8, 0, true},
        {1, GROQ_TYPE_U8, 1, true},   {1, GROQ_TYPE_I8, 2, false},
        {0, GROQ_TYPE_I8, 1, true},   {0, GROQ_TYPE_F16, 1, true},
        {0, GROQ_TYPE_U8, 2, false},  {0, GROQ_TYPE_F16, 2, false},
    };
    for (const auto &c : cases) {
        queues.clear();
        constexpr uint32_t when = 20;
        uint32_t other = when + static_cast<uint32_t>(c.distance);
        for (uint32_t byte : {0, 1})
            read_at(GROQ_EAST, 20 + byte, 15, {read(0, east(2 + byte)), repeat(20)});
        add(activations_icu(GROQ_EAST, 0), {nop(when), multiply_half(GROQ_EAST)});
        words &text = queues[activations_icu(GROQ_EAST, c.plane)];
        if (c.plane == 1 || other > when + 1)
            text.push_back(nop(c.plane == 1 ? other : other - when - 1));
        text.push_back(activate(east(2), c.type));
        take_results(when, c.plane, other, c.type);
        groq_completion end = run();
        EXPECT_EQ(end.status, c.conflict ? GROQ_COMPLETION_FAULT : GROQ_COMPLETION_OK)
            << c.plane << " " << c.distance << " " << queue.last_fault().cause;
        if (!c.conflict)
            continue;
        groq_fault f = queue.last_fault();
        EXPECT_EQ(f.cause, uint32_t{GROQ_FAULT_MXM_CONFLICT});
        EXPECT_EQ(f.unit, activations_icu(GROQ_EAST, c.plane));
        EXPECT_EQ(f.cycle, other);
    }
}

TEST_F(mxm_halves, need_an_accumulate_of_their_type_in_their_cycle) {
    auto program = [&](uint32_t type, uint32_t wait, instruction_word taking) {
        queues.clear();
        for (uint32_t byte : {0, 1})
            read_at(GROQ_WEST, 20 + byte, 20, {read(0, west(2 + byte))});
        add(activations_icu(GROQ_WEST, 0), {nop(20), activate(west(2), type)});
        add(results_icu(GROQ_WEST, 0), {nop(wait), taking});
    };
    constexpr uint32_t when = 20 + GROQ_DELAY_MXM_MULTIPLY;
    auto as = [](uint32_t type, uint32_t entry = 0, int32_t step = 0) {
        return accumulate(entry, false, std::nullopt, step, type);
    };
    auto cause = [&] { return fault_of_run().cause; };
    program(GROQ_TYPE_F16, when, as(GROQ_TYPE_F32));
    EXPECT_EQ(run().result, when + 1 + GROQ_DELAY_DRAIN);
    program(GROQ_TYPE_F16, when, as(GROQ_TYPE_I32));
    EXPECT_EQ(cause(), uint32_t{GROQ_FAULT_ILLEGAL});
    for (uint32_t type : {GROQ_TYPE_I8, GROQ_TYPE_U8}) {
        program(type, when, as(GROQ_TYPE_F32));
        EXPECT_EQ(cause(), uint32_t{GROQ_FAULT_ILLEGAL});
    }
    program(GROQ_TYPE_F16, when - 1, as(GROQ_TYPE_F32));
    EXPECT_EQ(cause(), uint32_t{GROQ_FAULT_MXM_EMPTY});
    program(GROQ_TYPE_F16, when + 1, as(GROQ_TYPE_F32));
    EXPECT_EQ(cause(), uint32_t{GROQ_FAULT_MXM_LOST});
    EXPECT_EQ(queue.last_fault().unit, results_icu(GROQ_WEST, 0));
    EXPECT_EQ(queue.last_fault().cycle, when);
}

TEST_F(mxm_halves, leave_plane_0_and_not_plane_1) {
    for (uint32_t byte : {0, 1})
        read_at(GROQ_WEST, 20 + byte, 20, {read(0, west(2 + byte))});
    add(activations_icu(GROQ_WEST, 0), {nop(20), multiply_half(GROQ_WEST)});
    add(results_icu(GROQ_WEST, 1), {nop(20 + GROQ_DELAY_MXM_MULTIPLY), accumulate(0)});
    EXPECT_EQ(fault_of_run().cause, uint32_t{GROQ_FAULT_MXM_LOST});
}

TEST_F(mxm_halves, need_both_streams) {
    read_at(GROQ_WEST, 20, 20, {read(0, west(2))});
    add(activations_icu(GROQ_WEST, 0), {nop(20), multiply_half(GROQ_WEST)});
    groq_fault f = fault_of_run();
    EXPECT_EQ(f.cause, uint32_t{GROQ_FAULT_STREAM_EMPTY});
    EXPECT_EQ(f.detail, west(3));
}

// The arrays of the cycle in which it starts, whichever plane installs.
TEST_F(mxm_halves, use_the_weights_of_their_time) {
    for (uint32_t plane : {0, 1}) {
        queues.clear();
        halves w(lanes * lanes, half_one), a(lanes, half_one);
        load_halves(GROQ_WEST, w);
        // Block 0 anew, one byte of every weight: 0x3cff, or 0x0000.
        constexpr uint32_t reload = usable + 2;
        for (uint32_t slice = 0; slice < 16; ++slice)
            std::memset(word(GROQ_WEST, slice, 40), plane ? 0 : 0xff, lanes);
        for (uint32_t slice = 0; slice < 16; ++slice) {
            uint32_t end = arrival + 40; // of the reads of load_halves
            add(mem(GROQ_WEST, slice), {nop(reload - end), read(40, west(16 + slice))});
        }
        uint32_t begun = arrival + 20 + 20 * plane + 1;
        add(weights_icu(GROQ_WEST, plane),
            {nop(reload - begun), load_weights(west(16), 0), install()});
        std::vector<halves> activations(6, a);
        send_activations(GROQ_WEST, activations);
        add(activations_icu(GROQ_WEST, 0),
            {nop(usable), multiply_half(GROQ_WEST), repeat(5, 2)});
        add(results_icu(GROQ_WEST, 0),
            {nop(leaves), accumulate(0, false, inward(GROQ_WEST, 0), 0, GROQ_TYPE_F32),
             repeat(5, 2)});
        for (uint32_t byte = 0; byte < 4; ++byte)
            add(mem(GROQ_WEST, 28 + byte),
                {nop(leaves + GROQ_DELAY_MXM_ACCUMULATE + 5),
                 write(6000, inward(GROQ_WEST, byte), 1), repeat(5, 2)});
        ASSERT_EQ(run().status, GROQ_COMPLETION_OK) << queue.last_fault().cause;
        uint32_t installed = reload + 1 + GROQ_DELAY_MXM_INSTALL;
        halves changed(lanes, plane ? 0x0000 : 0x3cff);
        uint32_t before = std::bit_cast<uint32_t>(320.0f);
        for (uint32_t n = 0; n < 6; ++n) {
            uint32_t now = dot_product(changed.data(), a.data());
            EXPECT_EQ(result_bits(GROQ_WEST, n)[15],
                      usable + 2 * n < installed ? before : now)
                << plane << " " << n;
            EXPECT_EQ(result_bits(GROQ_WEST, n)[16], before);
        }
    }
}

TEST_F(mxm_halves, survive_being_saved_under_way) {
    halves w = random_halves(lanes * lanes);
    std::vector<halves> a(9);
    for (halves &h : a)
        h = random_halves(lanes);
    run_halves(GROQ_EAST, w, a, true);
    groq_completion whole = run();
    ASSERT_EQ(whole.status, GROQ_COMPLETION_OK) << queue.last_fault().cause;
    std::vector<float_bits> results;
    for (uint32_t n = 0; n < a.size(); ++n)
        results.push_back(result_bits(GROQ_EAST, n));
    for (uint32_t byte = 0; byte < 4; ++byte)
        std::memset(word(GROQ_EAST, 28 + byte, 6000), 0, a.size() * lanes);
    EXPECT_EQ(run_in_pieces(*this).result, whole.result);
    for (uint32_t n = 0; n < a.size(); ++n)
        EXPECT_EQ(result_bits(GROQ_EAST, n), results[n]) << n;
}

TEST_F(mxm_halves, hold_both_planes_when_they_are_saved_meanwhile) {
    for (uint32_t byte : {0, 1})
        read_at(GROQ_EAST, 20 + byte, 15, {read(0, east(2 + byte)), repeat(20)});
    add(activations_icu(GROQ_EAST, 0), {nop(20), multiply_half(GROQ_EAST)});
    add(activations_icu(GROQ_EAST, 1), {nop(21), activate(east(2))});
    EXPECT_EQ(run_in_pieces(*this).status, GROQ_COMPLETION_FAULT);
    EXPECT_EQ(queue.last_fault().cause, uint32_t{GROQ_FAULT_MXM_CONFLICT});
    EXPECT_EQ(queue.last_fault().cycle, 21u);
}

// The accumulator is looked at only when the result is of the type.
TEST_F(mxm_halves, are_of_another_type_before_they_have_no_accumulator) {
    for (uint32_t byte : {0, 1})
        read_at(GROQ_WEST, 20 + byte, 20, {read(0, west(2 + byte)), repeat(2)});
    add(activations_icu(GROQ_WEST, 0),
        {nop(20), activate(west(2)), nop(1), multiply_half(GROQ_WEST)});
    add(results_icu(GROQ_WEST, 0),
        {nop(20 + GROQ_DELAY_MXM_MULTIPLY), accumulate(511, false, std::nullopt, 1),
         repeat(1, 2)});
    EXPECT_EQ(fault_of_run().cause, uint32_t{GROQ_FAULT_ILLEGAL});
}

} // namespace
} // namespace groq::chip::test
