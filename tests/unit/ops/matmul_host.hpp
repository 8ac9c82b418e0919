// SPDX-License-Identifier: MIT
// A matrix product on the chip model as its host sees it: operands in, C out.
#pragma once

#include <cstddef>
#include <cstring>
#include <span>
#include <string>
#include <vector>

#include <gtest/gtest.h>

#include "../asm/chip_runner.hpp"
#include "asm/check.hpp"
#include "ops/matmul.hpp"

namespace groq::ops::test {

template <class T>
using matrix = std::vector<T>; // row major

inline void expect_flawless(const assembly::program &image) {
    for (const assembly::diagnostic &each : assembly::check(image))
        ADD_FAILURE() << assembly::to_text(each);
}

template <class Sum, class A, class B>
matrix<Sum> multiply_on_chip(const matmul_plan &plan, const matrix<A> &a,
                             const matrix<B> &b) {
    const auto image = make_matmul(plan, std::as_bytes(std::span(b)));
    expect_flawless(image);
    assembly::test::chip_runner runner(image);
    for (const tensor_bytes &each : split_a(plan, std::as_bytes(std::span(a))))
        runner.write(each.name, each.bytes);
    const auto end = runner.run();
    EXPECT_EQ(end.status, GROQ_COMPLETION_OK)
        << "cause " << end.fault.cause << " unit " << end.fault.unit << " cycle "
        << end.fault.cycle;
    EXPECT_EQ(end.cycles, plan.cycles());
    std::vector<std::byte> straight, rest;
    for (const product &each : plan.products())
        (each.transposed ? rest : straight) =
            runner.read(each.transposed ? "c.rest" : "c");
    const auto bytes = join_c(plan, straight, rest);
    matrix<Sum> c(bytes.size() / sizeof(Sum));
    std::memcpy(c.data(), bytes.data(), bytes.size());
    return c;
}

inline std::string name_of(const testing::TestParamInfo<matmul_shape> &instance) {
    const matmul_shape &shape = instance.param;
    return std::to_string(shape.rows) + "x" + std::to_string(shape.inner) + "x" +
           std::to_string(shape.columns);
}

} // namespace groq::ops::test
