// SPDX-License-Identifier: MIT
// Who watches a chip sees every issue in its cycle, and changes nothing.
#include "dense_layer.hpp"

namespace groq::chip::test {
namespace {

struct diary {
    struct release {
        uint32_t icu;
        uint64_t cycle;

        bool operator==(const release &) const = default;
    };
    struct end {
        uint64_t cycles;
        uint32_t cause;
    };

    static diary &self(void *opaque) { return *static_cast<diary *>(opaque); }

    // Of one program as (icu, cycle, repetition); its opcode aside.
    std::vector<std::array<uint64_t, 3>> places() const {
        std::vector<std::array<uint64_t, 3>> all;
        for (const groq_issue &i : issues)
            all.push_back({i.icu, i.cycle, i.repetition});
        return all;
    }

    std::vector<groq_program_run> runs;
    std::vector<groq_issue> issues;
    std::vector<release> releases;
    std::vector<end> ends;

    static constexpr groq_observer callbacks = {
        .began = [](void *opaque,
                    const groq_program_run *run) { self(opaque).runs.push_back(*run); },
        .issued =
            [](void *opaque, const groq_issue *issue) {
                self(opaque).issues.push_back(*issue);
            },
        .released =
            [](void *opaque, uint32_t icu, uint64_t cycle) {
                self(opaque).releases.push_back({icu, cycle});
            },
        .ended =
            [](void *opaque, uint64_t cycles, const groq_fault *fault) {
                self(opaque).ends.push_back({cycles, fault ? fault->cause : 0});
            },
    };
};

struct observer : testing::Test {
    observer() { groq_chip_observe(card.chip.get(), &diary::callbacks, &seen); }

    program_card card;
    diary seen;
};

TEST_F(observer, sees_every_issue_in_its_cycle) {
    uint32_t reader = mem(GROQ_EAST, 3), notifier = mem(GROQ_EAST, 4);
    card.add(reader, {sync(), nop(2), read(7, east(1), 1), repeat(2, 3)});
    card.add(notifier, {nop(5), notify()});
    ASSERT_EQ(card.run().status, GROQ_COMPLETION_OK);
    uint64_t released = 5 + GROQ_DELAY_SYNC, reads = released + 2;
    EXPECT_EQ(seen.places(), (std::vector<std::array<uint64_t, 3>>{
                                 {reader, 0, 0},
                                 {notifier, 0, 0},
                                 {notifier, 5, 0},
                                 {reader, released, 0},
                                 {reader, reads, 0},
                                 {reader, reads + 3, 1},
                                 {reader, reads + 6, 2},
                             }));
    EXPECT_EQ(seen.releases, (std::vector<diary::release>{{reader, released}}));
}

TEST_F(observer, is_told_which_instruction_it_is) {
    uint32_t icu = mem(GROQ_WEST, 9);
    card.add(icu, {nop(2), read(7, east(1))});
    card.run();
    ASSERT_EQ(seen.issues.size(), 2u);
    instruction_word expected = read(7, east(1));
    EXPECT_EQ(seen.issues[1].text,
              program_card::text_address(icu, 0) + GROQ_INSTRUCTION_BYTES);
    EXPECT_EQ(std::memcmp(seen.issues[1].instruction, &expected, 16), 0);
}

TEST_F(observer, is_told_of_beginning_and_end) {
    card.add(0, {nop(3)});
    groq_command command = card.build();
    command.cookie = 77;
    uint64_t cycles = card.queue.execute(command).result;
    card.queue.execute(command);
    ASSERT_EQ(seen.runs.size(), 2u);
    for (uint64_t i : {0, 1}) {
        EXPECT_EQ(seen.runs[i].number, i + 1);
        EXPECT_EQ(seen.runs[i].cookie, 77u);
        EXPECT_EQ(seen.runs[i].queue, card.queue.number);
        EXPECT_EQ(seen.runs[i].launch, program_card::launch_address);
        EXPECT_EQ(seen.ends[i].cycles, cycles);
        EXPECT_EQ(seen.ends[i].cause, uint32_t{GROQ_FAULT_NONE});
    }
}

TEST_F(observer, sees_what_faults) {
    card.add(mem(GROQ_EAST, 0), {nop(4), write(0, west(0))});
    EXPECT_EQ(card.run().result, 4u);
    EXPECT_EQ(seen.issues.back().cycle, 4u);
    EXPECT_EQ(seen.ends.back().cycles, 4u);
    EXPECT_EQ(seen.ends.back().cause, uint32_t{GROQ_FAULT_STREAM_EMPTY});
}

TEST_F(observer, hears_nothing_of_commands_that_are_refused) {
    card.queue.execute(run_command(0, 1));
    EXPECT_TRUE(seen.runs.empty() && seen.ends.empty());
}

TEST_F(observer, is_told_when_a_program_is_swept_away) {
    card.add(0, {nop(100), nop(100)});
    auto start = [&] {
        card.queue.push(card.build());
        card.queue.ring();
        groq_chip_work(card.chip.get(), GROQ_ENGINE_COPY, 1);
        groq_chip_work(card.chip.get(), GROQ_ENGINE_PROGRAM, 10);
    };
    start();
    std::vector<uint8_t> state(groq_chip_save(card.chip.get(), nullptr, 0));
    groq_chip_save(card.chip.get(), state.data(), state.size());
    ASSERT_TRUE(groq_chip_load(card.chip.get(), state.data(), state.size()));
    EXPECT_EQ(seen.runs.size(), 2u);
    EXPECT_EQ(seen.ends.size(), 1u);
    groq_chip_reset(card.chip.get(), false);
    card.settle();
    ASSERT_EQ(seen.ends.size(), 2u);
    for (const diary::end &end : seen.ends)
        EXPECT_EQ(end.cause, uint32_t{GROQ_FAULT_ABORTED});
}

TEST_F(observer, can_be_sent_away) {
    card.add(0, {nop(3)});
    groq_chip_observe(card.chip.get(), nullptr, nullptr);
    card.run();
    EXPECT_TRUE(seen.runs.empty() && seen.issues.empty() && seen.ends.empty());
}

TEST_F(observer, changes_nothing) {
    dense_layer alone{30}, watched{30};
    groq_chip_observe(watched.chip.get(), &diary::callbacks, &seen);
    EXPECT_EQ(alone.run().result, watched.run().result);
    EXPECT_EQ(std::memcmp(alone.sram.get(), watched.sram.get(), alone.sram_bytes), 0);
    EXPECT_GT(seen.issues.size(), 30u * 9);
}

} // namespace
} // namespace groq::chip::test
