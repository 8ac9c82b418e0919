// SPDX-License-Identifier: MIT
// The links of the chip: their registers, cables and training, and the messages that
// come, docs/hardware.md section 7. Registers, cables and messages come from any
// thread; whatever is transmitted, the program engine transmits.
//
// One lock guards all links. It is never held while the host is called.
#ifndef GROQ_CHIP_LINKS_HPP
#define GROQ_CHIP_LINKS_HPP

#include <array>
#include <atomic>
#include <mutex>

#include "device_interrupts.hpp"
#include "fabric_clock.hpp"
#include "host.hpp"
#include "link_port.hpp"

namespace groq::chip {

class links {
public:
    links(const groq_chip_config &config, const host &host,
          device_interrupts &interrupts);

    uint32_t count() const { return count_; }
    const fabric_clock &clock() const { return clock_; }

    // Registers from first_register on; the pair at @offset, low one first.
    static constexpr uint32_t first_register = GROQ_LINK(0);
    static constexpr uint32_t registers_end = GROQ_LINK_ALIGNMENT(GROQ_LINKS);
    uint64_t read(uint32_t offset) const;
    void write(uint32_t offset, uint32_t value);

    bool plug(uint32_t link, const groq_cable &cable);
    void unplug(uint32_t link);
    bool deliver(uint32_t link, const void *data, size_t bytes);
    void reset(bool cold);
    // The management controller, which trains, is alive.
    void set_controller(bool alive);

    // For the program engine alone, from here on. The links that have changed since
    // the last call, a bit for each.
    uint32_t take_news() { return news_.load() ? news_.exchange(0) : 0; }
    std::vector<message> take_inbox(uint32_t link);
    void train(uint32_t link, const message &m);
    void answer_test(uint32_t link, const message &m, bool is_taken);
    void end_test(uint32_t link, const message &m);
    // Greets and begins tests, where that is due.
    void settle(uint32_t link, bool is_taken);
    // Which training it is in; another one: it was down.
    uint64_t training(uint32_t link) const;
    // Counts what has come. False: the link is not up, and nothing has.
    bool count_received(uint32_t link, const message_head &head);
    void distrust(uint32_t link);

    // What a program needs to know to send; nothing: the link is not up.
    struct wire {
        chip::cable cable;
        uint64_t direction;
        uint32_t lanes;
    };
    std::optional<wire> find_wire(uint32_t link) const;
    wire_error count_sent_vector(uint32_t link);
    void count_sent(uint32_t link);
    void transmit(uint32_t link, const message &m) const;

    aligned_counter counter() const;
    // What OPEN shows: links that the program has opened, and those of them that are
    // open at the other end; a bit for each.
    void set_open(uint32_t here, uint32_t both);
    // The fabric time at which the program is.
    void set_now(uint64_t time) { now_.store(time, std::memory_order_relaxed); }

    void serialize(archive &a);

private:
    class section;

    uint32_t open_state(uint32_t link) const;
    uint32_t hac() const;
    cable_end end_of(uint32_t link) const { return {serial_, link}; }
    void notice(uint32_t changed);
    void notice_link(uint32_t link) { notice(uint32_t{1} << link); }

    const host &host_;
    device_interrupts &interrupts_;
    uint32_t count_;
    uint64_t serial_;
    fabric_clock clock_;

    mutable std::mutex lock_;
    std::array<link_port, GROQ_LINKS> ports_;
    uint32_t changed_ = 0;   // bit per link
    uint32_t open_here_ = 0; // the same
    uint32_t open_both_ = 0;
    aligned_counter counter_;
    bool trains_ = true;
    std::atomic<uint64_t> now_;
    std::atomic<uint32_t> news_{0}; // bit per link
};

} // namespace groq::chip

#endif
