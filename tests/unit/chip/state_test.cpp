// SPDX-License-Identifier: MIT
// Saved state: complete, and harmless when it is not what was saved.
#include "dense_layer.hpp"
#include "exchange_card.hpp"
#include "pieces.hpp"

namespace groq::chip::test {
namespace {

struct saved_state : testing::Test, card {
    // A card in the middle of everything: a program, a copy, a full ring.
    static std::unique_ptr<dense_layer> busy_card() {
        auto layer = std::make_unique<dense_layer>(20);
        layer->queue.push(layer->build());
        layer->queue.ring();
        driver_queue copies(*layer, 9, 3), full(*layer, 10, 1);
        copies.open_everything();
        uint64_t list = layer->host.allocate(2000 * sizeof(groq_scatter));
        for (uint32_t i = 0; i < 2000; ++i)
            layer->host.store(list + i * sizeof(groq_scatter),
                              groq_scatter{fake_host::base, 16 * i, 16});
        copies.push(list_command(GROQ_OP_COPY_OUT, list, 2000));
        for (uint64_t i = 0; i < 3; ++i)
            full.push(nop_command(i)), full.ring();
        full.ring();
        copies.ring();
        groq_chip_work(layer->chip.get(), GROQ_ENGINE_COPY, 40'000);
        groq_chip_work(layer->chip.get(), GROQ_ENGINE_PROGRAM, 120);
        layer->write32(GROQ_INTR_ENABLE, GROQ_INTR_ALL);
        layer->write32(GROQ_SCRATCH, 0x1234);
        return layer;
    }
};

TEST_F(saved_state, restores_every_register) {
    std::unique_ptr<dense_layer> busy = busy_card();
    busy->write32(GROQ_MAILBOX_REQUEST, 99);
    busy->write32(GROQ_MAILBOX_DOORBELL, 1);
    host.time_ns = 12345;
    ASSERT_TRUE(load(*this, save(*busy)));
    for (uint64_t offset = 0; offset < GROQ_DOORBELL(0); offset += 8)
        ASSERT_EQ(read64(offset), busy->read64(offset)) << std::hex << offset;
}

TEST_F(saved_state, goes_on_with_copies_and_programs) {
    std::unique_ptr<dense_layer> busy = busy_card();
    dense_layer other(20);
    std::memcpy(other.sram.get(), busy->sram.get(), busy->sram_bytes);
    std::memcpy(other.host.at(fake_host::base), busy->host.at(fake_host::base),
                fake_host::bytes);
    ASSERT_TRUE(load(other, save(*busy)));
    EXPECT_GE(other.host.wakes(GROQ_ENGINE_COPY), 1u);
    EXPECT_GE(other.host.wakes(GROQ_ENGINE_PROGRAM), 1u);
    busy->settle();
    other.settle();
    EXPECT_EQ(save(*busy), save(other));
    EXPECT_EQ(std::memcmp(other.host.at(fake_host::base),
                          busy->host.at(fake_host::base), fake_host::bytes),
              0);
    for (uint32_t i = 0; i < 20; ++i)
        EXPECT_EQ(other.output(i), other.expected(i));
}

TEST_F(saved_state, holds_text_under_way_and_parked_queues) {
    program_card busy;
    constexpr uint32_t vxm = GROQ_ICU_VXM(1);
    words text(100, nop(2));
    text[3] = ifetch(busy.text_address(vxm, 1));
    text[5] = ifetch(busy.text_address(vxm, 2));
    text[60] = notify();
    busy.add(vxm, text);
    busy.add(mem(GROQ_WEST, 7),
             {nop(70), sync(), read(3, east(0)), repeat(30, 5), sync()});
    busy.add(mem(GROQ_WEST, 8), {nop(300), notify()});
    groq_completion whole = busy.run();
    ASSERT_EQ(whole.status, GROQ_COMPLETION_OK) << busy.queue.last_fault().cause;
    EXPECT_EQ(run_in_pieces(busy).result, whole.result);
}

TEST_F(saved_state, holds_a_collision_that_is_yet_to_happen) {
    program_card busy;
    uint32_t results[] = {GROQ_ICU_MXM(GROQ_EAST, GROQ_MXM_QUEUE_RESULTS(0)),
                          GROQ_ICU_MXM(GROQ_EAST, GROQ_MXM_QUEUE_RESULTS(1))};
    busy.add(mem(GROQ_EAST, 40), {read(0, east(0))}); // at 13 in cycle 3
    for (uint32_t icu : results) {
        busy.add(icu - 1, {nop(3), activate(east(0))});
        busy.add(icu,
                 {nop(3 + GROQ_DELAY_MXM_MULTIPLY), accumulate(0, false, west(0))});
    }
    constexpr uint32_t when =
        3 + GROQ_DELAY_MXM_MULTIPLY + uint32_t{GROQ_DELAY_MXM_ACCUMULATE};
    groq_fault whole = busy.fault_of_run();
    EXPECT_EQ(whole.cycle, when);
    EXPECT_EQ(whole.unit, results[1]);
    EXPECT_EQ(run_in_pieces(busy).status, GROQ_COMPLETION_FAULT);
    groq_fault pieces = busy.queue.last_fault();
    EXPECT_EQ(std::memcmp(&whole, &pieces, sizeof(whole)), 0);
    // Another of the same cycle, found later, in a queue of a lower number.
    for (uint32_t slice : {4, 5})
        busy.add(mem(GROQ_WEST, slice), {nop(when - 1), read(0, east(0))});
    EXPECT_EQ(busy.fault_of_run().unit, mem(GROQ_WEST, 5));
}

// Lanes on their way between tiles, some of them without power, and words of
// every tile.
struct exchange_under_way : exchange_card {
    exchange_under_way() : exchange_card(GROQ_EAST) {
        for (uint32_t n = 0; n < 16; ++n)
            feed(n, {random_vector(), random_vector(), random_vector()});
        for (uint32_t of_maps : {1, 3})
            std::memset(word(side, of_maps, 0), 0, 3 * GROQ_VECTOR_BYTES);
        add(unit(GROQ_SXM_QUEUE_SHIFT_UP),
            {config(11), nop(sampled - 1),
             shift(GROQ_OPCODE_SHIFT_UP, outward(4), inward(24), GROQ_TYPE_I32, 33),
             repeat(1)});
        issue(GROQ_SXM_QUEUE_TRANSPOSE(1),
              {transpose(outward(0), inward(0)), repeat(1)});
        issue(GROQ_SXM_QUEUE_DISTRIBUTE(2),
              {distribute(outward(0), outward(1), inward(28), GROQ_TYPE_I8), config(3),
               distribute(outward(0), outward(1), inward(28), GROQ_TYPE_I8)});
        add(mem(side, 40),
            {config(7), nop(sampled - 2), gather(inward(30), 100, outward(2)),
             scatter(outward(8), 4096, outward(2))});
        collect(0, GROQ_DELAY_SXM_TRANSPOSE, 2);
        collect(24, GROQ_DELAY_SXM_SHIFT, 2);
    }
};

TEST_F(saved_state, holds_lanes_under_way_and_the_power_of_queues) {
    exchange_under_way at_once, in_pieces;
    groq_completion whole = at_once.run();
    ASSERT_EQ(whole.status, GROQ_COMPLETION_OK) << at_once.queue.last_fault().cause;
    EXPECT_EQ(run_in_pieces(in_pieces).result, whole.result);
    EXPECT_EQ(std::memcmp(at_once.sram.get(), in_pieces.sram.get(), at_once.sram_bytes),
              0);
}

TEST_F(saved_state, holds_who_drives_what_will_collide) {
    constexpr uint32_t driven =
        exchange_card::sampled + uint32_t{GROQ_DELAY_SXM_TRANSPOSE};
    exchange_under_way busy;
    uint32_t culprit = busy.unit(GROQ_SXM_QUEUE_TRANSPOSE(1));
    busy.add(culprit, {nop(3)});
    busy.add(
        busy.unit(GROQ_SXM_QUEUE_DISTRIBUTE(0)),
        {nop(driven - GROQ_DELAY_SXM_DISTRIBUTE),
         distribute(busy.outward(0), busy.outward(1), busy.inward(5), GROQ_TYPE_I8)});
    groq_fault whole = busy.fault_of_run();
    EXPECT_EQ(whole.cause, uint32_t{GROQ_FAULT_STREAM_CONFLICT});
    EXPECT_EQ(whole.unit, culprit);
    EXPECT_EQ(run_in_pieces(busy).status, GROQ_COMPLETION_FAULT);
    groq_fault pieces = busy.queue.last_fault();
    EXPECT_EQ(std::memcmp(&whole, &pieces, sizeof(whole)), 0);
}

// Of a queue that has just executed a read with @superlanes.
state with_power(uint32_t superlanes) {
    program_card busy;
    busy.add(mem(GROQ_WEST, 7), {config(superlanes), read(3, east(0)), nop(9)});
    busy.queue.push(busy.build());
    busy.queue.ring();
    groq_chip_work(busy.chip.get(), GROQ_ENGINE_COPY, 1);
    groq_chip_work(busy.chip.get(), GROQ_ENGINE_PROGRAM, 1);
    groq_chip_work(busy.chip.get(), GROQ_ENGINE_PROGRAM, 1);
    return save(busy);
}

TEST_F(saved_state, is_refused_when_a_queue_has_more_power_than_there_is) {
    state good = with_power(11), other = with_power(12);
    ASSERT_EQ(good.size(), other.size());
    size_t at = 0; // the last difference: the first is in the text
    for (size_t i = 0; i < good.size(); ++i)
        at = good[i] != other[i] ? i : at;
    ASSERT_EQ(good[at], 11);
    auto set = [&](uint8_t superlanes) {
        good[at] = superlanes;
        return load(*this, good);
    };
    EXPECT_TRUE(set(12));
    EXPECT_TRUE(set(20));
    EXPECT_FALSE(set(21));
    EXPECT_FALSE(set(255));
    EXPECT_FALSE(set(0)) << "then it could not have read";
}

TEST_F(saved_state, counts_what_it_needs_without_writing_past_the_capacity) {
    state whole = save(*this);
    state part(whole.size() - 1, 0xee);
    EXPECT_EQ(groq_chip_save(chip.get(), part.data(), part.size() - 10), whole.size());
    for (size_t i = part.size() - 10; i < part.size(); ++i)
        EXPECT_EQ(part[i], 0xee);
}

TEST_F(saved_state, is_refused_by_a_card_with_other_sram) {
    card small(4);
    EXPECT_FALSE(load(small, save(*this)));
    EXPECT_EQ(small.read32(GROQ_STATUS), 0x9u);
}

TEST_F(saved_state, is_refused_when_truncated_or_extended) {
    std::unique_ptr<dense_layer> busy = busy_card();
    state whole = save(*busy), before = save(*this);
    for (size_t length = 0; length < whole.size(); length += 1 + length / 50) {
        ASSERT_FALSE(load(*this, state(whole.begin(), whole.begin() + length)))
            << length;
        ASSERT_EQ(save(*this), before) << "nothing has changed";
    }
    whole.push_back(0);
    EXPECT_FALSE(load(*this, whole));
    EXPECT_FALSE(groq_chip_load(chip.get(), nullptr, 0));
}

// Any bytes: refused without a trace, or accepted and then as safe as any state.
TEST_F(saved_state, is_harmless_when_corrupted) {
    std::unique_ptr<dense_layer> busy = busy_card();
    state good = save(*busy), before = save(*this);
    std::mt19937 random(31);
    int accepted = 0;
    for (int round = 0; round < 400; ++round) {
        state bad = good;
        size_t reach = round % 2 ? 6000 : bad.size(); // half of it where the queues are
        for (uint64_t n = 1 + random() % 4; n-- > 0;)
            bad[random() % reach] = static_cast<uint8_t>(random());
        if (!load(*this, bad)) {
            ASSERT_EQ(save(*this), before);
            continue;
        }
        ++accepted;
        for (int i = 0; i < 20; ++i) {
            groq_chip_work(chip.get(), GROQ_ENGINE_COPY, 10'000);
            groq_chip_work(chip.get(), GROQ_ENGINE_PROGRAM, 100);
        }
        ASSERT_TRUE(load(*this, before));
    }
    EXPECT_GT(accepted, 0);
    EXPECT_LT(accepted, 400);
}

} // namespace
} // namespace groq::chip::test
