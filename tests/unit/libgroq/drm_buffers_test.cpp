// SPDX-License-Identifier: MIT
#include "drm_buffers.hpp"

#include <array>
#include <cerrno>
#include <cstring>

#include <fcntl.h>
#include <gmock/gmock.h>
#include <sys/resource.h>
#include <unistd.h>
#include <xf86drm.h>

#include "support/fake_driver.hpp"

namespace groq {
namespace {

using ::testing::HasSubstr;

class drm_buffers_test : public ::testing::Test {
protected:
    ~drm_buffers_test() override { ::close(card); }

    error refused_to_pin(int os_error, bool is_read_only = false) {
        driver.refusals[DRM_IOCTL_GROQ_BO_PIN] = os_error;
        return buffers.pin(bytes, is_read_only).error();
    }

    test::fake_driver driver;
    const int card = ::open(driver.card().node.c_str(), O_RDWR | O_CLOEXEC);
    drm_buffers buffers{card};
    std::array<std::byte, 64> bytes{};
};

TEST_F(drm_buffers_test, are_memory_that_is_given_back) {
    const auto one = buffers.create(100).value(), two = buffers.create(5000).value();
    EXPECT_EQ(one.bytes.size(), 4096u) << "whole pages";
    EXPECT_EQ(two.bytes.size(), 8192u);
    std::memset(one.bytes.data(), 1, one.bytes.size());
    std::memset(two.bytes.data(), 2, two.bytes.size());
    EXPECT_EQ(one.bytes[4095], std::byte{1});
    buffers.destroy(one);
    buffers.destroy(two);
    EXPECT_EQ(driver.alive, 0);
}

TEST_F(drm_buffers_test, what_cannot_be_mapped_is_given_back) {
    drm_buffers unmappable(::open(driver.card().node.c_str(), O_RDONLY | O_CLOEXEC));
    const auto refused = unmappable.create(100);
    ASSERT_FALSE(refused);
    EXPECT_THAT(refused.error().message(), HasSubstr("map a host buffer"));
    EXPECT_EQ(driver.alive, 0);
    driver.refusals[DRM_IOCTL_GROQ_BO_CREATE] = ENOMEM;
    EXPECT_TRUE(buffers.create(100).error() == errc::memory);
}

TEST_F(drm_buffers_test, pinned_memory_stays_the_callers) {
    const auto pinned = buffers.pin(bytes, true).value();
    EXPECT_TRUE(pinned.is_pinned);
    EXPECT_EQ(pinned.bytes.data(), bytes.data());
    buffers.destroy(pinned);
    bytes[0] = std::byte{1};
    EXPECT_EQ(driver.alive, 0);
}

TEST_F(drm_buffers_test, limit_of_locked_memory_is_named_with_its_cure) {
    rlimit before{};
    ASSERT_EQ(::getrlimit(RLIMIT_MEMLOCK, &before), 0);
    const rlimit small{4096, before.rlim_max};
    ASSERT_EQ(::setrlimit(RLIMIT_MEMLOCK, &small), 0);
    const auto refused = refused_to_pin(EDQUOT);
    EXPECT_TRUE(refused == errc::memory);
    EXPECT_THAT(refused.message(), HasSubstr("to pin 64 bytes more"));
    EXPECT_THAT(refused.message(), HasSubstr("the 4096 bytes of RLIMIT_MEMLOCK"));
    EXPECT_THAT(refused.message(), HasSubstr("ulimit -l"));
    ASSERT_EQ(::setrlimit(RLIMIT_MEMLOCK, &before), 0);
}

TEST_F(drm_buffers_test, says_which_memory_cannot_be_pinned) {
    EXPECT_TRUE(refused_to_pin(EFAULT) == errc::access);
    EXPECT_THAT(refused_to_pin(EFAULT).message(), HasSubstr("may be written"));
    EXPECT_THAT(refused_to_pin(EFAULT, true).message(), HasSubstr("may be read"));
    EXPECT_TRUE(refused_to_pin(EOPNOTSUPP) == errc::unsupported);
    EXPECT_THAT(refused_to_pin(EOPNOTSUPP).message(), HasSubstr("are of a file"));
    EXPECT_TRUE(refused_to_pin(EINVAL) == errc::invalid);
    EXPECT_TRUE(refused_to_pin(EPERM) == errc::permission);
    EXPECT_TRUE(refused_to_pin(ENOTTY) == errc::too_old);
    EXPECT_TRUE(refused_to_pin(EIO) == errc::system);
}

TEST_F(drm_buffers_test, pinned_memory_is_not_for_others) {
    driver.refusals[DRM_IOCTL_PRIME_HANDLE_TO_FD] = EPERM;
    const auto refused = buffers.export_file({1, bytes, true});
    ASSERT_FALSE(refused);
    EXPECT_TRUE(refused.error() == errc::unsupported);
    EXPECT_THAT(refused.error().message(), HasSubstr("make a buffer"));
}

TEST_F(drm_buffers_test, handle_that_is_shared_is_closed_with_the_last) {
    const auto made = buffers.create(4096).value();
    const int file = buffers.export_file(made).value();
    driver.shares_handles_as = made.handle;
    const auto imported = buffers.import_file(file).value();
    EXPECT_EQ(imported.handle, made.handle);
    EXPECT_EQ(imported.size, 4096u);
    imported.bytes[7] = std::byte{7};
    EXPECT_EQ(made.bytes[7], std::byte{7});
    buffers.destroy(made);
    EXPECT_EQ(driver.calls[DRM_IOCTL_GEM_CLOSE], 0u);
    buffers.destroy(imported);
    EXPECT_EQ(driver.calls[DRM_IOCTL_GEM_CLOSE], 1u);
    ::close(file);
}

TEST_F(drm_buffers_test, says_why_a_file_cannot_be_imported) {
    const auto refusal = [&](int os_error) {
        driver.refusals[DRM_IOCTL_PRIME_FD_TO_HANDLE] = os_error;
        return buffers.import_file(5).error();
    };
    EXPECT_TRUE(refusal(EBADF) == errc::invalid);
    EXPECT_THAT(refusal(EINVAL).message(), HasSubstr("descriptor 5 is no dma-buf"));
    EXPECT_TRUE(refusal(EOPNOTSUPP) == errc::unsupported);
    EXPECT_TRUE(refusal(ENOMEM) == errc::memory);
}

TEST_F(drm_buffers_test, import_that_does_not_tell_its_size_is_given_back) {
    int ends[2];
    ASSERT_EQ(::pipe(ends), 0);
    const auto refused = buffers.import_file(ends[0]);
    ASSERT_FALSE(refused);
    EXPECT_THAT(refused.error().message(), HasSubstr("does not tell its size"));
    EXPECT_EQ(driver.alive, 0);
    ::close(ends[0]);
    ::close(ends[1]);
}

} // namespace
} // namespace groq
