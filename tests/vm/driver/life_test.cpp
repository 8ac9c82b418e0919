// SPDX-License-Identifier: MIT
// The system sleeps over work, processors take their queues' interrupts.
#include "card.hpp"
#include "endless.hpp"

#include <cerrno>
#include <fstream>
#include <sched.h>
#include <set>
#include <sstream>

#include <gtest/gtest.h>

namespace groq::test {
namespace {

// All of a sleep but the sleep itself: devices go through every step of theirs.
void sleep_and_wake() {
    write_file("/sys/module/suspend/parameters/pm_test_delay", "1");
    write_file("/sys/power/pm_test", "platform");
    write_file("/sys/power/state", "mem");
}

TEST(SystemSleep, EndsWhatTheChipDoesNotFinish) {
    expect_only_running_work_lost(sleep_and_wake);
}

TEST(SystemSleep, WaitsForWhatTheChipHas) {
    bench rig;
    const card &device = rig.device();
    std::uint64_t sram = rig.reserve(320 * 1000);
    buffer host(device, 320 * 1000);
    std::vector<std::uint32_t> syncs;
    for (int i = 0; i < 40; ++i) { // more than the ring holds
        job work;
        syncs.push_back(device.create_sync());
        for (int copy = 0; copy < 10; ++copy)
            work.copy_in(host, 0, sram, 320 * 1000);
        ASSERT_EQ(work.then(syncs.back()).push(device, rig.queue()), 0);
    }
    sleep_and_wake();
    for (std::uint32_t sync : syncs) {
        EXPECT_EQ(device.wait(sync), 0);
        EXPECT_EQ(device.error_of(sync), 0);
    }
}

// Interrupt numbers of the queues of card 0 at this moment.
std::set<std::string> queue_interrupts() {
    std::istringstream table(read_file("/proc/interrupts"));
    std::set<std::string> numbers;
    std::string line;
    while (std::getline(table, line)) {
        std::istringstream words(line);
        std::string number;
        words >> number;
        if (line.find("groq-" + address_of() + "-q") != std::string::npos)
            numbers.insert(number.substr(0, number.find(':')));
    }
    return numbers;
}

TEST(Interrupt, IsHandledWhereItsQueueWasCreated) {
    cpu_set_t all;
    ASSERT_EQ(sched_getaffinity(0, sizeof(all), &all), 0);
    for (int processor = 0; processor < CPU_COUNT(&all); ++processor) {
        cpu_set_t one;
        CPU_ZERO(&one);
        CPU_SET(processor, &one);
        ASSERT_EQ(sched_setaffinity(0, sizeof(one), &one), 0);
        std::set<std::string> before = queue_interrupts();
        bench rig;
        std::set<std::string> after = queue_interrupts();
        std::erase_if(after, [&](auto &number) { return before.contains(number); });
        ASSERT_EQ(after.size(), 1u);
        for (int i = 0; i < 3; ++i) { // it moves with an interrupt
            job work;
            EXPECT_EQ(rig.execute(work.nop()), 0);
        }
        EXPECT_EQ(read_file("/proc/irq/" + *after.begin() + "/effective_affinity_list"),
                  std::to_string(processor));
    }
}

} // namespace
} // namespace groq::test
