// SPDX-License-Identifier: MIT
//
// The path that queues get, by what there is and by what GROQ_PATH says.
#include "smi/health.hpp"
#include "smi/quantity.hpp"

#include <cstdlib>

#include <gtest/gtest.h>

#include "reports.hpp"

namespace groq::smi {
namespace {

constexpr std::int64_t ioctl_alone = 1 << GROQ_PATH_IOCTL;
constexpr std::int64_t all = ioctl_alone | 1 << GROQ_PATH_URING | 1 << GROQ_PATH_SQPOLL;

class path_of_queues : public testing::Test {
protected:
    path_of_queues() { ::unsetenv("GROQ_PATH"); }
    ~path_of_queues() override { ::unsetenv("GROQ_PATH"); }

    static std::string doctor(std::int64_t paths) {
        auto card = healthy_card();
        card.info.paths = paths;
        return diagnosis(report_of({card}));
    }
};

TEST_F(path_of_queues, is_io_uring_where_that_is_to_be_had) {
    EXPECT_EQ(default_path(all), "io_uring");
    EXPECT_EQ(default_path(ioctl_alone), "ioctl");
    EXPECT_EQ(default_path({}), std::nullopt);
}

TEST_F(path_of_queues, is_what_the_environment_says) {
    for (const char *name : {"ioctl", "io_uring", "sqpoll"}) {
        ::setenv("GROQ_PATH", name, 1);
        EXPECT_EQ(default_path(all), name);
    }
    ::setenv("GROQ_PATH", "", 1);
    EXPECT_EQ(default_path(all), "io_uring");
}

TEST_F(path_of_queues, is_none_if_the_environment_asks_for_what_is_not_there) {
    EXPECT_NE(doctor(ioctl_alone).find("ok    accel:0 path: ioctl"), std::string::npos);
    for (const char *name : {"sqpoll", "quick"}) {
        ::setenv("GROQ_PATH", name, 1);
        EXPECT_EQ(default_path(ioctl_alone), std::nullopt);
        EXPECT_NE(doctor(ioctl_alone)
                      .find("BAD   accel:0 path: GROQ_PATH asks for one that is not "
                            "to be had\n      unset GROQ_PATH or let it be one of "
                            "ioctl\n"),
                  std::string::npos)
            << doctor(ioctl_alone);
    }
}

} // namespace
} // namespace groq::smi
