// SPDX-License-Identifier: MIT
//
// What the driver says, in words that help, and nothing of its left behind.
#include "drm_port.hpp"

#include <array>
#include <cerrno>
#include <cstdlib>

#include <fcntl.h>
#include <gmock/gmock.h>
#include <sys/eventfd.h>
#include <unistd.h>
#include <xf86drm.h>

#include "drm_submission.hpp"
#include "support/fake_driver.hpp"
#include "unknown.hpp"

namespace groq {
namespace {

using ::testing::HasSubstr;
using ::testing::Not;

constexpr std::uint64_t features = DRM_GROQ_FEATURE_BO_PIN | DRM_GROQ_FEATURE_PRIME |
                                   DRM_GROQ_FEATURE_EXPECTED | DRM_GROQ_FEATURE_CANCEL;

class drm_port_test : public ::testing::Test {
protected:
    drm_port_test() { driver.features = features; }

    std::unique_ptr<kernel_port> open() {
        return std::move(open_drm_port(driver.card()).value());
    }
    void refuse(unsigned long request, int os_error) {
        driver.refusals[request] = os_error;
    }
    static port_queue queue_of(kernel_port &port) {
        return port.create_queue(1, 0, GROQ_PATH_IOCTL).value();
    }
    static result<std::size_t> submit(kernel_port &port, const port_queue &queue,
                                      std::uint64_t point) {
        static const std::array<drm_groq_command, 1> nothing{};
        const port_submission submission{nothing, point, 0, 0};
        return port.submit(queue, {&submission, 1});
    }

