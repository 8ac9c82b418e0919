// SPDX-License-Identifier: MIT
//
// What is asked of a recorded card gets the same answers from its recording, and what
// is not is told apart.
#include <atomic>
#include <cstdlib>
#include <filesystem>
#include <thread>

#include <fcntl.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <poll.h>
#include <sys/eventfd.h>
#include <sys/mman.h>
#include <unistd.h>

#include "record_port.hpp"
#include "recording_writer.hpp"
#include "replay_port.hpp"
#include "support/fake_port.hpp"

namespace groq {
namespace {

using ::testing::HasSubstr;

constexpr std::int64_t forever = GROQ_FOREVER;

// The fake, with all that a driver may have beyond it.
class full_port final : public kernel_port {
public:
    explicit full_port(test::fake_card &card) : card_(card), port_(card) {}

    void describe(groq_device_info &info) const override { port_.describe(info); }
    result<std::uint64_t> parameter(drm_groq_param which) const override {
        return port_.parameter(which);
    }
    result<void> read(groq_telemetry &telemetry) const override {
        return port_.read(telemetry);
    }
    result<port_buffer> create_buffer(std::uint64_t size) override {
        return port_.create_buffer(size);
    }
    result<port_buffer> pin_buffer(std::span<std::byte> bytes, bool) override {
        return port_buffer{1000, bytes, true};
    }
    result<int> export_buffer(const port_buffer &buffer) override {
        const int file = ::memfd_create("exported", MFD_CLOEXEC);
        exported_ = buffer;
        return file;
    }
    // Has the handle of what it is, as the driver's has: both count.
    result<port_buffer> import_buffer(int file) override {
        if (::lseek(file, 0, SEEK_END) > 0) // nobody can map it
            return port_buffer{.handle = 2000, .bytes = {}, .size = 8192};
        ++shares_;
        return exported_;
    }
    result<port_links> links() const override { return port_.links(); }
    result<drm_groq_link_align> align_link(std::uint32_t link, std::uint32_t samples,
                                           bool is_adjusted) override {
        return port_.align_link(link, samples, is_adjusted);
    }
    void destroy_buffer(const port_buffer &buffer) noexcept override {
        if (buffer.handle != exported_.handle || shares_-- == 0)
            port_.destroy_buffer(buffer);
    }
    result<std::uint32_t> create_context(std::uint32_t flags) override {
        return port_.create_context(flags);
    }
    void destroy_context(std::uint32_t id) noexcept override {
        port_.destroy_context(id);
    }
    result<std::uint64_t> reserve_sram(std::uint32_t context,
                                       std::optional<std::uint64_t> address,
                                       std::uint64_t size) override {
        return port_.reserve_sram(context, address, size);
    }
    result<void> release_sram(std::uint32_t context, std::uint64_t address) override {
        return port_.release_sram(context, address);
    }
    result<port_queue> create_queue(std::uint32_t context, std::uint32_t priority,
                                    std::uint32_t path) override {
        auto made = port_.create_queue(context, priority, path);
        if (made)
            made->path = GROQ_PATH_URING;
        return made;
    }
    void destroy_queue(const port_queue &queue) noexcept override {
        port_.destroy_queue(queue);
    }
    result<std::size_t> submit(const port_queue &queue,
                               std::span<const port_submission> all) override {
        return port_.submit(queue, all);
    }
    result<void> refusal(const port_queue &queue, std::uint64_t point) override {
        return port_.refusal(queue, point);
    }
    result<void> cancel(const port_queue &queue, std::uint64_t point) override {
        if (point != 1)
            return error(errc::not_found, "no such point");
        return port_.cancel(queue, point);
    }
    port_costs costs(const port_queue &queue) const noexcept override {
        return port_.costs(queue);
    }
    result<std::uint64_t> signalled(const port_queue &queue) override {
        return port_.signalled(queue);
    }
    result<bool> wait(const port_queue &queue, std::uint64_t point,
                      std::int64_t deadline) override {
        return port_.wait(queue, point, deadline);
    }
    result<void> notify(const port_queue &queue, std::uint64_t point,
                        int event_file) override {
        return port_.notify(queue, point, event_file);
    }
    result<void> watch(int event_file) override {
        const std::uint64_t one = 1;
        (void)!::write(event_file, &one, sizeof one);
        return {};
    }
    std::uint32_t take_events() noexcept override { return std::exchange(events_, 0); }

private:
    test::fake_card &card_;
    test::fake_port port_;
    std::uint32_t events_ = GROQ_EVENT_ALARM;
    port_buffer exported_ = {};
    int shares_ = 0; // of what was exported, beside its own
};

class replay : public ::testing::Test {
protected:
    replay() {
        char name[] = "/tmp/groq-replay-XXXXXX";
        folder_ = ::mkdtemp(name);
        file_ = folder_ / "a.rec";
    }
    ~replay() override { std::filesystem::remove_all(folder_); }

