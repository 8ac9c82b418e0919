// SPDX-License-Identifier: MIT
//
// The file of a time line. What is in it is checked by tests/support/time_line.py.
#include "trace.hpp"

#include <csignal>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <thread>
#include <vector>

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#include "card_fixture.hpp"
#include "trace_port.hpp"

namespace groq {
namespace {

using ::testing::EndsWith;
using ::testing::HasSubstr;
using ::testing::Not;
using ::testing::StartsWith;

constexpr const char *whole = "\n],\"whole\":true }\n";
constexpr const char *open_end = "\n],\"whole\":false}\n";

class time_line : public on_fake_card {
protected:
    time_line() {
        char name[] = "/tmp/groq-trace-XXXXXX";
        folder_ = ::mkdtemp(name);
        file = folder_ / "a.json";
    }
    ~time_line() override { std::filesystem::remove_all(folder_); }

    std::string contents() const {
        std::ifstream stream(file, std::ios::binary);
        return {std::istreambuf_iterator<char>(stream), {}};
    }
    static std::size_t count(const std::string &in, const std::string &what) {
        std::size_t found = 0;
        for (auto at = in.find(what); at != in.npos; at = in.find(what, at + 1))
            ++found;
        return found;
    }

    std::filesystem::path folder_;
    std::string file;
};

TEST_F(time_line, is_whole_when_nobody_writes_it_any_more) {
    auto line = trace::open(file).value();
    EXPECT_THAT(contents(), EndsWith(open_end));
    { const traced_call call(line.get(), "a call"); }
    line.reset();
    EXPECT_THAT(contents(), StartsWith("{\"displayTimeUnit\":\"ns\""));
    EXPECT_THAT(contents(), HasSubstr("\"name\":\"a call\""));
    EXPECT_THAT(contents(), EndsWith(whole));
}

TEST_F(time_line, is_one_for_all_of_a_process_and_begins_anew_after_them) {
    auto one = trace::open(file).value();
    EXPECT_EQ(trace::open(file).value(), one);
    { const traced_call call(one.get(), "a call"); }
    one.reset();
    trace::open(file).value();
    EXPECT_THAT(contents(), Not(HasSubstr("a call")));
}

TEST_F(time_line, is_opened_while_another_thread_closes_it) {
    std::atomic<unsigned> refused = 0;
    const auto use = [&] {
        for (int round = 0; round < 1000; ++round)
            refused += !trace::open(file);
    };
    { const std::jthread one(use), two(use), three(use), four(use); }
    EXPECT_EQ(refused, 0u);
}

TEST_F(time_line, is_not_that_of_another_process) {
    int ready[2];
    ASSERT_EQ(::pipe(ready), 0);
    const auto pid = ::fork();
    if (pid == 0) {
        const auto line = trace::open(file);
        (void)!::write(ready[1], "", 1);
        ::pause();
    }
    char byte = 0;
    ASSERT_EQ(::read(ready[0], &byte, 1), 1);
    const auto refused = trace::open(file);
    ::kill(pid, SIGKILL);
    ::waitpid(pid, nullptr, 0);
    ::close(ready[0]);
    ::close(ready[1]);
    ASSERT_FALSE(refused);
    EXPECT_TRUE(refused.error() == errc::in_use) << refused.error().message();
    EXPECT_THAT(contents(), EndsWith(open_end)) << "a killed process leaves JSON";
}

TEST_F(time_line, is_a_file_that_can_be_written) {
    EXPECT_TRUE(trace::open("/dev/null").error() == errc::invalid);
    EXPECT_TRUE(trace::open(folder_).error() == errc::invalid);
    EXPECT_TRUE(trace::open(folder_ / "none" / "a").error() == errc::not_found);
}

TEST_F(time_line, is_chosen_by_the_environment_unless_one_is_named) {
    ::unsetenv("GROQ_TRACE");
    EXPECT_EQ(trace::choose(nullptr).value(), nullptr);
    ::setenv("GROQ_TRACE", file.c_str(), 1);
    EXPECT_EQ(trace::choose(nullptr).value()->file(), file);
    EXPECT_EQ(trace::choose("").value(), nullptr);
    ::unsetenv("GROQ_TRACE");
    EXPECT_EQ(trace::choose(file.c_str()).value()->file(), file);
}

TEST_F(time_line, quotes_what_would_end_a_text) {
    auto line = trace::open(file).value();
    line->add_process("a\"b\\c\nd\xc3\xa9");
    line.reset();
    EXPECT_THAT(contents(), HasSubstr("\"a\\\"b\\\\c\\u000ad\xc3\xa9\""));
}

TEST_F(time_line, takes_events_of_many_threads) {
    constexpr int threads = 4, calls = 500;
    auto line = trace::open(file).value();
    std::vector<std::jthread> all;
    for (int i = 0; i < threads; ++i)
        all.emplace_back([&] {
            for (int call = 0; call < calls; ++call)
                const traced_call one(line.get(), "one of many");
        });
    all.clear();
    line.reset();
    EXPECT_EQ(count(contents(), "one of many"), std::size_t(threads * calls));
    EXPECT_EQ(count(contents(), "\n{"), std::size_t(threads * calls + 1));
}

// Beyond the largest size that a file may have here.
TEST_F(time_line, that_has_no_room_left_ends_before_and_says_so) {
    rlimit before{};
    ASSERT_EQ(::getrlimit(RLIMIT_FSIZE, &before), 0);
    const auto ignored = ::signal(SIGXFSZ, SIG_IGN);
    auto line = trace::open(file).value();
    auto port = make_trace_port(line, "card", std::make_unique<test::fake_port>(card));
    const rlimit little{1000, before.rlim_max};
    ASSERT_EQ(::setrlimit(RLIMIT_FSIZE, &little), 0);
    for (int i = 0; i < 2000; ++i)
        EXPECT_TRUE(port->create_context(0)) << "the program goes on";
    groq_device_info info{};
    port->describe(info);
    port.reset();
    line.reset();
    ::setrlimit(RLIMIT_FSIZE, &before);
    ::signal(SIGXFSZ, ignored);
    EXPECT_THAT(info.reason, HasSubstr(file + " is not whole: File too large"));
    EXPECT_THAT(contents(), EndsWith(open_end));
    EXPECT_LE(contents().size(), 1000u);
}

// The first event that does not fit is not waited for until there are many.
TEST_F(time_line, says_so_when_it_is_asked) {
    rlimit before{};
    ASSERT_EQ(::getrlimit(RLIMIT_FSIZE, &before), 0);
    const auto ignored = ::signal(SIGXFSZ, SIG_IGN);
    auto line = trace::open(file).value();
    const rlimit little{contents().size(), before.rlim_max};
    ASSERT_EQ(::setrlimit(RLIMIT_FSIZE, &little), 0);
    EXPECT_EQ(line->flush(), 0) << "nothing has been added";
    { const traced_call call(line.get(), "a call"); }
    EXPECT_EQ(line->flush(), EFBIG);
    ::setrlimit(RLIMIT_FSIZE, &before);
    ::signal(SIGXFSZ, ignored);
    EXPECT_THAT(contents(), EndsWith(open_end));
}

TEST_F(time_line, has_every_stage_of_a_job_with_its_cycles) {
    card.on_run = [](const drm_groq_command &command, drm_groq_result &result) {
        result.expected = command.expected;
        result.value = 1240;
    };
    auto line = trace::open(file).value();
    auto port = make_trace_port(line, "card", std::make_unique<test::fake_port>(card));
    const auto queue = port->create_queue(1, 0, GROQ_PATH_AUTO).value();
    const auto results = port->create_buffer(4096).value();
    drm_groq_command commands[2]{};
    commands[1].type = DRM_GROQ_COMMAND_RUN;
    commands[1].expected = 1234;
    const port_submission submission{commands, 1, results.handle, 0};
    EXPECT_EQ(port->submit(queue, {&submission, 1}).value(), 1u);
    EXPECT_TRUE(port->wait(queue, 1, GROQ_FOREVER).value());
    port.reset();
    line.reset();
    EXPECT_THAT(contents(), HasSubstr("\"expected\":1234,\"actual\":1240"));
    EXPECT_EQ(count(contents(), "\"status\":\"ok\""), 2u);
    for (const char *phase : {"s", "t", "f"})
        EXPECT_EQ(count(contents(), std::string("\"ph\":\"") + phase + "\""), 1u);
}

TEST_F(time_line, has_the_jobs_that_a_lost_card_has_ended) {
    auto line = trace::open(file).value();
    auto port = make_trace_port(line, "card", std::make_unique<test::fake_port>(card));
    const auto queue = port->create_queue(1, 0, GROQ_PATH_AUTO).value();
    const auto results = port->create_buffer(4096).value();
    const drm_groq_command nop{};
    for (std::uint64_t point = 1; point <= 3; ++point) {
        const port_submission submission{{&nop, 1}, point, results.handle, 0};
        EXPECT_TRUE(port->submit(queue, {&submission, 1}));
    }
    card.failure = {errc::device_lost, "gone"};
    card.fail_at = card.calls;
    EXPECT_FALSE(port->wait(queue, 1, GROQ_FOREVER));
    card.fail_at = card.calls;
    EXPECT_FALSE(port->signalled(queue));
    port.reset();
    line.reset();
    EXPECT_EQ(count(contents(), "\"ph\":\"b\""), 3u);
}

TEST_F(time_line, has_no_job_that_was_refused) {
    auto line = trace::open(file).value();
    auto port = make_trace_port(line, "card", std::make_unique<test::fake_port>(card));
    const auto queue = port->create_queue(1, 0, GROQ_PATH_AUTO).value();
    const drm_groq_command nop{};
    const port_submission submission{{&nop, 1}, 1, 0, 0};
    card.fail_at = card.calls;
    EXPECT_FALSE(port->submit(queue, {&submission, 1}));
    EXPECT_EQ(port->signalled(queue).value(), 0u);
    port.reset();
    line.reset();
    EXPECT_THAT(contents(), Not(HasSubstr("\"ph\":\"b\"")));
}

} // namespace
} // namespace groq
