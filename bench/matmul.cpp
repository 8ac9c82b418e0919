// SPDX-License-Identifier: MIT
//
// How well a matrix product uses the arrays: [2304 x 4096] x [4096 x N], as share of
// the multiply-accumulates that the cycles of a run would allow.
//
//   i8/N         int8, the way that takes fewer cycles
//   i8-padded/N  all columns in tiles, the last one filled up with zeroes
//   f16/N        f16, of its own peak
//   i8-worst     the smallest of all N from the first to the last
#include <algorithm>
#include <iostream>
#include <stdexcept>
#include <string>

#include <ops/matmul_plan.hpp>

#include "sample.hpp"

namespace {

using namespace groq::ops;

constexpr unsigned rows = 2304, inner = 4096;
constexpr unsigned first = 1376, last = 3500, step = 118; // columns

double utilisation(unsigned columns, const arithmetic &numbers, edge_columns edge) {
    return plan_matmul({rows, inner, columns, numbers}, edge).utilisation();
}

double worst() {
    double least = 1;
    for (unsigned columns = first; columns <= last; ++columns)
        least = std::min(least, utilisation(columns, i8_by_i8, edge_columns::SHORTER));
    return least;
}

void print_all() {
    for (unsigned columns = first; columns <= last; columns += step) {
        const std::string size = "/" + std::to_string(columns);
        const auto print = [&](const char *name, const arithmetic &numbers,
                               edge_columns edge) {
            bench::print_sample(name + size, "of peak",
                                utilisation(columns, numbers, edge));
        };
        print("i8", i8_by_i8, edge_columns::SHORTER);
        print("i8-padded", i8_by_i8, edge_columns::PADDED);
        print("f16", f16_by_f16, edge_columns::SHORTER);
    }
    bench::print_sample("i8-worst", "of peak", worst());
}

} // namespace

int main() {
    try {
        print_all();
    } catch (const std::exception &error) {
        std::cerr << "matmul: " << error.what() << '\n';
        return 1;
    }
}
