// SPDX-License-Identifier: MIT
// Launch, Nop, Repeat, Ifetch, Sync and Notify, and how programs end:
// docs/hardware.md section 12, docs/isa.md sections 2, 4 and 6.
#include "program.hpp"

namespace groq::chip::test {
namespace {

constexpr uint32_t vxm = GROQ_ICU_VXM(0);
constexpr uint32_t sxm = GROQ_ICU_SXM(GROQ_EAST, 3);

struct control : testing::Test, program_card {
    // Has the queue read word 0 of its slice onto stream east 0.
    static words reads(uint32_t count) { return words(count, read(0, east(0))); }

    groq_fault fault_of(uint32_t icu, const words &text, uint32_t count = 0) {
        queues.clear();
        counts.clear();
        add(icu, text);
        if (count)
            counts[icu] = count;
        return fault_of_run();
    }
};

TEST_F(control, takes_21_cycles_for_the_shortest_program) {
    add(vxm, {nop(1)});
    groq_completion c = run();
    EXPECT_EQ(c.status, GROQ_COMPLETION_OK);
    EXPECT_EQ(c.result, 1u + GROQ_DELAY_DRAIN);
}

TEST_F(control, runs_on_every_queue_of_the_chip) {
    for (uint32_t icu = 0; icu < GROQ_ICUS; ++icu)
        add(icu, {nop(3), nop(1)});
    groq_completion c = run();
    EXPECT_EQ(c.status, GROQ_COMPLETION_OK);
    EXPECT_EQ(c.result, 3u + 1 + GROQ_DELAY_DRAIN);
}

TEST_F(control, faults_where_a_link_that_it_uses_is_not_up) {
    add(vxm, {nop(3)});
    add(GROQ_ICU_C2C(10), {nop(1)});
    add(GROQ_ICU_C2C(5), {nop(1)});
    groq_fault f = fault_of_run();
    EXPECT_EQ(f.cause, uint32_t{GROQ_FAULT_LINK_DOWN});
    EXPECT_EQ(f.unit, uint32_t{GROQ_ICU_C2C(5)});
    EXPECT_EQ(f.cycle, 0u);
    EXPECT_EQ(f.text, ~0u);
}

TEST_F(control, waits_as_long_as_nop_says) {
    for (uint32_t cycles : {1u, 2u, 63u, 64u, 65u, 1000u, 65535u}) {
        queues.clear();
        add(vxm, {nop(cycles), nop(cycles), nop(1)});
        EXPECT_EQ(run().result, 2 * cycles + 1 + GROQ_DELAY_DRAIN);
    }
}

TEST_F(control, counts_cycles_and_busy_time) {
    add(vxm, {nop(65535), nop(1)});
    uint64_t cycles = run().result;
    EXPECT_EQ(run().result, cycles);
    EXPECT_EQ(read64(GROQ_CYCLES), 2 * cycles);
    EXPECT_EQ(read64(GROQ_TELEMETRY_BUSY_NS), 2 * cycles * 10 / 9);
    EXPECT_EQ(read64(GROQ_PROGRAMS_DONE), 2u);
    groq_chip_reset(chip.get(), false);
    settle();
    EXPECT_EQ(read64(GROQ_CYCLES), 0u);
    EXPECT_EQ(read64(GROQ_PROGRAMS_DONE), 2u);
}

TEST_F(control, warms_the_card_and_alarms_over_the_power_cap) {
    write32(GROQ_MAILBOX_REQUEST, GROQ_MAILBOX_SET_POWER_CAP);
    write32(GROQ_MAILBOX_REQUEST + 8, 100'000);
    write32(GROQ_MAILBOX_DOORBELL, 1);
    uint32_t cold = read32(GROQ_TELEMETRY_CHIP_MC);
    EXPECT_EQ(read32(GROQ_INTR_STATUS), uint32_t{GROQ_INTR_MAILBOX});
    add(vxm, {});
    words &text = queues[vxm];
    for (uint32_t block = 1; block <= 5; ++block) {
        text.push_back(ifetch(text_address(vxm, block)));
        for (int i = 1; i < GROQ_TEXT_INSTRUCTIONS; ++i)
            text.push_back(nop(65535));
    }
    for (int i = 0; i < GROQ_TEXT_INSTRUCTIONS; ++i)
        text.push_back(nop(65535));
    for (int i = 0; i < 60; ++i)
        ASSERT_EQ(run(1'000'000'000).status, GROQ_COMPLETION_OK);
    EXPECT_EQ(read32(GROQ_INTR_STATUS), uint32_t{GROQ_INTR_MAILBOX | GROQ_INTR_ALARM});
    EXPECT_EQ(read32(GROQ_TELEMETRY_POWER_MW), 100'000u);
    EXPECT_EQ(read32(GROQ_TELEMETRY_THROTTLE), uint32_t{GROQ_THROTTLE_POWER});
    EXPECT_LT(read32(GROQ_TELEMETRY_CLOCK_KHZ), 900'000u);
    EXPECT_GT(read32(GROQ_TELEMETRY_CHIP_MC), cold);
    write32(GROQ_INTR_STATUS, GROQ_INTR_ALL);
    write32(GROQ_MAILBOX_REQUEST + 8, 375'000);
    write32(GROQ_MAILBOX_DOORBELL, 1);
    EXPECT_EQ(read32(GROQ_TELEMETRY_THROTTLE), 0u);
    write32(GROQ_MAILBOX_REQUEST + 8, 80'000);
    write32(GROQ_MAILBOX_DOORBELL, 1);
    EXPECT_EQ(read32(GROQ_INTR_STATUS), uint32_t{GROQ_INTR_MAILBOX | GROQ_INTR_ALARM});
    host.time_ns += 1'000'000'000'000;
    EXPECT_LT(read32(GROQ_TELEMETRY_POWER_MW), 61'000u);
    EXPECT_EQ(read32(GROQ_TELEMETRY_THROTTLE), 0u);
}

// The value read last by a repetition is at the edge to be checked: cycle by
// cycle, which are the ones in which the reads issued.
TEST_F(control, repeats_at_the_given_interval) {
    for (uint32_t interval : {1u, 2u, 7u, 100u}) {
        queues.clear();
        add(mem(GROQ_WEST, 0), {read(0, east(0)), repeat(3, interval), nop(1)});
        EXPECT_EQ(run().result, 3 * interval + 2 + GROQ_DELAY_DRAIN)
            << "nop issues one cycle after the last read, which drives then";
        add(mem(GROQ_EAST, 0), {nop(3 + interval), write(0, east(0)),
                                nop(2 * interval - 1), write(1, east(0))});
        EXPECT_EQ(run().status, GROQ_COMPLETION_OK);
        queues[mem(GROQ_EAST, 0)].push_back(write(2, east(0)));
        EXPECT_EQ(run().status, GROQ_COMPLETION_FAULT) << "one cycle after the last";
    }
}

TEST_F(control, may_repeat_65535_times) {
    add(mem(GROQ_WEST, 0), {read(0, east(0)), repeat(65535)});
    EXPECT_EQ(run().result, 65536u + 1 + GROQ_DELAY_DRAIN);
}

TEST_F(control, refuses_repeat_where_there_is_nothing_to_repeat) {
    groq_fault f = fault_of(mem(GROQ_WEST, 0), {repeat(1)});
    EXPECT_EQ(f.cause, uint32_t{GROQ_FAULT_ILLEGAL});
    EXPECT_EQ(f.cycle, 0u);
    for (const instruction_word &before :
         {nop(5), ifetch(text_address(vxm, 1)), notify()}) {
        f = fault_of(vxm, {before, repeat(1)});
        EXPECT_EQ(f.cause, uint32_t{GROQ_FAULT_ILLEGAL});
        EXPECT_EQ(f.text, text_address(vxm, 0) + 16);
    }
    f = fault_of(mem(GROQ_WEST, 0), {read(0, east(0)), repeat(2), repeat(2)});
    EXPECT_EQ(f.cause, uint32_t{GROQ_FAULT_ILLEGAL});
    EXPECT_EQ(f.cycle, 3u);
    f = fault_of(vxm, {notify(), sync(), repeat(2)});
    EXPECT_EQ(f.cause, uint32_t{GROQ_FAULT_ILLEGAL});
    EXPECT_EQ(f.cycle, uint64_t{GROQ_DELAY_SYNC});
}

TEST_F(control, executes_as_many_instructions_as_the_launch_says) {
    add(mem(GROQ_WEST, 0), {read(0, east(0)), repeat(50), nop(100), nop(1)});
    counts[mem(GROQ_WEST, 0)] = 1;
    EXPECT_EQ(run().result, 1u + 1 + GROQ_DELAY_DRAIN) << "without its repeat";
    counts[mem(GROQ_WEST, 0)] = 2;
    EXPECT_EQ(run().result, 51u + 1 + GROQ_DELAY_DRAIN);
    counts[mem(GROQ_WEST, 0)] = 4;
    EXPECT_EQ(run().result, 151u + 1 + GROQ_DELAY_DRAIN);
}

TEST_F(control, faults_on_illegal_instructions_when_they_would_issue) {
    groq_fault f = fault_of(vxm, {nop(9), instruction_word{}});
    EXPECT_EQ(f.cause, uint32_t{GROQ_FAULT_ILLEGAL});
    EXPECT_EQ(f.unit, vxm);
    EXPECT_EQ(f.cycle, 9u);
    EXPECT_EQ(f.text, text_address(vxm, 0) + 16);
    EXPECT_EQ(fault_of(vxm, reads(1)).cause, uint32_t{GROQ_FAULT_ILLEGAL});
    EXPECT_EQ(fault_of(sxm, reads(1)).cause, uint32_t{GROQ_FAULT_ILLEGAL});
}

TEST_F(control, starves_without_text) {
    words text(GROQ_TEXT_INSTRUCTIONS, nop(2));
    groq_fault f = fault_of(sxm, text, GROQ_TEXT_INSTRUCTIONS + 1);
    EXPECT_EQ(f.cause, uint32_t{GROQ_FAULT_STARVED});
    EXPECT_EQ(f.unit, sxm);
    EXPECT_EQ(f.cycle, 80u);
    EXPECT_EQ(f.text, ~0u);
}

TEST_F(control, issues_fetched_text_24_cycles_after_the_fetch) {
    for (uint32_t late : {0u, 1u}) {
        queues.clear();
        words text(GROQ_TEXT_INSTRUCTIONS, nop(1));
        text[GROQ_TEXT_INSTRUCTIONS - GROQ_DELAY_IFETCH + late] =
            ifetch(text_address(vxm, 1));
        add(vxm, text);
        add(vxm, {nop(1)});
        groq_completion c = run();
        EXPECT_EQ(c.status, late ? GROQ_COMPLETION_FAULT : GROQ_COMPLETION_OK);
        if (late)
            EXPECT_EQ(queue.last_fault().cause, uint32_t{GROQ_FAULT_STARVED});
        else
            EXPECT_EQ(c.result, 41u + GROQ_DELAY_DRAIN);
    }
}

TEST_F(control, fetches_text_as_it_stands_at_the_time) {
    // The second block is written over before it is fetched, word by word.
    uint32_t slice = mem(GROQ_WEST, 42);
    uint32_t target =
        (text_address(vxm, 1) - GROQ_SRAM_ADDRESS(GROQ_WEST, 42, 0)) / 320;
    words fresh(GROQ_TEXT_INSTRUCTIONS, nop(7));
    std::memcpy(word(GROQ_WEST, 40, 0), fresh.data(), 640);
    add(mem(GROQ_WEST, 40), {read(0, west(0)), read(1, west(0))}); // at -11 in 1, 2
    add(slice, {nop(1), write(target, west(0), 1), repeat(1)});
    add(vxm, {nop(3), ifetch(text_address(vxm, 1)), nop(24)});
    for (int i = 3; i < GROQ_TEXT_INSTRUCTIONS; ++i)
        add(vxm, {nop(1)});
    add(vxm, {nop(1000), nop(1)}); // what stood there
    EXPECT_EQ(run().result, 3u + 1 + 24 + 37 + 7 + 1 + GROQ_DELAY_DRAIN);
}

TEST_F(control, holds_120_instructions_and_no_more) {
    // 160 in all, one per cycle: 40 of them must have issued when the last 40
    // arrive, 24 cycles after their fetch.
    for (uint32_t third : {15u, 16u}) {
        queues.clear();
        words text(160, nop(1));
        text[0] = ifetch(text_address(vxm, 1));
        text[2] = ifetch(text_address(vxm, 2));
        text[third] = ifetch(text_address(vxm, 3));
        add(vxm, text);
        groq_completion c = run();
        if (third == 16) {
            EXPECT_EQ(c.result, 160u + GROQ_DELAY_DRAIN);
            continue;
        }
        groq_fault f = queue.last_fault();
        EXPECT_EQ(f.cause, uint32_t{GROQ_FAULT_TEXT_OVERFLOW});
        EXPECT_EQ(f.unit, vxm);
        EXPECT_EQ(f.cycle, third + GROQ_DELAY_IFETCH);
        EXPECT_EQ(f.text, text_address(vxm, 0) + 16 * third) << "what was too much";
        EXPECT_EQ(std::memcmp(f.instruction, &text[third], 16), 0);
    }
}

TEST_F(control, overflows_however_many_fetches_are_under_way) {
    words text;
    for (int i = 0; i < 12; ++i)
        text.insert(text.end(), {ifetch(text_address(vxm, 1)), nop(1)});
    text.insert(text.end(), {nop(100), nop(1)});
    groq_fault f = fault_of(vxm, text);
    EXPECT_EQ(f.cause, uint32_t{GROQ_FAULT_TEXT_OVERFLOW});
    // 16 are held in cycle 24, and two blocks fit beside them.
    EXPECT_EQ(f.cycle, 4u + GROQ_DELAY_IFETCH);
}

TEST_F(control, fetches_through_the_read_port_of_the_slice) {
    uint32_t slice = mem(GROQ_WEST, 42);
    for (uint32_t cycle : {4u, 5u}) {
        queues.clear();
        add(vxm, {nop(4), ifetch(text_address(vxm, 1)), nop(30)});
        add(slice, {nop(cycle), read(8000, east(0))});
        groq_fault f = fault_of_run();
        EXPECT_EQ(f.cause, uint32_t{GROQ_FAULT_BANK});
        EXPECT_EQ(f.unit, vxm) << "the later number";
        EXPECT_EQ(f.cycle, cycle);
        EXPECT_EQ(f.text, text_address(vxm, 0) + 16);
    }
    for (uint32_t cycle : {3u, 6u}) {
        queues.clear();
        add(vxm, {nop(4), ifetch(text_address(vxm, 1)), nop(30)});
        add(slice, {nop(cycle), read(8000, east(0))});
        EXPECT_EQ(run().status, GROQ_COMPLETION_OK);
    }
}

TEST_F(control, fetches_no_text_from_a_bank_that_is_written) {
    add(vxm, {nop(4), ifetch(text_address(vxm, 1)), nop(30)});
    add(mem(GROQ_WEST, 38), {nop(2), read(0, west(2))}); // at -10 in 3, at -11 in 4
    add(mem(GROQ_WEST, 42), {nop(4), write(4095, west(2))});
    groq_fault f = fault_of_run();
    EXPECT_EQ(f.cause, uint32_t{GROQ_FAULT_BANK});
    EXPECT_EQ(f.unit, vxm);
    queues[mem(GROQ_WEST, 42)][1] = write(4096, west(2));
    EXPECT_EQ(run().status, GROQ_COMPLETION_OK) << "the other bank";
}

TEST_F(control, fetches_only_from_executable_windows) {
    queue.open_window(0, text_address(vxm, 0) / 320 * 320, 640, GROQ_WINDOW_EXECUTE);
    queue.open_window(1, launch_address, 320, GROQ_WINDOW_READ);
    queue.open_window(2, text_address(vxm, 1), 320, GROQ_WINDOW_EXECUTE);
    groq_fault f = fault_of(vxm, {ifetch(text_address(vxm, 1)), nop(30)});
    EXPECT_EQ(f.cause, uint32_t{GROQ_FAULT_ACCESS});
    EXPECT_EQ(f.cycle, 1u) << "its second half";
    EXPECT_EQ(f.address, text_address(vxm, 1) + 320u);
    f = fault_of(vxm, {ifetch(text_address(vxm, 2)), nop(30)});
    EXPECT_EQ(f.cause, uint32_t{GROQ_FAULT_ACCESS});
    EXPECT_EQ(f.cycle, 0u);
}

TEST_F(control, releases_parked_queues_35_cycles_after_notify) {
    add(mem(GROQ_WEST, 0), {sync(), read(0, east(0))});
    add(mem(GROQ_EAST, 0), {sync(), nop(3), write(9, east(0))});
    add(mem(GROQ_EAST, 1), {sync()});
    add(vxm, {nop(10), notify()});
    groq_completion c = run();
    EXPECT_EQ(c.status, GROQ_COMPLETION_OK);
    EXPECT_EQ(c.result, 10u + GROQ_DELAY_SYNC + 3 + 1 + GROQ_DELAY_DRAIN);
}

TEST_F(control, counts_the_delivery_of_a_notify_that_nobody_awaits) {
    add(vxm, {notify()});
    EXPECT_EQ(run().result, uint64_t{GROQ_DELAY_SYNC} + 1 + GROQ_DELAY_DRAIN);
}

TEST_F(control, releases_what_is_parked_before_the_delivery) {
    constexpr uint32_t delivered = 5 + GROQ_DELAY_SYNC;
    add(vxm, {nop(5), notify()});
    add(sxm, {nop(delivered - 1), sync(), nop(1)});
    EXPECT_EQ(run().result, delivered + 2u + GROQ_DELAY_DRAIN - 1);
    queues[sxm][0] = nop(delivered);
    groq_fault f = fault_of_run();
    EXPECT_EQ(f.cause, uint32_t{GROQ_FAULT_DEADLOCK});
    EXPECT_EQ(f.cycle, uint64_t{delivered});
}

TEST_F(control, delivers_notifies_of_one_cycle_and_of_successive_ones) {
    add(vxm, {notify(), notify(), nop(1)});
    add(vxm + 1, {notify(), nop(1)});
    add(sxm, {sync(), sync(), nop(1)}); // released in 35, parks, released in 36
    EXPECT_EQ(run().result, 37u + GROQ_DELAY_DRAIN);
    queues[vxm].erase(queues[vxm].begin() + 1);
    groq_fault f = fault_of_run();
    EXPECT_EQ(f.cause, uint32_t{GROQ_FAULT_DEADLOCK});
    EXPECT_EQ(f.cycle, 35u) << "two notifies of one cycle are one";
}

TEST_F(control, releases_again_and_again) {
    words notifies, syncs;
    for (int i = 0; i < 10; ++i) {
        notifies.insert(notifies.end(), {notify(), nop(49)});
        syncs.push_back(sync());
    }
    add(vxm, notifies);
    add(sxm, syncs);
    EXPECT_EQ(run().result, 9u * 50 + GROQ_DELAY_SYNC + 1 + GROQ_DELAY_DRAIN);
}

TEST_F(control, faults_when_every_queue_is_parked_for_good) {
    add(mem(GROQ_WEST, 9), {nop(20), sync(), nop(1)});
    add(mem(GROQ_WEST, 3), {nop(7), sync(), nop(1)});
    add(vxm, {nop(50), nop(1)});
    groq_fault f = fault_of_run();
    EXPECT_EQ(f.cause, uint32_t{GROQ_FAULT_DEADLOCK});
    EXPECT_EQ(f.unit, mem(GROQ_WEST, 3));
    EXPECT_EQ(f.cycle, 50u) << "when the last one that was not parked finished";
    instruction_word word = sync();
    EXPECT_EQ(std::memcmp(f.instruction, &word, 16), 0);
}

TEST_F(control, ends_at_the_limit_of_cycles) {
    add(vxm, {nop(1000), nop(1)});
    uint64_t cycles = run().result;
    EXPECT_EQ(run(cycles).status, GROQ_COMPLETION_OK);
    for (uint64_t limit : {cycles - 1, uint64_t{1001}, uint64_t{1000}, uint64_t{1}}) {
        groq_fault f = fault_of_run(limit);
        EXPECT_EQ(f.cause, uint32_t{GROQ_FAULT_CYCLE_LIMIT});
        EXPECT_EQ(f.cycle, limit);
        EXPECT_EQ(f.unit, GROQ_FAULT_NO_UNIT);
    }
    EXPECT_EQ(run(~0ull).result, cycles);
}

TEST_F(control, refuses_a_bad_launch_table) {
    add(vxm, {nop(1)});
    add(sxm, {nop(1)});
    groq_command command = build();
    auto with = [&](auto change) {
        groq_launch entry;
        uint8_t *at = sram.get() + launch_address + sizeof(entry);
        std::memcpy(&entry, at, sizeof(entry));
        groq_launch good = entry;
        change(entry);
        std::memcpy(at, &entry, sizeof(entry));
        groq_completion c = queue.execute(command);
        std::memcpy(at, &good, sizeof(good));
        return c.status;
    };
    auto refuses = [&](auto change) {
        EXPECT_EQ(with(change), GROQ_COMPLETION_FAULT);
        EXPECT_EQ(queue.last_fault().cause, uint32_t{GROQ_FAULT_BAD_LAUNCH});
        EXPECT_EQ(queue.last_fault().detail, 1u);
    };
    refuses([](auto &e) { e.icu = GROQ_ICUS_ALL; });
    refuses([](auto &e) { e.icu = vxm; });
    refuses([](auto &e) { e.count = 0; });
    refuses([](auto &e) { e.text += 320; });
    refuses([](auto &e) { e.text = GROQ_SRAM_BYTES; });
    refuses([](auto &e) { e.reserved0 = 1; });
    refuses([](auto &e) { e.reserved1 = 1; });
    EXPECT_EQ(with([](auto &) {}), GROQ_COMPLETION_OK);
}

TEST_F(control, launches_only_from_its_windows) {
    add(vxm, {nop(1)});
    groq_command command = build();
    queue.open_window(0, text_address(vxm, 0), 640, GROQ_WINDOW_EXECUTE);
    EXPECT_EQ(queue.execute(command).status, GROQ_COMPLETION_BAD_WINDOW);
    EXPECT_EQ(queue.last_fault().address, uint64_t{launch_address});
    queue.open_window(1, launch_address, 320, GROQ_WINDOW_READ);
    EXPECT_EQ(queue.execute(command).status, GROQ_COMPLETION_OK);
    queue.open_window(0, text_address(vxm, 0), 320, GROQ_WINDOW_EXECUTE);
    EXPECT_EQ(queue.execute(command).status, GROQ_COMPLETION_BAD_WINDOW);
    EXPECT_EQ(queue.last_fault().address, text_address(vxm, 0) + 320u);
    command.run.launch = 0xfffffff0;
    EXPECT_EQ(queue.execute(command).status, GROQ_COMPLETION_BAD_WINDOW);
}

TEST_F(control, owns_the_chip_while_it_runs) {
    add(vxm, {nop(60000), nop(1)});
    queue.push(build());
    queue.ring();
    EXPECT_EQ(read32(GROQ_STATUS) & GROQ_STATUS_RUNNING, 0u);
    groq_chip_work(chip.get(), GROQ_ENGINE_COPY, 1);
    ASSERT_TRUE(groq_chip_work(chip.get(), GROQ_ENGINE_PROGRAM, 100));
    EXPECT_TRUE(read32(GROQ_STATUS) & GROQ_STATUS_RUNNING);
    settle();
    EXPECT_EQ(read32(GROQ_STATUS) & GROQ_STATUS_RUNNING, 0u);
    EXPECT_EQ(queue.reap().value().result, 60001u + GROQ_DELAY_DRAIN);
}

TEST_F(control, can_be_aborted_disabled_and_reset_in_the_middle) {
    add(mem(GROQ_WEST, 0), {read(0, east(0)), repeat(60000)});
    groq_command command = build();
    auto begin = [&] {
        queue.push(command);
        queue.ring();
        groq_chip_work(chip.get(), GROQ_ENGINE_COPY, 1);
        ASSERT_TRUE(groq_chip_work(chip.get(), GROQ_ENGINE_PROGRAM, 1000));
        ASSERT_TRUE(read32(GROQ_STATUS) & GROQ_STATUS_RUNNING);
    };
    begin();
    write32(queue.reg(GROQ_QUEUE_ABORT), 1);
    settle();
    groq_completion c = queue.reap().value();
    EXPECT_EQ(c.status, GROQ_COMPLETION_ABORTED);
    EXPECT_GT(c.result, 900u);
    EXPECT_LT(c.result, 1100u);
    begin();
    queue.disable();
    settle();
    EXPECT_EQ(read32(GROQ_STATUS), 0x9u);
    EXPECT_FALSE(queue.reap());
    queue.enable();
    begin();
    groq_chip_reset(chip.get(), false);
    EXPECT_TRUE(read32(GROQ_STATUS) & GROQ_STATUS_RESETTING);
    settle();
    EXPECT_EQ(read32(GROQ_STATUS), 0x9u);
    queue.set_up(4);
    queue.open_everything();
    queue.enable();
    EXPECT_EQ(queue.execute(command).status, GROQ_COMPLETION_OK);
}

// Whoever guards the chip against the time before a reset counts calls by when
// they began: the one that acknowledges is still of that time.
TEST_F(control, does_nothing_in_the_call_that_acknowledges_a_reset) {
    groq_chip_reset(chip.get(), false);
    driver_queue again(*this, 2);
    again.push(nop_command(7));
    again.ring();
    size_t calls = host.dma_calls;
    for (groq_engine engine : {GROQ_ENGINE_COPY, GROQ_ENGINE_PROGRAM})
        EXPECT_TRUE(groq_chip_work(chip.get(), engine, 1 << 20)) << engine;
    EXPECT_EQ(host.dma_calls, calls);
    EXPECT_EQ(read32(GROQ_STATUS), 0x9u);
    EXPECT_FALSE(again.reap());
    settle();
    EXPECT_EQ(again.reap().value().cookie, 7u);
    EXPECT_FALSE(groq_chip_work(chip.get(), GROQ_ENGINE_COPY, 1 << 20));
}

TEST_F(control, clears_the_sram_only_at_a_cold_reset) {
    sram.get()[12345] = 7;
    sram.get()[GROQ_SRAM_BYTES - 1] = 8;
    groq_chip_reset(chip.get(), false);
    settle();
    EXPECT_EQ(sram.get()[12345], 7);
    groq_chip_reset(chip.get(), true);
    EXPECT_TRUE(read32(GROQ_STATUS) & GROQ_STATUS_RESETTING);
    settle();
    EXPECT_EQ(read32(GROQ_STATUS), 0x9u);
    EXPECT_EQ(sram.get()[12345], 0);
    EXPECT_EQ(sram.get()[GROQ_SRAM_BYTES - 1], 0);
    EXPECT_EQ(read64(GROQ_TIME), 0u);
}

} // namespace
} // namespace groq::chip::test
