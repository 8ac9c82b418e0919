// SPDX-License-Identifier: MIT
#include "card.hpp"

#include <cerrno>
#include <filesystem>
#include <sys/ioctl.h>

#include <drm.h>
#include <gtest/gtest.h>
#include <hw/groq_sram.h>

namespace groq::test {
namespace {

TEST(GetParam, KnowsEveryParameter) {
    card device;
    EXPECT_TRUE(device.parameter(DRM_GROQ_PARAM_FEATURES) & DRM_GROQ_FEATURE_EXPECTED);
    EXPECT_EQ(device.parameter(DRM_GROQ_PARAM_HW_VERSION) >> 16, 1u);
    device.parameter(DRM_GROQ_PARAM_HW_FEATURES);
    EXPECT_GT(device.parameter(DRM_GROQ_PARAM_SRAM_BYTES), 0u);
    EXPECT_LE(device.parameter(DRM_GROQ_PARAM_SRAM_BYTES),
              std::uint64_t{GROQ_SRAM_BYTES});
    EXPECT_LE(device.parameter(DRM_GROQ_PARAM_LINKS), std::uint64_t{GROQ_LINKS});
    EXPECT_EQ(device.parameter(DRM_GROQ_PARAM_CLOCK_HZ), GROQ_CLOCK_HZ);
    EXPECT_EQ(device.parameter(DRM_GROQ_PARAM_COMMANDS_MAX),
              std::uint64_t{DRM_GROQ_COMMANDS_MAX});
}

TEST(GetParam, AgreesWithSysfs) {
    card device;
    char serial[17];
    std::snprintf(
        serial, sizeof serial, "%016llx",
        static_cast<unsigned long long>(device.parameter(DRM_GROQ_PARAM_SERIAL)));
    EXPECT_EQ(attribute("serial"), serial);
    EXPECT_EQ(attribute("sram_total"),
              std::to_string(device.parameter(DRM_GROQ_PARAM_SRAM_BYTES)));
    EXPECT_EQ(attribute("queues_total"),
              std::to_string(device.parameter(DRM_GROQ_PARAM_QUEUES)));
    const std::uint64_t links = device.parameter(DRM_GROQ_PARAM_LINKS);
    for (std::uint64_t link = 0; link <= GROQ_LINKS; ++link)
        EXPECT_EQ(std::filesystem::exists("/sys/class/accel/accel0/device/links/link" +
                                          std::to_string(link)),
                  link < links);
    EXPECT_EQ(attribute("clock_khz"),
              std::to_string(device.parameter(DRM_GROQ_PARAM_CLOCK_HZ) / 1000));
}

TEST(GetParam, CountsWhatIsFree) {
    card device;
    std::uint64_t sram = device.parameter(DRM_GROQ_PARAM_SRAM_FREE);
    std::uint64_t queues = device.parameter(DRM_GROQ_PARAM_QUEUES_FREE);
    EXPECT_EQ(sram, device.parameter(DRM_GROQ_PARAM_SRAM_BYTES));
    EXPECT_LT(queues, device.parameter(DRM_GROQ_PARAM_QUEUES));
    std::uint32_t context = device.create_context();
    device.create_queue(context);
    device.reserve(context, 3200);
    EXPECT_EQ(device.parameter(DRM_GROQ_PARAM_SRAM_FREE), sram - 3200);
    EXPECT_EQ(device.parameter(DRM_GROQ_PARAM_QUEUES_FREE), queues - 1);
    EXPECT_EQ(device.destroy_context(context), 0);
    EXPECT_EQ(device.parameter(DRM_GROQ_PARAM_SRAM_FREE), sram);
    EXPECT_EQ(device.parameter(DRM_GROQ_PARAM_QUEUES_FREE), queues);
}

TEST(GetParam, FollowsTheTimeoutParameter) {
    card device;
    parameter_set_to timeout("timeout_ms", "1234");
    EXPECT_EQ(device.parameter(DRM_GROQ_PARAM_TIMEOUT_MS), 1234u);
}

TEST(GetParam, RefusesWhatItDoesNotKnow) {
    card device;
    drm_groq_get_param arguments{};
    for (std::uint32_t which : {12u, 0x7fffffffu, 0xffffffffu}) {
        arguments.param = which;
        EXPECT_EQ(device.call(DRM_IOCTL_GROQ_GET_PARAM, arguments), EINVAL) << which;
    }
    arguments = {.param = DRM_GROQ_PARAM_SERIAL, .reserved = 1, .value = 0};
    EXPECT_EQ(device.call(DRM_IOCTL_GROQ_GET_PARAM, arguments), EINVAL);
}

TEST(TimeoutParameter, StaysInItsRange) {
    for (const char *value : {"0", "19", "3600001", "-1", "x"}) {
        std::string before = read_file("/sys/module/groq/parameters/timeout_ms");
        FILE *file = std::fopen("/sys/module/groq/parameters/timeout_ms", "w");
        ASSERT_NE(file, nullptr);
        std::fputs(value, file);
        EXPECT_NE(std::fclose(file), 0) << value;
        EXPECT_EQ(read_file("/sys/module/groq/parameters/timeout_ms"), before);
    }
}

TEST(Driver, NamesItself) {
    card device;
    char name[8] = {};
    drm_version version{};
    version.name = name;
    version.name_len = sizeof name;
    ASSERT_EQ(device.call(DRM_IOCTL_VERSION, version), 0);
    EXPECT_STREQ(name, "groq");
    EXPECT_EQ(version.version_major, 1);
}

TEST(Driver, KnowsNoOtherCalls) {
    card device;
    std::uint64_t space[32] = {};
    for (unsigned int number = DRM_COMMAND_BASE + DRM_GROQ_LINK_ALIGN + 1;
         number < 0xa0; ++number)
        EXPECT_EQ(device.call_raw(DRM_IOWR(number, std::uint64_t), space), EINVAL)
            << number;
    EXPECT_EQ(device.call_raw(_IOWR('x', 0x40, std::uint64_t), space), ENOTTY);
}

TEST(Driver, RefusesArgumentsOutsideOfMemory) {
    card device;
    EXPECT_EQ(device.call_raw(DRM_IOCTL_GROQ_GET_PARAM, nullptr), EFAULT);
    EXPECT_EQ(device.call_raw(DRM_IOCTL_GROQ_SUBMIT, reinterpret_cast<void *>(8)),
              EFAULT);
}

TEST(Driver, HasTimelineSyncObjects) {
    card device;
    for (std::uint64_t capability : {DRM_CAP_SYNCOBJ, DRM_CAP_SYNCOBJ_TIMELINE}) {
        drm_get_cap arguments{.capability = capability, .value = 0};
        EXPECT_EQ(device.call(DRM_IOCTL_GET_CAP, arguments), 0);
        EXPECT_EQ(arguments.value, 1u);
    }
}

} // namespace
} // namespace groq::test
