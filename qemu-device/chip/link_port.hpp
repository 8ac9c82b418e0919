// SPDX-License-Identifier: MIT
// One link: its registers and counters, its cable, and its training, docs/hardware.md
// sections 7.1 to 7.3. It neither locks nor calls the host: links does both.
//
// Every training of an end has a number. An end says who it is in HELLO, with that
// number and the one that it has heard of the other end; it is up once a HELLO names
// its own. Going down begins the next training.
#ifndef GROQ_CHIP_LINK_PORT_HPP
#define GROQ_CHIP_LINK_PORT_HPP

#include <array>
#include <optional>
#include <utility>
#include <vector>

#include "alignment.hpp"
#include "archive.hpp"
#include "hw/groq_regs.h"
#include "message.hpp"

namespace groq::chip {

class link_port {
public:
    // The two registers at @offset of a page of 0x40, low one first.
    uint64_t read(uint32_t offset) const;
    uint64_t read_counter(uint32_t offset) const;
    uint64_t read_alignment(uint32_t offset) const;
    void write(uint32_t offset, uint32_t value);
    void write_alignment(uint32_t offset, uint32_t value);

    void bring_out() { is_brought_out_ = true; }
    uint32_t state() const;
    bool is_up() const { return is_up_; }
    uint32_t lanes() const { return is_up_ ? lanes_ : 0; }
    const std::optional<chip::cable> &cable() const { return cable_; }
    cable_end peer() const { return {peer_serial_, peer_link_}; }
    uint64_t training() const { return training_; }

    bool plug(const groq_cable &made);
    void unplug();
    void reset(bool cold);
    // What came is no message, or breaks a promise: nobody may be believed who is
    // at this cable.
    void distrust();

    // What a message of training says.
    void hear(const message &m);
    // What is to be said, if anything. @trains: the controller is alive.
    std::optional<message> next_greeting(const cable_end &own, bool trains);
    // Up, if both ends have heard each other.
    void rise(bool trains);

    // What has come and nobody has looked at. False: there is no room.
    bool keep(const message &m);
    std::vector<message> take_inbox() { return std::exchange(inbox_, {}); }

    // A vector goes by it: what befalls it.
    wire_error count_sent_vector();
    void count_sent() { ++sent_; }
    void count_received(const message_head &head);

    // A test that was asked for and not begun: what is to be said for it.
    std::optional<message> begin_test(bool is_taken);
    // What the peer's test asks for.
    message answer_test(const message_head &asked, const cable_end &own,
                        const aligned_counter &counter, bool is_taken) const;
    // An answer came. By how much the own counter is to be set forward.
    int32_t end_test(const message &m, const aligned_counter &counter);

    void serialize(archive &a);

private:
    struct test {
        message_kind kind = message_kind::refused;
        uint32_t argument = 0;
        uint64_t number = 0;
        uint32_t status = GROQ_LINK_TEST_IDLE;
        bool is_begun = false;
    };

    void control(uint32_t value);
    void go_down();
    bool can_train() const { return cable_ && is_enabled_ && !is_distrusted_; }
    void ask_test(message_kind kind, uint32_t argument, bool in_range);
    void finish_test(bool ok);
    void serialize_inbox(archive &a);

    // A peer that keeps its promises sends no more while nobody looks.
    static constexpr size_t inbox_max = 16384;

    bool is_brought_out_ = false;
    std::optional<chip::cable> cable_;
    bool is_enabled_ = true;
    bool is_distrusted_ = false;
    bool is_up_ = false;
    uint64_t training_ = 0;      // counted from 1, when a cable is there
    uint64_t peer_training_ = 0; // 0: nobody was heard
    uint64_t heard_ = 0;         // the training that the peer named
    uint64_t greeted_in_ = 0;    // training of the HELLO sent last
    uint64_t greeted_ = 0;       // the peer's that it named
    bool has_said_goodbye_ = false;
    uint64_t peer_serial_ = 0;
    uint32_t peer_link_ = 0;
    uint32_t lanes_ = 0;

    uint64_t sent_ = 0;
    uint64_t received_ = 0;
    uint64_t corrected_ = 0;
    uint64_t uncorrected_ = 0;
    uint64_t downs_ = 0;
    uint64_t vectors_ = 0; // sent since the cable was plugged
    uint32_t injected_ = 0;

    test test_;
    uint32_t prbs_ = 0;
    uint64_t prbs_errors_ = 0;
    uint32_t align_ = 0;
    aligned_body rounds_{};
    int32_t offset_ = 0;

    std::vector<message> inbox_;
};

} // namespace groq::chip

#endif
