// SPDX-License-Identifier: MIT
// Rings, doorbells, interrupts and arbitration: docs/hardware.md sections 8 to 10.
#include <thread>

#include "card.hpp"

namespace groq::chip::test {
namespace {

using vectors = std::vector<unsigned int>;

struct queues : testing::Test, card {
    uint32_t error_of(const driver_queue &q) {
        return read32(q.reg(GROQ_QUEUE_STATUS)) >> 8 & 0xff;
    }

    // A list copy of @pieces single bytes: work that spans many DMA calls.
    groq_command long_copy(uint32_t pieces) {
        uint64_t list = host.allocate(pieces * sizeof(groq_scatter));
        uint64_t from = host.allocate(4096);
        for (uint32_t i = 0; i < pieces; ++i)
            host.store(list + i * sizeof(groq_scatter), groq_scatter{from, i, 1});
        return list_command(GROQ_OP_COPY_IN, list, pieces);
    }

    bool work_once(uint64_t budget) {
        return groq_chip_work(chip.get(), GROQ_ENGINE_COPY, budget);
    }
};

TEST_F(queues, complete_a_command_with_its_cookie_time_and_an_interrupt) {
    driver_queue q(*this, 3);
    host.time_ns += 500;
    groq_completion c = q.execute(nop_command(42));
    EXPECT_EQ(c.cookie, 42u);
    EXPECT_EQ(c.result, 0u);
    EXPECT_EQ(c.time, 500u);
    EXPECT_EQ(c.status, GROQ_COMPLETION_OK);
    EXPECT_EQ(c.sq_head, 1u);
    EXPECT_EQ(c.queue, 3u);
    EXPECT_EQ(c.flags, GROQ_COMPLETION_PHASE);
    EXPECT_EQ(host.take_interrupts(), vectors{GROQ_VECTOR_QUEUE(3)});
}

TEST_F(queues, invert_the_phase_with_every_pass) {
    for (uint32_t size_log2 : {1, 2, 5}) {
        driver_queue q(*this, size_log2, size_log2);
        for (uint32_t i = 0; i < 5 * q.entries; ++i) {
            groq_completion c = q.execute(nop_command(i));
            ASSERT_EQ(c.cookie, i);
            ASSERT_EQ(c.flags & 1u, (i / q.entries + 1) % 2);
            ASSERT_EQ(c.sq_head, (i + 1) % q.entries);
            ASSERT_EQ(q.read(GROQ_QUEUE_CQ_TAIL), (i + 1) % q.entries);
        }
    }
}

TEST_F(queues, execute_a_batch_in_order) {
    driver_queue q(*this, 0, 12);
    for (uint64_t i = 0; i < 4000; ++i)
        q.push(nop_command(i));
    q.ring();
    settle();
    for (uint64_t i = 0; i < 4000; ++i)
        ASSERT_EQ(q.reap().value().cookie, i);
    EXPECT_FALSE(q.reap());
}

TEST_F(queues, stop_at_a_full_completion_ring_until_it_is_read) {
    driver_queue q(*this, 0, 3);
    for (uint64_t round = 0; round < 3; ++round) {
        for (uint64_t i = 0; i < 7; ++i)
            q.push(nop_command(i));
        q.ring();
        settle();
    }
    for (uint64_t i = 0; i < 7; ++i)
        ASSERT_TRUE(q.reap());
    EXPECT_FALSE(q.reap()) << "seven fill a ring of eight";
    q.acknowledge();
    settle();
    EXPECT_TRUE(q.reap());
}

// As a driver widens a window: it holds the upper half before and after.
TEST_F(queues, see_a_pair_of_words_written_at_once) {
    constexpr uint64_t half = GROQ_VECTOR_BYTES, commands = 5000;
    constexpr uint64_t narrow = half | half << 32, wide = 2 * half << 32;
    driver_queue q(*this, 3, 8);
    q.open_window(0, half, half, GROQ_WINDOW_WRITE);
    const uint64_t window = q.reg(GROQ_QUEUE_WINDOW(0) + GROQ_WINDOW_BASE);
    std::atomic<bool> done{false};
    std::thread driver([&] {
        while (!done)
            for (uint64_t value : {wide, narrow})
                write64(window, value);
    });
    std::thread reader([&] {
        while (!done) {
            uint64_t seen = read64(window);
            EXPECT_TRUE(seen == narrow || seen == wide) << std::hex << seen;
        }
    });
    groq_command copy = copy_command(GROQ_OP_COPY_IN, host.allocate(half), half, half);
    uint64_t refused = 0;
    for (uint64_t i = 0; i < commands; ++i)
        refused += q.execute(copy).status != GROQ_COMPLETION_OK;
    done = true;
    driver.join();
    reader.join();
    EXPECT_EQ(refused, 0u);
}

TEST_F(queues, send_one_interrupt_until_armed_again) {
    driver_queue q(*this);
    for (uint64_t i = 0; i < 3; ++i)
        q.push(nop_command(i));
    q.ring();
    settle();
    EXPECT_EQ(host.take_interrupts(), vectors{GROQ_VECTOR_QUEUE(0)});
    q.reap();
    q.acknowledge();
    EXPECT_EQ(host.take_interrupts(), vectors{GROQ_VECTOR_QUEUE(0)})
        << "two completions lie behind the new head";
    q.reap();
    q.reap();
    q.acknowledge();
    EXPECT_EQ(host.take_interrupts(), vectors{});
    q.execute(nop_command(9));
    EXPECT_EQ(host.take_interrupts(), vectors{GROQ_VECTOR_QUEUE(0)});
}

TEST_F(queues, send_no_interrupt_for_silent_success) {
    driver_queue q(*this);
    q.execute(nop_command(1, GROQ_COMMAND_SILENT));
    EXPECT_EQ(host.take_interrupts(), vectors{});
    groq_command bad = nop_command(2, GROQ_COMMAND_SILENT);
    bad.opcode = 0x77;
    q.execute(bad);
    EXPECT_EQ(host.take_interrupts(), vectors{GROQ_VECTOR_QUEUE(0)});
}

TEST_F(queues, remember_a_wanted_interrupt_behind_a_silent_completion) {
    driver_queue q(*this);
    q.push(nop_command(1));
    q.push(nop_command(2, GROQ_COMMAND_SILENT));
    q.push(nop_command(3));
    q.push(nop_command(4, GROQ_COMMAND_SILENT));
    q.ring();
    settle();
    host.take_interrupts();
    q.ring_head(2);
    EXPECT_EQ(host.take_interrupts(), vectors{GROQ_VECTOR_QUEUE(0)});
    q.ring_head(3);
    EXPECT_EQ(host.take_interrupts(), vectors{}) << "only a silent one is left";
}

TEST_F(queues, stop_before_a_command_whose_completion_has_no_room) {
    driver_queue queue(*this);
    for (uint64_t cookie = 0; cookie < 5; ++cookie)
        queue.push(nop_command(cookie));
    queue.ring_head(4);
    queue.ring();
    settle();
    for (uint64_t cookie = 0; cookie < 3; ++cookie)
        EXPECT_EQ(queue.reap().value().cookie, cookie);
    EXPECT_FALSE(queue.reap());
    EXPECT_EQ(queue.read(GROQ_QUEUE_SQ_HEAD), 3u);
    host.take_interrupts();
    // The two that came after the first one's interrupt are not forgotten.
    queue.ring_head(4);
    EXPECT_EQ(host.take_interrupts(), vectors{GROQ_VECTOR_QUEUE(0)});
    queue.acknowledge();
    settle();
    EXPECT_EQ(queue.reap().value().cookie, 3u);
    EXPECT_EQ(queue.reap().value().cookie, 4u);
}

TEST_F(queues, send_no_interrupt_before_anything_is_completed) {
    driver_queue queue(*this);
    queue.ring_head(7);
    EXPECT_EQ(host.take_interrupts(), vectors{});
}

TEST_F(queues, stay_armed_when_the_host_has_taken_a_completion_before_its_interrupt) {
    driver_queue queue(*this);
    queue.push(nop_command(1));
    const size_t fetch = host.dma_calls;
    host.during_dma = [&] {
        if (host.dma_calls == fetch + 1)
            queue.ring_head(1);
    };
    queue.ring();
    settle();
    host.during_dma = nullptr;
    ASSERT_TRUE(queue.reap());
    EXPECT_EQ(host.take_interrupts(), vectors{});
    queue.push(nop_command(2));
    queue.ring();
    settle();
    EXPECT_EQ(host.take_interrupts(), vectors{GROQ_VECTOR_QUEUE(0)});
}

TEST_F(queues, refuse_to_enable_with_a_bad_configuration) {
    driver_queue q(*this);
    q.disable();
    auto refuses = [&](uint32_t offset, uint32_t bad) {
        uint32_t good = q.read(offset);
        write32(q.reg(offset), bad);
        q.enable();
        EXPECT_EQ(error_of(q), uint32_t{GROQ_QUEUE_ERROR_CONFIG});
        EXPECT_EQ(read32(GROQ_QUEUE_ERRORS), 1u);
        EXPECT_FALSE(q.read(GROQ_QUEUE_STATUS) & GROQ_QUEUE_ENABLED);
        write32(q.reg(offset), good);
        q.enable();
        EXPECT_EQ(error_of(q), uint32_t{GROQ_QUEUE_ERROR_NONE});
        EXPECT_EQ(read32(GROQ_QUEUE_ERRORS), 0u);
        q.disable();
    };
    refuses(GROQ_QUEUE_SQ_BASE, 0x800);
    refuses(GROQ_QUEUE_CQ_BASE, 0x10);
    refuses(GROQ_QUEUE_FAULT_BASE, 1);
    refuses(GROQ_QUEUE_SIZE, 0);
    refuses(GROQ_QUEUE_SIZE, 13);
    refuses(GROQ_QUEUE_SIZE, ~0u);
    refuses(GROQ_QUEUE_VECTOR, 33);
    EXPECT_EQ(read32(GROQ_INTR_STATUS), uint32_t{GROQ_INTR_QUEUE_ERROR});
}

TEST_F(queues, keep_their_configuration_while_enabled) {
    driver_queue q(*this);
    uint32_t size = q.read(GROQ_QUEUE_SIZE);
    write32(q.reg(GROQ_QUEUE_SIZE), size + 1);
    write32(q.reg(GROQ_QUEUE_VECTOR), 7);
    write64(q.reg(GROQ_QUEUE_SQ_BASE), 0);
    EXPECT_EQ(q.read(GROQ_QUEUE_SIZE), size);
    EXPECT_EQ(q.execute(nop_command(5)).cookie, 5u);
    EXPECT_EQ(host.take_interrupts(), vectors{GROQ_VECTOR_QUEUE(0)});
}

TEST_F(queues, stop_at_a_doorbell_out_of_range) {
    for (bool submission : {true, false}) {
        driver_queue q(*this, submission ? 4 : 5);
        submission ? q.ring_tail(q.entries) : q.ring_head(q.entries);
        EXPECT_EQ(error_of(q), uint32_t{GROQ_QUEUE_ERROR_DOORBELL});
        EXPECT_EQ(read32(GROQ_QUEUE_ERRORS), 1u << q.number);
        EXPECT_FALSE(q.read(GROQ_QUEUE_STATUS) & GROQ_QUEUE_ENABLED);
        q.enable();
        EXPECT_EQ(q.execute(nop_command(1)).cookie, 1u);
    }
}

TEST_F(queues, ignore_doorbells_while_disabled) {
    driver_queue q(*this);
    q.disable();
    q.ring_tail(1000);
    q.ring_head(1000);
    EXPECT_EQ(error_of(q), uint32_t{GROQ_QUEUE_ERROR_NONE});
    settle();
    EXPECT_FALSE(q.reap());
}

TEST_F(queues, stop_when_a_command_cannot_be_fetched) {
    driver_queue q(*this);
    host.fail_after(0);
    q.push(nop_command(1));
    q.ring();
    settle();
    EXPECT_EQ(error_of(q), uint32_t{GROQ_QUEUE_ERROR_FETCH});
    EXPECT_EQ(q.read(GROQ_QUEUE_STATUS) & GROQ_QUEUE_ACTIVE, 0u);
}

TEST_F(queues, stop_when_a_completion_or_its_record_cannot_be_written) {
    for (size_t call : {1, 2}) { // fetch, then record, then completion
        driver_queue q(*this, static_cast<uint32_t>(call));
        groq_command bad = nop_command(1);
        bad.opcode = 0;
        host.fail_after(call);
        q.push(bad);
        q.ring();
        settle();
        EXPECT_EQ(error_of(q), uint32_t{GROQ_QUEUE_ERROR_POST});
        EXPECT_FALSE(q.reap());
    }
}

TEST_F(queues, write_no_record_without_a_fault_array) {
    driver_queue q(*this);
    q.disable();
    write64(q.reg(GROQ_QUEUE_FAULT_BASE), 0);
    q.enable();
    size_t before = host.dma_calls;
    groq_command bad = nop_command(1);
    bad.opcode = 0;
    EXPECT_EQ(q.execute(bad).status, GROQ_COMPLETION_BAD_OPCODE);
    EXPECT_EQ(host.dma_calls - before, 2u);
}

TEST_F(queues, say_what_is_wrong_with_a_command) {
    driver_queue q(*this);
    q.open_everything();
    auto names = [&](groq_command c, uint32_t field) {
        c.cookie = 99;
        EXPECT_EQ(q.execute(c).status, GROQ_COMPLETION_BAD_FIELD);
        groq_fault f = q.last_fault();
        EXPECT_EQ(f.cause, uint32_t{GROQ_FAULT_BAD_FIELD});
        EXPECT_EQ(f.unit, GROQ_FAULT_NO_UNIT);
        EXPECT_EQ(f.cookie, 99u);
        EXPECT_EQ(f.text, ~0u);
        EXPECT_EQ(f.detail, field);
    };
    auto with = [](groq_command c, auto change) {
        change(c);
        return c;
    };
    groq_command nop = nop_command(0);
    groq_command copy = copy_command(GROQ_OP_COPY_IN, host.allocate(64), 0, 64);
    groq_command list = list_command(GROQ_OP_COPY_OUT, host.allocate(64), 1);
    groq_command fill = fill_command(0, 4, 0);
    groq_command run = run_command(0, 1);
    names(with(nop, [](auto &c) { c.flags = 8; }), 1);
    names(with(nop, [](auto &c) { c.flags = GROQ_COMMAND_INLINE; }), 1);
    names(with(nop, [](auto &c) { c.reserved0 = 0x100; }), 3);
    names(with(nop, [](auto &c) { c.reserved1 = 1; }), 4);
    names(with(nop, [](auto &c) { c.reserved[47] = 1; }), 63);
    names(with(copy, [](auto &c) { c.copy.list = 16; }), 16);
    names(with(copy, [](auto &c) { c.copy.count = 2; }), 24);
    names(with(copy, [](auto &c) { c.copy.reserved0 = 1; }), 28);
    names(with(copy, [](auto &c) { c.copy.entry.length = 0; }), 44);
    names(with(copy, [](auto &c) { c.copy.reserved1[1] = 1; }), 56);
    names(with(list, [](auto &c) { c.copy.list += 8; }), 16);
    names(with(list, [](auto &c) { c.copy.count = 0; }), 24);
    names(with(list, [](auto &c) { c.copy.count = 65537; }), 24);
    names(with(list, [](auto &c) { c.copy.entry.sram = 1; }), 40);
    names(with(fill, [](auto &c) { c.fill.sram = 2; }), 16);
    names(with(fill, [](auto &c) { c.fill.length = 6; }), 20);
    names(with(fill, [](auto &c) { c.fill.length = 0; }), 20);
    names(with(fill, [](auto &c) { c.fill.reserved0 = 1; }), 28);
    names(with(fill, [](auto &c) { c.fill.reserved1[0] = 1; }), 32);
    names(with(run, [](auto &c) { c.run.launch = 8; }), 16);
    names(with(run, [](auto &c) { c.run.count = 0; }), 20);
    names(with(run, [](auto &c) { c.run.count = 161; }), 20);
    names(with(run, [](auto &c) { c.run.max_cycles = 0; }), 24);
    names(with(run, [](auto &c) { c.run.reserved[3] = 1ull << 63; }), 63);
}

TEST_F(queues, skip_what_is_linked_to_a_failure) {
    driver_queue q(*this);
    groq_command bad = nop_command(1, GROQ_COMMAND_LINK);
    bad.opcode = 0x55;
    q.push(nop_command(0, GROQ_COMMAND_LINK));
    q.push(bad);
    uint32_t aborted = q.push(nop_command(2, GROQ_COMMAND_LINK));
    q.push(run_command(0, 1));
    q.push(nop_command(4));
    q.ring();
    settle();
    EXPECT_EQ(q.reap().value().status, GROQ_COMPLETION_OK);
    EXPECT_EQ(q.reap().value().status, GROQ_COMPLETION_BAD_OPCODE);
    EXPECT_EQ(q.reap().value().status, GROQ_COMPLETION_ABORTED);
    EXPECT_EQ(q.reap().value().status, GROQ_COMPLETION_ABORTED);
    EXPECT_EQ(q.reap().value().status, GROQ_COMPLETION_OK);
    EXPECT_EQ(q.fault(aborted).cause, uint32_t{GROQ_FAULT_ABORTED});
}

TEST_F(queues, pick_by_priority_and_then_in_turn) {
    driver_queue low(*this, 0, 4, 0), first(*this, 7, 4, 2), second(*this, 9, 4, 2),
        high(*this, 31, 4, 3);
    for (driver_queue *q : {&low, &first, &second, &high})
        for (uint64_t i = 0; i < 3; ++i)
            q->push(nop_command(q->number));
    // All are rung in the middle of the first fetch, so that all compete.
    std::vector<uint32_t> order;
    bool done = false;
    host.during_dma = [&] {
        if (std::exchange(done, true))
            return;
        for (driver_queue *q : {&first, &second, &high})
            q->ring();
    };
    low.ring();
    while (work_once(1))
        for (driver_queue *q : {&low, &first, &second, &high})
            while (q->reap())
                order.push_back(q->number);
    std::vector<uint32_t> expected{31, 31, 31, 7, 9, 7, 9, 7, 9, 0, 0, 0};
    EXPECT_EQ(order, expected);
}

TEST_F(queues, end_the_command_in_work_when_aborted) {
    driver_queue q(*this);
    q.open_everything();
    q.push(long_copy(1000));
    q.push(nop_command(2));
    q.ring();
    ASSERT_TRUE(work_once(4100));
    EXPECT_TRUE(q.read(GROQ_QUEUE_STATUS) & GROQ_QUEUE_ACTIVE);
    EXPECT_FALSE(q.reap());
    write32(q.reg(GROQ_QUEUE_ABORT), 1);
    settle();
    groq_completion c = q.reap().value();
    EXPECT_EQ(c.status, GROQ_COMPLETION_ABORTED);
    EXPECT_LT(c.result, 1000u);
    EXPECT_EQ(q.fault(0).cause, uint32_t{GROQ_FAULT_ABORTED});
    EXPECT_EQ(q.reap().value().status, GROQ_COMPLETION_OK);
}

TEST_F(queues, ignore_an_abort_when_nothing_is_in_work) {
    driver_queue q(*this);
    write32(q.reg(GROQ_QUEUE_ABORT), 1);
    EXPECT_EQ(q.execute(nop_command(1)).status, GROQ_COMPLETION_OK);
    q.push(nop_command(2));
    q.ring();
    write32(q.reg(GROQ_QUEUE_ABORT), 1);
    settle();
    EXPECT_EQ(q.reap().value().status, GROQ_COMPLETION_OK);
}

TEST_F(queues, forget_an_abort_that_came_between_two_commands) {
    driver_queue q(*this);
    q.open_everything();
    q.push(nop_command(1));
    q.push(long_copy(1000));
    q.ring();
    ASSERT_TRUE(work_once(1));
    EXPECT_EQ(q.read(GROQ_QUEUE_STATUS) & GROQ_QUEUE_ACTIVE, 0u);
    write32(q.reg(GROQ_QUEUE_ABORT), 1);
    ASSERT_TRUE(work_once(4100));
    EXPECT_TRUE(q.read(GROQ_QUEUE_STATUS) & GROQ_QUEUE_ACTIVE);
    q.reap();
    q.acknowledge();
    settle();
    EXPECT_EQ(q.reap().value().status, GROQ_COMPLETION_OK);
}

TEST_F(queues, abort_the_command_that_is_named_and_no_other) {
    driver_queue q(*this, 0, 3);
    q.open_everything();
    auto abort = [&](uint32_t index, uint32_t how = GROQ_QUEUE_ABORT_MATCH) {
        write32(q.reg(GROQ_QUEUE_ABORT), how | index << 16);
    };
    for (uint32_t n = 0; n < 20; ++n) { // past the end of the ring, twice
        uint32_t index = q.push(long_copy(1000));
        uint32_t next = q.push(long_copy(1000));
        q.ring();
        abort(index); // not taken yet
        ASSERT_TRUE(work_once(4100));
        ASSERT_TRUE(q.read(GROQ_QUEUE_STATUS) & GROQ_QUEUE_ACTIVE);
        for (uint32_t other : {next, (index + 7) % 8, index | 8, index | 0x8000})
            abort(other);
        abort(index, 0);
        abort(index, 4);
        ASSERT_TRUE(work_once(4100));
        ASSERT_FALSE(q.reap()) << "none of these names it";
        n % 2 ? abort(index)
              : abort(next, GROQ_QUEUE_ABORT_ANY | GROQ_QUEUE_ABORT_MATCH);
        ASSERT_TRUE(work_once(1));
        abort(index); // its successor is in work, or about to be
        settle();
        groq_completion c = q.reap().value();
        ASSERT_EQ(c.status, GROQ_COMPLETION_ABORTED);
        ASSERT_LT(c.result, 1000u);
        ASSERT_EQ(q.fault(index).cause, uint32_t{GROQ_FAULT_ABORTED});
        ASSERT_EQ(q.reap().value().status, GROQ_COMPLETION_OK);
        q.acknowledge();
    }
}

TEST_F(queues, have_no_error_when_disabled_during_a_fetch_that_fails) {
    driver_queue q(*this);
    host.during_dma = [&] { q.disable(); };
    host.fail_after(0);
    q.push(nop_command(1));
    q.ring();
    settle();
    EXPECT_EQ(q.read(GROQ_QUEUE_STATUS), 0u);
    EXPECT_EQ(read32(GROQ_INTR_STATUS), 0u);
}

TEST_F(queues, end_without_a_completion_when_disabled) {
    driver_queue q(*this);
    q.open_everything();
    q.push(long_copy(1000));
    q.ring();
    ASSERT_TRUE(work_once(4100));
    q.disable();
    EXPECT_EQ(q.read(GROQ_QUEUE_STATUS), uint32_t{GROQ_QUEUE_ACTIVE});
    q.enable();
    EXPECT_EQ(q.read(GROQ_QUEUE_STATUS), uint32_t{GROQ_QUEUE_ACTIVE})
        << "enabling waits until the chip has let go";
    size_t before = host.dma_calls;
    settle();
    EXPECT_EQ(host.dma_calls, before);
    EXPECT_EQ(q.read(GROQ_QUEUE_STATUS), 0u);
    EXPECT_FALSE(q.reap());
    q.enable();
    EXPECT_EQ(q.execute(nop_command(1)).cookie, 1u);
}

// Whatever happens at whichever DMA call, no call for the queue comes after it
// was seen to be quiet, and the chip goes on with the other queues.
TEST_F(queues, can_be_disabled_in_the_middle_of_any_dma_call) {
    for (size_t at = 0; at < 12; ++at) {
        driver_queue q(*this, 2), other(*this, 3);
        q.open_everything();
        q.push(long_copy(5));
        q.push(nop_command(7));
        q.push(nop_command(8));
        size_t first = host.dma_calls;
        host.during_dma = [&] {
            if (host.dma_calls == first + at)
                q.disable();
        };
        q.ring();
        settle();
        host.during_dma = nullptr;
        q.disable();
        EXPECT_EQ(q.read(GROQ_QUEUE_STATUS), 0u);
        EXPECT_EQ(other.execute(nop_command(9)).cookie, 9u);
        other.disable();
    }
}

TEST_F(queues, fail_cleanly_at_any_dma_call) {
    driver_queue other(*this, 3);
    for (size_t at = 0; at < 12; ++at) {
        driver_queue q(*this, 2);
        q.open_everything();
        q.push(long_copy(5));
        q.push(nop_command(7));
        q.ring();
        host.fail_after(at);
        settle();
        host.never_fail();
        bool stopped = error_of(q) != GROQ_QUEUE_ERROR_NONE;
        std::optional<groq_completion> first = q.reap(), second = q.reap();
        bool told = first && first->status == GROQ_COMPLETION_BAD_DMA;
        bool fine = second && !told;
        EXPECT_EQ(stopped + told + fine, 1) << at;
        EXPECT_EQ(other.execute(nop_command(9)).cookie, 9u);
        q.disable();
    }
}

TEST_F(queues, are_all_disabled_by_reset) {
    driver_queue q(*this), other(*this, 8);
    q.open_everything();
    q.push(long_copy(1000));
    q.push(nop_command(2));
    q.ring();
    ASSERT_TRUE(work_once(4100));
    groq_chip_reset(chip.get(), false);
    EXPECT_EQ(q.read(GROQ_QUEUE_STATUS), uint32_t{GROQ_QUEUE_ACTIVE});
    size_t before = host.dma_calls;
    settle();
    EXPECT_EQ(host.dma_calls, before);
    for (driver_queue *each : {&q, &other})
        for (uint32_t offset = 0; offset < 0x200; offset += 4)
            EXPECT_EQ(each->read(offset), 0u);
    EXPECT_EQ(host.take_interrupts(), vectors{});
    other.set_up(4);
    other.enable();
    EXPECT_EQ(other.execute(nop_command(1)).cookie, 1u);
}

TEST_F(queues, wake_an_engine_once_per_sleep) {
    driver_queue q(*this);
    EXPECT_EQ(host.wakes(GROQ_ENGINE_COPY), 0u);
    for (uint64_t i = 0; i < 5; ++i) {
        q.push(nop_command(i));
        q.ring();
    }
    EXPECT_EQ(host.wakes(GROQ_ENGINE_COPY), 1u);
    settle();
    q.push(nop_command(9));
    q.ring();
    EXPECT_EQ(host.wakes(GROQ_ENGINE_COPY), 2u);
}

TEST_F(queues, fetch_several_commands_in_one_read) {
    driver_queue q(*this);
    for (uint64_t i = 0; i < 8; ++i)
        q.push(nop_command(i));
    size_t before = host.dma_calls;
    q.ring();
    settle();
    EXPECT_EQ(host.dma_calls - before, 1u + 8u);
}

} // namespace
} // namespace groq::chip::test