    // Does the same on a recorded card, and then on its recording.
    template <class Act>
    void record_and_replay(Act act) {
        record(act);
        const auto again = open();
        act(*again);
    }
    template <class Act>
    void record(Act act) {
        const auto port =
            open_record_port(file_, std::make_unique<full_port>(card)).value();
        act(*port);
    }
    std::unique_ptr<kernel_port> open() const {
        return open_replay_port(file_).value();
    }

    static drm_groq_command copy(drm_groq_command_type type, const port_buffer &buffer,
                                 std::uint64_t offset = 0) {
        drm_groq_command command{};
        command.type = type;
        command.bo = buffer.handle;
        command.bo_offset = offset;
        command.rows = 1;
        command.size = 64;
        return command;
    }

    // A queue, two buffers, and a copy from one into the other.
    struct copier {
        explicit copier(kernel_port &to) : port(to) {}

        result<std::size_t> submit(std::uint64_t point, bool is_waited_for = false) {
            const drm_groq_command commands[] = {copy(DRM_GROQ_COMMAND_COPY_IN, in),
                                                 copy(DRM_GROQ_COMMAND_COPY_OUT, out)};
            const port_submission submission{commands, point, results.handle,
                                             0,        {},    is_waited_for};
            return port.submit(queue, {&submission, 1});
        }
        const drm_groq_result &result_of(std::size_t command) const {
            return reinterpret_cast<const drm_groq_result *>(
                results.bytes.data())[command];
        }

        kernel_port &port;
        port_queue queue = port.create_queue(1, 0, GROQ_PATH_AUTO).value();
        port_buffer in = port.create_buffer(4096).value();
        port_buffer out = port.create_buffer(4096).value();
        port_buffer results = port.create_buffer(4096).value();
    };

    template <class T>
    static void expect_diverged(const result<T> &done, const char *how) {
        ASSERT_FALSE(done);
        EXPECT_TRUE(done.error() == errc::diverged) << done.error().message();
        EXPECT_THAT(done.error().message(), HasSubstr(how));
    }

