// SPDX-License-Identifier: MIT
//
// All choices of an operation follow from seed, thread and number: it can be repeated
// alone, or those of a trace one after the other.
#pragma once

#include <cstdint>
#include <iterator>

namespace groq::fuzz {

class dice {
public:
    dice(std::uint64_t seed, std::uint32_t thread, std::uint64_t number)
        : state_(mix(mix(seed) + thread) + number) {}

    std::uint64_t any() { return mix(state_++); }
    std::uint64_t below(std::uint64_t bound) { return any() % bound; }
    bool one_in(std::uint64_t chance) { return below(chance) == 0; }
    template <typename array>
    auto of(const array &from) {
        return from[below(std::size(from))];
    }

    // What is likely to be near somebody's mistake.
    std::uint64_t odd() {
        static constexpr std::uint64_t edges[] = {0,
                                                  1,
                                                  2,
                                                  7,
                                                  8,
                                                  63,
                                                  64,
                                                  65,
                                                  319,
                                                  320,
                                                  321,
                                                  4095,
                                                  4096,
                                                  4097,
                                                  230686719,
                                                  230686720,
                                                  230686720 - 320,
                                                  0x7fffffff,
                                                  0x80000000,
                                                  0xffffffff,
                                                  0x100000000,
                                                  0x100000001,
                                                  0x7fffffffffffffff,
                                                  0x8000000000000000,
                                                  ~0ull - 4095,
                                                  ~0ull - 319,
                                                  ~0ull - 1,
                                                  ~0ull};
        switch (below(4)) {
        case 0:
            return any();
        case 1:
            return 1ull << below(64);
        default:
            return of(edges);
        }
    }

private:
    static std::uint64_t mix(std::uint64_t x) { // splitmix64
        x += 0x9e3779b97f4a7c15;
        x = (x ^ x >> 30) * 0xbf58476d1ce4e5b9;
        x = (x ^ x >> 27) * 0x94d049bb133111eb;
        return x ^ x >> 31;
    }

    std::uint64_t state_;
};

} // namespace groq::fuzz
