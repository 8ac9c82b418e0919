// SPDX-License-Identifier: MIT
// A program's use of one link: from the moment that it opens it until it ends. What
// has come and is not received, when what goes arrives, and what both ends have
// promised each other: docs/hardware.md section 7.4, docs/isa.md section 5.7. Only
// the program engine touches it.
#ifndef GROQ_CHIP_LINK_SESSION_HPP
#define GROQ_CHIP_LINK_SESSION_HPP

#include <algorithm>
#include <deque>
#include <optional>

#include "archive.hpp"
#include "cable.hpp"
#include "fabric_clock.hpp"
#include "message.hpp"
#include "trouble.hpp"

namespace groq::chip {

class link_session {
public:
    static constexpr uint64_t never = ~uint64_t{0};

    // The handshake. Each end numbers its programs, and has opened the link when the
    // other names the number of the one that runs now.
    void open() { mine_ = ++last_; }
    // Forgets the program; what the peer has opened and nobody used is kept.
    void end();
    // The peer is gone, and what it said is nothing.
    void lose();

    bool is_open() const { return mine_ != 0; }
    bool is_lost() const { return is_lost_; }
    bool is_matched() const { return peer_ != 0; }
    uint64_t number() const { return mine_; }

    // OPEN for the peer, of a program whose first packet comes at @promise or later.
    message invite(uint64_t promise);
    // The peer's OPEN came. True: it must be told of ours.
    bool answer(const message_head &head);
    // What ended before the program here could use it.
    void forget(const message_head &head) {
        if (head.kind == message_kind::close && head.mine == kept_.number)
            kept_ = {};
    }
    // CANCEL: the program there has not begun. @begun: the one here has.
    void cancel(uint64_t number, bool begun);

    // Whether @head belongs to the session.
    bool concerns(const message_head &head) const {
        return mine_ && peer_ && head.mine == peer_;
    }
    // What comes in the session, in its order; @reached is the fabric time of the
    // program here. False: the peer broke its promise.
    [[nodiscard]] bool take(const message &m, uint64_t reached);

    // Fabric time before which nothing more comes.
    uint64_t promise() const { return promise_; }

    // The oldest vector that is there at @now; valid until the next one.
    trouble receive(uint64_t now, const uint8_t *&lanes);

    // When as many notifications have come; or that so many never will, and since
    // when that is known. Nothing: it is still open.
    struct outcome {
        bool comes;
        uint64_t time;
    };
    std::optional<outcome> await(uint64_t notifications) const;

    // A packet goes in @cycle, at @now: the wire must be free, and when it arrives.
    bool take_wire(uint64_t cycle, uint32_t lanes);
    uint64_t arrival(const cable &by, uint64_t direction, uint64_t now, uint32_t lanes);

    // The fabric time before which the peer was promised that nothing comes.
    uint64_t promised() const { return promised_; }

    // What is to be promised to the peer when nothing goes before @now; nothing: not
    // so much more than before that it would matter.
    std::optional<uint64_t> renew_promise(const cable &by, uint64_t now);

    // Of the software-aligned counter: in which cycle and at which time it was 0.
    struct zero {
        uint64_t cycle = 0;
        uint64_t time = 0;
    };
    zero aligned;

    void serialize(archive &a);

private:
    struct arrived_vector {
        uint64_t time;
        wire_error error;
        uint8_t lanes[GROQ_VECTOR_BYTES];
    };

    // An OPEN of the peer that is not yet used.
    struct invitation {
        uint64_t number = 0;
        uint64_t promise = 0;
    };

    // More than can be under way on the longest of cables.
    static constexpr size_t under_way_max = 8192;

    void match(const invitation &peer);
    bool take_vector(const message &m, uint64_t reached);
    bool take_notification(const message_head &head, uint64_t reached);
    void serialize_arrivals(archive &a);

    uint64_t last_ = 0; // number that a program had
    uint64_t mine_ = 0; // of the program; 0: there is none
    uint64_t named_ = 0;
    uint64_t peer_ = 0;
    invitation kept_;
    bool is_lost_ = false;

    uint64_t promise_ = 0;
    uint64_t closed_ = never; // the peer's program has ended
    std::deque<arrived_vector> vectors_;
    arrived_vector received_{};
    uint64_t received_count_ = 0;
    bool has_overflowed_ = false;
    std::deque<uint64_t> notifications_;
    uint64_t notified_ = 0; // before these
    uint64_t packets_ = 0;
    uint64_t wire_free_ = 0; // 1/1000 cycles of the program
    uint64_t last_arrival_ = 0;
    uint64_t promised_ = 0;
};

} // namespace groq::chip

#endif
