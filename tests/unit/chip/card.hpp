// SPDX-License-Identifier: MIT
// A chip with its SRAM and host, and a driver's view of one of its queues:
// what every test of the chip starts from.
#ifndef GROQ_TESTS_CHIP_CARD_HPP
#define GROQ_TESTS_CHIP_CARD_HPP

#include <gtest/gtest.h>

#include <cstdlib>
#include <memory>
#include <optional>

#include "fake_host.hpp"
#include "hw/groq_queue.h"
#include "hw/groq_regs.h"
#include "hw/groq_sram.h"

namespace groq::chip::test {

struct card {
    explicit card(uint32_t slices = 2 * GROQ_SLICES, uint32_t links = 11,
                  uint64_t own_serial = serial, int32_t ppb = 0)
        : sram_bytes(slices * GROQ_SLICE_BYTES), link_count(links),
          serial_number(own_serial), clock_ppb(ppb),
          sram(static_cast<uint8_t *>(std::calloc(sram_bytes, 1))) {
        put_new_chip();
    }

    // One that knows nothing, on the same SRAM.
    void put_new_chip() {
        groq_chip_config config{sizeof(config), sram_bytes, sram.get(),
                                serial_number,  link_count, clock_ppb};
        groq_host callbacks = host.callbacks();
        chip.reset(groq_chip_create(&config, &callbacks, &host));
    }

    uint32_t read32(uint64_t offset) { return groq_chip_read(chip.get(), offset, 4); }
    uint64_t read64(uint64_t offset) { return groq_chip_read(chip.get(), offset, 8); }
    void write32(uint64_t offset, uint32_t value) {
        groq_chip_write(chip.get(), offset, value, 4);
    }
    void write64(uint64_t offset, uint64_t value) {
        groq_chip_write(chip.get(), offset, value, 8);
    }

    // Lets both engines work until neither has anything left to do. One may
    // fetch what the other is then woken for.
    void settle(uint64_t budget = 1 << 20) {
        bool busy = true;
        while (busy) {
            unsigned int wakes = all_wakes();
            busy = groq_chip_work(chip.get(), GROQ_ENGINE_COPY, budget);
            busy |= groq_chip_work(chip.get(), GROQ_ENGINE_PROGRAM, budget);
            busy |= all_wakes() != wakes;
        }
    }

    unsigned int all_wakes() const {
        return host.wakes(GROQ_ENGINE_COPY) + host.wakes(GROQ_ENGINE_PROGRAM);
    }

    static constexpr uint64_t serial = 0x0123456789abcdef;

    struct release {
        void operator()(uint8_t *memory) const { std::free(memory); }
        void operator()(groq_chip *c) const { groq_chip_destroy(c); }
    };

    fake_host host;
    uint32_t sram_bytes;
    uint32_t link_count;
    uint64_t serial_number;
    int32_t clock_ppb;
    std::unique_ptr<uint8_t, release> sram; // calloc: pages unused cost nothing
    std::unique_ptr<groq_chip, release> chip;
};

// The driver's side of a queue.
class driver_queue {
public:
    explicit driver_queue(card &of, uint32_t queue = 0, uint32_t size_log2 = 4,
                          uint32_t priority = 0)
        : number(queue), entries(1u << size_log2), card_(of),
          sq_(card_.host.allocate(entries * sizeof(groq_command))),
          cq_(card_.host.allocate(entries * sizeof(groq_completion))),
          faults_(card_.host.allocate(entries * sizeof(groq_fault))) {
        set_up(size_log2);
        enable(priority);
    }

    void set_up(uint32_t size_log2) {
        card_.write64(reg(GROQ_QUEUE_SQ_BASE), sq_);
        card_.write64(reg(GROQ_QUEUE_CQ_BASE), cq_);
        card_.write64(reg(GROQ_QUEUE_FAULT_BASE), faults_);
        card_.write32(reg(GROQ_QUEUE_SIZE), size_log2);
        card_.write32(reg(GROQ_QUEUE_VECTOR), GROQ_VECTOR_QUEUE(number));
    }

    void enable(uint32_t priority = 0) {
        card_.write32(reg(GROQ_QUEUE_CONTROL), GROQ_QUEUE_ENABLE | priority << 4);
        tail_ = head_ = 0;
        phase_ = GROQ_COMPLETION_PHASE;
        std::memset(card_.host.at(cq_), 0, entries * sizeof(groq_completion));
    }