    test::fake_driver driver;
};

template <class Result>
void expect_refused(const Result &refused, errc code, const std::string &words) {
    ASSERT_FALSE(refused);
    EXPECT_TRUE(refused.error() == code) << refused.error().message();
    EXPECT_THAT(refused.error().message(), HasSubstr(words));
}

TEST_F(drm_port_test, says_that_a_node_cannot_be_opened) {
    auto card = driver.card();
    card.node = "/nowhere/accel0";
    expect_refused(open_drm_port(card), errc::no_device, "no card behind /nowhere");
}

TEST_F(drm_port_test, refuses_the_card_of_another_driver) {
    driver.name = "ivpu";
    expect_refused(open_drm_port(driver.card()), errc::no_device, "is not a Groq card");
    driver.name = "groq";
    refuse(DRM_IOCTL_VERSION, EACCES);
    expect_refused(open_drm_port(driver.card()), errc::no_device, "is not a Groq card");
}

TEST_F(drm_port_test, says_which_kernel_has_timelines) {
    driver.has_timelines = false;
    expect_refused(open_drm_port(driver.card()), errc::too_old, "kernel 6.12 or later");
}

TEST_F(drm_port_test, describes_the_card_as_far_as_the_driver_tells) {
    groq_device_info info = unknown_info();
    open()->describe(info);
    EXPECT_STREQ(info.driver, "1.2.3");
    EXPECT_EQ(info.serial, 1000 + DRM_GROQ_PARAM_SERIAL);
    EXPECT_EQ(info.timeout_ms, 1000 + DRM_GROQ_PARAM_TIMEOUT_MS);
    EXPECT_EQ(info.paths, 1 << GROQ_PATH_IOCTL);
    refuse(DRM_IOCTL_GROQ_GET_PARAM, EINVAL);
    open()->describe(info);
    EXPECT_EQ(info.serial, GROQ_UNKNOWN);
}

TEST_F(drm_port_test, old_driver_is_to_be_updated) {
    driver.features = 0;
    const auto port = open();
    const auto queue = queue_of(*port);
    std::array<std::byte, 16> bytes{};
    expect_refused(port->pin_buffer(bytes, false), errc::too_old,
                   "(1.2.3) cannot pin memory: update it");
    expect_refused(port->import_buffer(0), errc::too_old, "cannot import buffers");
    expect_refused(port->links(), errc::too_old, "cannot show links");
    expect_refused(port->align_link(0, 1, false), errc::too_old, "cannot align links");
    expect_refused(port->cancel(queue, 1), errc::unsupported, "GROQ_PATH=io_uring");
    expect_refused(port->create_queue(1, 0, GROQ_PATH_URING), errc::too_old,
                   "update it, or use GROQ_PATH=ioctl");
    EXPECT_EQ(queue.path, GROQ_PATH_IOCTL);
    EXPECT_TRUE(port->watch(-1)) << "there is nobody to tell";
    EXPECT_EQ(port->take_events(), 0u);
    port->destroy_queue(queue);
    EXPECT_EQ(driver.alive, 0);
}

TEST_F(drm_port_test, shows_all_links_at_one_time) {
    driver.features |= DRM_GROQ_FEATURE_LINKS;
    const auto port = open();
    EXPECT_TRUE(port->links().value().links.empty());
    driver.links.resize(3);
    driver.links[2].peer_serial = 77;
    const auto seen = port->links().value();
    ASSERT_EQ(seen.links.size(), 3u);
    EXPECT_EQ(seen.links[2].peer_serial, 77u);
    EXPECT_EQ(seen.generation, 9u);
    refuse(DRM_IOCTL_GROQ_TOPOLOGY, ENODEV);
    expect_refused(port->links(), errc::device_lost, "show the links");
}

TEST_F(drm_port_test, says_why_a_link_cannot_be_measured) {
    driver.features |= DRM_GROQ_FEATURE_LINKS;
    const auto port = open();
    EXPECT_EQ(port->align_link(3, 2, false).value().round_sum, 868u);
    EXPECT_EQ(port->align_link(3, 2, false).value().offset, 7);
    EXPECT_EQ(port->align_link(3, 2, true).value().offset, -7);
    refuse(DRM_IOCTL_GROQ_LINK_ALIGN, ENOLINK);
    expect_refused(port->align_link(3, 2, true), errc::link,
                   "link 3 of accel:0 is not up: plug its cable");
    refuse(DRM_IOCTL_GROQ_LINK_ALIGN, EBUSY);
    expect_refused(port->align_link(3, 2, true), errc::in_use, "runs on accel:0");
    refuse(DRM_IOCTL_GROQ_LINK_ALIGN, EINVAL);
    expect_refused(port->align_link(99, 2, true), errc::invalid,
                   "accel:0 has no link 99: it has 1008");
}

TEST_F(drm_port_test, names_the_process_that_holds_the_card) {
    refuse(DRM_IOCTL_GROQ_CONTEXT_CREATE, EBUSY);
    driver.holder = ::getpid();
    const auto port = open();
    const auto refused = port->create_context(DRM_GROQ_CONTEXT_EXCLUSIVE);
    expect_refused(refused, errc::held, "held by pid " + std::to_string(::getpid()));
    EXPECT_THAT(refused.error().message(), HasSubstr("(libgroq_test)"));
    EXPECT_THAT(refused.error().message(), HasSubstr("open it with ?shared"));
    EXPECT_EQ(refused.error().holder(), ::getpid());
    driver.holder = 0;
    expect_refused(port->create_context(0), errc::held, "is not visible here");
}

TEST_F(drm_port_test, says_how_much_sram_is_free) {
    refuse(DRM_IOCTL_GROQ_SRAM_RESERVE, ENOSPC);
    const auto port = open();
    expect_refused(
        port->reserve_sram(1, {}, 640), errc::sram,
        "no 640 bytes of SRAM are free in one piece, or there are too "
        "many ranges: destroy images or regions first; 1005 of 1004 bytes are free");
    expect_refused(port->reserve_sram(1, 320, 640), errc::sram,
                   "SRAM 0x140+0x280 is taken");
    refuse(DRM_IOCTL_GROQ_GET_PARAM, EIO);
    expect_refused(port->reserve_sram(1, {}, 640), errc::sram,
                   "the card does not say what is free");
}

TEST_F(drm_port_test, tells_sram_in_use_from_a_card_that_refuses) {
    const auto port = open();
    for (const int not_yet : {EBUSY, ENOSPC}) {
        refuse(DRM_IOCTL_GROQ_SRAM_RELEASE, not_yet);
        EXPECT_TRUE(port->release_sram(1, 320).error() == errc::in_use);
    }
    refuse(DRM_IOCTL_GROQ_SRAM_RELEASE, EINVAL);
    expect_refused(port->release_sram(1, 320), errc::invalid, "release SRAM");
}

// The driver gives an id anew as soon as it is free.
TEST_F(drm_port_test, makes_a_queue_while_another_of_its_id_goes) {
    const auto port = open();
    driver.only_queue = 7;
    const auto first = queue_of(*port);
    port_queue second{};
    driver.afterwards[DRM_IOCTL_GROQ_QUEUE_DESTROY] = [&] { second = queue_of(*port); };
    port->destroy_queue(first);
    ASSERT_EQ(second.id, first.id);
    EXPECT_TRUE(submit(*port, second, 1));
    port->destroy_queue(second);
}

TEST_F(drm_port_test, says_why_there_is_no_queue) {
    const auto port = open();
    refuse(DRM_IOCTL_GROQ_QUEUE_CREATE, ENOSPC);
    expect_refused(port->create_queue(1, 0, GROQ_PATH_AUTO), errc::queues, "no queue");
    refuse(DRM_IOCTL_GROQ_QUEUE_CREATE, EPERM);
    expect_refused(port->create_queue(1, 3, GROQ_PATH_AUTO), errc::permission,
                   "priority 3 needs CAP_SYS_NICE");
    refuse(DRM_IOCTL_GROQ_QUEUE_CREATE, ENOMEM);
    expect_refused(port->create_queue(1, 0, GROQ_PATH_AUTO), errc::memory, "a queue");
    refuse(DRM_IOCTL_SYNCOBJ_CREATE, ENOMEM);
    expect_refused(port->create_queue(1, 0, GROQ_PATH_AUTO), errc::memory, "time line");
    EXPECT_EQ(driver.alive, 0);
}

TEST_F(drm_port_test, wrong_path_in_the_environment_leaves_no_queue) {
    const auto port = open();
    ::setenv("GROQ_PATH", "carrier pigeon", 1);
    expect_refused(port->create_queue(1, 0, GROQ_PATH_AUTO), errc::invalid,
                   "GROQ_PATH=carrier pigeon");
    ::unsetenv("GROQ_PATH");
    EXPECT_EQ(driver.alive, 0);
}

// By any of the calls that a card that is not there fails.
TEST_F(drm_port_test, every_call_tells_that_the_card_has_gone) {
    const auto port = open();
    const auto queue = queue_of(*port);
    std::array<std::byte, 16> bytes{};
    for (const auto request :
         {DRM_IOCTL_GROQ_GET_PARAM, DRM_IOCTL_GROQ_BO_CREATE, DRM_IOCTL_GROQ_BO_PIN,
          DRM_IOCTL_PRIME_HANDLE_TO_FD, DRM_IOCTL_PRIME_FD_TO_HANDLE,
          DRM_IOCTL_GROQ_CONTEXT_CREATE, DRM_IOCTL_GROQ_SRAM_RESERVE,
          DRM_IOCTL_GROQ_SRAM_RELEASE, DRM_IOCTL_GROQ_QUEUE_CREATE,
          DRM_IOCTL_GROQ_SUBMIT, DRM_IOCTL_GROQ_CANCEL, DRM_IOCTL_SYNCOBJ_QUERY,
          DRM_IOCTL_SYNCOBJ_TIMELINE_SIGNAL, DRM_IOCTL_SYNCOBJ_TIMELINE_WAIT,
          test::ioctl_syncobj_eventfd})
        refuse(request, ENODEV);
    const auto lost = errc::device_lost;
    EXPECT_TRUE(port->parameter(DRM_GROQ_PARAM_SERIAL).error() == lost);
    EXPECT_TRUE(port->create_buffer(1).error() == lost);
    EXPECT_TRUE(port->pin_buffer(bytes, true).error() == lost);
    EXPECT_TRUE(port->export_buffer({1, {}}).error() == lost);
    EXPECT_TRUE(port->import_buffer(0).error() == lost);
    EXPECT_TRUE(port->create_context(0).error() == lost);
    EXPECT_TRUE(port->reserve_sram(1, {}, 320).error() == lost);
    EXPECT_TRUE(port->release_sram(1, 320).error() == lost);
    EXPECT_TRUE(port->create_queue(1, 0, GROQ_PATH_IOCTL).error() == lost);
    EXPECT_TRUE(submit(*port, queue, 1).error() == lost);
    EXPECT_TRUE(port->cancel(queue, 1).error() == lost);
    EXPECT_TRUE(port->signalled(queue).error() == lost);
    EXPECT_TRUE(port->wait(queue, 1, 0).error() == lost);
    EXPECT_TRUE(port->notify(queue, 1, 0).error() == lost);
    port->destroy_queue(queue);
    EXPECT_EQ(driver.alive, 0);
}

TEST_F(drm_port_test, submits_by_ioctl_and_counts_the_calls) {
    const auto port = open();
    const auto queue = queue_of(*port);
    EXPECT_EQ(submit(*port, queue, 7).value(), 1u);
    EXPECT_EQ(driver.last_submission.queue, queue.id);
    EXPECT_EQ(driver.last_submission.tag, submission_tag(queue, 7));
    EXPECT_EQ(port->signalled(queue).value(), 7u);
    EXPECT_TRUE(port->wait(queue, 7, 0).value());
    EXPECT_FALSE(port->wait(queue, 8, 0).value());
    EXPECT_TRUE(port->cancel(queue, 8));
    EXPECT_EQ(port->costs(queue).system_calls, 5u);
    port->destroy_queue(queue);
    EXPECT_EQ(port->costs(queue).system_calls, 0u) << "of a queue that is no more";
}

TEST_F(drm_port_test, batch_ends_at_what_cannot_be_given_to_the_driver) {
    const auto port = open();
    const auto queue = queue_of(*port);
    const std::array<drm_groq_command, 1> nothing{};
    const std::vector<port_point> too_many(DRM_GROQ_SYNCS_MAX + 1, {queue, 1});
    const std::array<port_submission, 2> batch{
        port_submission{nothing, 1, 0, 0},
        port_submission{nothing, 2, 0, 0, too_many},
    };
    EXPECT_EQ(port->submit(queue, batch).value(), 1u);
    expect_refused(port->submit(queue, std::span(batch).last(1)), errc::system,
                   "take the job");
}

TEST_F(drm_port_test, signals_what_the_driver_refuses) {
    const auto port = open();
    const auto queue = queue_of(*port);
    refuse(DRM_IOCTL_GROQ_SUBMIT, EACCES);
    EXPECT_EQ(submit(*port, queue, 3).value(), 1u);
    EXPECT_EQ(port->signalled(queue).value(), 3u);
    expect_refused(port->refusal(queue, 3), errc::access, "not reserved");
    EXPECT_TRUE(port->refusal(queue, 3)) << "it is told once";
}

TEST_F(drm_port_test, does_not_take_what_not_even_its_refusal_can_be_had_for) {
    const auto port = open();
    const auto queue = queue_of(*port);
    refuse(DRM_IOCTL_GROQ_SUBMIT, EACCES);
    refuse(DRM_IOCTL_SYNCOBJ_TIMELINE_SIGNAL, ENOMEM);
    expect_refused(submit(*port, queue, 3), errc::access, "not reserved");
    EXPECT_TRUE(port->refusal(queue, 3));
    EXPECT_EQ(port->signalled(queue).value(), 0u);
}

// An eventfd of a time line came with 6.6.
TEST_F(drm_port_test, tells_what_an_old_kernel_lacks) {
    const auto port = open();
    const auto queue = queue_of(*port);
    EXPECT_TRUE(port->notify(queue, 1, 0).error() == errc::too_old);
    refuse(test::ioctl_syncobj_eventfd, EBADF);
    EXPECT_TRUE(port->notify(queue, 1, -1).error() == errc::system);
}

TEST_F(drm_port_test, telemetry_tells_that_the_card_has_gone) {
    auto card = driver.card();
    card.sysfs = "/sys/bus/pci/devices/nowhere";
    groq_telemetry telemetry{};
    const auto port = std::move(open_drm_port(card).value());
    EXPECT_TRUE(port->read(telemetry).error() == errc::device_lost);
}

// A card whose commands are those of /dev/null, which end at once.
class drm_port_over_uring : public ::testing::TestWithParam<std::uint32_t> {
protected:
    void SetUp() override {
        driver.features = features | DRM_GROQ_FEATURE_URING;
        port = std::move(open_drm_port(driver.card()).value());
        auto made = port->create_queue(1, 0, GetParam());
        if (!made)
            GTEST_SKIP() << made.error().message();
        queue = *made;
        ASSERT_EQ(submit(1).value(), 1u);
        ASSERT_TRUE(port->wait(queue, 1, GROQ_FOREVER).value());
        if (!port->refusal(queue, 1))
            GTEST_SKIP() << "/dev/null of this kernel takes no commands";
    }
    result<std::size_t> submit(std::uint64_t point) {
        static const std::array<drm_groq_command, 1> nothing{};
        const port_submission submission{nothing, point, 0, 0};
        return port->submit(queue, {&submission, 1});
    }

