// SPDX-License-Identifier: MIT
// One queue: its registers, ring indices and interrupt, docs/hardware.md
// sections 8 and 10. It neither locks nor calls the host: queue_set does both.
#ifndef GROQ_CHIP_COMMAND_QUEUE_HPP
#define GROQ_CHIP_COMMAND_QUEUE_HPP

#include <array>
#include <optional>

#include "../groq_chip.h"
#include "archive.hpp"
#include "hw/groq_queue.h"
#include "hw/groq_regs.h"
#include "windows.hpp"

namespace groq::chip {

class command_queue {
public:
    // Commands read from host memory in one go.
    static constexpr uint32_t fetch_max = 8;

    struct fetch {
        uint64_t address;
        uint32_t count;
    };

    // Where completion and fault record of a command go, and the ring's view
    // that the completion carries.
    struct posting {
        uint64_t completion;
        uint64_t fault; // 0: none wanted
        uint16_t sq_head;
        uint16_t phase;
    };

    uint32_t read(uint32_t offset) const;
    void write(uint32_t offset, uint32_t value);
    void ring_sq_tail(uint32_t index);
    // True when the interrupt must be sent now.
    [[nodiscard]] bool ring_cq_head(uint32_t index);

    bool is_enabled() const { return enabled_; }
    uint32_t error() const { return error_; }
    uint32_t priority() const { return priority_; }
    uint32_t vector() const { return vector_; }
    const chip::windows &windows() const { return windows_; }

    // The engine at work for this queue, if any.
    std::optional<groq_engine> holder() const { return holder_; }
    void hold(groq_engine engine) { holder_ = engine; }
    void release() { holder_.reset(), abort_ = in_work_ = false; }
    bool is_abort_asked() const { return abort_; }

    // Has commands and room for a completion.
    bool is_ready() const;
    bool is_fetched() const { return fetched_next_ < fetched_end_; }
    // The engine that the next command needs; before it is known, the one
    // that the last one needed, which is the best guess.
    groq_engine engine() const;

    // The commands to fetch next, and what came of it.
    fetch next_fetch() const;
    void store_fetched(const groq_command *commands, uint32_t count);
    // Takes the next command; @index becomes its place in the ring.
    groq_command take(uint32_t &index);
    // Whether the command taken last is linked to one that failed.
    bool is_broken() const { return broken_; }

    // The next place in the CQ; then, once it is written, whether to interrupt.
    posting post(uint32_t index);
    [[nodiscard]] bool posted(const groq_command &command, bool ok);

    void fail(uint32_t error);
    void reset();
    void serialize(archive &a);

private:
    uint32_t wrap(uint64_t index) const { return index & (entries_ - 1); }
    uint32_t cq_tail() const { return wrap(posted_); }
    uint32_t status() const;
    bool is_in_work(uint32_t abort) const;
    void set_control(uint32_t value);
    void enable();
    bool is_configured() const;
    void stop();
    void write_setup(uint32_t offset, uint32_t value);
    void write_window(uint32_t offset, uint32_t value);
    [[nodiscard]] bool interrupt_if_armed();
    [[nodiscard]] uint64_t consumed() const;
    void serialize_indices(archive &a);
    void serialize_fetched(archive &a);

    uint64_t sq_base_ = 0;
    uint64_t cq_base_ = 0;
    uint64_t fault_base_ = 0;
    uint32_t size_log2_ = 0;
    uint32_t vector_ = 0;
    uint32_t priority_ = 0;
    uint32_t error_ = 0;
    bool enabled_ = false;

    uint32_t entries_ = 1; // as enabled: a power of two
    uint32_t sq_head_ = 0;
    uint32_t sq_tail_ = 0;
    uint32_t cq_head_ = 0;
    uint64_t posted_ = 0; // completions since enable; their number is the CQ tail
    uint64_t wanted_ = 0; // posted_ after the last one that wanted the interrupt
    bool armed_ = false;

    bool link_ = false;    // the command taken last links to the next
    bool failed_ = false;  // and did not end OK
    bool broken_ = false;  // the one in work is linked to one that failed
    bool abort_ = false;   // ABORT was written for the one in work
    bool in_work_ = false; // a command is taken and not yet completed
    std::optional<groq_engine> holder_;
    groq_engine last_engine_ = GROQ_ENGINE_COPY;

    chip::windows windows_{};
    std::array<groq_command, fetch_max> fetched_{};
    uint32_t fetched_next_ = 0;
    uint32_t fetched_end_ = 0;
};

} // namespace groq::chip

#endif
