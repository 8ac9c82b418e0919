// SPDX-License-Identifier: MIT
// What a program does with the links: docs/isa.md section 5.7. It opens them, keeps
// step with the chips at their other ends, sends and receives. Only the program
// engine uses it.
#ifndef GROQ_CHIP_LINK_UNIT_HPP
#define GROQ_CHIP_LINK_UNIT_HPP

#include <array>
#include <optional>

#include "link_session.hpp"
#include "links.hpp"
#include "trouble.hpp"

namespace groq::chip {

class link_unit {
public:
    static constexpr uint64_t never = link_session::never;

    explicit link_unit(links &links) : links_(links) {}

    // Looks at what has come. Cheap when nothing has: false.
    bool service();

    // A program opens the links in @mask, bit per link.
    void open(uint32_t mask);
    // Its cycle 0 comes.
    void begin();
    // It ends in @cycle.
    void close(uint64_t cycle);
    // As if it had never been.
    void forget();

    bool uses_links() const { return open_ != 0; }
    bool has_begun() const { return has_begun_; }
    bool has_open(uint32_t link) const { return open_ >> link & 1; }
    // All links are open at both ends;
    bool is_ready() const;
    // or one of them is down: the first one.
    std::optional<uint32_t> lost_link() const;
    // Those that cycle 0 waits for, a bit each.
    uint32_t awaited() const;

    // The first cycle that must not yet be executed: something may come for it.
    uint64_t horizon() const;
    // All cycles before @reached are executed and nothing goes before @next.
    void promise(uint64_t reached, uint64_t next);

    // Instructions of the queue of @link, in @cycle.
    trouble check_wire(uint32_t link, uint64_t cycle);
    void send(uint32_t link, const uint8_t *lanes, uint32_t powered, uint64_t cycle);
    trouble transmit(uint32_t link, uint64_t cycle);
    trouble receive(uint32_t link, uint64_t cycle, const uint8_t *&lanes);
    // In which cycle the next instruction issues; nothing: it would be too late.
    uint64_t deskew(uint32_t link, uint64_t cycle);
    std::optional<uint64_t> deskew_runtime(uint32_t link, uint64_t cycle,
                                           uint32_t cycles);

    // Of an Await of @cycle: the cycle in which the notifications are there, or in
    // which it is known that they never will be. Nothing: neither is known.
    struct outcome {
        bool comes;
        uint64_t cycle;
    };
    std::optional<outcome> await(uint32_t link, uint32_t number, uint64_t cycle) const;

    void serialize(archive &a);

private:
    template <class Visit>
    void each_open(Visit visit) const;
    void note_training(uint32_t link);
    void take(uint32_t link, const message &m);
    void take_session(uint32_t link, const message &m);
    void invite(uint32_t link);
    void show();
    void tell_end(uint32_t link, uint64_t cycle);
    void tell(uint32_t link, message_kind kind, uint64_t time);
    uint64_t next_arrival(uint32_t link, uint64_t cycle);

    links &links_;
    const fabric_clock &clock_ = links_.clock();
    std::array<link_session, GROQ_LINKS> sessions_;
    std::array<uint64_t, GROQ_LINKS> trainings_{};
    std::array<std::optional<links::wire>, GROQ_LINKS> wires_;
    aligned_counter counter_{0, GROQ_HAC_PERIOD_RESET};
    uint32_t open_ = 0; // bit per link
    bool has_begun_ = false;
    uint64_t reached_ = 0; // cycle
};

} // namespace groq::chip

#endif
