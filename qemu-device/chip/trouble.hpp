// SPDX-License-Identifier: MIT
// What an instruction ran into: the part of a fault record that its unit
// knows. The sequencer adds queue, cycle and text.
#ifndef GROQ_CHIP_TROUBLE_HPP
#define GROQ_CHIP_TROUBLE_HPP

#include "fault.hpp"

namespace groq::chip {

struct [[nodiscard]] trouble {
    uint32_t cause = GROQ_FAULT_NONE;
    uint32_t detail = 0;
    uint64_t address = no_address;

    explicit operator bool() const { return cause != GROQ_FAULT_NONE; }
};

constexpr trouble no_trouble{};

// @stream carries nothing where and when it is sampled.
constexpr trouble nothing_on(uint32_t stream) {
    return {GROQ_FAULT_STREAM_EMPTY, stream, no_address};
}

} // namespace groq::chip

#endif
