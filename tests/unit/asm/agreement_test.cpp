// SPDX-License-Identifier: MIT
// Random programs: the checks and the chip agree on whether one runs, where it stops
// and why, and on its cycles.
#include <algorithm>
#include <map>
#include <optional>
#include <random>

#include <gtest/gtest.h>

#include "asm/check.hpp"
#include "asm/program_builder.hpp"
#include "asm/queue.hpp"
#include "chip_runner.hpp"

namespace groq::assembly::test {
namespace {

constexpr unsigned words = 8; // of each bank that hold data

// Mostly sensible: what is read is taken where and when it passes, or nearly.
class random_program {
public:
    explicit random_program(unsigned seed) : random_(seed) {
        for (const unsigned slice : slices_)
            for (const unsigned bank : {0U, 1U})
                builder_.add_data("data", address_of(slice, bank * GROQ_BANK_WORDS),
                                  std::vector<std::byte>(words * GROQ_VECTOR_BYTES));
        for (int i = 0; i < 8; ++i)
            add_route();
        for (int i = 0; i < 2; ++i)
            add_alu_operation();
    }

    program link() { return builder_.link(); }

private:
    std::uint32_t below(std::uint32_t limit) {
        return static_cast<std::uint32_t>(random_() % limit);
    }
    // One in sixty is out of place.
    std::uint64_t nearly(std::uint64_t cycle) {
        return cycle + (below(60) == 0 ? 1 : 0);
    }
    unsigned any_slice() { return slices_[below(std::size(slices_))]; }
    unsigned any_word() { return below(2) * GROQ_BANK_WORDS + below(words); }

    // Two instructions in one cycle of a queue are no program at all.
    bool take(unsigned icu, std::uint64_t cycle, std::uint32_t count) {
        for (std::uint32_t i = 0; i < count; ++i)
            if (taken_.contains({icu, cycle + i}))
                return false;
        for (std::uint32_t i = 0; i < count; ++i)
            taken_[{icu, cycle + i}] = true;
        return true;
    }

    void place(unsigned icu, std::uint64_t cycle, const instruction &code,
               std::uint32_t times) {
        if (take(icu, cycle, times + 1))
            plan_.at(cycle, icu, code, {times, 1});
    }

    // From a slice to a slice, an ALU or an MXM plane downstream.
    void add_route() {
        const unsigned from = any_slice();
        const bool is_west = below(2) != 0;
        const unsigned stream = is_west ? west(below(6)) : east(below(6));
        const std::uint64_t cycle = below(60);
        const std::uint32_t times = below(3);
        place(from, cycle, make<GROQ_OPCODE_READ>({stream, any_word()}), times);
        const unsigned to = destination();
        const int distance = (position_of(to) - position_of(from)) * (is_west ? -1 : 1);
        if (distance < 0)
            return;
        const std::uint64_t arrival =
            nearly(cycle + GROQ_DELAY_MEM_READ + static_cast<unsigned>(distance));
        consume(to, arrival, stream, times);
    }

    unsigned destination() {
        switch (below(3)) {
        case 0:
            return GROQ_ICU_VXM(below(4));
        case 1:
            return GROQ_ICU_MXM(below(2), GROQ_MXM_QUEUE_ACTIVATIONS(below(2)));
        default:
            return any_slice();
        }
    }

    void consume(unsigned icu, std::uint64_t cycle, unsigned stream,
                 std::uint32_t times) {
        switch (kind_of(icu)) {
        case queue_kind::VXM:
            place(icu, cycle,
                  make<GROQ_OPCODE_ADD_SAT>(
                      {GROQ_TYPE_I8, below(2) != 0 ? below(64) : GROQ_OPERAND_NONE,
                       stream, GROQ_OPERAND_IMMEDIATE, 1}),
                  times);
            break;
        case queue_kind::MXA:
            place(icu, cycle, make<GROQ_OPCODE_ABC>({stream, GROQ_TYPE_I8}), times);
            place(icu + 1, nearly(cycle + GROQ_DELAY_MXM_MULTIPLY),
                  make<GROQ_OPCODE_ACC>({.type = GROQ_TYPE_I32, .entry = below(8)}),
                  times);
            break;
        default:
            place(icu, cycle, make<GROQ_OPCODE_WRITE>({stream, any_word()}), times);
        }
    }

    void add_alu_operation() {
        place(GROQ_ICU_VXM(below(4)), 20 + below(100),
              make<GROQ_OPCODE_COPY>(
                  {.type = GROQ_TYPE_I8, .target = below(64), .a = alu(below(4))}),
              0);
    }

    static constexpr unsigned slices_[] = {0, 2, 43, 44, 45, 50, 87};

    std::mt19937 random_;
    program_builder builder_;
    schedule &plan_ = builder_.add_entry("main");
    std::map<std::pair<unsigned, std::uint64_t>, bool> taken_;
};

// Where the chip would stop, by the checks.
std::optional<diagnostic> first_fault(const program &source) {
    for (const diagnostic &each : check(source))
        if (each.error && each.cause != GROQ_FAULT_NONE)
            return each;
    return {};
}

TEST(checks_and_chip, agree_on_random_programs) {
    unsigned good = 0;
    constexpr unsigned programs = 200;
    for (unsigned seed = 0; seed < programs; ++seed) {
        SCOPED_TRACE(seed);
        const program source = random_program(seed).link();
        const auto expected = first_fault(source);
        const run_result end = chip_runner(source).run();
        if (!expected) {
            ++good;
            ASSERT_EQ(end.status, GROQ_COMPLETION_OK)
                << "cause " << end.fault.cause << ", unit " << end.fault.unit
                << ", cycle " << end.fault.cycle;
            ASSERT_EQ(end.cycles, source.entries[0].cycles);
            continue;
        }
        ASSERT_EQ(end.status, GROQ_COMPLETION_FAULT) << to_text(*expected);
        ASSERT_EQ(end.fault.cycle, expected->fault_cycle) << to_text(*expected);
        ASSERT_EQ(end.fault.cause, expected->cause) << to_text(*expected);
        ASSERT_EQ(end.fault.unit, expected->fault_icu) << to_text(*expected);
    }
    RecordProperty("good", static_cast<int>(good));
    EXPECT_GT(good, programs / 20); // or nothing was tested
    EXPECT_LT(good, programs * 19 / 20);
}

} // namespace
} // namespace groq::assembly::test
