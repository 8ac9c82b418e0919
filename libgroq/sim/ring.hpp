// SPDX-License-Identifier: MIT
//
// One hardware queue of a card: rings in host memory and their registers
// (docs/hardware.md sections 8 to 11).
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <span>

#include <hw/groq_queue.h>

#include "card.hpp"
#include "sram_windows.hpp"

namespace groq::sim {

struct ended_command {
    groq_completion completion;
    groq_fault fault; // when the status is not OK
};

// One thread at a time, but for acknowledge() and set_windows(). When it has been
// destroyed the chip touches nothing of the queue any more.
class ring {
public:
    // Enabled, with an interrupt vector of its own.
    static result<std::unique_ptr<ring>> create(card &card, unsigned number,
                                                unsigned priority);
    ring(card &card, unsigned number, unsigned priority,
         std::shared_ptr<host_pages> pages);
    ring(const ring &) = delete;
    ~ring();

    unsigned number() const { return number_; }
    unsigned vector() const { return GROQ_VECTOR_QUEUE(number_); }

    // What was granted before and still is stays granted meanwhile.
    void set_windows(const sram_windows &windows);

    // Less than a ring's length may be in work.
    void push(const groq_command &command);
    void announce(); // what was pushed

    // The next command that has ended, in order.
    std::optional<ended_command> pop();
    void acknowledge(); // what was popped; may interrupt at once

    // What the chip has not completed it forgets; what it has can still be popped.
    void stop();
    void start(); // empty

private:
    static constexpr unsigned size_log2 = 8;
    static constexpr unsigned entries = 1 << size_log2;

    std::uint64_t reg(unsigned offset) const { return GROQ_QUEUE(number_) + offset; }
    void set_window(unsigned number, const sram_extent &extent);

    card &card_;
    unsigned number_;
    unsigned priority_;
    std::shared_ptr<host_pages> pages_; // commands, faults, completions
    std::span<groq_command> commands_;
    std::span<groq_fault> faults_;
    std::span<groq_completion> completions_;
    unsigned tail_ = 0; // of the commands
    unsigned head_ = 0; // of the completions, and of the commands they end
    bool phase_ = true;
};

} // namespace groq::sim
