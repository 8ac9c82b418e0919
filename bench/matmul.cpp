// SPDX-License-Identifier: MIT
//
// How well a matrix product uses the arrays: [2304 x 4096] x [4096 x N], as share of
// the multiply-accumulates that they could do in the cycles of a run.
//
//   i8/N         int8, the way that takes fewer cycles; run on the chip model
//   i8-padded/N  all columns in tiles, the last one filled up with zeroes
//   f16/N        f16, of its own peak, a quarter of that of int8
//   i8-worst     the least of every N in the range
//   published    the least of the published curve
#include <algorithm>
#include <iostream>
#include <stdexcept>
#include <string>
#include <vector>

#include <ops/matmul.hpp>

#include "chip_card.hpp"
#include "sample.hpp"

namespace {

using namespace groq::ops;

constexpr unsigned rows = 2304, inner = 4096;
constexpr unsigned first = 1376, last = 3500, step = 118; // columns
constexpr double published = 0.9;

matmul_plan plan(unsigned columns, const arithmetic &numbers = i8_by_i8,
                 edge_columns edge = edge_columns::SHORTER) {
    return plan_matmul({rows, inner, columns, numbers}, edge);
}

// The plan's figure, if the chip takes as many cycles.
double measure(bench::chip_card &card, const matmul_plan &of) {
    const std::vector<std::byte> zeroes(std::size_t{inner} * of.shape().columns);
    const auto program = make_matmul(of, zeroes);
    card.load(program);
    if (card.run(program.entries.front()) != of.cycles())
        throw std::runtime_error("the run has another length than the plan");
    return of.utilisation();
}

double worst() {
    double least = 1;
    for (unsigned columns = first; columns <= last; ++columns)
        least = std::min(least, plan(columns).utilisation());
    return least;
}

void print(const std::string &name, double share) {
    bench::print_sample(name, "of_peak", share);
}

void print_all() {
    bench::chip_card card;
    for (unsigned columns = first; columns <= last; columns += step) {
        const std::string size = "/" + std::to_string(columns);
        print("i8" + size, measure(card, plan(columns)));
        print("i8-padded" + size,
              plan(columns, i8_by_i8, edge_columns::PADDED).utilisation());
        print("f16" + size, plan(columns, f16_by_f16).utilisation());
    }
    print("i8-worst", worst());
    print("published", published);
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
