// SPDX-License-Identifier: MIT
//
// Cards that are wired to one another: those that GROQ_TEST_LINKED names, by URIs
// separated by spaces, however they are wired; without it simulated ones.
#pragma once

#include <groq/system.hpp>

#include <cstdlib>
#include <sstream>

#include "card_under_test.hpp"

namespace groq::contract {

inline std::vector<std::string> wired_uris(const std::string &topology,
                                           unsigned count) {
    std::vector<std::string> uris;
    if (const char *chosen = std::getenv("GROQ_TEST_LINKED")) {
        std::istringstream words(chosen);
        for (std::string word; words >> word;)
            uris.push_back(word);
        return uris;
    }
    for (unsigned card = 0; card < count; ++card)
        uris.push_back("sim:" + std::to_string(card) + "?topology=" + topology);
    return uris;
}

// The first @count of them; none when there are fewer. Simulated ones are wired as
// @topology says.
inline std::vector<device> open_wired(const std::string &topology, unsigned count) {
    auto uris = wired_uris(topology, count);
    std::vector<device> devices;
    if (uris.size() < count)
        return devices;
    uris.resize(count);
    for (const auto &uri : uris)
        devices.push_back(device::open(uri).value());
    return devices;
}

} // namespace groq::contract
