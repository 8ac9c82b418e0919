// SPDX-License-Identifier: MIT
#include "link_session.hpp"

#include <algorithm>

namespace groq::chip {

constexpr uint64_t milli = 1000;

static uint64_t packet_millicycles(uint32_t lanes) {
    return uint64_t{GROQ_LINK_PACKET_MILLICYCLES} * GROQ_LINK_LANES / lanes;
}

void link_session::end() {
    uint64_t last = last_;
    invitation kept = kept_;
    *this = link_session();
    last_ = last;
    kept_ = kept;
}

void link_session::lose() {
    is_lost_ = is_open();
    kept_ = {};
    peer_ = 0;
}

message link_session::invite(uint64_t promise) {
    named_ = is_matched() ? peer_ : kept_.number;
    promised_ = promise;
    return {{message_kind::open, 0, mine_, named_, promise}, {}};
}

// An invitation is for the program that it names, or for the next one.
bool link_session::answer(const message_head &head) {
    if (is_matched() && head.mine == peer_)
        return false;
    kept_ = {head.mine, head.time};
    if (!is_open() || is_lost_ || is_matched())
        return false;
    bool is_news = named_ != head.mine;
    if (head.yours == mine_)
        match(kept_);
    return is_news;
}

void link_session::match(const invitation &peer) {
    peer_ = peer.number;
    promise_ = peer.promise;
    kept_ = {};
}

void link_session::cancel(uint64_t number, bool begun) {
    if (kept_.number == number)
        kept_ = {};
    if (!is_matched() || number != peer_)
        return;
    if (begun) {
        closed_ = promise_;
        promise_ = never;
    } else {
        peer_ = 0;
    }
}

bool link_session::take(const message &m, uint64_t reached) {
    bool is_kept = m.head.time >= promise_ && closed_ == never;
    switch (m.head.kind) {
    case message_kind::vector:
        return is_kept && take_vector(m, reached);
    case message_kind::notification:
        return is_kept && take_notification(m.head, reached);
    case message_kind::time:
        promise_ = std::max(promise_, m.head.time);
        return closed_ == never;
    case message_kind::close:
        closed_ = m.head.time;
        promise_ = never;
        return is_kept;
    default:
        return false;
    }
}

// Where more have come than may wait, the next Receive fails, whichever they are.
bool link_session::take_vector(const message &m, uint64_t reached) {
    promise_ = m.head.time + 1;
    has_overflowed_ = has_overflowed_ || (vectors_.size() > GROQ_LINK_FIFO &&
                                          vectors_[GROQ_LINK_FIFO].time < reached);
    if (has_overflowed_)
        return true;
    arrived_vector &v = vectors_.emplace_back();
    v.time = m.head.time;
    v.error = static_cast<wire_error>(m.head.detail);
    std::copy_n(m.lanes, GROQ_VECTOR_BYTES, v.lanes);
    return vectors_.size() <= GROQ_LINK_FIFO + under_way_max;
}

bool link_session::take_notification(const message_head &head, uint64_t reached) {
    promise_ = head.time + 1;
    while (!notifications_.empty() && notifications_.front() < reached) {
        notifications_.pop_front();
        ++notified_;
    }
    notifications_.push_back(head.time);
    return notifications_.size() <= under_way_max;
}

trouble link_session::receive(uint64_t now, const uint8_t *&lanes) {
    bool too_many =
        vectors_.size() > GROQ_LINK_FIFO && vectors_[GROQ_LINK_FIFO].time <= now;
    if (has_overflowed_ || too_many)
        return {GROQ_FAULT_LINK_OVERFLOW};
    if (vectors_.empty() || vectors_.front().time > now)
        return {GROQ_FAULT_LINK_EMPTY};
    received_ = vectors_.front();
    vectors_.pop_front();
    lanes = received_.lanes;
    auto number = static_cast<uint32_t>(received_count_++);
    if (received_.error == wire_error::uncorrected)
        return {GROQ_FAULT_LINK_ERROR, number, no_address};
    return no_trouble;
}

// Those that were forgotten came before the program was where it is.
std::optional<link_session::outcome> link_session::await(uint64_t wanted) const {
    if (wanted <= notified_)
        return outcome{true, 0};
    if (wanted - notified_ <= notifications_.size())
        return outcome{true, notifications_[wanted - notified_ - 1]};
    if (closed_ != never)
        return outcome{false, closed_};
    return std::nullopt;
}

bool link_session::take_wire(uint64_t cycle, uint32_t lanes) {
    uint64_t start = std::max(cycle * milli, wire_free_);
    if (start >= (cycle + 1) * milli)
        return false;
    wire_free_ = start + packet_millicycles(lanes);
    return true;
}

// Packets keep their order and the pace of the wire, and none takes longer than the
// longest.
uint64_t link_session::arrival(const cable &by, uint64_t direction, uint64_t now,
                               uint32_t lanes) {
    uint64_t pace = packet_millicycles(lanes) / milli;
    uint64_t time = now + by.latency(direction, packets_);
    if (packets_ != 0)
        time = std::max(time, last_arrival_ + pace);
    time = std::min(time, now + by.most_latency());
    last_arrival_ = std::max(time, last_arrival_ + (packets_ != 0));
    ++packets_;
    promised_ = std::max(promised_, last_arrival_ + 1);
    return last_arrival_;
}

// Half of the least latency may be withheld: of all chips the one that is behind can
// always go on.
std::optional<uint64_t> link_session::renew_promise(const cable &by, uint64_t now) {
    uint64_t promise = now + by.least_latency();
    if (promise < promised_ + by.least_latency() / 2)
        return std::nullopt;
    promised_ = promise;
    return promise;
}

void link_session::serialize(archive &a) {
    a.values(last_, mine_, named_, peer_, kept_.number, kept_.promise, is_lost_,
             promise_, closed_, received_count_, has_overflowed_, notified_, packets_,
             wire_free_, last_arrival_, promised_, aligned.cycle, aligned.time);
    a.require(mine_ <= last_ && (mine_ != 0 || peer_ == 0));
    a.require(promise_ <= last_time + 1 || promise_ == never);
    a.require(closed_ <= last_time + 1 || closed_ == never);
    a.require((closed_ == never) == (promise_ != never));
    a.require(last_arrival_ <= last_time && promised_ <= last_time &&
              wire_free_ <= last_time && aligned.cycle <= last_time &&
              aligned.time <= last_time);
    serialize_arrivals(a);
}

void link_session::serialize_arrivals(archive &a) {
    auto count = static_cast<uint32_t>(vectors_.size());
    a.below(count, GROQ_LINK_FIFO + under_way_max + 1);
    if (a.is_loading())
        vectors_.assign(a.good() ? count : 0, {});
    uint64_t after = 0;
    for (arrived_vector &v : vectors_) {
        a.values(v.time, v.error, v.lanes);
        a.require(v.error <= wire_error::uncorrected && v.time >= after);
        a.require(v.time < promise_ && v.time <= last_time);
        after = v.time;
    }
    count = static_cast<uint32_t>(notifications_.size());
    a.below(count, under_way_max + 1);
    if (a.is_loading())
        notifications_.assign(a.good() ? count : 0, 0);
    after = 0;
    for (uint64_t &time : notifications_) {
        a.value(time);
        a.require(time >= after && time < promise_ && time <= last_time);
        after = time;
    }
}

} // namespace groq::chip
