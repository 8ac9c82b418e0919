// SPDX-License-Identifier: MIT
// Pipelines of VXM operations on the chip, against plain loops.
#include "ops/sweep.hpp"

#include <algorithm>
#include <numeric>
#include <random>
#include <stdexcept>

#include "ops/lane_reduction.hpp"
#include "program_on_chip.hpp"

namespace groq::ops::test {
namespace {

constexpr unsigned rows = 25;
constexpr std::size_t elements = std::size_t{rows} * GROQ_LANES;

// Inputs x and y, output z, in different hemispheres.
struct three_matrices {
    assembly::program_builder builder;
    storage sram{builder};
    row_matrix x =
        sram.tensor(GROQ_WEST, "x", GROQ_TENSOR_INPUT, GROQ_TYPE_F32, rows, GROQ_LANES);
    row_matrix y =
        sram.tensor(GROQ_EAST, "y", GROQ_TENSOR_INPUT, GROQ_TYPE_F32, rows, GROQ_LANES);
    row_matrix z = sram.tensor(GROQ_WEST, "z", GROQ_TENSOR_OUTPUT, GROQ_TYPE_F32, rows,
                               GROQ_LANES);
    assembly::schedule &out = builder.add_entry("main");
};

matrix<float> random_floats(unsigned seed) {
    std::mt19937 random(seed);
    std::normal_distribution<float> normal(0, 5);
    matrix<float> values(elements);
    std::ranges::generate(values, [&] { return normal(random); });
    return values;
}

matrix<float> run(three_matrices &on, const matrix<float> &x, const matrix<float> &y) {
    program_on_chip chip(on.builder.link());
    chip.write("x", x);
    chip.write("y", y);
    chip.run();
    return chip.read<float>("z");
}

TEST(sweep, lets_values_wait_for_those_that_take_longer) {
    three_matrices on;
    sweep pipeline(rows);
    const auto x = pipeline.load(on.x.area), y = pipeline.load(on.y.area);
    const auto square = pipeline.apply(GROQ_OPCODE_MUL_MOD, {x, x});
    const auto cube = pipeline.apply(GROQ_OPCODE_MUL_MOD, {square, x});
    const auto sum = pipeline.apply(GROQ_OPCODE_ADD_MOD, {cube, y});
    const auto quarter =
        pipeline.apply(GROQ_OPCODE_MUL_MOD, {sum, pipeline.constant(0.25F)});
    pipeline.store(pipeline.apply(GROQ_OPCODE_SUB_MOD, {quarter, x}), {on.z.area});
    pipeline.emit(on.out, 0);
    const auto a = random_floats(1), b = random_floats(2);
    const auto z = run(on, a, b);
    for (std::size_t i = 0; i < elements; ++i) {
        const float third = a[i] * a[i] * a[i];
        const float fourth = (third + b[i]) * 0.25F;
        ASSERT_EQ(z[i], fourth - a[i]) << i;
    }
}

TEST(sweep, goes_on_from_slice_to_slice) {
    three_matrices on;
    const vector_area across{GROQ_TYPE_F32, {GROQ_ICU_MEM(GROQ_EAST, 20), 8180}, 2};
    for (unsigned byte = 0; byte < across.bytes(); ++byte)
        on.builder.reserve(across.plane(byte).address(), rows * GROQ_VECTOR_BYTES);
    sweep there(rows), back(rows);
    there.store(there.load(on.x.area), {across});
    const std::uint64_t ready = there.emit(on.out, 0);
    back.store(back.apply(GROQ_OPCODE_ADD_MOD,
                          {back.load(across), back.load_same(on.y.area + 3)}),
               {on.z.area});
    back.emit(on.out, ready);
    const auto a = random_floats(3), b = random_floats(4);
    const auto z = run(on, a, b);
    for (std::size_t i = 0; i < elements; ++i)
        ASSERT_EQ(z[i], a[i] + b[3 * GROQ_LANES + i % GROQ_LANES]) << i;
}

TEST(sweep, combines_all_lanes) {
    three_matrices on;
    const lane_reduction reduction(on.sram, rows);
    sweep before(rows), after(rows);
    reduction.take(before, before.load(on.x.area), GROQ_OPCODE_MAX, 0, 2);
    std::uint64_t ready = before.emit(on.out, 0);
    sweep second(rows);
    reduction.take(second, second.load(on.y.area), GROQ_OPCODE_MAX, 1, 2);
    ready = reduction.emit(on.out, second.emit(on.out, ready), GROQ_OPCODE_MAX);
    after.store(after.load(reduction.result()), {on.z.area});
    after.emit(on.out, ready);
    const auto a = random_floats(5), b = random_floats(6);
    const auto z = run(on, a, b);
    for (std::size_t row = 0; row < rows; ++row) {
        const auto largest = [&](const matrix<float> &of) {
            const auto first =
                of.begin() + static_cast<std::ptrdiff_t>(row * GROQ_LANES);
            return *std::max_element(first, first + GROQ_LANES);
        };
        for (std::size_t lane = 0; lane < GROQ_LANES; ++lane)
            ASSERT_EQ(z[row * GROQ_LANES + lane], std::max(largest(a), largest(b)))
                << row << ' ' << lane;
    }
}

// Whole numbers, so that the order of additions does not matter.
TEST(sweep, adds_all_lanes_once) {
    three_matrices on;
    const lane_reduction reduction(on.sram, rows);
    sweep before(rows), after(rows);
    reduction.take(before, before.load(on.x.area), GROQ_OPCODE_ADD_MOD, 0, 1);
    const std::uint64_t ready =
        reduction.emit(on.out, before.emit(on.out, 0), GROQ_OPCODE_ADD_MOD);
    after.store(after.apply(GROQ_OPCODE_ADD_MOD,
                            {after.load(reduction.result()), after.load(on.y.area)}),
                {on.z.area});
    after.emit(on.out, ready);
    std::mt19937 random(7);
    matrix<float> a(elements);
    std::ranges::generate(a, [&] { return static_cast<float>(random() % 2000); });
    const auto z = run(on, a, matrix<float>(elements));
    for (std::size_t i = 0; i < elements; ++i) {
        const auto first =
            a.begin() + static_cast<std::ptrdiff_t>(i / GROQ_LANES * GROQ_LANES);
        ASSERT_EQ(z[i], std::accumulate(first, first + GROQ_LANES, 0.0F)) << i;
    }
}

TEST(sweep, refuses_more_than_the_unit_has) {
    three_matrices on;
    sweep long_one(rows);
    auto value = long_one.load(on.x.area);
    for (unsigned i = 0; i <= GROQ_VXM_ALUS; ++i)
        value = long_one.apply(GROQ_OPCODE_NEG, {value});
    EXPECT_THROW(long_one.emit(on.out, 0), std::length_error);
    sweep wide(rows);
    auto sum = wide.load(on.x.area);
    for (unsigned i = 0; i < GROQ_STREAMS / 4; ++i)
        sum = wide.apply(GROQ_OPCODE_ADD_MOD, {sum, wide.load(on.x.area)});
    EXPECT_THROW(wide.emit(on.out, 0), std::length_error);
}

TEST(storage, ends_with_the_last_slice) {
    assembly::program_builder builder;
    storage sram(builder, 10, 20);
    sram.scratch(GROQ_WEST, GROQ_TYPE_F32, 8192);
    EXPECT_EQ(sram.scratch(GROQ_WEST, GROQ_TYPE_F32, 1).place.slice, 14U);
    EXPECT_THROW(sram.scratch(GROQ_WEST, GROQ_TYPE_F32, 1), std::runtime_error);
    EXPECT_EQ(sram.scratch(GROQ_WEST, GROQ_TYPE_F16, 1).place.slice, 18U);
    EXPECT_EQ(sram.scratch(GROQ_EAST, GROQ_TYPE_F32, 16'384).slices_per_byte, 2U);
}

} // namespace
} // namespace groq::ops::test
