// SPDX-License-Identifier: MIT
// The driver is taken from card 0 in the midst of a test.
#ifndef GROQ_TESTS_VM_DRIVER_UNBINDING_HPP
#define GROQ_TESTS_VM_DRIVER_UNBINDING_HPP

#include "card.hpp"

#include <gtest/gtest.h>

namespace groq::test {

// Make it while the card is there, and before the files that are open when the driver
// goes: while one is, the card comes back with another number.
class unbinding {
public:
    void begin() {
        write_file(driver + "unbind", address_);
        away_ = true;
    }
    void end() {
        if (!away_)
            return;
        write_file(driver + "bind", address_);
        away_ = false;
        bench rig;
        job work;
        EXPECT_EQ(rig.execute(work.nop()), 0);
    }
    ~unbinding() { end(); }

private:
    inline static const std::string driver = "/sys/bus/pci/drivers/groq/";
    std::string address_ = address_of();
    bool away_ = false;
};

} // namespace groq::test

#endif