    test::fake_driver driver{test::fake_driver::node::null};
    std::unique_ptr<kernel_port> port;
    port_queue queue{};
};

INSTANTIATE_TEST_SUITE_P(each, drm_port_over_uring,
                         ::testing::Values(GROQ_PATH_URING, GROQ_PATH_SQPOLL),
                         [](const auto &path) {
                             return path.param == GROQ_PATH_URING ? "io_uring"
                                                                  : "sqpoll";
                         });

TEST_P(drm_port_over_uring, makes_no_ioctls_for_jobs) {
    EXPECT_EQ(queue.path, GetParam());
    EXPECT_EQ(submit(2).value(), 1u);
    EXPECT_TRUE(port->wait(queue, 2, GROQ_FOREVER).value());
    EXPECT_EQ(port->signalled(queue).value(), 2u);
    EXPECT_TRUE(port->cancel(queue, 2));
    const int file = ::eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
    EXPECT_TRUE(port->notify(queue, 2, file));
    std::uint64_t count = 0;
    EXPECT_GT(::read(file, &count, sizeof count), 0);
    ::close(file);
    if (GetParam() == GROQ_PATH_URING) {
        EXPECT_GT(port->costs(queue).system_calls, 0u);
    }
    port->destroy_queue(queue);
    for (const auto request : {DRM_IOCTL_GROQ_SUBMIT, DRM_IOCTL_GROQ_CANCEL,
                               DRM_IOCTL_SYNCOBJ_QUERY, test::ioctl_syncobj_eventfd})
        EXPECT_EQ(driver.calls.count(request), 0u);
    EXPECT_EQ(driver.alive, 0);
}

TEST_P(drm_port_over_uring, is_what_a_queue_gets_that_does_not_mind) {
    const auto any = port->create_queue(1, 0, GROQ_PATH_AUTO).value();
    EXPECT_EQ(any.path, std::uint32_t{GROQ_PATH_URING});
    groq_device_info info{};
    port->describe(info);
    EXPECT_TRUE(info.paths >> GetParam() & 1);
}

} // namespace
} // namespace groq
