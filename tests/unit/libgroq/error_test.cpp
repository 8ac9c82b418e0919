// SPDX-License-Identifier: MIT
#include "error.hpp"

#include <cerrno>
#include <set>
#include <thread>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "structure.hpp"

namespace groq {
namespace {

using ::testing::HasSubstr;

TEST(error, has_a_name_and_a_text_for_every_code) {
    std::set<std::string> names, texts;
    for (int code = GROQ_OK; code <= GROQ_ERROR_LINK; ++code) {
        names.insert(groq_error_name(code));
        texts.insert(groq_error_text(code));
    }
    EXPECT_EQ(names.size(), GROQ_ERROR_LINK + 1u);
    EXPECT_EQ(texts.size(), GROQ_ERROR_LINK + 1u);
    EXPECT_STREQ(groq_error_name(GROQ_ERROR_DEVICE_LOST), "device_lost");
    EXPECT_STREQ(groq_error_name(GROQ_ERROR_LINK + 1), "unknown");
    EXPECT_STREQ(groq_error_name(-1), "unknown");
}

TEST(error, is_kept_for_the_thread_that_met_it) {
    report(fail(errc::held, EBUSY, "card %d", 7));
    std::thread([] {
        report(fail(errc::size, "other"));
        EXPECT_TRUE(error::last() == errc::size);
    }).join();
    const auto last = error::last();
    EXPECT_TRUE(last == errc::held);
    EXPECT_EQ(last.os_error(), EBUSY);
    EXPECT_THAT(last.message(), HasSubstr("card 7: "));
}

TEST(error, without_a_message_has_that_of_its_code) {
    report({errc::timeout, {}});
    EXPECT_EQ(error::last().message(), groq_error_text(GROQ_ERROR_TIMEOUT));
}

TEST(error, message_is_cut_to_what_fits) {
    report({errc::invalid, std::string(5000, 'x')});
    EXPECT_EQ(error::last().message(), std::string(1023, 'x'));
}

TEST(error, knows_the_holder) {
    report({errc::held, "held", EBUSY, 4711});
    EXPECT_EQ(error::last().holder(), 4711);
}

TEST(error, turns_what_is_thrown_into_a_status) {
    EXPECT_EQ(guarded([]() -> result<void> { throw std::bad_alloc(); }),
              GROQ_ERROR_MEMORY);
    EXPECT_EQ(guarded([]() -> result<void> { throw std::runtime_error("odd"); }),
              GROQ_ERROR_SYSTEM);
    EXPECT_EQ(error::last().message(), "odd");
    EXPECT_EQ(guarded([]() -> result<void> { return {}; }), GROQ_OK);
}

TEST(error, code_compares_with_those_of_the_standard_library) {
    const std::error_code code = errc::permission;
    EXPECT_EQ(code, std::errc::permission_denied);
    EXPECT_EQ(std::error_code(errc::held), std::errc::device_or_resource_busy);
    EXPECT_EQ(std::error_code(errc::timeout), std::errc::timed_out);
    EXPECT_EQ(std::error_code(errc::device_lost), std::errc::no_such_device);
    EXPECT_STREQ(code.category().name(), "groq");
    EXPECT_EQ(code.message(), groq_error_text(GROQ_ERROR_PERMISSION));
}

TEST(error, is_thrown_with_its_message) {
    const result<int> failed = fail(errc::no_driver, "load it");
    try {
        failed.value();
        FAIL() << "nothing thrown";
    } catch (const failure &thrown) {
        EXPECT_STREQ(thrown.what(), "load it");
        EXPECT_EQ(thrown.code(), errc::no_driver);
    }
}

struct versioned {
    std::size_t size;
    int first;
    int second;
};

TEST(structure, writes_no_further_than_the_caller_knows) {
    versioned caller{offsetof(versioned, second), 0, 42};
    EXPECT_TRUE(store(&caller, versioned{sizeof(versioned), 1, 2}));
    EXPECT_EQ(caller.size, offsetof(versioned, second));
    EXPECT_EQ(caller.first, 1);
    EXPECT_EQ(caller.second, 42);
}

TEST(structure, is_refused_without_a_size) {
    for (const std::size_t size :
         {std::size_t{0}, sizeof(std::size_t), std::size_t{4097}, ~std::size_t{0}}) {
        versioned caller{size, 41, 42};
        EXPECT_TRUE(store(&caller, {}).error() == errc::invalid) << size;
        EXPECT_EQ(caller.first, 41);
        EXPECT_TRUE(fetch(&caller).error() == errc::invalid) << size;
    }
}

TEST(structure, leaves_what_a_newer_caller_knows_alone) {
    struct newer : versioned {
        std::int64_t third;
    } caller{{sizeof(newer), 0, 0}, 42};
    EXPECT_TRUE(store<versioned>(&caller, versioned{sizeof(versioned), 1, 2}));
    EXPECT_EQ(caller.second, 2);
    EXPECT_EQ(caller.third, 42);
}

TEST(structure, reads_zero_for_what_an_older_caller_does_not_know) {
    const versioned caller{offsetof(versioned, second), 1, 42};
    const auto read = fetch(&caller);
    ASSERT_TRUE(read);
    EXPECT_EQ(read->first, 1);
    EXPECT_EQ(read->second, 0);
}

TEST(structure, refuses_what_it_does_not_know_unless_it_is_zero) {
    struct newer : versioned {
        std::int64_t third;
    } caller{{sizeof(newer), 1, 2}, 0};
    EXPECT_TRUE(fetch<versioned>(&caller));
    caller.third = 1;
    EXPECT_TRUE(fetch<versioned>(&caller).error() == errc::too_old);
}

} // namespace
} // namespace groq
