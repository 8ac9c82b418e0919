// SPDX-License-Identifier: MIT
#include "links.hpp"

namespace groq::chip {

constexpr uint32_t page_bytes = GROQ_LINK(1) - GROQ_LINK(0);
constexpr uint32_t pages_end = GROQ_LINK(GROQ_LINKS);
constexpr uint32_t counters_end = GROQ_LINK_COUNTERS(GROQ_LINKS);
constexpr uint32_t all_links = (uint32_t{1} << GROQ_LINKS) - 1;

// Holds the lock over a change of one link, and tells of a new state.
class links::section {
public:
    section(links &all, uint32_t link)
        : all_(all), link_(link), guard_(all.lock_), before_(port().state()) {}
    section(const section &) = delete;
    section &operator=(const section &) = delete;

    ~section() {
        bool changes = port().state() != before_;
        all_.changed_ |= uint32_t{changes} << link_;
        guard_.unlock();
        if (changes)
            all_.interrupts_.raise(GROQ_INTR_LINK);
    }

    link_port &port() { return all_.ports_[link_]; }

private:
    links &all_;
    uint32_t link_;
    std::unique_lock<std::mutex> guard_;
    uint32_t before_;
};

links::links(const groq_chip_config &config, const host &host,
             device_interrupts &interrupts)
    : host_(host), interrupts_(interrupts), count_(config.links),
      serial_(config.serial),
      clock_(config.serial, config.clock_ppb), counter_{static_cast<uint32_t>(
                                                            scramble(~serial_)),
                                                        GROQ_HAC_PERIOD_RESET},
      now_(clock_.skew()) {
    for (uint32_t link = 0; link < count_; ++link)
        ports_[link].bring_out();
}

// Wakes the engine, unless it has yet to look at what came before.
void links::notice(uint32_t changed) {
    if (!news_.fetch_or(changed))
        host_.wake(GROQ_ENGINE_PROGRAM);
}

uint64_t links::read(uint32_t offset) const {
    std::lock_guard guard(lock_);
    uint32_t link = offset % (GROQ_LINKS * page_bytes) / page_bytes;
    uint32_t at = offset % page_bytes;
    if (offset < pages_end && at == GROQ_LINK_INJECT)
        return uint64_t{open_state(link)} << 32;
    if (offset < pages_end)
        return ports_[link].read(at);
    if (offset == GROQ_LINKS_CHANGED)
        return changed_;
    if (offset >= GROQ_LINK_COUNTERS(0) && offset < counters_end)
        return ports_[link].read_counter(at);
    if (offset == GROQ_HAC_PERIOD)
        return counter_.period | uint64_t{hac()} << 32;
    return offset >= GROQ_LINK_ALIGNMENT(0) ? ports_[link].read_alignment(at) : 0;
}

uint32_t links::open_state(uint32_t link) const {
    static_assert(GROQ_LINK_OPEN == GROQ_LINK_INJECT + 4);
    return (open_here_ >> link & 1) + (open_both_ >> link & 1);
}

void links::set_open(uint32_t here, uint32_t both) {
    std::lock_guard guard(lock_);
    open_here_ = here;
    open_both_ = both;
}

uint32_t links::hac() const {
    return counter_.at(now_.load(std::memory_order_relaxed));
}

void links::write(uint32_t offset, uint32_t value) {
    uint32_t link = offset % (GROQ_LINKS * page_bytes) / page_bytes;
    if (offset == GROQ_LINKS_CHANGED || offset == GROQ_HAC_PERIOD) {
        std::lock_guard guard(lock_);
        if (offset == GROQ_LINKS_CHANGED)
            changed_ &= ~value;
        else if (value >= GROQ_HAC_PERIOD_MIN && value <= GROQ_HAC_PERIOD_MAX)
            counter_.period = value;
        return;
    }
    if (offset < pages_end)
        section(*this, link).port().write(offset % page_bytes, value);
    else if (offset >= GROQ_LINK_ALIGNMENT(0))
        section(*this, link).port().write_alignment(offset % page_bytes, value);
    notice_link(link);
}

bool links::plug(uint32_t link, const groq_cable &cable) {
    bool ok = link < count_ && section(*this, link).port().plug(cable);
    if (ok)
        notice_link(link);
    return ok;
}

void links::unplug(uint32_t link) {
    if (link >= count_)
        return;
    section(*this, link).port().unplug();
    notice_link(link);
}

bool links::deliver(uint32_t link, const void *data, size_t bytes) {
    if (link >= count_)
        return false;
    std::optional<message> m = read_message(data, bytes);
    bool ok;
    {
        section s(*this, link);
        ok = m && s.port().cable() && s.port().keep(*m);
        if (!ok)
            s.port().distrust();
    }
    notice_link(link);
    return ok;
}

void links::reset(bool cold) {
    {
        std::lock_guard guard(lock_);
        for (link_port &port : ports_)
            port.reset(cold);
        changed_ = 0;
        counter_.period = GROQ_HAC_PERIOD_RESET;
        if (cold)
            counter_.base = static_cast<uint32_t>(scramble(~serial_));
    }
    notice(all_links);
}

void links::set_controller(bool alive) {
    {
        std::lock_guard guard(lock_);
        trains_ = alive;
    }
    notice(all_links);
}

std::vector<message> links::take_inbox(uint32_t link) {
    std::lock_guard guard(lock_);
    return ports_[link].take_inbox();
}

void links::train(uint32_t link, const message &m) {
    section(*this, link).port().hear(m);
}

void links::answer_test(uint32_t link, const message &m, bool is_taken) {
    std::optional<message> answer;
    {
        section s(*this, link);
        if (s.port().is_up())
            answer = s.port().answer_test(m.head, end_of(link), counter_, is_taken);
    }
    if (answer)
        transmit(link, *answer);
}

void links::end_test(uint32_t link, const message &m) {
    section s(*this, link);
    auto ahead = static_cast<uint32_t>(s.port().end_test(m, counter_) +
                                       static_cast<int32_t>(counter_.period));
    counter_.base = (counter_.base % counter_.period + ahead) % counter_.period;
}

// The greeting first: then the peer knows that it was heard, whatever follows.
void links::settle(uint32_t link, bool is_taken) {
    std::optional<message> greeting, asked;
    {
        section s(*this, link);
        greeting = s.port().next_greeting(end_of(link), trains_);
        s.port().rise(trains_);
        asked = s.port().begin_test(is_taken);
    }
    if (greeting)
        transmit(link, *greeting);
    if (asked)
        transmit(link, *asked);
}

uint64_t links::training(uint32_t link) const {
    std::lock_guard guard(lock_);
    return ports_[link].training();
}

bool links::count_received(uint32_t link, const message_head &head) {
    std::lock_guard guard(lock_);
    if (!ports_[link].is_up())
        return false;
    ports_[link].count_received(head);
    return true;
}

void links::distrust(uint32_t link) {
    section(*this, link).port().distrust();
    notice_link(link);
}

std::optional<links::wire> links::find_wire(uint32_t link) const {
    std::lock_guard guard(lock_);
    const link_port &port = ports_[link];
    if (!port.is_up())
        return std::nullopt;
    return wire{*port.cable(), chip::direction(end_of(link), port.peer()),
                port.lanes()};
}

wire_error links::count_sent_vector(uint32_t link) {
    std::lock_guard guard(lock_);
    return ports_[link].count_sent_vector();
}

void links::count_sent(uint32_t link) {
    std::lock_guard guard(lock_);
    ports_[link].count_sent();
}

void links::transmit(uint32_t link, const message &m) const {
    host_.transmit(link, &m, bytes_of(m.head.kind));
}

aligned_counter links::counter() const {
    std::lock_guard guard(lock_);
    return counter_;
}

void links::serialize(archive &a) {
    {
        std::lock_guard guard(lock_);
        uint32_t count = count_;
        a.value(count);
        a.require(count == count_);
        for (uint32_t link = 0; link < count_; ++link)
            ports_[link].serialize(a);
        a.below(changed_, uint64_t{1} << GROQ_LINKS);
        a.values(counter_.base, counter_.period);
        a.require(counter_.period >= GROQ_HAC_PERIOD_MIN &&
                  counter_.period <= GROQ_HAC_PERIOD_MAX);
        if (!a.good())
            counter_ = {0, GROQ_HAC_PERIOD_RESET};
    }
    if (a.is_loading())
        notice(all_links);
}

} // namespace groq::chip
