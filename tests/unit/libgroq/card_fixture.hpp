// SPDX-License-Identifier: MIT
//
// A device over the fake port, and the small program of program_file.hpp.
#pragma once

#include <gtest/gtest.h>

#include "device.hpp"
#include "program.hpp"
#include "support/fake_port.hpp"
#include "support/program_file.hpp"

namespace groq {

class on_fake_card : public ::testing::Test {
protected:
    std::shared_ptr<groq_device> open(bool shared = false) {
        return groq_device::attach(std::make_unique<test::fake_port>(card), shared)
            .value();
    }

    static std::shared_ptr<groq_program> load(const test::program_file &file = {}) {
        const auto bytes = file.write();
        auto copy = std::make_unique<std::byte[]>(bytes.size());
        std::memcpy(copy.get(), bytes.data(), bytes.size());
        return groq_program::load(std::move(copy), bytes.size(), "a.groq").value();
    }

    // Makes `act` fail at its first, second, ... call to the port, until it makes no
    // more: it says whether it failed, and must leave nothing behind when it did.
    template <class Act>
    void fail_at_every_call(Act act) {
        const auto reserved = card.reserved;
        const auto buffers = card.buffers.size();
        for (int nth = 0;; ++nth) {
            const int first = card.calls;
            card.fail_at = first + nth;
            const bool has_failed = act();
            const bool was_reached = card.calls > card.fail_at;
            card.fail_at = -1;
            EXPECT_EQ(has_failed, was_reached) << "at call " << nth;
            if (!was_reached)
                return;
            EXPECT_EQ(card.reserved, reserved) << "at call " << nth;
            EXPECT_EQ(card.buffers.size(), buffers) << "at call " << nth;
        }
    }

    test::fake_card card;
};

} // namespace groq
