// SPDX-License-Identifier: MIT
// Memory errors, which whoever runs this causes at address 640 when told to: it
// waits for /tmp/go in each test, when /tmp/ready is there.
#include "card.hpp"

#include <chrono>
#include <filesystem>
#include <fstream>
#include <thread>

#include <gtest/gtest.h>
#include <hw/groq_queue.h>

namespace groq::test {
namespace {

constexpr std::uint64_t wrong = 640;

void wait_for_the_error() {
    std::ofstream("/tmp/ready") << "x";
    while (!std::filesystem::exists("/tmp/go"))
        std::this_thread::sleep_for(std::chrono::milliseconds(10));
}

std::uint64_t count(const char *name) {
    return std::stoull(attribute(name));
}

class Ecc : public testing::Test {
protected:
    void SetUp() override {
        ASSERT_EQ(rig.device().reserve_at(rig.context(), 0, 3200), 0);
        rig.write(0, bytes);
    }

    bench rig;
    std::vector<std::uint8_t> bytes = std::vector<std::uint8_t>(3200, 0x5a);
};

TEST_F(Ecc, OneWrongBitIsCorrectedAndCounted) {
    std::uint64_t before = count("ecc_corrected");
    wait_for_the_error();
    EXPECT_EQ(rig.read(0, 3200), bytes);
    EXPECT_EQ(rig.result(0).status, DRM_GROQ_STATUS_OK);
    EXPECT_EQ(count("ecc_corrected"), before + 1);
    EXPECT_EQ(count("ecc_uncorrected"), 0u);
}

TEST_F(Ecc, TwoWrongBitsFailTheJobAndNameTheAddress) {
    std::uint64_t before = count("ecc_uncorrected");
    wait_for_the_error();
    buffer host(rig.device(), 4096);
    job work;
    EXPECT_EQ(rig.execute(work.copy_out(host, 0, 0, 3200).nop()), EIO);
    EXPECT_EQ(rig.result(0).status, DRM_GROQ_STATUS_FAULT);
    EXPECT_EQ(rig.result(0).fault_cause, static_cast<std::uint32_t>(GROQ_FAULT_ECC));
    EXPECT_EQ(rig.result(0).fault_address, wrong);
    EXPECT_EQ(rig.result(1).status, DRM_GROQ_STATUS_CANCELED);
    EXPECT_EQ(count("ecc_uncorrected"), before + 1);
    // Writing cures it.
    rig.write(0, bytes);
    EXPECT_EQ(rig.read(0, 3200), bytes);
}

} // namespace
} // namespace groq::test
