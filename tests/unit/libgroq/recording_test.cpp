// SPDX-License-Identifier: MIT
//
// The file of a recording: what was added is read again, whatever ended the process,
// and what is damaged is refused.
#include "recording_reader.hpp"
#include "recording_writer.hpp"

#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <iterator>

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

namespace groq {
namespace {

using ::testing::HasSubstr;

class recording : public ::testing::Test {
protected:
    recording() {
        char name[] = "/tmp/groq-recording-XXXXXX";
        folder_ = ::mkdtemp(name);
        file = folder_ / "a.rec";
    }
    ~recording() override { std::filesystem::remove_all(folder_); }

    static void add_three(recording_writer &writer) {
        writer.add(calls::create_buffer(4096), {.values = {1, 4096, 4096}});
        writer.add(calls::wait(1, 7),
                   {.failure = error(errc::device_lost, "gone", 19, 42)});
        writer.add(calls::ended(1, 7), {.bytes = {std::byte{1}, std::byte{2}}});
    }
    void write_three() const {
        auto writer = recording_writer::create(file).value();
        add_three(writer);
    }
    std::string contents() const {
        std::ifstream stream(file, std::ios::binary);
        return {std::istreambuf_iterator<char>(stream), {}};
    }
    // As a new file: some file systems take their time to shorten an old one.
    void put(const std::string &contents) const {
        std::filesystem::remove(file);
        std::ofstream(file, std::ios::binary | std::ios::trunc) << contents;
    }
    void expect_refused(errc code, const char *why) const {
        const auto refused = recording_reader::open(file);
        ASSERT_FALSE(refused);
        EXPECT_TRUE(refused.error() == code) << refused.error().message();
        EXPECT_THAT(refused.error().message(), HasSubstr(file));
        EXPECT_THAT(refused.error().message(), HasSubstr(why));
    }

