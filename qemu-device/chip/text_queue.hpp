// SPDX-License-Identifier: MIT
// The text that an instruction queue holds: what the launch loaded and what
// Ifetch brings, docs/isa.md section 4.
#ifndef GROQ_CHIP_TEXT_QUEUE_HPP
#define GROQ_CHIP_TEXT_QUEUE_HPP

#include <array>
#include <cstdint>
#include <cstring>

#include "archive.hpp"
#include "instruction.hpp"

namespace groq::chip {

class text_queue {
public:
    struct entry {
        instruction_word word;
        uint32_t address;
    };

    void clear() { head_ = held_ = fetched_ = first_fetch_ = 0; }

    bool is_empty() const { return held_ == 0; }

    entry pop() {
        const block &b = blocks_[head_ / block_size % blocks];
        uint32_t i = head_ % block_size;
        head_ = (head_ + 1) % ring_size;
        --held_;
        return {b.words[i], b.address + i * GROQ_INSTRUCTION_BYTES};
    }

    // The launch: 640 bytes at once.
    void load(uint32_t address, const uint8_t *text) {
        fetch({0, address, no_fetch}, text);
        (void)deliver(0);
    }

    // An Ifetch that issues now and delivers at @arrival.
    struct pending {
        uint64_t arrival;
        uint32_t address;
        uint32_t fetched_by; // address of the Ifetch itself
    };

    void fetch(const pending &p, const uint8_t *text) {
        uint32_t tail = head_ + held_ + fetched_ * block_size;
        // When there is no room now there will be none in 24 cycles, and
        // deliver() faults before anybody looks.
        if (held_ + (fetched_ + 1) * block_size <= ring_size) {
            block &b = blocks_[tail / block_size % blocks];
            std::memcpy(b.words.data(), text, GROQ_TEXT_BYTES);
            b.address = p.address;
        }
        fetches_[(first_fetch_ + fetched_++) % fetches_max] = p;
    }

    // Null: no fetch arrives in @cycle.
    const pending *arriving(uint64_t cycle) const {
        const pending &p = fetches_[first_fetch_];
        return fetched_ && p.arrival == cycle ? &p : nullptr;
    }

    // Takes in what arrives in @cycle; false if the queue would hold too much.
    [[nodiscard]] bool deliver(uint64_t cycle) {
        if (!arriving(cycle))
            return true;
        if (held_ + block_size > GROQ_TEXT_CAPACITY)
            return false;
        first_fetch_ = (first_fetch_ + 1) % fetches_max;
        --fetched_;
        held_ += block_size;
        return true;
    }

    // Whether an Ifetch delivers in @cycle, whatever comes before it.
    bool is_expected(uint64_t cycle) const {
        for (uint32_t i = 0; i < fetched_; ++i)
            if (fetches_[(first_fetch_ + i) % fetches_max].arrival == cycle)
                return true;
        return false;
    }

    // @position: the next cycle. @takes_text: of a queue that still does.
    void serialize(archive &a, uint64_t position, bool takes_text);

    static constexpr uint32_t no_fetch = ~uint32_t{0};

private:
    // One block more than can be held: fetched while it is being drained.
    static constexpr uint32_t block_size = GROQ_TEXT_INSTRUCTIONS;
    static constexpr uint32_t blocks = GROQ_TEXT_CAPACITY / block_size + 1;
    static constexpr uint32_t ring_size = blocks * block_size;
    // One Ifetch per cycle, each under way for GROQ_DELAY_IFETCH.
    static constexpr uint32_t fetches_max = GROQ_DELAY_IFETCH + 1;

    struct block {
        std::array<instruction_word, block_size> words;
        uint32_t address;
    };

    bool is_on_its_way(uint64_t position) const;

    std::array<block, blocks> blocks_;
    std::array<pending, fetches_max> fetches_{};
    uint32_t head_ = 0;    // of the ring, in instructions
    uint32_t held_ = 0;    // instructions that can issue
    uint32_t fetched_ = 0; // blocks under way
    uint32_t first_fetch_ = 0;
};

} // namespace groq::chip

#endif