    test::fake_card card;
    std::filesystem::path folder_;
    std::string file_;
};

TEST_F(replay, answers_as_the_card_did) {
    card.sram_bytes = 12345;
    record_and_replay([](kernel_port &port) {
        EXPECT_EQ(port.parameter(DRM_GROQ_PARAM_SRAM_BYTES).value(), 12345u);
        EXPECT_EQ(port.parameter(DRM_GROQ_PARAM_SERIAL).value(), 0u);
        EXPECT_EQ(port.create_context(0).value(), 1u);
        EXPECT_EQ(port.reserve_sram(1, 640, 320).value(), 640u);
        EXPECT_EQ(port.reserve_sram(1, {}, 320).value(), 960u);
        const auto taken = port.reserve_sram(1, 640, 320);
        ASSERT_FALSE(taken);
        EXPECT_TRUE(taken.error() == errc::sram);
        EXPECT_EQ(taken.error().message(), "taken");
        EXPECT_TRUE(port.release_sram(1, 640));
        groq_device_info info{};
        info.size = sizeof info;
        port.describe(info);
        EXPECT_EQ(info.sram_bytes, 1);
        groq_telemetry telemetry{};
        EXPECT_TRUE(port.read(telemetry));
        EXPECT_EQ(telemetry.holder, 1);
        EXPECT_EQ(port.create_queue(1, 0, GROQ_PATH_AUTO).value().path,
                  std::uint32_t(GROQ_PATH_URING));
        port.destroy_context(1);
    });
}

TEST_F(replay, has_links_and_their_lengths) {
    drm_groq_link link{};
    link.peer_serial = ~0ull;
    link.downs = 3;
    card.links = {{{}, link}, 5};
    card.alignments.resize(1);
    card.alignments[0].round_sum = 868;
    record_and_replay([](kernel_port &port) {
        const auto seen = port.links().value();
        EXPECT_EQ(seen.generation, 5u);
        ASSERT_EQ(seen.links.size(), 2u);
        EXPECT_EQ(seen.links[1].peer_serial, ~0ull);
        EXPECT_EQ(seen.links[1].downs, 3u);
        EXPECT_EQ(port.align_link(0, 2, true).value().round_sum, 868u);
        EXPECT_TRUE(port.align_link(1, 2, true).error() == errc::link);
    });
    const auto port = open();
    expect_diverged(port->align_link(0, 3, true), "align_link");
    for (int more = 0; more < 3; ++more) // while ends of a cable did not agree
        EXPECT_EQ(port->links().value().generation, 5u);
}

TEST_F(replay, brings_back_what_the_card_wrote) {
    record_and_replay([](kernel_port &port) {
        copier job(port);
        job.in.bytes[63] = std::byte{7};
        EXPECT_EQ(job.submit(1).value(), 1u);
        EXPECT_TRUE(port.wait(job.queue, 1, forever).value());
        EXPECT_EQ(job.out.bytes[63], std::byte{7});
        EXPECT_EQ(job.result_of(1).status, std::uint32_t(DRM_GROQ_STATUS_OK));
        EXPECT_EQ(job.result_of(1).value, 64u);
    });
}

TEST_F(replay, brings_it_when_the_end_is_told_and_not_before) {
    card.holds_back = true;
    record_and_replay([&](kernel_port &port) {
        copier job(port);
        job.in.bytes[0] = std::byte{1};
        EXPECT_EQ(job.submit(1).value(), 1u);
        EXPECT_FALSE(port.wait(job.queue, 1, 0).value());
        EXPECT_EQ(port.signalled(job.queue).value(), 0u);
        EXPECT_EQ(job.out.bytes[0], std::byte{0});
        if (!card.held.empty())
            card.end_one();
        EXPECT_EQ(port.signalled(job.queue).value(), 1u);
        EXPECT_EQ(job.out.bytes[0], std::byte{1});
    });
}

TEST_F(replay, knows_what_a_submission_waits_for) {
    record([](kernel_port &port) {
        copier job(port);
        const auto other = port.create_queue(1, 0, GROQ_PATH_AUTO).value();
        const drm_groq_command nop{};
        const port_point first{job.queue, 1};
        job.submit(1, true).value();
        const port_submission waits{{&nop, 1}, 1,           job.results.handle,
                                    1024,      {&first, 1}, true};
        EXPECT_EQ(port.submit(other, {&waits, 1}).value(), 1u);
    });
    const auto port = open();
    copier job(*port);
    const auto other = port->create_queue(1, 0, GROQ_PATH_AUTO).value();
    const drm_groq_command nop{};
    const port_point second{job.queue, 2};
    const port_submission waits{{&nop, 1},    1,   job.results.handle, 1024,
                                {&second, 1}, true};
    expect_diverged(port->submit(other, {&waits, 1}), "waited point, was 1 and is 2");
}

TEST_F(replay, pins_exports_and_imports) {
    alignas(4096) static std::byte memory[4096];
    record_and_replay([&](kernel_port &port) {
        const auto pinned = port.pin_buffer(memory, true).value();
        EXPECT_TRUE(pinned.is_pinned);
        EXPECT_EQ(pinned.bytes.data(), memory);
        const auto buffer = port.create_buffer(4096).value();
        const int file = port.export_buffer(buffer).value();
        EXPECT_GE(::fcntl(file, F_GETFD), 0);
        EXPECT_EQ(port.import_buffer(file).value().bytes.size(), 4096u);
        ::close(file);
        port.destroy_buffer(buffer);
    });
}

TEST_F(replay, knows_a_buffer_that_was_imported_where_it_lives) {
    for (const bool is_import_destroyed_first : {true, false})
        record_and_replay([&](kernel_port &port) {
            copier job(port);
            const int file = port.export_buffer(job.out).value();
            const auto imported = port.import_buffer(file).value();
            ::close(file);
            EXPECT_EQ(imported.handle, job.out.handle);
            const auto left = is_import_destroyed_first ? job.out : imported;
            port.destroy_buffer(is_import_destroyed_first ? imported : job.out);
            job.in.bytes[1] = std::byte{5};
            EXPECT_EQ(job.submit(1).value(), 1u);
            EXPECT_TRUE(port.wait(job.queue, 1, forever).value());
            EXPECT_EQ(left.bytes[1], std::byte{5});
            port.destroy_buffer(left);
        });
}

TEST_F(replay, of_an_import_that_cannot_be_mapped_has_its_size) {
    record_and_replay([&](kernel_port &port) {
        const int file = ::memfd_create("large", MFD_CLOEXEC);
        ASSERT_EQ(::ftruncate(file, 4096), 0);
        const auto imported = port.import_buffer(file).value();
        ::close(file);
        EXPECT_EQ(imported.size, 8192u);
        EXPECT_TRUE(imported.bytes.empty());
        port.destroy_buffer(imported);
    });
}

TEST_F(replay, has_what_the_card_wrote_before_its_queue_was_destroyed) {
    record_and_replay([&](kernel_port &port) {
        copier job(port);
        job.in.bytes[2] = std::byte{9};
        EXPECT_EQ(job.submit(1).value(), 1u);
        port.destroy_queue(job.queue);
        EXPECT_EQ(job.out.bytes[2], std::byte{9});
    });
}

TEST_F(replay, has_nothing_ended_that_ended_with_its_queue) {
    card.holds_back = true;
    record([](kernel_port &port) {
        copier job(port);
        job.submit(1).value();
        port.destroy_queue(job.queue);
    });
    const auto port = open();
    copier job(*port);
    job.submit(1).value();
    EXPECT_EQ(port->signalled(job.queue).value(), 0u);
    expect_diverged(port->wait(job.queue, 1, forever), "no wait is left");
}

// Who was not told that the card is lost was not told of any end.
TEST_F(replay, of_a_wait_that_failed_has_ended_nothing) {
    card.holds_back = true;
    record_and_replay([&](kernel_port &port) {
        copier job(port);
        job.in.bytes[0] = std::byte{1};
        EXPECT_EQ(job.submit(1).value(), 1u);
        card.fail_at = card.calls;
        EXPECT_TRUE(port.wait(job.queue, 1, forever).error() == errc::memory);
        card.fail_at = card.calls;
        EXPECT_TRUE(port.signalled(job.queue).error() == errc::memory);
        EXPECT_EQ(job.out.bytes[0], std::byte{0});
        EXPECT_TRUE(port.wait(job.queue, 1, forever).value());
        EXPECT_EQ(job.out.bytes[0], std::byte{1});
    });
}

TEST_F(replay, tells_events_and_cancels) {
    record_and_replay([](kernel_port &port) {
        const int file = ::eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
        EXPECT_TRUE(port.watch(file));
        std::uint64_t count = 0;
        EXPECT_EQ(::read(file, &count, sizeof count), ssize_t(sizeof count));
        EXPECT_EQ(port.take_events(), std::uint32_t(GROQ_EVENT_ALARM));
        EXPECT_EQ(port.take_events(), 0u);
        EXPECT_LT(::read(file, &count, sizeof count), 0) << "nothing more has come";
        const auto queue = port.create_queue(1, 0, GROQ_PATH_AUTO).value();
        EXPECT_EQ(port.costs(queue).system_calls, 0u);
        EXPECT_TRUE(port.cancel(queue, 1));
        EXPECT_TRUE(port.cancel(queue, 2).error() == errc::not_found);
        ::close(file);
    });
}

// In the recording all had ended when the first was asked for; a replay that asks in
// between gets there, too.
TEST_F(replay, wakes_whoever_polls_until_all_is_told) {
    constexpr std::uint64_t jobs = 5;
    const auto reap_all = [](kernel_port &port) {
        copier job(port);
        const int file = ::eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
        for (std::uint64_t point = 1; point <= jobs; ++point) {
            EXPECT_TRUE(port.notify(job.queue, point, file));
            job.submit(point).value();
        }
        std::uint64_t told = 0;
        while (told < jobs) {
            pollfd poll{file, POLLIN, 0};
            ASSERT_EQ(::poll(&poll, 1, 60000), 1) << "after " << told;
            std::uint64_t count = 0;
            EXPECT_EQ(::read(file, &count, sizeof count), ssize_t(sizeof count));
            told = port.signalled(job.queue).value();
        }
        pollfd poll{file, POLLIN, 0};
        EXPECT_EQ(::poll(&poll, 1, 0), 0);
        ::close(file);
    };
    record(reap_all);
    const auto port = open();
    reap_all(*port);
    card.holds_back = true; // each ends when it is asked for
    record([&](kernel_port &slow) {
        copier job(slow);
        const int file = ::eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
        for (std::uint64_t point = 1; point <= jobs; ++point) {
            EXPECT_TRUE(slow.notify(job.queue, point, file));
            job.submit(point).value();
        }
        for (std::uint64_t point = 1; point <= jobs; ++point) {
            EXPECT_EQ(slow.signalled(job.queue).value(), point - 1);
            card.end_one();
        }
        EXPECT_EQ(slow.signalled(job.queue).value(), jobs);
        ::close(file);
    });
    const auto again = open();
    reap_all(*again);
}

// Each call finds its answer by queue, whichever thread is the quicker one.
TEST_F(replay, lets_threads_work_in_any_order_each_with_its_queue) {
    constexpr std::uint64_t rounds = 50;
    const auto work = [](copier &job, unsigned seed) {
        int wrong = 0;
        for (std::uint64_t point = 1; point <= rounds; ++point) {
            job.in.bytes[3] = std::byte(seed + point);
            wrong += !job.submit(point) || !job.port.wait(job.queue, point, forever);
            wrong += job.out.bytes[3] != job.in.bytes[3];
        }
        return wrong;
    };
    record([&](kernel_port &port) {
        copier one(port), two(port);
        EXPECT_EQ(work(one, 0) + work(two, 100), 0);
    });
    const auto port = open();
    copier one(*port), two(*port);
    std::atomic<int> wrong = 0;
    {
        const std::jthread other([&] { wrong += work(two, 100); });
        wrong += work(one, 0);
    }
    EXPECT_EQ(wrong, 0);
}

TEST_F(replay, of_a_lost_card_is_lost_and_has_its_results) {
    record_and_replay([&](kernel_port &port) {
        copier job(port);
        job.submit(1).value();
        card.failure = {errc::device_lost, "gone"};
        card.fail_at = card.calls;
        EXPECT_TRUE(port.wait(job.queue, 1, forever).error() == errc::device_lost);
        EXPECT_EQ(job.result_of(0).status, std::uint32_t(DRM_GROQ_STATUS_OK));
    });
}

TEST_F(replay, names_the_call_that_was_not_recorded) {
    record([](kernel_port &port) {
        port.create_buffer(4096).value();
        port.create_buffer(8192).value();
    });
    const auto port = open();
    EXPECT_TRUE(port->create_buffer(8192)) << "other calls may come in between";
    expect_diverged(port->create_buffer(100),
                    "no further create_buffer(size 100); record 0 is "
                    "create_buffer(size 4096)");
    EXPECT_TRUE(port->create_buffer(4096));
    expect_diverged(port->create_buffer(4096), "no create_buffer is left");
}

TEST_F(replay, names_the_command_argument_that_differs) {
    record([](kernel_port &port) { copier(port).submit(1).value(); });
    const auto port = open();
    copier job(*port);
    const drm_groq_command commands[] = {copy(DRM_GROQ_COMMAND_COPY_IN, job.in, 64),
                                         copy(DRM_GROQ_COMMAND_COPY_OUT, job.out)};
    const port_submission submission{commands, 1, job.results.handle, 0};
    expect_diverged(port->submit(job.queue, {&submission, 1}),
                    "buffer_offset, was 0 and is 64");
}

TEST_F(replay, refuses_other_bytes_than_were_copied_in) {
    record([](kernel_port &port) {
        copier job(port);
        job.submit(1).value();
    });
    const auto port = open();
    copier job(*port);
    job.in.bytes[5] = std::byte{1};
    expect_diverged(job.submit(1), "command 0 copied in other bytes: the first that "
                                   "differs is number 5");
}

TEST_F(replay, lets_bytes_differ_that_the_card_may_have_been_writing) {
    card.holds_back = true;
    const auto chain = [](kernel_port &port, std::byte seen) {
        copier job(port);
        job.submit(1).value();
        job.out.bytes[0] = seen; // as far as the card has come
        const auto command = copy(DRM_GROQ_COMMAND_COPY_IN, job.out);
        const port_submission second{{&command, 1}, 2, job.results.handle, 1024};
        EXPECT_TRUE(port.submit(job.queue, {&second, 1}));
    };
    record([&](kernel_port &port) { chain(port, std::byte{1}); });
    chain(*open(), std::byte{2});
}

// Their checksums are right: who wrote them wants to do harm.
TEST_F(replay, takes_no_buffer_for_larger_than_it_is) {
    {
        auto writer = recording_writer::create(file_).value();
        writer.add(calls::create_buffer(8192), {.values = {1, 4096, 8192}});
        writer.add(calls::import_buffer(), {.values = {2, 4096, 8192}});
        writer.add(calls::pin_buffer(0, false), {.values = {3, 4096, 4096}});
    }
    const auto port = open();
    const int file = ::memfd_create("small", MFD_CLOEXEC);
    for (const auto &made : {port->create_buffer(8192), port->import_buffer(file),
                             port->pin_buffer({}, false)}) {
        ASSERT_FALSE(made);
        EXPECT_TRUE(made.error() == errc::invalid);
        EXPECT_THAT(made.error().message(), HasSubstr("bytes that should have"));
    }
    ::close(file);
}

TEST_F(replay, gives_no_queue_twice) {
    {
        auto writer = recording_writer::create(file_).value();
        for (int i = 0; i < 2; ++i)
            writer.add(calls::create_queue(1, 0, 0), {.values = {1, 0}});
    }
    const auto port = open();
    EXPECT_TRUE(port->create_queue(1, 0, 0));
    const auto second = port->create_queue(1, 0, 0);
    ASSERT_FALSE(second);
    EXPECT_TRUE(second.error() == errc::invalid);
    EXPECT_THAT(second.error().message(), HasSubstr("has queue 1 twice"));
}

TEST_F(replay, has_texts_that_end) {
    groq_device_info endless{};
    std::memset(&endless, 'x', sizeof endless);
    {
        auto writer = recording_writer::create(file_).value();
        const auto bytes = std::as_bytes(std::span(&endless, 1));
        writer.add(calls::describe(), {.bytes = {bytes.begin(), bytes.end()}});
    }
    groq_device_info info{};
    info.size = sizeof info;
    open()->describe(info);
    EXPECT_EQ(info.size, sizeof info);
    EXPECT_EQ(info.board, std::string(sizeof info.board - 1, 'x'));
    EXPECT_EQ(info.reason, std::string(sizeof info.reason - 1, 'x'));
    EXPECT_EQ(info.uri, ("replay:" + file_).substr(0, sizeof info.uri - 1));
}

TEST_F(replay, of_a_recording_that_breaks_off_says_so) {
    record([](kernel_port &port) {
        copier job(port);
        job.submit(1).value();
        EXPECT_TRUE(port.wait(job.queue, 1, forever).value());
    });
    std::filesystem::resize_file(file_, std::filesystem::file_size(file_) - 40);
    const auto port = open();
    copier job(*port);
    groq_device_info info{};
    port->describe(info);
    EXPECT_THAT(info.reason, HasSubstr("a.rec breaks off"));
    EXPECT_TRUE(job.submit(1));
    EXPECT_TRUE(port->wait(job.queue, 1, forever)) << "its end had been recorded";
    EXPECT_TRUE(job.port.create_buffer(1).error() == errc::diverged);
    expect_diverged(port->wait(job.queue, 2, forever), "it breaks off");
}

TEST_F(replay, of_batches_takes_as_many_as_the_card_did) {
    record_and_replay([&](kernel_port &port) {
        copier job(port);
        const drm_groq_command nop{};
        const port_submission both[] = {{{&nop, 1}, 1, job.results.handle, 0},
                                        {{&nop, 1}, 2, job.results.handle, 1024}};
        card.fail_at = card.calls + 1;
        EXPECT_EQ(port.submit(job.queue, both).value(), 1u);
        card.fail_at = -1;
        EXPECT_EQ(port.signalled(job.queue).value(), 1u);
    });
}

TEST_F(replay, refuses_what_the_driver_refused) {
    record_and_replay([&](kernel_port &port) {
        card.refuses = {{1, error(errc::access, "not yours", 13)}};
        copier job(port);
        EXPECT_EQ(job.submit(1).value(), 1u);
        EXPECT_TRUE(port.wait(job.queue, 1, forever).value());
        const auto why = port.refusal(job.queue, 1);
        ASSERT_FALSE(why);
        EXPECT_TRUE(why.error() == errc::access);
        EXPECT_EQ(why.error().message(), "not yours");
        EXPECT_EQ(why.error().os_error(), 13);
        EXPECT_TRUE(port.refusal(job.queue, 1));
    });
}

TEST_F(replay, is_not_harmed_by_handles_that_come_again) {
    record_and_replay([&](kernel_port &port) {
        for (int i = 0; i < 3; ++i) {
            card.last_buffer = 0;
            const auto buffer = port.create_buffer(4096).value();
            EXPECT_EQ(buffer.bytes[0], std::byte{0});
            buffer.bytes[0] = std::byte{1};
            port.destroy_buffer(buffer);
        }
    });
}

} // namespace
} // namespace groq