    std::filesystem::path folder_;
    std::string file;
};

TEST_F(recording, has_what_was_added) {
    write_three();
    const auto reader = recording_reader::open(file).value();
    EXPECT_TRUE(reader.is_whole());
    const auto &calls = reader.calls();
    ASSERT_EQ(calls.size(), 3u);
    EXPECT_EQ(calls[0].kind, call_kind::create_buffer);
    EXPECT_EQ(calls[0].arguments, std::vector<std::uint64_t>{4096});
    EXPECT_EQ(reader.answer(calls[0])->values,
              (std::vector<std::uint64_t>{1, 4096, 4096}));
    const auto failed = reader.answer(calls[1])->failure.value();
    EXPECT_TRUE(failed == errc::device_lost);
    EXPECT_EQ(failed.message(), "gone");
    EXPECT_EQ(failed.os_error(), 19);
    EXPECT_EQ(failed.holder(), 42);
    EXPECT_EQ(reader.answer(calls[2])->bytes,
              (std::vector{std::byte{1}, std::byte{2}}));
}

TEST_F(recording, begins_anew_but_not_while_it_is_written) {
    write_three();
    auto writer = recording_writer::create(file).value();
    const auto second = recording_writer::create(file);
    ASSERT_FALSE(second);
    EXPECT_TRUE(second.error() == errc::in_use) << second.error().message();
    writer.add(calls::describe(), {});
    EXPECT_EQ(recording_reader::open(file)->calls().size(), 1u);
}

TEST_F(recording, of_a_killed_process_has_all_up_to_there) {
    const auto pid = ::fork();
    if (pid == 0) {
        auto writer = recording_writer::create(file).value();
        add_three(writer);
        ::kill(::getpid(), SIGKILL);
    }
    int status = 0;
    ASSERT_EQ(::waitpid(pid, &status, 0), pid);
    ASSERT_TRUE(WIFSIGNALED(status));
    const auto reader = recording_reader::open(file).value();
    EXPECT_EQ(reader.calls().size(), 3u);
    EXPECT_FALSE(reader.is_whole());
}

TEST_F(recording, that_was_cut_anywhere_has_the_records_in_front) {
    write_three();
    const auto whole = contents();
    std::size_t last = 0;
    for (std::size_t size = 0; size < whole.size(); ++size) {
        put(whole.substr(0, size));
        const auto reader = recording_reader::open(file);
        if (size < 16) {
            ASSERT_TRUE(!reader && reader.error() == errc::invalid) << size;
            continue;
        }
        ASSERT_TRUE(reader) << size << reader.error().message();
        EXPECT_FALSE(reader->is_whole()) << size;
        EXPECT_GE(reader->calls().size(), last) << size;
        last = reader->calls().size();
    }
    EXPECT_EQ(last, 3u);
}

TEST_F(recording, with_any_other_byte_is_refused) {
    write_three();
    const auto whole = contents();
    for (std::size_t place = 0; place < whole.size(); ++place)
        for (const int flip : {0x01, 0x80, 0xff}) {
            auto spoilt = whole;
            spoilt[place] = char(spoilt[place] ^ flip);
            put(spoilt);
            const auto reader = recording_reader::open(file);
            ASSERT_FALSE(reader) << "byte " << place;
            EXPECT_TRUE(reader.error() == errc::invalid) << reader.error().message();
        }
}

TEST_F(recording, that_goes_on_after_its_end_is_refused) {
    write_three();
    put(contents() + contents().substr(16));
    expect_refused(errc::invalid, "is damaged at byte");
}

// Their checksums are right: another program wrote them.
TEST_F(recording, with_calls_that_there_are_not_is_refused) {
    const struct {
        port_call call;
        call_answer answer;
    } wrong[] = {
        {{static_cast<call_kind>(99), {}}, {}},
        {calls::wait(1, 1), {}},
        {calls::wait(1, 1), {.values = {1}, .failure = error(errc::system, "")}},
        {calls::create_buffer(4096), {.values = {1, 4096}}},
        {{call_kind::wait, {{"queue", 1}}}, {.values = {1}}},
        {{call_kind::submit, {{"queue", 1}}}, {.values = {1}}},
    };
    for (const auto &[call, answer] : wrong) {
        recording_writer::create(file).value().add(call, answer);
        expect_refused(errc::invalid, "is damaged at byte 48");
    }
}

TEST_F(recording, that_is_none_is_refused) {
    expect_refused(errc::not_found, "cannot read the recording");
    put("");
    expect_refused(errc::invalid, "is no recording");
    put(std::string(100, 'x'));
    expect_refused(errc::invalid, "is no recording");
}

TEST_F(recording, is_not_written_into_what_is_no_file) {
    const auto refused = recording_writer::create("/dev/null");
    ASSERT_FALSE(refused);
    EXPECT_TRUE(refused.error() == errc::invalid) << refused.error().message();
    EXPECT_TRUE(recording_writer::create(folder_ / "none" / "a.rec").error() ==
                errc::not_found);
}

// Beyond the largest size that a file may have here.
TEST_F(recording, that_has_no_room_left_ends_before_and_says_so) {
    rlimit before{};
    ASSERT_EQ(::getrlimit(RLIMIT_FSIZE, &before), 0);
    const auto ignored = ::signal(SIGXFSZ, SIG_IGN);
    {
        auto writer = recording_writer::create(file).value();
        writer.add(calls::describe(), {});
        EXPECT_EQ(writer.failure(), 0);
        const rlimit little{100, before.rlim_max};
        ASSERT_EQ(::setrlimit(RLIMIT_FSIZE, &little), 0);
        writer.add(calls::read(), {.bytes = std::vector<std::byte>(1000)});
        ::setrlimit(RLIMIT_FSIZE, &before);
        EXPECT_EQ(writer.failure(), EFBIG);
        writer.add(calls::describe(), {});
    }
    ::signal(SIGXFSZ, ignored);
    const auto reader = recording_reader::open(file).value();
    EXPECT_EQ(reader.calls().size(), 1u);
    EXPECT_FALSE(reader.is_whole());
}

} // namespace
} // namespace groq
