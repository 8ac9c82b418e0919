// SPDX-License-Identifier: MIT
#include "command_queue.hpp"

#include <algorithm>
#include <bit>

namespace groq::chip {

constexpr uint64_t page_bytes = 4096;
constexpr uint32_t window_stride = GROQ_QUEUE_WINDOW(1) - GROQ_QUEUE_WINDOW(0);
constexpr uint32_t windows_end = GROQ_QUEUE_WINDOW(GROQ_QUEUE_WINDOWS);

static uint32_t low(uint64_t x) {
    return static_cast<uint32_t>(x);
}
static uint32_t high(uint64_t x) {
    return static_cast<uint32_t>(x >> 32);
}

static void set_low(uint64_t &x, uint32_t value) {
    x = x >> 32 << 32 | value;
}

static void set_high(uint64_t &x, uint32_t value) {
    x = uint64_t{value} << 32 | low(x);
}

static uint32_t &window_word(window &w, uint32_t offset) {
    static uint32_t none;
    switch (offset) {
    case GROQ_WINDOW_BASE:
        return w.base;
    case GROQ_WINDOW_SIZE:
        return w.size;
    case GROQ_WINDOW_ACCESS:
        return w.access;
    default:
        return none;
    }
}

static bool is_window(uint32_t offset) {
    return offset >= GROQ_QUEUE_WINDOW(0) && offset < windows_end &&
           offset % window_stride <= GROQ_WINDOW_ACCESS;
}

uint32_t command_queue::read(uint32_t offset) const {
    if (is_window(offset)) {
        window w = windows_[(offset - GROQ_QUEUE_WINDOW(0)) / window_stride];
        return window_word(w, offset % window_stride);
    }
    switch (offset) {
    case GROQ_QUEUE_SQ_BASE:
        return low(sq_base_);
    case GROQ_QUEUE_SQ_BASE + 4:
        return high(sq_base_);
    case GROQ_QUEUE_CQ_BASE:
        return low(cq_base_);
    case GROQ_QUEUE_CQ_BASE + 4:
        return high(cq_base_);
    case GROQ_QUEUE_FAULT_BASE:
        return low(fault_base_);
    case GROQ_QUEUE_FAULT_BASE + 4:
        return high(fault_base_);
    case GROQ_QUEUE_SIZE:
        return size_log2_;
    case GROQ_QUEUE_VECTOR:
        return vector_;
    case GROQ_QUEUE_CONTROL:
        return (enabled_ ? GROQ_QUEUE_ENABLE : 0) | priority_ << 4;
    case GROQ_QUEUE_STATUS:
        return status();
    case GROQ_QUEUE_SQ_HEAD:
        return sq_head_;
    case GROQ_QUEUE_SQ_TAIL:
        return sq_tail_;
    case GROQ_QUEUE_CQ_HEAD:
        return cq_head_;
    case GROQ_QUEUE_CQ_TAIL:
        return cq_tail();
    default:
        return 0;
    }
}

uint32_t command_queue::status() const {
    return (enabled_ ? GROQ_QUEUE_ENABLED : 0) | (holder_ ? GROQ_QUEUE_ACTIVE : 0) |
           error_ << 8;
}

void command_queue::write(uint32_t offset, uint32_t value) {
    if (is_window(offset))
        write_window(offset - GROQ_QUEUE_WINDOW(0), value);
    else if (offset == GROQ_QUEUE_CONTROL)
        set_control(value);
    else if (offset == GROQ_QUEUE_ABORT)
        abort_ = abort_ || is_in_work(value);
    else if (!enabled_)
        write_setup(offset, value);
}

// Whether the command that @abort asks for is the one in work, which is the
// one before the head.
bool command_queue::is_in_work(uint32_t abort) const {
    bool matches =
        (abort & GROQ_QUEUE_ABORT_MATCH) && abort >> 16 == wrap(sq_head_ - 1);
    return in_work_ && (matches || (abort & GROQ_QUEUE_ABORT_ANY));
}

void command_queue::write_window(uint32_t offset, uint32_t value) {
    constexpr uint32_t access =
        GROQ_WINDOW_READ | GROQ_WINDOW_WRITE | GROQ_WINDOW_EXECUTE;
    uint32_t word = offset % window_stride;
    window_word(windows_[offset / window_stride], word) =
        word == GROQ_WINDOW_ACCESS ? value & access : value;
}

void command_queue::write_setup(uint32_t offset, uint32_t value) {
    switch (offset) {
    case GROQ_QUEUE_SQ_BASE:
        return set_low(sq_base_, value);
    case GROQ_QUEUE_SQ_BASE + 4:
        return set_high(sq_base_, value);
    case GROQ_QUEUE_CQ_BASE:
        return set_low(cq_base_, value);
    case GROQ_QUEUE_CQ_BASE + 4:
        return set_high(cq_base_, value);
    case GROQ_QUEUE_FAULT_BASE:
        return set_low(fault_base_, value);
    case GROQ_QUEUE_FAULT_BASE + 4:
        return set_high(fault_base_, value);
    case GROQ_QUEUE_SIZE:
        size_log2_ = value;
        return;
    case GROQ_QUEUE_VECTOR:
        vector_ = value;
        return;
    }
}

void command_queue::set_control(uint32_t value) {
    priority_ = (value & GROQ_QUEUE_PRIORITY) >> 4;
    bool enable_asked = value & GROQ_QUEUE_ENABLE;
    if (!enable_asked)
        stop();
    else if (!enabled_ && !holder_)
        enable();
}

void command_queue::enable() {
    if (!is_configured())
        return fail(GROQ_QUEUE_ERROR_CONFIG);
    entries_ = 1u << size_log2_;
    sq_head_ = sq_tail_ = cq_head_ = 0;
    posted_ = wanted_ = 0;
    error_ = GROQ_QUEUE_ERROR_NONE;
    link_ = failed_ = false;
    armed_ = enabled_ = true;
}

bool command_queue::is_configured() const {
    bool aligned = (sq_base_ | cq_base_ | fault_base_) % page_bytes == 0;
    return aligned && size_log2_ >= GROQ_QUEUE_SIZE_MIN &&
           size_log2_ <= GROQ_QUEUE_SIZE_MAX && vector_ < GROQ_VECTORS;
}

void command_queue::stop() {
    enabled_ = false;
    fetched_next_ = fetched_end_ = 0;
}

void command_queue::fail(uint32_t error) {
    stop();
    error_ = error;
}

void command_queue::ring_sq_tail(uint32_t index) {
    if (!enabled_)
        return;
    if (index >= entries_)
        return fail(GROQ_QUEUE_ERROR_DOORBELL);
    sq_tail_ = index;
}

bool command_queue::ring_cq_head(uint32_t index) {
    if (!enabled_)
        return false;
    if (index >= entries_) {
        fail(GROQ_QUEUE_ERROR_DOORBELL);
        return false;
    }
    cq_head_ = index;
    armed_ = true;
    return wanted_ > consumed() && interrupt_if_armed();
}

// Completions that the host has taken. With a head ahead of the tail, as few as
// possible.
uint64_t command_queue::consumed() const {
    return posted_ - std::min<uint64_t>(wrap(posted_ - cq_head_), posted_);
}

bool command_queue::interrupt_if_armed() {
    bool was_armed = armed_;
    armed_ = false;
    return was_armed;
}

bool command_queue::is_ready() const {
    bool room = wrap(posted_ + 1) != cq_head_;
    return enabled_ && !holder_ && room && (is_fetched() || sq_head_ != sq_tail_);
}

groq_engine command_queue::engine() const {
    bool skips = link_ && failed_;
    if (!is_fetched() || skips)
        return last_engine_;
    bool runs = fetched_[fetched_next_].opcode == GROQ_OP_RUN;
    return runs ? GROQ_ENGINE_PROGRAM : GROQ_ENGINE_COPY;
}

command_queue::fetch command_queue::next_fetch() const {
    uint32_t waiting = wrap(sq_tail_ - sq_head_);
    uint32_t to_end = entries_ - sq_head_;
    return {sq_base_ + sq_head_ * sizeof(groq_command),
            std::min({waiting, to_end, fetch_max})};
}

void command_queue::store_fetched(const groq_command *commands, uint32_t count) {
    std::copy_n(commands, count, fetched_.begin());
    fetched_next_ = 0;
    fetched_end_ = count;
}

groq_command command_queue::take(uint32_t &index) {
    last_engine_ = engine();
    index = sq_head_;
    sq_head_ = wrap(sq_head_ + 1);
    groq_command command = fetched_[fetched_next_++];
    broken_ = link_ && failed_;
    link_ = command.flags & GROQ_COMMAND_LINK;
    in_work_ = true;
    return command;
}

command_queue::posting command_queue::post(uint32_t index) {
    uint16_t pass = posted_ / entries_ & 1;
    posting p{};
    p.completion = cq_base_ + cq_tail() * sizeof(groq_completion);
    p.fault = fault_base_ ? fault_base_ + index * sizeof(groq_fault) : 0;
    p.sq_head = static_cast<uint16_t>(sq_head_);
    p.phase = pass ? 0 : GROQ_COMPLETION_PHASE;
    // Before the host can see it, so that a doorbell for it is never early.
    ++posted_;
    return p;
}

bool command_queue::posted(const groq_command &command, bool ok) {
    failed_ = !ok;
    bool is_silent = ok && (command.flags & GROQ_COMMAND_SILENT);
    // A host that was quicker has armed the interrupt for the next one.
    if (is_silent || consumed() == posted_)
        return false;
    wanted_ = posted_;
    return interrupt_if_armed();
}

void command_queue::reset() {
    std::optional<groq_engine> holder = holder_;
    *this = command_queue();
    holder_ = holder;
}

// The holder is the business of the engine that holds it.
void command_queue::serialize(archive &a) {
    a.values(sq_base_, cq_base_, fault_base_, size_log2_, vector_, windows_);
    a.below(priority_, 4);
    a.below(error_, GROQ_QUEUE_ERROR_POST + 1);
    a.values(enabled_, armed_, link_, failed_, broken_, abort_, in_work_);
    a.require(!enabled_ || (is_configured() && error_ == GROQ_QUEUE_ERROR_NONE));
    serialize_indices(a);
    serialize_fetched(a);
    if (a.is_loading())
        holder_.reset();
}

void command_queue::serialize_indices(archive &a) {
    a.below(entries_, (1u << GROQ_QUEUE_SIZE_MAX) + 1);
    a.require(std::has_single_bit(entries_));
    a.require(!enabled_ || (a.good() && entries_ == 1u << size_log2_));
    a.below(sq_head_, entries_);
    a.below(sq_tail_, entries_);
    a.below(cq_head_, entries_);
    a.value(posted_);
    a.value(wanted_);
    a.require(wanted_ <= posted_);
}

void command_queue::serialize_fetched(archive &a) {
    bool runs = last_engine_ == GROQ_ENGINE_PROGRAM;
    a.value(runs);
    last_engine_ = runs ? GROQ_ENGINE_PROGRAM : GROQ_ENGINE_COPY;
    a.value(fetched_);
    a.below(fetched_end_, fetch_max + 1);
    a.below(fetched_next_, fetched_end_ + 1);
    a.require(enabled_ || fetched_end_ == 0);
}

} // namespace groq::chip
