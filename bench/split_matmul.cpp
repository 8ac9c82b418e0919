// SPDX-License-Identifier: MIT
//
// An int8 product on 1, 2, 4 and 8 simulated cards: each its columns of B and of C.
// Every C is compared with that of one card, bit by bit. Counted are cycles of the
// chips. SIZE is large, [2304 x 4096] x [4096 x 2560], or small, [64 x 320] x
// [320 x 2560].
//
//   cycles/SIZE/N   of the product
//   ideal/SIZE/N    of one card, divided by N
//   gather/SIZE/N   until each card has all of C: an all-gather of its i32 numbers
#include <algorithm>
#include <iostream>
#include <random>
#include <stdexcept>
#include <string>

#include <collectives/collective.hpp>
#include <ops/split_matmul.hpp>

#include "sample.hpp"
#include "wired_cards.hpp"

namespace {

using namespace groq;
using bytes = std::vector<std::byte>;

struct operands {
    ops::matmul_shape shape;
    bytes a, b;
};

bytes any_bytes(std::size_t count) {
    std::mt19937 random(static_cast<std::uint32_t>(count));
    bytes made(count);
    for (auto &each : made)
        each = static_cast<std::byte>(random());
    return made;
}

operands operands_of(const ops::matmul_shape &shape) {
    return {shape, any_bytes(std::size_t{shape.rows} * shape.inner),
            any_bytes(std::size_t{shape.inner} * shape.columns)};
}

std::string node_of(unsigned cards) {
    return "node" + std::to_string(cards);
}

struct answer {
    bytes c;
    std::vector<bytes> parts; // of the cards
    std::uint64_t cycles;
};

answer multiply(const operands &of, unsigned count) {
    bench::wired_cards cards(node_of(count));
    const auto shares = ops::share_columns(of.shape, count);
    std::vector<assembly::program> programs;
    for (const auto &each : shares)
        programs.push_back(
            ops::make_matmul(each.plan, ops::columns_of_b(of.shape, each, of.b)));
    auto job = cards.load(programs);
    for (std::size_t card = 0; card < job.size(); ++card)
        for (const auto &each : ops::split_a(shares[card].plan, of.a))
            job.give(card, each.name, each.bytes);
    answer made{{}, {}, std::ranges::max(job.run())};
    for (std::size_t card = 0; card < job.size(); ++card)
        made.parts.push_back(ops::join_c(shares[card].plan, job.take(card, "c"),
                                         job.take(card, "c.rest")));
    made.c = ops::join_columns(of.shape, shares, made.parts);
    return made;
}

// Rows of 320 numbers of each part in turn.
bytes interleave(const std::vector<bytes> &parts) {
    constexpr std::size_t row = GROQ_LANES * sizeof(std::int32_t);
    bytes all;
    for (std::size_t at = 0; at < parts.front().size(); at += row)
        for (const bytes &part : parts)
            all.insert(all.end(), part.begin() + at, part.begin() + at + row);
    return all;
}

// Cycles until every card has what all have.
std::uint64_t gather(const std::vector<bytes> &parts) {
    using namespace collectives;
    const auto shape = node_of(unsigned(parts.size()));
    const bench::stopwatch watch(shape);
    bench::wired_cards cards(shape);
    const auto rows = parts.front().size() / sizeof(std::int32_t) / GROQ_LANES;
    const auto made = make_collective(
        cards.wires(),
        {.what = operation::ALL_GATHER, .type = GROQ_TYPE_I32, .rows = unsigned(rows)});
    auto job = cards.load(made.programs);
    for (std::size_t card = 0; card < job.size(); ++card)
        job.give(card, "x", parts[card]);
    const auto cycles = watch.since(job.run());
    const auto all = interleave(parts);
    for (std::size_t card = 0; card < job.size(); ++card)
        if (job.take(card, "y") != all)
            throw std::runtime_error("a card did not get what the others have");
    return cycles;
}

void measure(const std::string &name, const ops::matmul_shape &shape) {
    const operands of = operands_of(shape);
    const answer one = multiply(of, 1);
    const auto print = [&](const char *what, unsigned cards, double cycles) {
        bench::print_sample(what + ("/" + name + "/" + std::to_string(cards)), "cycles",
                            cycles);
    };
    print("cycles", 1, double(one.cycles));
    for (const unsigned cards : {2U, 4U, 8U}) {
        const answer split = multiply(of, cards);
        if (split.c != one.c)
            throw std::runtime_error(name + " on " + std::to_string(cards) +
                                     " cards is not what one card gives");
        print("cycles", cards, double(split.cycles));
        print("ideal", cards, double(one.cycles) / cards);
        print("gather", cards, double(gather(split.parts)));
    }
}

} // namespace

int main() {
    try {
        measure("large", {2304, 4096, 2560});
        measure("small", {64, 320, 2560});
    } catch (const std::exception &error) {
        std::cerr << "split_matmul: " << error.what() << '\n';
        return 1;
    }
}
