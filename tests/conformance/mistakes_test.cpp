// SPDX-License-Identifier: MIT
// That the comparison notices: with one mistake in the reference some random program
// must end otherwise than in the chip.
#include <gtest/gtest.h>

#include "bench.hpp"
#include "generator.hpp"

namespace groq::conformance {
namespace {

using reference::instruction;
using reference::mistake;
using reference::vector;

struct seeded {
    const char *name;
    mistake wrong;
};

mistake late(unsigned opcode) {
    mistake m;
    m.opcode = opcode;
    m.delay = 1;
    return m;
}

mistake spoil(unsigned opcode, std::function<void(vector &)> change) {
    mistake m;
    m.spoil = [opcode, change](const instruction &i, vector &v) {
        if (i.of->opcode == opcode)
            change(v);
    };
    return m;
}

mistake with(void (*set)(mistake &)) {
    mistake m;
    set(m);
    return m;
}

std::vector<seeded> mistakes() {
    return {
        {"shifts_take_one_cycle_more", late(GROQ_OPCODE_SHIFT_UP)},
        {"rows_are_stored_late", late(GROQ_OPCODE_LW)},
        {"weights_are_installed_late", late(GROQ_OPCODE_IW)},
        {"gathers_lose_the_last_lane",
         spoil(GROQ_OPCODE_GATHER, [](vector &v) { v.lanes[GROQ_LANES - 1] = 0; })},
        {"saturation_stops_one_short", spoil(GROQ_OPCODE_ADD_SAT,
                                             [](vector &v) {
                                                 for (uint8_t &lane : v.lanes)
                                                     lane = static_cast<uint8_t>(
                                                         lane - (lane == 0x7f));
                                             })},
        {"permute_swaps_two_lanes",
         spoil(GROQ_OPCODE_PERMUTE,
               [](vector &v) { std::swap(v.lanes[3], v.lanes[4]); })},
        {"nan_keeps_its_sign", spoil(GROQ_OPCODE_MAX,
                                     [](vector &v) {
                                         for (uint8_t &lane : v.lanes)
                                             lane |= lane == 0x7e ? 0x80 : 0;
                                     })},
        {"notify_is_early", with([](mistake &m) { m.sync = GROQ_DELAY_SYNC - 1; })},
        {"banks_are_smaller",
         with([](mistake &m) { m.bank_words = GROQ_BANK_WORDS / 2; })},
        {"queues_hold_less_text",
         with([](mistake &m) { m.text_capacity = GROQ_TEXT_CAPACITY - 20; })},
        {"accumulators_always_add",
         with([](mistake &m) { m.accumulators_always_add = true; })},
    };
}

class every_mistake : public testing::TestWithParam<seeded> {};

TEST_P(every_mistake, is_noticed) {
    bench b;
    for (uint64_t seed = 1; seed <= 2000; ++seed)
        if (!b.compare(generator::random_program(seed), GetParam().wrong).empty())
            return RecordProperty("seed", std::to_string(seed));
    FAIL() << "2,000 random programs do not tell";
}

INSTANTIATE_TEST_SUITE_P(seeded, every_mistake, testing::ValuesIn(mistakes()),
                         [](const auto &of) { return of.param.name; });

} // namespace
} // namespace groq::conformance
