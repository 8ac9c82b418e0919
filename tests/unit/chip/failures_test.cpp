// SPDX-License-Identifier: MIT
// What groq_chip_fail breaks: seen from the driver's side, and mended.
#include <atomic>
#include <thread>

#include "dense_layer.hpp"
#include "pieces.hpp"

namespace groq::chip::test {
namespace {

using vectors = std::vector<unsigned int>;

struct failures : testing::Test, program_card {
    bool fail(groq_failure what, int64_t value) {
        return groq_chip_fail(chip.get(), what, value);
    }
    int64_t failure(groq_failure what) { return groq_chip_failure(chip.get(), what); }
    void hang(groq_hang how) { ASSERT_TRUE(fail(GROQ_FAILURE_HANG, how)); }
    bool is_active(const driver_queue &q) {
        return read32(q.reg(GROQ_QUEUE_STATUS)) & GROQ_QUEUE_ACTIVE;
    }
    bool has_status(uint32_t bits) { return (read32(GROQ_STATUS) & bits) == bits; }
    void abort(const driver_queue &q) {
        write32(q.reg(GROQ_QUEUE_ABORT), GROQ_QUEUE_ABORT_ANY);
    }

    // A copy of @pieces single bytes.
    groq_command long_copy(uint32_t pieces) {
        uint64_t list = host.allocate(pieces * sizeof(groq_scatter));
        uint64_t from = host.allocate(4096);
        for (uint32_t i = 0; i < pieces; ++i)
            host.store(list + i * sizeof(groq_scatter), groq_scatter{from, i, 1});
        return list_command(GROQ_OP_COPY_IN, list, pieces);
    }

    // What takes 1,500 cycles.
    groq_command program() {
        if (queues.empty()) {
            add(GROQ_ICU_VXM(0), words(14, nop(100)));
            add(GROQ_ICU_VXM(0), {nop(99 - GROQ_DELAY_DRAIN), nop(1)});
        }
        return build();
    }

    // One command of each kind, and one that is wrong.
    std::vector<groq_command> commands() {
        return {nop_command(1), long_copy(300), fill_command(0, 1 << 20, 7), program(),
                list_command(GROQ_OP_COPY_IN, 8, 1)};
    }

    void submit(driver_queue &q, const groq_command &c) {
        q.push(c);
        q.ring();
        settle();
    }

