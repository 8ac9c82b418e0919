// SPDX-License-Identifier: MIT
// Tests that pin, and leave nothing pinned.
#ifndef GROQ_TESTS_VM_DRIVER_PIN_FIXTURE_HPP
#define GROQ_TESTS_VM_DRIVER_PIN_FIXTURE_HPP

#include "memory.hpp"

#include <sstream>

#include <gtest/gtest.h>

namespace groq::test {

// What the kernel has pinned and not unpinned, of all processes.
inline std::int64_t outstanding_pins() {
    write_file("/proc/sys/vm/stat_refresh", "1");
    std::istringstream text(read_file("/proc/vmstat"));
    std::int64_t pins = 0, value;
    for (std::string name; text >> name >> value;) {
        if (name == "nr_foll_pin_acquired")
            pins += value;
        if (name == "nr_foll_pin_released")
            pins -= value;
    }
    return pins;
}

struct Pin : testing::Test {
    std::int64_t outstanding_before = outstanding_pins();
    std::uint64_t pinned_before = pinned_pages();
    void TearDown() override {
        EXPECT_EQ(outstanding_pins(), outstanding_before);
        EXPECT_EQ(pinned_pages(), pinned_before);
    }
};

} // namespace groq::test

#endif
