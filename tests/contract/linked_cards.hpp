// SPDX-License-Identifier: MIT
//
// Two cards with a cable between them: link 1 of the first is wired to link 4 of the
// second. GROQ_TEST_LINKED names them, a space between; without it they are simulated.
#pragma once

#include <thread>

#include "card_under_test.hpp"
#include "support/temporary_file.hpp"

namespace groq::contract {

// A topology of simulated cards.
class topology_file {
public:
    explicit topology_file(const std::string &text) {
        file_.write(std::as_bytes(std::span(text)));
    }

    std::string uri(unsigned card) const {
        return "sim:" + std::to_string(card) + "?topology=" + file_.path();
    }

private:
    test::temporary_file file_{test::temporary_file::where::disk};
};

// Links train by themselves, soon.
template <class Condition>
void wait_until(Condition condition) {
    const auto end = std::chrono::steady_clock::now() + ample;
    while (!condition()) {
        ASSERT_LT(std::chrono::steady_clock::now(), end) << "nothing happens";
        std::this_thread::sleep_for(std::chrono::milliseconds(1));
    }
}

} // namespace groq::contract
