// SPDX-License-Identifier: MIT
#include "link_unit.hpp"

#include <algorithm>
#include <bit>
#include <cstring>

namespace groq::chip {

template <class Visit>
void link_unit::each_open(Visit visit) const {
    for (uint32_t left = open_; left; left &= left - 1)
        visit(static_cast<uint32_t>(std::countr_zero(left)));
}

bool link_unit::service() {
    uint32_t news = links_.take_news();
    if (!news) [[likely]]
        return false;
    for (news &= (uint32_t{1} << links_.count()) - 1; news; news &= news - 1) {
        auto link = static_cast<uint32_t>(std::countr_zero(news));
        note_training(link);
        for (const message &m : links_.take_inbox(link))
            take(link, m);
        links_.settle(link, open_ != 0);
        note_training(link);
    }
    show();
    return true;
}

// Whatever was said in another training is nothing.
void link_unit::note_training(uint32_t link) {
    uint64_t now = links_.training(link);
    if (trainings_[link] == now)
        return;
    trainings_[link] = now;
    sessions_[link].lose();
}

void link_unit::take(uint32_t link, const message &m) {
    switch (m.head.kind) {
    case message_kind::hello:
    case message_kind::goodbye:
        links_.train(link, m);
        note_training(link);
        return links_.settle(link, open_ != 0);
    case message_kind::align:
    case message_kind::prbs:
        return links_.answer_test(link, m, open_ >> link & 1);
    case message_kind::aligned:
    case message_kind::prbs_checked:
    case message_kind::refused:
        return links_.end_test(link, m);
    default:
        if (links_.count_received(link, m.head))
            take_session(link, m);
    }
}

void link_unit::take_session(uint32_t link, const message &m) {
    link_session &session = sessions_[link];
    if (m.head.kind == message_kind::open) {
        if (session.answer(m.head))
            invite(link);
    } else if (m.head.kind == message_kind::cancel) {
        session.cancel(m.head.mine, has_begun_);
    } else if (!session.concerns(m.head)) {
        session.forget(m.head);
    } else if (!session.take(m, clock_.time_at(reached_))) {
        links_.distrust(link);
        note_training(link);
    }
}

void link_unit::invite(uint32_t link) {
    uint64_t first = clock_.time_at(0) + wires_[link]->cable.least_latency();
    links_.transmit(link, sessions_[link].invite(first));
}

void link_unit::open(uint32_t mask) {
    open_ = mask;
    has_begun_ = false;
    reached_ = 0;
    counter_ = links_.counter();
    each_open([this](uint32_t link) {
        sessions_[link].open();
        wires_[link] = links_.find_wire(link);
        note_training(link);
        if (!wires_[link])
            sessions_[link].lose();
        else if (!sessions_[link].is_lost())
            invite(link);
    });
    show();
}

// Where a packet of the last cycle would have come. What is aborted has perhaps
// promised more.
void link_unit::tell_end(uint32_t link, uint64_t cycle) {
    uint64_t promised = sessions_[link].promised();
    tell(link, message_kind::close, std::max(next_arrival(link, cycle), promised));
}

void link_unit::close(uint64_t cycle) {
    each_open([&](uint32_t link) {
        link_session &session = sessions_[link];
        if (!session.is_lost() && has_begun_)
            tell_end(link, cycle);
        else if (!session.is_lost())
            tell(link, message_kind::cancel, 0);
        session.end();
        wires_[link].reset();
    });
    open_ = 0;
    has_begun_ = false;
    links_.set_now(clock_.skew());
    show();
}

void link_unit::begin() {
    has_begun_ = true;
    each_open([this](uint32_t link) {
        sessions_[link].aligned = {0, clock_.time_at(0)};
    });
}

bool link_unit::is_ready() const {
    bool ready = true;
    each_open([&](uint32_t link) { ready = ready && sessions_[link].is_matched(); });
    return ready;
}

std::optional<uint32_t> link_unit::lost_link() const {
    std::optional<uint32_t> lost;
    each_open([&](uint32_t link) {
        if (sessions_[link].is_lost() && !lost)
            lost = link;
    });
    return lost;
}

uint32_t link_unit::awaited() const {
    uint32_t mask = 0;
    each_open([&](uint32_t link) {
        mask |= uint32_t{!has_begun_ && !sessions_[link].is_matched()} << link;
    });
    return mask;
}

// A link that the program has is matched from its cycle 0 on.
void link_unit::show() {
    links_.set_open(open_, open_ & ~awaited());
}

uint64_t link_unit::horizon() const {
    uint64_t promise = never;
    each_open(
        [&](uint32_t link) { promise = std::min(promise, sessions_[link].promise()); });
    return promise == never ? never : clock_.cycle_at(promise);
}

void link_unit::promise(uint64_t reached, uint64_t next) {
    reached_ = reached;
    links_.set_now(clock_.time_at(reached));
    uint64_t from = clock_.time_at(next);
    each_open([&](uint32_t link) {
        if (auto time = sessions_[link].renew_promise(wires_[link]->cable, from))
            tell(link, message_kind::time, *time);
    });
}

void link_unit::tell(uint32_t link, message_kind kind, uint64_t time) {
    links_.transmit(link, {{kind, 0, sessions_[link].number(), 0, time}, {}});
}

uint64_t link_unit::next_arrival(uint32_t link, uint64_t cycle) {
    const links::wire &w = *wires_[link];
    return sessions_[link].arrival(w.cable, w.direction, clock_.time_at(cycle),
                                   w.lanes);
}

trouble link_unit::check_wire(uint32_t link, uint64_t cycle) {
    bool is_free = sessions_[link].take_wire(cycle, wires_[link]->lanes);
    return is_free ? no_trouble : trouble{GROQ_FAULT_LINK_BUSY};
}

void link_unit::send(uint32_t link, const uint8_t *lanes, uint32_t powered,
                     uint64_t cycle) {
    auto error = static_cast<uint32_t>(links_.count_sent_vector(link));
    message m{{message_kind::vector, error, sessions_[link].number(), 0,
               next_arrival(link, cycle)},
              {}};
    std::memcpy(m.lanes, lanes, powered);
    std::memset(m.lanes + powered, 0, GROQ_VECTOR_BYTES - powered);
    links_.transmit(link, m);
}

trouble link_unit::transmit(uint32_t link, uint64_t cycle) {
    if (trouble t = check_wire(link, cycle))
        return t;
    links_.count_sent(link);
    tell(link, message_kind::notification, next_arrival(link, cycle));
    return no_trouble;
}

trouble link_unit::receive(uint32_t link, uint64_t cycle, const uint8_t *&lanes) {
    return sessions_[link].receive(clock_.time_at(cycle), lanes);
}

uint64_t link_unit::deskew(uint32_t link, uint64_t cycle) {
    uint64_t now = clock_.time_at(cycle);
    uint64_t zero = now + counter_.period - counter_.at(now);
    uint64_t next = std::max(cycle + 1, clock_.cycle_at(zero));
    sessions_[link].aligned = {next, zero};
    return next;
}

// By times, not by cycles: what is left of one cycle is not lost.
std::optional<uint64_t> link_unit::deskew_runtime(uint32_t link, uint64_t cycle,
                                                  uint32_t cycles) {
    link_session::zero &zero = sessions_[link].aligned;
    uint64_t time = zero.time + (cycle - zero.cycle) + cycles;
    uint64_t next = clock_.cycle_at(time);
    if (next <= cycle)
        return std::nullopt;
    zero = {next, time};
    return next;
}

std::optional<link_unit::outcome> link_unit::await(uint32_t link, uint32_t number,
                                                   uint64_t cycle) const {
    if (!(open_ >> link & 1))
        return outcome{false, cycle};
    std::optional<link_session::outcome> known = sessions_[link].await(number);
    if (!known)
        return std::nullopt;
    return outcome{known->comes, std::max(cycle, clock_.cycle_at(known->time))};
}

// After the links themselves.
void link_unit::serialize(archive &a) {
    a.below(open_, uint64_t{1} << links_.count());
    a.values(has_begun_, reached_, counter_.base, counter_.period, trainings_);
    a.require(reached_ <= last_time && counter_.period >= GROQ_HAC_PERIOD_MIN &&
              counter_.period <= GROQ_HAC_PERIOD_MAX);
    for (uint32_t link = 0; link < links_.count(); ++link) {
        link_session &session = sessions_[link];
        session.serialize(a);
        a.require(session.is_open() == (open_ >> link & 1));
        a.require(!has_begun_ || !session.is_open() || session.is_lost() ||
                  session.is_matched());
        if (a.is_loading())
            wires_[link] = session.is_open() ? links_.find_wire(link) : std::nullopt;
        // One that went down meanwhile is found to be lost before it is used.
        a.require(!session.is_open() || session.is_lost() || wires_[link] ||
                  trainings_[link] != links_.training(link));
    }
    if (a.is_loading() && !a.good())
        forget();
    links_.set_now(clock_.time_at(reached_));
    show();
}

void link_unit::forget() {
    for (link_session &session : sessions_)
        session = {};
    open_ = 0;
    has_begun_ = false;
    reached_ = 0;
    counter_.period = GROQ_HAC_PERIOD_RESET;
}

} // namespace groq::chip