    void disable() { card_.write32(reg(GROQ_QUEUE_CONTROL), 0); }

    void open_window(uint32_t window, uint32_t base, uint32_t size, uint32_t access) {
        card_.write32(reg(GROQ_QUEUE_WINDOW(window) + GROQ_WINDOW_BASE), base);
        card_.write32(reg(GROQ_QUEUE_WINDOW(window) + GROQ_WINDOW_SIZE), size);
        card_.write32(reg(GROQ_QUEUE_WINDOW(window) + GROQ_WINDOW_ACCESS), access);
    }

    void open_everything() {
        open_window(0, 0, card_.sram_bytes,
                    GROQ_WINDOW_READ | GROQ_WINDOW_WRITE | GROQ_WINDOW_EXECUTE);
    }

    // Into the ring, without ringing; the command's index.
    uint32_t push(const groq_command &command) {
        uint32_t index = tail_;
        card_.host.store(sq_ + index * sizeof(command), command);
        tail_ = (tail_ + 1) % entries;
        return index;
    }

    void ring() { ring_tail(tail_); }
    void ring_tail(uint32_t index) {
        card_.write32(GROQ_DOORBELL(number) + GROQ_DOORBELL_SQ_TAIL, index);
    }
    void ring_head(uint32_t index) {
        card_.write32(GROQ_DOORBELL(number) + GROQ_DOORBELL_CQ_HEAD, index);
    }

    // The next completion if it is there; acknowledge() tells the chip.
    std::optional<groq_completion> reap() {
        auto c =
            card_.host.load<groq_completion>(cq_ + head_ * sizeof(groq_completion));
        if ((c.flags & GROQ_COMPLETION_PHASE) != phase_)
            return std::nullopt;
        head_ = (head_ + 1) % entries;
        phase_ ^= head_ == 0 ? GROQ_COMPLETION_PHASE : 0;
        return c;
    }

    void acknowledge() { ring_head(head_); }

    groq_fault fault(uint32_t index) {
        return card_.host.load<groq_fault>(faults_ + index * sizeof(groq_fault));
    }

    // Submits, lets the chip work, and returns what came of it.
    groq_completion execute(const groq_command &command) {
        last_index = push(command);
        ring();
        card_.settle();
        std::optional<groq_completion> completion = reap();
        acknowledge();
        EXPECT_TRUE(completion.has_value()) << "no completion";
        return completion.value_or(groq_completion{});
    }

    groq_fault last_fault() { return fault(last_index); }

    uint32_t read(uint32_t offset) { return card_.read32(reg(offset)); }
    uint64_t reg(uint32_t offset) const { return GROQ_QUEUE(number) + offset; }
    uint64_t sq() const { return sq_; }
    uint64_t cq() const { return cq_; }

    uint32_t number;
    uint32_t entries;
    uint32_t last_index = 0;

private:
    card &card_;
    uint64_t sq_;
    uint64_t cq_;
    uint64_t faults_;
    uint32_t tail_ = 0;
    uint32_t head_ = 0;
    uint16_t phase_ = GROQ_COMPLETION_PHASE;
};

inline groq_command nop_command(uint64_t cookie, uint8_t flags = 0) {
    groq_command c{};
    c.opcode = GROQ_OP_NOP;
    c.flags = flags;
    c.cookie = cookie;
    return c;
}

inline groq_command copy_command(uint8_t opcode, uint64_t host, uint32_t sram,
                                 uint32_t length) {
    groq_command c{};
    c.opcode = opcode;
    c.flags = GROQ_COMMAND_INLINE;
    c.copy.count = 1;
    c.copy.entry = {host, sram, length};
    return c;
}

inline groq_command list_command(uint8_t opcode, uint64_t list, uint32_t count) {
    groq_command c{};
    c.opcode = opcode;
    c.copy.list = list;
    c.copy.count = count;
    return c;
}

inline groq_command fill_command(uint32_t sram, uint32_t length, uint32_t pattern) {
    groq_command c{};
    c.opcode = GROQ_OP_FILL;
    c.fill.sram = sram;
    c.fill.length = length;
    c.fill.pattern = pattern;
    return c;
}

inline groq_command run_command(uint32_t launch, uint32_t count,
                                uint64_t max_cycles = 1'000'000) {
    groq_command c{};
    c.opcode = GROQ_OP_RUN;
    c.run.launch = launch;
    c.run.count = count;
    c.run.max_cycles = max_cycles;
    return c;
}

} // namespace groq::chip::test

#endif
