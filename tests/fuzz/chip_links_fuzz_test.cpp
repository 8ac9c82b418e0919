// SPDX-License-Identifier: MIT
// A peer that says anything at all: messages that are none, that were never asked for,
// or that break every promise, between and under programs. The chip must not crash,
// and with another cable it must work as if nothing had happened.
#include "chip/message.hpp"
#include "fabric_card.hpp"

namespace groq::chip::test {
namespace {

struct liar {
    explicit liar(uint32_t seed) : random(seed) {}

    uint64_t below(uint64_t limit) { return random() % limit; }

    // Mostly what a session may be about, sometimes anything.
    uint64_t number() {
        switch (below(4)) {
        case 0:
            return random();
        case 1:
            return (uint64_t{1} << below(64)) - below(3);
        default:
            return below(12);
        }
    }

    uint64_t time() { return below(3) ? below(4000) : number(); }

    std::vector<uint8_t> say() {
        message m{};
        m.head = {static_cast<message_kind>(below(15)),
                  static_cast<uint32_t>(below(2) ? below(4) : number()), number(),
                  number(), time()};
        if (m.head.kind == message_kind::hello)
            m.hello = {number(), static_cast<uint32_t>(below(18)),
                       static_cast<uint32_t>(below(6))};
        else
            for (uint8_t &lane : m.lanes)
                lane = static_cast<uint8_t>(below(3) ? 0 : random());
        size_t bytes = bytes_of(m.head.kind);
        if (below(50) == 0)
            bytes = below(GROQ_LINK_MESSAGE_BYTES);
        std::vector<uint8_t> text(std::max(bytes, sizeof(m)));
        std::memcpy(text.data(), &m, sizeof(m));
        text.resize(bytes);
        return text;
    }

    std::mt19937_64 random;
};

void put_programs(fabric &f) {
    f.card(0).add(c2c(0), {transmit()});
    add_sender(f.card(0), 100, 5);
    f.card(0).add(c2c(0), {await(0, 1)});
    f.card(1).add(c2c(0), {await(0, 1), deskew(), nop(600), deskew_runtime(20),
                           receive(east(0)), repeat(4, 24), transmit()});
}

void end_program(fabric &f, uint32_t n) {
    for (f.last_status = ~0u; f.last_status == ~0u;) {
        f.card(n).write32(f.card(n).queue.reg(GROQ_QUEUE_ABORT), GROQ_QUEUE_ABORT_ANY);
        f.work(n);
        f.result(n);
    }
}

void replace_cable(fabric &f) {
    f.pull({0, 0});
    f.plug({0, 0}, {1, 0});
}

TEST(chip_links_fuzz, survives_any_peer) {
    two_chips f;
    put_programs(f);
    for (uint32_t seed = 0; seed < 300; ++seed) {
        liar from(seed);
        f.submit(0);
        f.submit(1);
        for (uint32_t n = 0; n < 150; ++n) {
            auto to = static_cast<uint32_t>(from.below(2));
            std::vector<uint8_t> text = from.say();
            if (from.below(4) == 0 &&
                !groq_chip_deliver(f.chip(to), 0, text.data(), text.size()) &&
                from.below(2))
                replace_cable(f);
            f.work(to, 1 + from.below(200));
            f.bring({static_cast<uint32_t>(from.below(2)), 0});
        }
        for (uint32_t n : {0, 1})
            end_program(f, n);
        replace_cable(f);
        f.settle();
        f.submit(0);
        f.submit(1);
        f.settle();
        for (uint32_t n : {0, 1})
            ASSERT_GT(f.result(n), 0u)
                << "seed " << seed << ", chip " << n << ": fault " << f.fault.cause
                << ", " << f.last_status;
    }
}

} // namespace
} // namespace groq::chip::test
