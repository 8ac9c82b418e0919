// SPDX-License-Identifier: MIT
#include "path.hpp"

#include <cstdlib>

#include <gtest/gtest.h>

#include <groq/groq.h>

namespace groq {
namespace {

class path_of_environment_test : public testing::Test {
protected:
    ~path_of_environment_test() override { ::unsetenv("GROQ_PATH"); }
};

TEST_F(path_of_environment_test, is_auto_without_a_word) {
    ::unsetenv("GROQ_PATH");
    EXPECT_EQ(path_of_environment().value(), unsigned(GROQ_PATH_AUTO));
    ::setenv("GROQ_PATH", "", 1);
    EXPECT_EQ(path_of_environment().value(), unsigned(GROQ_PATH_AUTO));
}

TEST_F(path_of_environment_test, knows_the_words) {
    for (const std::uint32_t path :
         {GROQ_PATH_IOCTL, GROQ_PATH_URING, GROQ_PATH_SQPOLL}) {
        ::setenv("GROQ_PATH", path_name(path), 1);
        EXPECT_EQ(path_of_environment().value(), path);
    }
}

TEST_F(path_of_environment_test, names_the_variable_when_it_does_not_know_a_word) {
    for (const char *word : {"auto", "IOCTL", "uring", "io_uring "}) {
        ::setenv("GROQ_PATH", word, 1);
        const auto path = path_of_environment();
        ASSERT_FALSE(path) << word;
        EXPECT_EQ(path.error(), errc::invalid);
        EXPECT_EQ(path.error().message(),
                  "the environment says GROQ_PATH=" + std::string(word) +
                      "; ioctl, io_uring and sqpoll are possible");
    }
}

TEST(path_name_test, tells_what_is_none) {
    EXPECT_STREQ(path_name(GROQ_PATH_SQPOLL), "sqpoll");
    EXPECT_STREQ(path_name(4), "?");
}

TEST(allowed_paths_test, always_have_ioctl) {
    EXPECT_TRUE(allowed_paths() & 1 << GROQ_PATH_IOCTL);
}

} // namespace
} // namespace groq