    // As after power-on, but for what reset() keeps.
    void expect_health() {
        EXPECT_EQ(read32(GROQ_STATUS), 0x9u);
        driver_queue q(*this, 30);
        q.open_everything();
        EXPECT_EQ(q.execute(nop_command(1)).status, GROQ_COMPLETION_OK);
        EXPECT_EQ(q.execute(program()).result, 1500u);
        q.disable();
    }
};

TEST_F(failures, hold_commands_up_until_aborted) {
    hang(GROQ_HANG_COMMAND);
    for (const groq_command &c : commands()) {
        driver_queue q(*this, 3);
        q.open_everything();
        submit(q, c);
        ASSERT_TRUE(is_active(q));
        ASSERT_EQ(q.read(GROQ_QUEUE_SQ_HEAD), 1u) << "taken";
        ASSERT_FALSE(q.reap());
        EXPECT_FALSE(groq_chip_work(chip.get(), GROQ_ENGINE_COPY, 1000)) << "it sleeps";
        EXPECT_FALSE(groq_chip_work(chip.get(), GROQ_ENGINE_PROGRAM, 1000));
        abort(q);
        settle();
        groq_completion done = q.reap().value();
        EXPECT_EQ(done.status, GROQ_COMPLETION_ABORTED);
        EXPECT_EQ(done.result, 0u);
        EXPECT_FALSE(is_active(q));
        q.disable();
    }
    EXPECT_EQ(failure(GROQ_FAILURE_HANG), GROQ_HANG_COMMAND) << "and the next one";
}

TEST_F(failures, let_a_queue_that_hangs_be_disabled) {
    hang(GROQ_HANG_COMMAND);
    for (const groq_command &c : commands()) {
        driver_queue q(*this, 3);
        submit(q, c);
        ASSERT_TRUE(is_active(q));
        q.disable();
        settle();
        EXPECT_EQ(q.read(GROQ_QUEUE_STATUS), 0u);
        EXPECT_FALSE(q.reap());
    }
}

TEST_F(failures, hold_up_what_is_in_the_midst_and_let_it_go_on) {
    driver_queue copies(*this, 3);
    copies.open_everything();
    copies.push(long_copy(1000));
    queue.push(program());
    copies.ring(), queue.ring();
    groq_chip_work(chip.get(), GROQ_ENGINE_COPY, 4200);
    groq_chip_work(chip.get(), GROQ_ENGINE_PROGRAM, 600);
    groq_chip_work(chip.get(), GROQ_ENGINE_PROGRAM, 100);
    hang(GROQ_HANG_CHIP);
    settle();
    EXPECT_TRUE(has_status(GROQ_STATUS_RUNNING));
    EXPECT_TRUE(is_active(copies) && is_active(queue));
    EXPECT_FALSE(copies.reap() || queue.reap());
    unsigned int wakes = all_wakes();
    hang(GROQ_HANG_NONE);
    EXPECT_EQ(all_wakes(), wakes + 2);
    settle();
    EXPECT_EQ(copies.reap().value().result, 1000u);
    EXPECT_EQ(queue.reap().value().result, 1500u);
}

TEST_F(failures, do_not_delay_what_is_asked_of_a_chip_once_it_goes_on) {
    hang(GROQ_HANG_CHIP);
    driver_queue dropped(*this, 3), aborted(*this, 4), other(*this, 5);
    submit(dropped, long_copy(10));
    submit(queue, program());
    submit(aborted, long_copy(10)), submit(other, nop_command(7));
    dropped.disable();
    abort(queue);
    settle();
    EXPECT_TRUE(is_active(dropped) && is_active(queue));
    hang(GROQ_HANG_NONE);
    settle();
    EXPECT_EQ(dropped.read(GROQ_QUEUE_STATUS), 0u);
    EXPECT_EQ(queue.reap().value().status, GROQ_COMPLETION_ABORTED);
    EXPECT_EQ(other.reap().value().cookie, 7u);
}

// Each by what its name says and by nothing less.
TEST_F(failures, are_mended_by_a_reset_that_is_deep_enough) {
    auto control = [&] { write32(GROQ_CONTROL, GROQ_CONTROL_RESET); };
    auto function = [&] { groq_chip_reset(chip.get(), false); };
    auto cold = [&] { groq_chip_reset(chip.get(), true); };
    std::vector<std::function<void()>> resets{control, function, cold};
    for (int how = GROQ_HANG_COMMAND; how <= GROQ_HANG_FOREVER; ++how) {
        for (size_t reset = 0; reset < resets.size(); ++reset) {
            bool helps = how <= GROQ_HANG_CHIP + static_cast<int>(reset);
            driver_queue q(*this, 3);
            q.open_everything();
            hang(static_cast<groq_hang>(how));
            submit(q, long_copy(10));
            submit(queue, program());
            size_t before = host.dma_calls;
            resets[reset]();
            settle();
            ASSERT_EQ(has_status(GROQ_STATUS_RESETTING), !helps) << how << reset;
            ASSERT_EQ(has_status(GROQ_STATUS_READY), helps);
            ASSERT_EQ(is_active(q), !helps);
            ASSERT_EQ(failure(GROQ_FAILURE_HANG), helps ? 0 : how);
            ASSERT_EQ(host.dma_calls, before);
            hang(GROQ_HANG_NONE);
            settle();
            ASSERT_EQ(host.dma_calls, before);
            expect_health();
            groq_chip_reset(chip.get(), false);
            settle();
            queue.set_up(4);
            queue.open_everything();
            queue.enable();
        }
    }
}

TEST_F(failures, hold_up_a_reset_of_a_chip_that_is_idle) {
    hang(GROQ_HANG_RESET);
    settle();
    EXPECT_TRUE(has_status(GROQ_STATUS_READY)) << "so far";
    write32(GROQ_CONTROL, GROQ_CONTROL_RESET);
    settle();
    EXPECT_EQ(read32(GROQ_STATUS),
              uint32_t{GROQ_STATUS_RESETTING | GROQ_STATUS_CONTROLLER});
    queue.set_up(4);
    queue.enable();
    submit(queue, nop_command(1));
    EXPECT_FALSE(is_active(queue)) << "not taken while it resets";
    groq_chip_reset(chip.get(), false);
    settle();
    expect_health();
}

TEST_F(failures, idle_a_chip_that_is_advanced) {
    queue.push(program());
    queue.ring();
    groq_chip_work(chip.get(), GROQ_ENGINE_COPY, 1);
    EXPECT_EQ(groq_chip_advance(chip.get(), 100).state, GROQ_PROGRESS_HELD);
    hang(GROQ_HANG_COMMAND);
    groq_progress hung = groq_chip_advance(chip.get(), 5000);
    EXPECT_EQ(hung.state, GROQ_PROGRESS_IDLE);
    EXPECT_EQ(hung.next_event, UINT64_MAX);
    hang(GROQ_HANG_NONE);
    EXPECT_EQ(groq_chip_advance(chip.get(), 700).position, 700u);
    hang(GROQ_HANG_COMMAND);
    abort(queue);
    groq_progress ended = groq_chip_advance(chip.get(), 5000);
    EXPECT_EQ(ended.state, GROQ_PROGRESS_ENDED);
    EXPECT_EQ(ended.position, 700u);
    EXPECT_EQ(queue.reap().value().result, 700u);
    submit(queue, program());
    EXPECT_EQ(groq_chip_advance(chip.get(), 10).state, GROQ_PROGRESS_IDLE);
    hang(GROQ_HANG_NONE);
    EXPECT_EQ(groq_chip_advance(chip.get(), 10).position, 10u);
    EXPECT_EQ(groq_chip_advance(chip.get(), 5000).position, 1500u);
}

TEST_F(failures, are_part_of_the_saved_state) {
    for (const groq_command &c : commands()) {
        driver_queue q(*this, 3);
        q.open_everything();
        hang(GROQ_HANG_CHIP);
        fail(GROQ_FAILURE_COMPLETION, GROQ_BAD_COOKIE);
        fail(GROQ_FAILURE_TEMPERATURE, -40'000);
        fail(GROQ_FAILURE_CONTROLLER, 1);
        submit(q, c);
        state hung = save(*this);
        put_new_chip();
        ASSERT_TRUE(load(*this, hung));
        ASSERT_EQ(save(*this), hung);
        settle();
        EXPECT_TRUE(is_active(q));
        EXPECT_EQ(failure(GROQ_FAILURE_HANG), GROQ_HANG_CHIP);
        EXPECT_EQ(failure(GROQ_FAILURE_TEMPERATURE), -40'000);
        EXPECT_EQ(failure(GROQ_FAILURE_CONTROLLER), 1);
        hang(GROQ_HANG_NONE);
        settle();
        groq_completion done = q.reap().value();
        EXPECT_EQ(done.cookie, ~c.cookie);
        bool is_wrong = c.opcode == GROQ_OP_COPY_IN && c.copy.list == 8;
        EXPECT_EQ(done.status,
                  is_wrong ? GROQ_COMPLETION_BAD_FIELD : GROQ_COMPLETION_OK);
        q.disable();
    }
    fail(GROQ_FAILURE_FATAL, 1);
    state fatal = save(*this);
    put_new_chip();
    ASSERT_TRUE(load(*this, fatal));
    EXPECT_TRUE(has_status(GROQ_STATUS_FATAL));
}

TEST_F(failures, refuse_values_that_mean_nothing) {
    std::pair<groq_failure, int64_t> bad[] = {
        {GROQ_FAILURE_HANG, -1},
        {GROQ_FAILURE_HANG, GROQ_HANG_FOREVER + 1},
        {GROQ_FAILURE_COMPLETION, -1},
        {GROQ_FAILURE_COMPLETION, 16},
        {GROQ_FAILURE_FATAL, 2},
        {GROQ_FAILURE_TEMPERATURE, GROQ_TEMPERATURE_LIMIT + 1},
        {GROQ_FAILURE_TEMPERATURE, -GROQ_TEMPERATURE_LIMIT - 1},
        {GROQ_FAILURE_TEMPERATURE, INT64_MAX},
        {GROQ_FAILURE_CONTROLLER, -1},
        {static_cast<groq_failure>(GROQ_FAILURE_CONTROLLER + 1), 0},
    };
    state before = save(*this);
    for (auto [what, value] : bad)
        EXPECT_FALSE(fail(what, value)) << what << ' ' << value;
    EXPECT_EQ(save(*this), before);
    EXPECT_EQ(failure(GROQ_FAILURE_HANG), 0);
    EXPECT_EQ(failure(GROQ_FAILURE_TEMPERATURE), INT64_MIN);
}

TEST_F(failures, spoil_one_completion) {
    driver_queue q(*this, 3);
    for (uint32_t bad = 0; bad < 16; ++bad) {
        ASSERT_TRUE(fail(GROQ_FAILURE_COMPLETION, bad));
        EXPECT_EQ(failure(GROQ_FAILURE_COMPLETION), bad);
        groq_completion c = q.execute(nop_command(42));
        EXPECT_EQ(failure(GROQ_FAILURE_COMPLETION), 0);
        EXPECT_EQ(c.cookie == 42, !(bad & GROQ_BAD_COOKIE));
        EXPECT_EQ(c.queue == 3, !(bad & GROQ_BAD_QUEUE));
        EXPECT_EQ(c.sq_head < q.entries, !(bad & GROQ_BAD_SQ_HEAD));
        EXPECT_EQ(c.status == GROQ_COMPLETION_OK, !(bad & GROQ_BAD_STATUS));
        EXPECT_TRUE(c.status == GROQ_COMPLETION_OK ||
                    c.status > GROQ_COMPLETION_ABORTED);
        EXPECT_EQ(q.execute(nop_command(43)).cookie, 43u) << "once";
    }
}

TEST_F(failures, make_the_chip_fatal_until_a_reset) {
    write32(GROQ_INTR_ENABLE, GROQ_INTR_FATAL);
    ASSERT_TRUE(fail(GROQ_FAILURE_FATAL, 1));
    ASSERT_TRUE(fail(GROQ_FAILURE_FATAL, 1));
    EXPECT_EQ(host.take_interrupts(), vectors{GROQ_VECTOR_DEVICE}) << "one";
    EXPECT_EQ(read32(GROQ_STATUS),
              uint32_t{GROQ_STATUS_FATAL | GROQ_STATUS_CONTROLLER});
    EXPECT_EQ(read32(GROQ_INTR_STATUS), uint32_t{GROQ_INTR_FATAL});
    submit(queue, nop_command(1));
    abort(queue);
    settle();
    EXPECT_FALSE(queue.reap());
    EXPECT_EQ(failure(GROQ_FAILURE_FATAL), 1);
    write32(GROQ_CONTROL, GROQ_CONTROL_RESET);
    settle();
    EXPECT_EQ(failure(GROQ_FAILURE_FATAL), 0);
    expect_health();
    ASSERT_TRUE(fail(GROQ_FAILURE_FATAL, 1));
    ASSERT_TRUE(fail(GROQ_FAILURE_FATAL, 0));
    expect_health();
}

TEST_F(failures, throttle_a_chip_that_is_hot) {
    write32(GROQ_INTR_ENABLE, GROQ_INTR_ALARM);
    auto heat = [&](int64_t mc) { return fail(GROQ_FAILURE_TEMPERATURE, mc); };
    auto mc = [&] { return static_cast<int32_t>(read32(GROQ_TELEMETRY_CHIP_MC)); };
    int32_t usual = mc();
    ASSERT_TRUE(heat(89'999));
    EXPECT_EQ(mc(), 89'999);
    EXPECT_EQ(read32(GROQ_TELEMETRY_THROTTLE), 0u);
    EXPECT_EQ(host.take_interrupts(), vectors{});
    for (int64_t hot : {90'000, 105'000, 200'000}) {
        ASSERT_TRUE(heat(hot));
        EXPECT_EQ(mc(), hot);
        EXPECT_EQ(read32(GROQ_TELEMETRY_THROTTLE), uint32_t{GROQ_THROTTLE_THERMAL});
        EXPECT_EQ(read32(GROQ_TELEMETRY_CLOCK_KHZ), 450'000u);
    }
    EXPECT_EQ(host.take_interrupts(), vectors{GROQ_VECTOR_DEVICE}) << "as it crosses";
    EXPECT_EQ(read32(GROQ_INTR_STATUS), uint32_t{GROQ_INTR_ALARM});
    groq_chip_reset(chip.get(), false);
    settle();
    EXPECT_EQ(mc(), 200'000) << "no reset cools";
    ASSERT_TRUE(heat(-40'000));
    EXPECT_EQ(mc(), -40'000);
    ASSERT_TRUE(heat(INT64_MIN));
    EXPECT_EQ(mc(), usual);
    EXPECT_EQ(read32(GROQ_TELEMETRY_CLOCK_KHZ), 900'000u);
}

TEST_F(failures, leave_a_controller_that_crashed_dead) {
    auto telemetry = [&] {
        std::vector<uint64_t> all;
        for (uint32_t at = GROQ_TELEMETRY; at < GROQ_TELEMETRY + 0x40; at += 8)
            all.push_back(read64(at));
        return all;
    };
    host.time_ns += 5'000'000'000;
    std::vector<uint64_t> before = telemetry();
    ASSERT_TRUE(fail(GROQ_FAILURE_CONTROLLER, 1));
    write32(GROQ_INTR_ENABLE, GROQ_INTR_ALL);
    for (int i = 0; i < 5; ++i)
        queue.execute(program());
    host.time_ns += 7'000'000'000;
    ASSERT_TRUE(fail(GROQ_FAILURE_CONTROLLER, 1)) << "dead is dead";
    ASSERT_TRUE(fail(GROQ_FAILURE_TEMPERATURE, 99'000));
    EXPECT_EQ(telemetry(), before);
    EXPECT_EQ(read32(GROQ_STATUS), uint32_t{GROQ_STATUS_READY});
    write32(GROQ_MAILBOX_REQUEST, GROQ_MAILBOX_PING);
    write32(GROQ_MAILBOX_DOORBELL, 1);
    EXPECT_EQ(read32(GROQ_MAILBOX_STATUS), uint32_t{GROQ_MAILBOX_BUSY});
    EXPECT_EQ(read32(GROQ_INTR_STATUS), 0u);
    groq_chip_reset(chip.get(), false);
    settle();
    EXPECT_FALSE(has_status(GROQ_STATUS_CONTROLLER)) << "no reset but power-on";
    write32(GROQ_MAILBOX_DOORBELL, 1);
    ASSERT_TRUE(fail(GROQ_FAILURE_CONTROLLER, 0));
    EXPECT_EQ(read32(GROQ_MAILBOX_STATUS), 0u) << "the request is lost";
    EXPECT_GT(read32(GROQ_TELEMETRY_HEARTBEAT), before[0] & 0xffffffff);
    EXPECT_EQ(read32(GROQ_TELEMETRY_CHIP_MC), 99'000u);
    EXPECT_EQ(read64(GROQ_TELEMETRY_BUSY_NS), 5 * 1500u * 10 / 9);
    write32(GROQ_MAILBOX_DOORBELL, 1);
    EXPECT_EQ(read32(GROQ_MAILBOX_STATUS), uint32_t{GROQ_MAILBOX_DONE});
    ASSERT_TRUE(fail(GROQ_FAILURE_CONTROLLER, 1));
    groq_chip_reset(chip.get(), true);
    settle();
    EXPECT_TRUE(has_status(GROQ_STATUS_CONTROLLER));
}

// Threads of the engines beside one that breaks and mends: nothing is lost.
TEST_F(failures, may_come_from_any_thread) {
    driver_queue q(*this, 3, 7);
    q.open_everything();
    std::atomic<bool> stop{false};
    auto engine = [&](groq_engine which) {
        while (!stop)
            groq_chip_work(chip.get(), which, 1000);
    };
    std::thread copies(engine, GROQ_ENGINE_COPY), programs(engine, GROQ_ENGINE_PROGRAM);
    for (uint64_t i = 0; i < 100; ++i)
        q.push(i % 2 ? nop_command(i) : program());
    q.ring();
    while (q.read(GROQ_QUEUE_CQ_TAIL) != 100)
        for (groq_hang how : {GROQ_HANG_COMMAND, GROQ_HANG_NONE, GROQ_HANG_CHIP})
            fail(GROQ_FAILURE_HANG, how), fail(GROQ_FAILURE_HANG, GROQ_HANG_NONE);
    stop = true;
    copies.join(), programs.join();
    for (uint64_t i = 0; i < 100; ++i)
        ASSERT_EQ(q.reap().value().result, i % 2 ? 0u : 1500u);
}

} // namespace
} // namespace groq::chip::test
