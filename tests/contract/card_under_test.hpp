// SPDX-License-Identifier: MIT
//
// The card that GROQ_TEST_DEVICE names, "sim:" without it. A # in it stands for a
// name of its own for each open: recordings are one open each.
#pragma once

#include <cstdlib>
#include <cstring>
#include <map>
#include <string>
#include <vector>

#include <groq/groq.hpp>
#include <gtest/gtest.h>

#include "programs.hpp"

namespace groq::contract {

// Far more than anything here takes on a slow machine.
constexpr std::chrono::minutes ample{5};

inline std::string chosen_uri() {
    const char *chosen = std::getenv("GROQ_TEST_DEVICE");
    return chosen ? chosen : "sim:";
}

// The second open of test a.b is called a.b.2, in the recording and in its replay.
inline std::string uri() {
    auto name = chosen_uri();
    const auto place = name.find('#');
    if (place == name.npos)
        return name;
    static std::map<std::string, unsigned> opens;
    const auto *test = ::testing::UnitTest::GetInstance()->current_test_info();
    const auto own = std::string(test->test_suite_name()) + "." + test->name();
    return name.replace(place, 1, own + "." + std::to_string(++opens[own]));
}

inline std::string shared_uri() {
    const auto name = uri();
    return name + (name.find('?') == std::string::npos ? "?" : "&") + "shared";
}

inline bool is_replayed() {
    return chosen_uri().starts_with("replay:");
}

// Recordings are of simulated cards, unless GROQ_TEST_RECORDED names another.
inline bool is_simulated() {
    const char *recorded = std::getenv("GROQ_TEST_RECORDED");
    const auto real = is_replayed() ? recorded ? recorded : "sim:" : chosen_uri();
    return real.find("sim:") != std::string::npos;
}

inline program load_program(const file &bytes) {
    return program::load(bytes, "test program").value();
}

// Different for each place.
inline std::byte byte_at(std::size_t place, unsigned seed) {
    return std::byte(place * 31 + place / 251 + seed);
}

inline void fill(std::span<std::byte> bytes, unsigned seed) {
    for (std::size_t i = 0; i < bytes.size(); ++i)
        bytes[i] = byte_at(i, seed);
}

inline bool is_filled(std::span<const std::byte> bytes, unsigned seed) {
    for (std::size_t i = 0; i < bytes.size(); ++i)
        if (bytes[i] != byte_at(i, seed))
            return false;
    return true;
}

inline std::vector<std::byte> filled(std::size_t size, unsigned seed) {
    std::vector<std::byte> made(size);
    fill(made, seed);
    return made;
}

class card : public ::testing::Test {
protected:
    groq::device device{uri()};
    groq::queue queue{device};

    void run(groq::job &job) {
        const auto end = queue.run(job, ample);
        ASSERT_TRUE(end) << end.error().message();
    }
};

} // namespace groq::contract
