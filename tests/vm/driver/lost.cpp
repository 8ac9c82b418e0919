// SPDX-License-Identifier: MIT
// Whether every call is refused by a card that is lost, with its driver still there.
#include "card.hpp"

#include <cerrno>

#include <gtest/gtest.h>

namespace groq::test {
namespace {

alignas(4096) char page[4096];

TEST(Lost, MakesEveryCallFail) {
    card device;
    drm_groq_get_param parameter{};
    EXPECT_EQ(device.call(DRM_IOCTL_GROQ_GET_PARAM, parameter), ENODEV);
    drm_groq_bo_create bo{.size = 4096};
    EXPECT_EQ(device.call(DRM_IOCTL_GROQ_BO_CREATE, bo), ENODEV);
    drm_groq_bo_pin pin{.address = reinterpret_cast<std::uint64_t>(page), .size = 4096};
    EXPECT_EQ(device.call(DRM_IOCTL_GROQ_BO_PIN, pin), ENODEV);
    drm_groq_context_create context{};
    EXPECT_EQ(device.call(DRM_IOCTL_GROQ_CONTEXT_CREATE, context), ENODEV);
    drm_groq_topology topology{};
    EXPECT_EQ(device.call(DRM_IOCTL_GROQ_TOPOLOGY, topology), ENODEV);
    drm_groq_link_align align{.link = 0, .samples = 1};
    EXPECT_EQ(device.call(DRM_IOCTL_GROQ_LINK_ALIGN, align), ENODEV);
    drm_groq_cancel cancel{.tag = 1};
    EXPECT_EQ(device.call(DRM_IOCTL_GROQ_CANCEL, cancel), ENODEV);
}

} // namespace
} // namespace groq::test
