// SPDX-License-Identifier: MIT
// A matrix product on the chip model as its host sees it: operands in, C out.
#pragma once

#include <cstddef>
#include <cstring>
#include <span>
#include <vector>

#include <gtest/gtest.h>

#include "../asm/chip_runner.hpp"
#include "asm/check.hpp"
#include "ops/matmul.hpp"

namespace groq::ops::test {

template <class T>
using matrix = std::vector<T>; // row major

// So that it fills whole rows of the tensor.
template <class T>
std::span<const std::byte> filled_up(matrix<T> &values, std::size_t multiple) {
    values.resize((values.size() + multiple - 1) / multiple * multiple);
    return std::as_bytes(std::span(values));
}

// Columns that came transposed, put where they belong.
template <class Sum>
void put_rest(const matmul_shape &shape, unsigned first,
              const std::vector<std::byte> &rest, matrix<Sum> &c) {
    for (unsigned n = first; n < shape.columns; ++n)
        for (unsigned m = 0; m < shape.rows; ++m)
            std::memcpy(&c[std::size_t{m} * shape.columns + n],
                        &rest[(std::size_t{n - first} * shape.rows + m) * sizeof(Sum)],
                        sizeof(Sum));
}

template <class Sum>
void put_straight(const matmul_shape &shape, unsigned columns,
                  const std::vector<std::byte> &rows, matrix<Sum> &c) {
    for (unsigned m = 0; m < shape.rows; ++m)
        std::memcpy(&c[std::size_t{m} * shape.columns],
                    &rows[std::size_t{m} * columns * sizeof(Sum)],
                    columns * sizeof(Sum));
}

inline void expect_flawless(const assembly::program &image) {
    for (const assembly::diagnostic &each : assembly::check(image))
        ADD_FAILURE() << assembly::to_text(each);
}

// C of the chip.
template <class Sum, class A, class B>
matrix<Sum> multiply_on_chip(const matmul_plan &plan, matrix<A> a, const matrix<B> &b) {
    const matmul_shape &shape = plan.shape();
    const auto image = make_matmul(plan, std::as_bytes(std::span(b)));
    expect_flawless(image);
    assembly::test::chip_runner runner(image);
    const bool transposes = plan.straight_columns() != shape.columns;
    if (transposes) {
        const std::size_t west = std::size_t{west_rows(plan)} * shape.inner;
        matrix<A> upper(a.begin(), a.begin() + static_cast<std::ptrdiff_t>(west));
        matrix<A> lower(a.begin() + static_cast<std::ptrdiff_t>(west), a.end());
        runner.write("a.west",
                     filled_up(upper, std::size_t{GROQ_TILE_LANES} * shape.inner));
        if (!lower.empty())
            runner.write("a.east",
                         filled_up(lower, std::size_t{GROQ_TILE_LANES} * shape.inner));
    }
    if (plan.straight_columns() != 0)
        runner.write("a",
                     filled_up(a, std::size_t{plan.numbers().engines} * shape.inner));
    const auto end = runner.run();
    EXPECT_EQ(end.status, GROQ_COMPLETION_OK)
        << "cause " << end.fault.cause << " unit " << end.fault.unit << " cycle "
        << end.fault.cycle;
    EXPECT_EQ(end.cycles, image.entries[0].cycles);
    matrix<Sum> c(std::size_t{shape.rows} * shape.columns);
    if (plan.straight_columns() != 0)
        put_straight(shape, plan.straight_columns(), runner.read("c"), c);
    if (transposes)
        put_rest(shape, plan.straight_columns(), runner.read("c.rest"), c);
    return c;
}

} // namespace groq::ops::test
