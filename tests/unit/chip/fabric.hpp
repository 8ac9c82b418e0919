// SPDX-License-Identifier: MIT
// Chips that are wired, in one process. Messages lie on the cables until somebody
// brings them, so that a test can have all of it happen in any order.
#ifndef GROQ_TESTS_CHIP_FABRIC_HPP
#define GROQ_TESTS_CHIP_FABRIC_HPP

#include <deque>
#include <map>
#include <random>
#include <utility>

#include "program.hpp"

namespace groq::chip::test {

constexpr uint32_t c2c(uint32_t link) {
    return GROQ_ICU_C2C(link);
}

// A link of a chip, by their numbers.
struct socket {
    uint32_t chip;
    uint32_t link;
    auto operator<=>(const socket &) const = default;
};

class fabric {
public:
    explicit fabric(std::vector<uint64_t> serials, std::vector<int32_t> ppb = {}) {
        ppb.resize(serials.size());
        for (uint32_t n = 0; n < serials.size(); ++n) {
            cards_.push_back(std::make_unique<program_card>(serials[n], ppb[n]));
            card(n).host.on_transmit = [this, n](unsigned int link, const void *data,
                                                 size_t bytes) {
                send({n, link}, data, bytes);
            };
        }
    }

    ~fabric() {
        for (auto &card : cards_)
            card->host.on_transmit = [](unsigned int, const void *, size_t) {};
    }

    program_card &card(uint32_t n) { return *cards_[n]; }
    groq_chip *chip(uint32_t n) { return card(n).chip.get(); }
    uint32_t size() const { return static_cast<uint32_t>(cards_.size()); }

    static groq_cable plain() { return GROQ_CABLE_DEFAULT; }

    void plug(socket a, socket b, const groq_cable &cable = plain()) {
        peers_[a] = b;
        peers_[b] = a;
        EXPECT_TRUE(groq_chip_plug(chip(a.chip), a.link, &cable));
        EXPECT_TRUE(groq_chip_plug(chip(b.chip), b.link, &cable));
    }

    void pull(socket a) {
        socket b = peers_.at(a);
        for (socket s : {a, b}) {
            groq_chip_unplug(chip(s.chip), s.link);
            under_way_.erase(s);
            peers_.erase(s);
        }
    }

    // The link registers of a chip.
    uint32_t state(socket s) {
        return card(s.chip).read32(GROQ_LINK(s.link) + GROQ_LINK_STATE);
    }
    uint64_t counter(socket s, uint32_t offset) {
        return card(s.chip).read64(GROQ_LINK_COUNTERS(s.link) + offset);
    }

    // Lets chip @n work once; true if it has more to do.
    bool work(uint32_t n, uint64_t budget = 1 << 20) {
        bool more = groq_chip_work(chip(n), GROQ_ENGINE_COPY, budget);
        return groq_chip_work(chip(n), GROQ_ENGINE_PROGRAM, budget) || more;
    }

    // Brings the oldest message that lies at @to. False: there is none.
    bool bring(socket to) {
        auto found = under_way_.find(to);
        if (found == under_way_.end() || found->second.empty())
            return false;
        std::vector<uint8_t> message = std::move(found->second.front());
        found->second.pop_front();
        EXPECT_TRUE(
            groq_chip_deliver(chip(to.chip), to.link, message.data(), message.size()));
        ++messages;
        return true;
    }

    // Until nothing happens any more.
    void settle() {
        for (bool busy = true; busy;) {
            busy = false;
            for (uint32_t n = 0; n < size(); ++n)
                busy = work(n) || busy;
            for (const auto &[to, from] : peers_)
                while (bring(to))
                    busy = true;
        }
    }

    // The same in an order that @seed says: any chip may be far ahead of any other,
    // and any cable slow.
    void settle_somehow(uint32_t seed) {
        std::mt19937 random(seed);
        std::vector<bool> idle(size());
        for (uint32_t quiet = 0; quiet < 200; ++quiet) {
            if (random() % 2 && bring_one(random()))
                quiet = 0;
            else if (let_work(random() % size(), random))
                quiet = 0;
        }
        settle();
    }

    void submit(uint32_t n, uint64_t max_cycles = 1'000'000) {
        driver_queue &queue = card(n).queue;
        queue.last_index = queue.push(card(n).build(max_cycles));
        queue.ring();
    }

    // How many cycles it took; 0: it has not ended well. The fault is at hand then.
    uint64_t result(uint32_t n) {
        std::optional<groq_completion> c = card(n).queue.reap();
        card(n).queue.acknowledge();
        fault = c && c->status == GROQ_COMPLETION_FAULT ? card(n).queue.last_fault()
                                                        : groq_fault{};
        last_status = c ? c->status : ~0u;
        return c && c->status == GROQ_COMPLETION_OK ? c->result : 0;
    }

    groq_fault fault{};
    uint32_t last_status = 0;
    uint64_t messages = 0;
    bool brings_at_once = false; // for chips on threads of their own

private:
    void send(socket from, const void *data, size_t bytes) {
        auto peer = peers_.find(from);
        if (peer == peers_.end())
            return;
        socket to = peer->second;
        if (brings_at_once) {
            EXPECT_TRUE(groq_chip_deliver(chip(to.chip), to.link, data, bytes));
            return;
        }
        auto *first = static_cast<const uint8_t *>(data);
        under_way_[to].emplace_back(first, first + bytes);
    }

    bool bring_one(uint32_t choice) {
        auto to =
            std::next(peers_.begin(), choice % std::max<size_t>(peers_.size(), 1));
        return !peers_.empty() && bring(to->first);
    }

    bool let_work(uint32_t n, std::mt19937 &random) {
        if (random() % 3)
            return work(n, 1 + random() % 500);
        groq_progress before = groq_chip_advance(chip(n), 0);
        groq_progress after =
            groq_chip_advance(chip(n), before.position + random() % 300);
        return after.state == GROQ_PROGRESS_ENDED || after.position != before.position;
    }

    std::vector<std::unique_ptr<program_card>> cards_;
    std::map<socket, socket> peers_;
    std::map<socket, std::deque<std::vector<uint8_t>>> under_way_; // by where they go
};

} // namespace groq::chip::test

#endif
