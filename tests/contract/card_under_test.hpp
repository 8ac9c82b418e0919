// SPDX-License-Identifier: MIT
//
// The card that GROQ_TEST_DEVICE names, "sim:" without it.
#pragma once

#include <cstdlib>
#include <cstring>
#include <string>
#include <vector>

#include <groq/groq.hpp>
#include <gtest/gtest.h>

#include "programs.hpp"

namespace groq::contract {

// Far more than anything here takes on a slow machine.
constexpr std::chrono::minutes ample{5};

inline std::string uri() {
    const char *chosen = std::getenv("GROQ_TEST_DEVICE");
    return chosen ? chosen : "sim:";
}

inline std::string shared_uri() {
    return uri() + (uri().find('?') == std::string::npos ? "?" : "&") + "shared";
}

inline bool is_simulated() {
    return uri().starts_with("sim:");
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
