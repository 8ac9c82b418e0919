// SPDX-License-Identifier: MIT
//
// What may befall a card; several at once.
#pragma once

#include <cstdint>

#include <groq/groq.h>

namespace groq {

enum class event : std::uint32_t {
    none = 0,
    reset = GROQ_EVENT_RESET, // the chip was reset: jobs in it end as errc::reset
    lost = GROQ_EVENT_LOST,   // comes once; then every call is errc::device_lost
    alarm = GROQ_EVENT_ALARM, // a sensor crossed its limit
    link = GROQ_EVENT_LINK,   // a chip-to-chip link went up or down
};

constexpr event operator|(event a, event b) noexcept {
    return event(std::uint32_t(a) | std::uint32_t(b));
}

constexpr event operator&(event a, event b) noexcept {
    return event(std::uint32_t(a) & std::uint32_t(b));
}

// Whether one of @wanted is among @all.
constexpr bool has(event all, event wanted) noexcept {
    return (all & wanted) != event::none;
}

} // namespace groq
