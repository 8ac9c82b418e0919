// SPDX-License-Identifier: MIT
//
// The card goes away in the middle of a job. Ends with the card back on the bus, but
// nothing else of this run may rely on that: it is a run of its own.
#include "card_under_test.hpp"

#include <fstream>
#include <thread>

#include <unistd.h>

namespace groq::contract {
namespace {

class lost_card : public card {
protected:
    void SetUp() override {
        if (is_simulated())
            GTEST_SKIP() << "a simulated card cannot be pulled out";
        if (::geteuid() != 0)
            GTEST_SKIP() << "only root can take a card off the bus";
    }

    void pull_out() {
        const auto address = std::string(device.info().value().pci_address);
        std::ofstream("/sys/bus/pci/devices/" + address + "/remove") << "1";
    }
};

TEST_F(lost_card, ends_its_jobs_and_stays_lost) {
    const image image(device, load_program(lengthy()));
    job running(image);
    const auto ticket = queue.submit(running).value();
    pull_out();
    const auto end = queue.wait(ticket, ample);
    ASSERT_FALSE(end);
    EXPECT_TRUE(end.error() == errc::device_lost) << end.error().message();
    for (int i = 0; i < 2; ++i) {
        EXPECT_TRUE(running.run(image, "main")); // it is in work no more
        EXPECT_TRUE(queue.submit(running).error() == errc::device_lost);
        EXPECT_TRUE(buffer::create(device, 100).error() == errc::device_lost);
        EXPECT_TRUE(region::create(device, 320).error() == errc::device_lost);
        EXPECT_TRUE(queue::create(device).error() == errc::device_lost);
    }
    EXPECT_FALSE(device.read_telemetry());
}

TEST_F(lost_card, wakes_whoever_waits) {
    const image image(device, load_program(lengthy()));
    job running(image);
    const auto ticket = queue.submit(running).value();
    std::jthread puller([&] { pull_out(); });
    const auto end = queue.wait(ticket, ample);
    ASSERT_FALSE(end);
    EXPECT_TRUE(end.error() == errc::device_lost) << end.error().message();
}

} // namespace
} // namespace groq::contract
