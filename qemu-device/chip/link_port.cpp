// SPDX-License-Identifier: MIT
#include "link_port.hpp"

#include <algorithm>
#include <utility>

namespace groq::chip {

constexpr uint32_t prbs_max = 40;
constexpr uint32_t injections =
    GROQ_LINK_INJECT_CORRECTED | GROQ_LINK_INJECT_UNCORRECTED;
constexpr uint32_t align_bits = GROQ_LINK_ALIGN_SAMPLES | GROQ_LINK_ALIGN_ADJUST;

static uint64_t pair(uint32_t first, uint32_t second) {
    return first | uint64_t{second} << 32;
}

uint64_t link_port::read(uint32_t offset) const {
    switch (offset) {
    case GROQ_LINK_STATE:
        return pair(state(), is_enabled_ ? GROQ_LINK_ENABLE : 0);
    case GROQ_LINK_PEER_SERIAL:
        return is_up_ ? peer_serial_ : 0;
    case GROQ_LINK_PEER_LINK:
        return is_up_ ? pair(peer_link_, lanes_) : 0;
    case GROQ_LINK_PRBS:
        return pair(prbs_, test_.status);
    case GROQ_LINK_PRBS_ERRORS:
        return prbs_errors_;
    default:
        return 0;
    }
}

uint64_t link_port::read_counter(uint32_t offset) const {
    switch (offset) {
    case GROQ_LINK_SENT:
        return sent_;
    case GROQ_LINK_RECEIVED:
        return received_;
    case GROQ_LINK_CORRECTED:
        return corrected_;
    case GROQ_LINK_UNCORRECTED:
        return uncorrected_;
    case GROQ_LINK_DOWNS:
        return downs_;
    default:
        return 0;
    }
}

uint64_t link_port::read_alignment(uint32_t offset) const {
    switch (offset) {
    case GROQ_LINK_ALIGN:
        return align_;
    case GROQ_LINK_ROUND_MIN:
        return pair(rounds_.least, rounds_.most);
    case GROQ_LINK_ROUND_SUM:
        return rounds_.sum;
    case GROQ_LINK_ROUND_SQUARES:
        return rounds_.squares;
    case GROQ_LINK_HAC_OFFSET:
        return static_cast<uint32_t>(offset_);
    default:
        return 0;
    }
}

void link_port::write(uint32_t offset, uint32_t value) {
    if (!is_brought_out_)
        return;
    if (offset == GROQ_LINK_CONTROL)
        control(value);
    else if (offset == GROQ_LINK_INJECT)
        injected_ |= value & injections;
    else if (offset == GROQ_LINK_PRBS)
        ask_test(message_kind::prbs, prbs_ = value, value <= prbs_max);
}

void link_port::write_alignment(uint32_t offset, uint32_t value) {
    if (!is_brought_out_ || offset != GROQ_LINK_ALIGN)
        return;
    align_ = value & align_bits;
    uint32_t samples = value & GROQ_LINK_ALIGN_SAMPLES;
    ask_test(message_kind::align, samples, samples != 0 && align_ == value);
}

void link_port::control(uint32_t value) {
    bool enabled = value & GROQ_LINK_ENABLE;
    if (enabled != is_enabled_ || (value & GROQ_LINK_TRAIN))
        go_down();
    is_enabled_ = enabled;
}

uint32_t link_port::state() const {
    if (!is_brought_out_)
        return GROQ_LINK_ABSENT;
    if (is_up_)
        return lanes_ < GROQ_LINK_LANES ? GROQ_LINK_DEGRADED : GROQ_LINK_UP;
    return can_train() && peer_training_ ? GROQ_LINK_TRAINING : GROQ_LINK_DOWN;
}

void link_port::go_down() {
    downs_ += is_up_;
    is_up_ = false;
    ++training_;
    has_said_goodbye_ = false;
    finish_test(false);
}

bool link_port::plug(const groq_cable &made) {
    if (!is_brought_out_ || cable_ || !chip::cable::is_valid(made))
        return false;
    cable_.emplace(made);
    ++training_;
    peer_training_ = vectors_ = 0;
    return true;
}

void link_port::unplug() {
    go_down();
    cable_.reset();
    inbox_.clear();
    peer_training_ = 0;
    is_distrusted_ = false;
}

void link_port::reset(bool cold) {
    go_down();
    is_enabled_ = true;
    injected_ = prbs_ = align_ = 0;
    test_ = {.number = test_.number};
    prbs_errors_ = 0;
    rounds_ = {};
    offset_ = 0;
    if (cold)
        sent_ = received_ = corrected_ = uncorrected_ = downs_ = 0;
}

void link_port::distrust() {
    go_down();
    is_distrusted_ = true;
    inbox_.clear();
}

void link_port::hear(const message &m) {
    bool is_hello = m.head.kind == message_kind::hello;
    if (is_up_ && is_hello && m.head.mine == peer_training_)
        return;
    if (is_up_)
        go_down();
    peer_training_ = is_hello ? m.head.mine : 0;
    heard_ = is_hello ? m.head.yours : 0;
    if (!is_hello || !cable_)
        return;
    peer_serial_ = m.hello.serial;
    peer_link_ = m.hello.link;
    lanes_ = std::min(m.hello.lanes, cable_->lanes());
}

std::optional<message> link_port::next_greeting(const cable_end &own, bool trains) {
    if (!cable_ || is_up_)
        return std::nullopt;
    if (!can_train()) {
        if (std::exchange(has_said_goodbye_, true))
            return std::nullopt;
        return message{{message_kind::goodbye, 0, training_, 0, 0}, {}};
    }
    if (!trains || (greeted_in_ == training_ && greeted_ == peer_training_))
        return std::nullopt;
    greeted_in_ = training_;
    greeted_ = peer_training_;
    message m{{message_kind::hello, 0, training_, peer_training_, 0}, {}};
    m.hello = {own.serial, own.link, cable_->lanes()};
    return m;
}

// After the greeting: the peer hears that it was heard before anything else.
void link_port::rise(bool trains) {
    if (can_train() && trains && peer_training_ && heard_ == training_ &&
        greeted_in_ == training_)
        is_up_ = true;
}

bool link_port::keep(const message &m) {
    if (inbox_.size() >= inbox_max)
        return false;
    inbox_.push_back(m);
    return true;
}

wire_error link_port::count_sent_vector() {
    ++sent_;
    ++vectors_;
    uint32_t injected = std::exchange(injected_, 0);
    if (injected & GROQ_LINK_INJECT_UNCORRECTED)
        return wire_error::uncorrected;
    if (injected)
        return wire_error::corrected;
    return cable_ ? cable_->error_of(vectors_) : wire_error::none;
}

void link_port::count_received(const message_head &head) {
    bool is_vector = head.kind == message_kind::vector;
    auto error = static_cast<wire_error>(head.detail);
    received_ += is_vector || head.kind == message_kind::notification;
    corrected_ += is_vector && error == wire_error::corrected;
    uncorrected_ += is_vector && error == wire_error::uncorrected;
}

void link_port::ask_test(message_kind kind, uint32_t argument, bool in_range) {
    test_ = {kind, argument, test_.number + 1, GROQ_LINK_TEST_BUSY, false};
    if (!in_range)
        finish_test(false);
}

void link_port::finish_test(bool ok) {
    if (test_.status == GROQ_LINK_TEST_BUSY)
        test_.status = ok ? GROQ_LINK_TEST_DONE : GROQ_LINK_TEST_FAILED;
}

std::optional<message> link_port::begin_test(bool is_taken) {
    if (test_.status != GROQ_LINK_TEST_BUSY || test_.is_begun)
        return std::nullopt;
    if (!is_up_ || is_taken) {
        finish_test(false);
        return std::nullopt;
    }
    test_.is_begun = true;
    return message{{test_.kind, test_.argument, test_.number, 0, 0}, {}};
}

message link_port::answer_test(const message_head &asked, const cable_end &own,
                               const aligned_counter &counter, bool is_taken) const {
    message m{{message_kind::refused, asked.detail, 0, asked.mine, 0}, {}};
    uint32_t samples = asked.detail;
    if (is_taken || !cable_)
        return m;
    if (asked.kind == message_kind::prbs && asked.detail <= prbs_max) {
        m.head.kind = message_kind::prbs_checked;
        m.errors = cable_->bit_errors(asked.detail, asked.mine);
    }
    if (asked.kind == message_kind::align && samples != 0 &&
        samples <= GROQ_LINK_ALIGN_SAMPLES) {
        m.head.kind = message_kind::aligned;
        m.aligned = exchange_counters(*cable_, direction(peer(), own),
                                      direction(own, peer()), samples, counter);
    }
    return m;
}

int32_t link_port::end_test(const message &m, const aligned_counter &counter) {
    bool is_awaited = test_.is_begun && test_.status == GROQ_LINK_TEST_BUSY &&
                      m.head.yours == test_.number;
    if (!is_awaited)
        return 0;
    if (test_.kind == message_kind::prbs) {
        bool ok = m.head.kind == message_kind::prbs_checked;
        prbs_errors_ = ok ? m.errors : 0;
        finish_test(ok);
        return 0;
    }
    bool ok = m.head.kind == message_kind::aligned &&
              is_plausible(m.aligned, test_.argument) &&
              m.aligned.period == counter.period;
    rounds_ = ok ? m.aligned : aligned_body{};
    offset_ = ok ? offset_of(m.aligned, test_.argument, counter) : 0;
    finish_test(ok);
    return align_ & GROQ_LINK_ALIGN_ADJUST ? offset_ : 0;
}

void link_port::serialize(archive &a) {
    a.values(is_enabled_, is_distrusted_, is_up_, training_, peer_training_, heard_,
             greeted_in_, greeted_, has_said_goodbye_, peer_serial_);
    a.below(peer_link_, GROQ_LINKS);
    a.below(lanes_, GROQ_LINK_LANES + 1);
    a.values(sent_, received_, corrected_, uncorrected_, downs_, vectors_);
    a.below(injected_, injections + 1);
    a.values(test_.kind, test_.argument, test_.number, test_.is_begun);
    a.below(test_.status, GROQ_LINK_TEST_FAILED + 1);
    a.values(prbs_, prbs_errors_, align_, rounds_, offset_);
    bool is_test = test_.kind == message_kind::prbs ||
                   test_.kind == message_kind::align ||
                   test_.kind == message_kind::refused;
    a.require(is_test && (align_ & ~align_bits) == 0);
    a.require(test_.kind != message_kind::align || test_.argument != 0 ||
              test_.status != GROQ_LINK_TEST_BUSY);
    a.require(!is_up_ || (is_brought_out_ && is_enabled_ && !is_distrusted_ &&
                          peer_training_ != 0 && lanes_ != 0));
    serialize_inbox(a);
    if (a.is_loading() && a.good() && is_up_ && !cable_)
        go_down();
}

void link_port::serialize_inbox(archive &a) {
    auto count = static_cast<uint32_t>(inbox_.size());
    a.below(count, inbox_max + 1);
    if (a.is_loading())
        inbox_.assign(a.good() ? count : 0, {});
    for (message &m : inbox_) {
        a.value(m.head);
        size_t bytes = bytes_of(m.head.kind);
        a.require(bytes != 0);
        if (!a.good())
            return;
        a.bytes(&m.lanes, bytes - sizeof(m.head));
        a.require(is_sound(m));
    }
}

} // namespace groq::chip
