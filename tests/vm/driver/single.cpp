// SPDX-License-Identifier: MIT
// Does one NOP on card 0 when its standard input ends, and says how that ended: "OK",
// "DMA" and so on. "ready" comes before, when all is set up and the card has nothing to
// do.
#include "card.hpp"

#include <iostream>

#include <gtest/gtest.h>

namespace groq::test {
namespace {

void work() {
    card device;
    std::uint32_t queue = device.create_queue(device.create_context());
    std::uint32_t sync = device.create_sync();
    buffer results(device, 4096);
    std::cout << "ready" << std::endl;
    while (std::cin.get() != std::istream::traits_type::eof())
        ;
    job nop;
    ASSERT_EQ(nop.nop().then(sync).results(results).push(device, queue), 0);
    ASSERT_EQ(device.wait(sync), 0);
    std::cout << status_names.at(results.as<drm_groq_result>()->status) << std::endl;
}

} // namespace
} // namespace groq::test

int main(int count, char **arguments) {
    testing::InitGoogleTest(&count, arguments);
    groq::test::work();
    return testing::Test::HasFailure();
}
