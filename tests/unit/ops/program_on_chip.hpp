// SPDX-License-Identifier: MIT
// Programs of ops on the chip model as their host sees them.
#pragma once

#include <cstddef>
#include <cstring>
#include <random>
#include <span>
#include <string>
#include <vector>

#include <gtest/gtest.h>

#include "../asm/chip_runner.hpp"
#include "asm/check.hpp"

namespace groq::ops::test {

template <class T>
using matrix = std::vector<T>; // row major

// A program that the static check has nothing to say about.
class program_on_chip {
public:
    explicit program_on_chip(const assembly::program &image)
        : cycles_(image.entries.at(0).cycles), runner_(image) {
        for (const assembly::diagnostic &each : assembly::check(image))
            ADD_FAILURE() << assembly::to_text(each);
    }

    template <class T>
    void write(const std::string &tensor, const matrix<T> &values) {
        runner_.write(tensor, std::as_bytes(std::span(values)));
    }

    void run() {
        const auto end = runner_.run();
        ASSERT_EQ(end.status, GROQ_COMPLETION_OK)
            << "cause " << end.fault.cause << " unit " << end.fault.unit << " cycle "
            << end.fault.cycle;
        EXPECT_EQ(end.cycles, cycles_);
    }

    template <class T>
    matrix<T> read(const std::string &tensor) {
        const auto bytes = runner_.read(tensor);
        matrix<T> values(bytes.size() / sizeof(T));
        std::memcpy(values.data(), bytes.data(), bytes.size());
        return values;
    }

    std::uint64_t cycles() const { return cycles_; }

private:
    std::uint64_t cycles_;
    assembly::test::chip_runner runner_;
};

} // namespace groq::ops::test
