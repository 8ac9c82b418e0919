// SPDX-License-Identifier: MIT
// Cards that stay in step for long.
#include "collectives/distributed_program.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "asm/queue.hpp"
#include "collectives/exchange.hpp"
#include "wired_chips.hpp"

namespace groq::collectives::test {
namespace {

constexpr ops::word_place from{GROQ_ICU_MEM(GROQ_WEST, 0), 0};
constexpr ops::word_place to{GROQ_ICU_MEM(GROQ_EAST, 0), 0};
constexpr unsigned vectors = 30;

// Two cards whose clocks drift by 400 parts in 10^6 send each other vectors, wait, come
// together again, and send back what came.
TEST(distributed_program, realigns_clocks_that_drift) {
    constexpr std::uint64_t pause = 1'000'000; // 400 cycles of drift
    const network wires = network::by_name("node2").value();
    distributed_program program(wires);
    for (unsigned card = 0; card < 2; ++card)
        for (const ops::word_place &place : {from, from + vectors, to})
            program.builder(card).reserve(place.address(), vectors * GROQ_VECTOR_BYTES);
    const auto swap = [&](ops::word_place here, ops::word_place there,
                          std::uint64_t ready) {
        exchange both(program);
        for (unsigned card = 0; card < 2; ++card)
            both.ship({card, 0}, here, there, vectors);
        return both.emit(ready);
    };
    const std::uint64_t ready = program.realign(swap(from, to, 0) + pause);
    EXPECT_EQ(program.drifted(ready), GROQ_DELAY_SYNC);
    swap(to, from + vectors, ready);
    const auto programs = program.link();

    wired_chips chips(wires);
    chips.load(programs);
    const std::uint32_t first = from.address(), back = (from + vectors).address();
    for (unsigned card = 0; card < 2; ++card)
        for (std::uint32_t i = 0; i < vectors * GROQ_VECTOR_BYTES; ++i)
            chips.byte(card, first + i) = static_cast<std::uint8_t>(i * 7 + card);
    chips.run();
    for (unsigned card = 0; card < 2; ++card)
        for (std::uint32_t i = 0; i < vectors * GROQ_VECTOR_BYTES; ++i)
            ASSERT_EQ(chips.byte(card, back + i), chips.byte(card, first + i)) << i;
}

TEST(distributed_program, needs_a_way_to_every_card) {
    const std::vector<cable> cables{{.a = {0, 0}, .b = {1, 0}}};
    const network wires = network::make(3, cables).value();
    EXPECT_THAT([&] { distributed_program program(wires); },
                testing::ThrowsMessage<std::runtime_error>(
                    "no cables lead from card 0 to card 2"));
}

// Round an epoch's boundary: the end waits, so that it is always the same epoch.
TEST(distributed_program, begins_whatever_the_latency) {
    for (const std::uint32_t latency : {64U, 240U, 252U, 260U, 1000U}) {
        const std::vector<cable> cables{{.a = {0, 0}, .b = {1, 3}, .latency = latency}};
        const network wires = network::make(2, cables).value();
        distributed_program program(wires);
        for (unsigned card = 0; card < 2; ++card)
            for (const ops::word_place &place : {from, to})
                program.builder(card).reserve(place.address(), GROQ_VECTOR_BYTES);
        exchange both(program);
        both.ship({0, 0}, from, to, 1);
        both.ship({1, 3}, from, to, 1);
        both.emit(0);
        const auto programs = program.link();
        wired_chips chips(wires);
        chips.load(programs);
        chips.byte(0, from.address()) = 5;
        chips.run();
        EXPECT_EQ(chips.byte(1, to.address()), 5) << latency;
    }
}

} // namespace
} // namespace groq::collectives::test
