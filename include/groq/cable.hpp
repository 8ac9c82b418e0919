// SPDX-License-Identifier: MIT
//
// A cable between two links: where it goes, and how good it is.
#pragma once

#include <array>
#include <compare>
#include <cstdint>
#include <limits>
#include <string>
#include <string_view>

namespace groq {

// What is true of every link: the numbers that the simulated chip has.
namespace links {
inline constexpr std::uint32_t per_chip = 16;                // [I20]
inline constexpr std::uint32_t local = 7;                    // of GC1-010B: 0..6 [I22]
inline constexpr std::uint32_t global = 4;                   // of GC1-010B: 7..10 [I22]
inline constexpr std::uint32_t lanes = 4;                    // [I20]
inline constexpr std::uint64_t bytes_per_s = 12'500'000'000; // a direction [I22]
inline constexpr std::uint32_t vector_bytes = 320;           // [I20]
inline constexpr std::uint32_t packet_bytes = 328;           // of a vector [I22]
inline constexpr std::uint32_t packet_millicycles = 23'616;  // at clock_hz
inline constexpr std::uint32_t latency = 217;                // cycles, the mean [I22]
inline constexpr std::uint32_t latency_min = 202;            // cycles
inline constexpr std::uint32_t latency_max = 231;            // cycles
inline constexpr std::uint32_t spread_millicycles = 4'100;   // one way
inline constexpr std::uint32_t hac_period = 252;       // cycles, ours; < 256 [I22]
inline constexpr std::uint64_t clock_hz = 900'000'000; // nominal [I20]
} // namespace links

// An end of a cable.
struct link_end {
    std::uint32_t card = 0;
    std::uint32_t link = 0;

    friend auto operator<=>(const link_end &, const link_end &) = default;
};

// "3:0", as in the file.
inline std::string to_string(link_end end) {
    return std::to_string(end.card) + ':' + std::to_string(end.link);
}

// Both directions of a cable are alike.
struct cable {
    link_end a, b;
    std::uint64_t seed = 1;                                       // of the spread
    std::uint32_t latency = links::latency;                       // cycles, 64..65,535
    std::uint32_t spread_millicycles = links::spread_millicycles; // <= latency * 100
    std::uint32_t lanes = links::lanes;                           // that work, 1..4
    // Of the vectors sent since it was plugged, from 1; 0: none.
    std::uint32_t corrected_every = 0; // each so many has an error that FEC corrects
    std::uint32_t uncorrected_at = 0;  // this one has one that it does not
    std::uint32_t bit_errors = 0;      // of 10^12 bits, in the PRBS test

    friend bool operator==(const cable &, const cable &) = default;
};

// What a cable is tied to whose other end is in another process: a socket.
struct outer_end {
    bool is_awaited = false; // the other process comes; else this one goes to it
    std::string host = {};   // TCP: an address, or a name to go to; empty: Unix
    std::uint16_t port = 0;  // TCP
    std::string path = {};   // Unix

    friend bool operator==(const outer_end &, const outer_end &) = default;
};

// "tcp:10.0.0.2:7007", as in the file.
inline std::string to_string(const outer_end &end) {
    const std::string scheme = end.host.empty() ? "unix" : "tcp";
    const bool is_v6 = end.host.find(':') != end.host.npos;
    return scheme + (end.is_awaited ? "-listen:" : ":") +
           (end.host.empty() ? end.path
                             : (is_v6 ? '[' + end.host + ']' : end.host) + ':' +
                                   std::to_string(end.port));
}

// A cable from here to a link of another process.
struct outer_cable {
    link_end end;
    outer_end to;
    cable numbers = {}; // of which the ends say nothing

    friend bool operator==(const outer_cable &, const outer_cable &) = default;
};

namespace detail {

// A number of a cable, with its name in the file and what it may be.
struct cable_setting {
    std::string_view name;
    std::uint32_t cable::*value;
    std::uint32_t least, most;
};

inline constexpr std::uint32_t max_cards = 16'384; // of a network
inline constexpr std::uint32_t any_number = std::numeric_limits<std::uint32_t>::max();
inline constexpr std::array cable_settings{
    cable_setting{"latency", &cable::latency, 64, 65'535},
    cable_setting{"lanes", &cable::lanes, 1, links::lanes},
    cable_setting{"corrected-every", &cable::corrected_every, 0, any_number},
    cable_setting{"uncorrected-at", &cable::uncorrected_at, 0, any_number},
    cable_setting{"bit-errors", &cable::bit_errors, 0, any_number},
};

// Why the numbers of a cable are not good; empty when they are.
inline std::string trouble_with(const cable &cable) {
    for (const auto &[name, value, least, most] : cable_settings)
        if (cable.*value < least || cable.*value > most)
            return std::string(name) + " is from " + std::to_string(least) + " to " +
                   std::to_string(most) + ", not " + std::to_string(cable.*value);
    if (cable.spread_millicycles > cable.latency * 100)
        return "spread is at most a tenth of the latency of " +
               std::to_string(cable.latency) + " cycles";
    return {};
}

} // namespace detail

} // namespace groq
