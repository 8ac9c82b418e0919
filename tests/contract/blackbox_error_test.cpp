// SPDX-License-Identifier: MIT
//
// Errors: every number has a name and words of its own, and they mean the same to
// Boost, to the standard library, and thrown. Written from the headers alone.
#include <set>
#include <string>
#include <system_error>
#include <thread>
#include <vector>

#include <gmock/gmock.h>
#include <groq/groq.hpp>
#include <gtest/gtest.h>

namespace groq::contract {
namespace {

using ::testing::HasSubstr;
using ::testing::Not;

constexpr int last_error = GROQ_ERROR_LINK;

error provoke() {
    groq_device *opened = nullptr;
    EXPECT_EQ(groq_device_open("nonsense:", &opened), GROQ_ERROR_INVALID);
    return error::last();
}

TEST(errors, have_each_a_name_and_words) {
    std::set<std::string> names, texts;
    for (int number = GROQ_OK; number <= last_error; ++number) {
        const std::string name = groq_error_name(number),
                          text = groq_error_text(number);
        EXPECT_NE(name, "unknown") << number;
        EXPECT_THAT(name, ::testing::MatchesRegex("[a-z_]+"));
        EXPECT_GT(text.size(), 4u) << name;
        EXPECT_THAT(text, Not(HasSubstr("\n")));
        EXPECT_NE(text.back(), '.') << text;
        EXPECT_TRUE(names.insert(name).second) << name;
        EXPECT_TRUE(texts.insert(text).second) << text;
        EXPECT_EQ(number ? make_error_code(errc(number)).message() : text, text);
    }
    for (const int none : {-1, last_error + 1, 1 << 30}) {
        EXPECT_STREQ(groq_error_name(none), "unknown");
        EXPECT_NE(groq_error_text(none), nullptr);
    }
}

TEST(errors, are_of_one_category) {
    const boost::system::error_code code = errc::held;
    EXPECT_EQ(code.category(), category());
    EXPECT_STREQ(category().name(), "groq");
    EXPECT_TRUE(code.failed());
    EXPECT_EQ(code, errc::held);
    EXPECT_NE(code, errc::in_use);
    EXPECT_NE(code, boost::system::error_code(GROQ_ERROR_HELD,
                                              boost::system::system_category()));
}

TEST(errors, are_those_of_the_standard_library_too) {
    const std::error_code code = make_error_code(errc::timeout);
    EXPECT_EQ(code.message(), groq_error_text(GROQ_ERROR_TIMEOUT));
    EXPECT_EQ(code, std::errc::timed_out);
    const std::error_code direct = errc::permission;
    EXPECT_EQ(direct, std::errc::permission_denied);
}

TEST(errors, match_general_conditions) {
    using namespace boost::system::errc;
    const auto matches = [](errc code, errc_t condition) {
        EXPECT_EQ(make_error_code(code), make_error_condition(condition));
    };
    matches(errc::invalid, invalid_argument);
    matches(errc::permission, permission_denied);
    matches(errc::held, device_or_resource_busy);
    matches(errc::in_use, device_or_resource_busy);
    matches(errc::memory, not_enough_memory);
    matches(errc::timeout, timed_out);
    matches(errc::canceled, operation_canceled);
    matches(errc::no_device, no_such_device);
    matches(errc::device_lost, no_such_device);
    matches(errc::unsupported, operation_not_supported);
    matches(errc::full, resource_unavailable_try_again);
}

TEST(errors, are_thrown_with_their_message) {
    try {
        device("nonsense:");
        FAIL();
    } catch (const failure &thrown) {
        EXPECT_EQ(thrown.code(), errc::invalid);
        EXPECT_EQ(thrown.what(), thrown.error().message());
        EXPECT_THAT(thrown.what(), HasSubstr("nonsense:"));
        EXPECT_THAT(thrown.what(), HasSubstr("accel:")) << "what to write instead";
    }
    EXPECT_THROW(device("nonsense:"), boost::system::system_error);
    EXPECT_THROW(device("nonsense:"), std::runtime_error);
}

TEST(errors, of_good_calls_leave_the_last_one_as_it_was) {
    const auto first = provoke();
    groq_device_list *list = nullptr;
    ASSERT_EQ(groq_device_list_create(&list), GROQ_OK);
    groq_device_list_destroy(list);
    EXPECT_EQ(error::last().message(), first.message());
}

TEST(errors, are_each_threads_own) {
    const auto mine = provoke();
    std::jthread([] {
        auto info = detail::sized<groq_error_info>();
        groq_last_error(&info);
        EXPECT_EQ(info.error, GROQ_OK);
        EXPECT_STREQ(info.message, "");
        EXPECT_EQ(groq_program_load_file("/nonexistent", nullptr), GROQ_ERROR_INVALID);
    }).join();
    EXPECT_EQ(error::last().message(), mine.message());
    EXPECT_THAT(mine.message(), HasSubstr("nonsense:"));
}

TEST(errors, of_long_names_are_cut) {
    const auto made = device::open("sim:?" + std::string(100000, 'x'));
    ASSERT_FALSE(made);
    EXPECT_LT(made.error().message().size(), sizeof(groq_error_info::message));
}

TEST(errors, say_what_to_write_in_a_uri) {
    const auto told = [](const char *uri) { return device::open(uri).error(); };
    for (const char *uri : {"",
                            "accel",
                            "accel:",
                            "accel:x",
                            "accel:-1",
                            "accel:0 ",
                            "accel:18446744073709551616",
                            "SIM:",
                            "sim:x",
                            "sim:-1",
                            "sim:?chips=0",
                            "sim:?chips=",
                            "sim:?chips=1x",
                            "sim:?what",
                            "sim:?chips=1&chips=1&what=1",
                            "sim:1",
                            "pci:",
                            "pci:1",
                            "pci:0000:01:00.8",
                            "serial:",
                            "serial:xyz",
                            "record:",
                            "record:x",
                            "record:x,",
                            "replay:",
                            "accel:0?what",
                            "accel:0?shared=1x",
                            "sim:?sram=0",
                            "sim:?links=9999",
                            "sim:?links=4294967297"}) {
        const auto error = told(uri);
        EXPECT_TRUE(error == errc::invalid) << uri << ": " << error.message();
        EXPECT_THAT(error.message(), Not(HasSubstr("argument"))) << "which is wrong";
    }
}

TEST(errors, of_files_say_which_and_why) {
    const auto missing = program::load("/nonexistent/file").error();
    EXPECT_TRUE(missing == errc::not_found);
    EXPECT_EQ(missing.os_error(), ENOENT);
    EXPECT_THAT(missing.message(), HasSubstr("/nonexistent/file"));
    const auto folder = program::load("/").error();
    EXPECT_EQ(folder.os_error(), EISDIR) << folder.message();
    EXPECT_TRUE(device::open("replay:/nonexistent").error() == errc::not_found);
    const auto nothing = device::open("replay:/dev/null").error();
    EXPECT_TRUE(nothing == errc::invalid);
    EXPECT_THAT(nothing.message(), HasSubstr("/dev/null"));
    const auto unwritten = device::open("record:/nonexistent/file,sim:").error();
    EXPECT_TRUE(unwritten == errc::not_found);
    EXPECT_THAT(unwritten.message(), HasSubstr("/nonexistent/file"));
    const auto untraced = context::create({.trace = "/nonexistent/file"}).error();
    EXPECT_THAT(untraced.message(), HasSubstr("/nonexistent/file"));
    EXPECT_TRUE(untraced == errc::not_found);
    EXPECT_EQ(untraced.os_error(), ENOENT);
}

} // namespace
} // namespace groq::contract
