// SPDX-License-Identifier: MIT
// A card whose SXM of one side is fed from MEM and written back there: stream n
// comes from slice n on its way outwards, and goes back into it inwards.
#ifndef GROQ_TESTS_CHIP_EXCHANGE_CARD_HPP
#define GROQ_TESTS_CHIP_EXCHANGE_CARD_HPP

#include <functional>
#include <random>

#include "program.hpp"

namespace groq::chip::test {

using byte_vector = std::array<uint8_t, GROQ_LANES>;

// Lane i takes lane @source(i) where that is one of the @powered first.
inline byte_vector moved(const byte_vector &from, const std::function<int(int)> &source,
                         int powered = GROQ_LANES) {
    byte_vector to{};
    for (int lane = 0; lane < powered; ++lane)
        if (int at = source(lane); at >= 0 && at < powered)
            to[static_cast<size_t>(lane)] = from[static_cast<size_t>(at)];
    return to;
}

struct exchange_card : program_card {
    static constexpr uint32_t sampled = 20;   // cycle in which the SXM issues
    static constexpr uint32_t results = 4096; // first word of what is written

    explicit exchange_card(uint32_t which) : side(which) {}

    uint32_t outward(uint32_t n) const { return side == GROQ_EAST ? east(n) : west(n); }
    uint32_t inward(uint32_t n) const { return side == GROQ_EAST ? west(n) : east(n); }

    // Between slice @n and the SXM.
    static uint32_t hops(uint32_t n) { return GROQ_POSITION_SXM - 1 - n / 4; }

    uint32_t unit(uint32_t n) const { return GROQ_ICU_SXM(side, n); }

    byte_vector random_vector() {
        byte_vector v;
        for (uint8_t &byte : v)
            byte = static_cast<uint8_t>(random());
        return v;
    }

    // Has stream outward @n carry @values past the SXM, from cycle sampled on.
    void feed(uint32_t n, const std::vector<byte_vector> &values) {
        for (uint32_t i = 0; i < values.size(); ++i)
            std::memcpy(word(side, n, i), values[i].data(), GROQ_VECTOR_BYTES);
        uint32_t wait = sampled - hops(n) - GROQ_DELAY_MEM_READ;
        add(mem(side, n), {nop(wait), read(0, outward(n), 1)});
        if (values.size() > 1)
            add(mem(side, n), {repeat(static_cast<uint32_t>(values.size()) - 1)});
        fed[n] = wait + static_cast<uint32_t>(values.size());
    }

    byte_vector feed_random(uint32_t n) {
        byte_vector v = random_vector();
        feed(n, {v});
        return v;
    }

    // Adds @text to SXM queue @n, from the cycle in which what is fed arrives.
    void issue(uint32_t n, const words &text) {
        add(unit(n), {nop(sampled)});
        add(unit(n), text);
    }

    // Writes what is on stream inward @n at the SXM from cycle sampled + @delay.
    void collect(uint32_t n, uint32_t delay, uint32_t count = 1) {
        uint32_t free = fed.contains(n) ? fed[n] : 0;
        add(mem(side, n),
            {nop(sampled + delay + hops(n) - free), write(results, inward(n), 1)});
        if (count > 1)
            add(mem(side, n), {repeat(count - 1)});
    }

    byte_vector collected(uint32_t n, uint32_t index = 0) {
        byte_vector v;
        std::memcpy(v.data(), word(side, n, results + index), GROQ_VECTOR_BYTES);
        return v;
    }

    void forget() {
        queues.clear();
        counts.clear();
        fed.clear();
    }

    uint32_t side;
    std::mt19937 random{7};
    std::map<uint32_t, uint32_t> fed; // slice: the cycle in which its queue is free
};

} // namespace groq::chip::test

#endif
