// SPDX-License-Identifier: MIT
//
// Objects that were moved from, go in any order, or are used by several threads.
// Written from the headers alone.
#include "card_under_test.hpp"

#include <algorithm>
#include <array>
#include <filesystem>
#include <fstream>
#include <functional>
#include <thread>

namespace groq::contract {
namespace {

// Threads of this process; not those by which the kernel serves an io_uring.
std::size_t count_threads() {
    std::size_t count = 0;
    for (const auto &each : std::filesystem::directory_iterator("/proc/self/task")) {
        std::string name;
        std::getline(std::ifstream(each.path() / "comm"), name);
        count += !name.starts_with("iou-");
    }
    return count;
}

TEST(moved_from, objects_are_empty_and_say_so) {
    device card(uri());
    const auto device = std::move(card);
    EXPECT_TRUE(card.info().error() == errc::invalid);
    EXPECT_TRUE(card.read_telemetry().error() == errc::invalid);
    EXPECT_TRUE(card.read_events().error() == errc::invalid);
    EXPECT_TRUE(card.event_fd().error() == errc::invalid);
    EXPECT_TRUE(buffer::create(card, 320).error() == errc::invalid);

    buffer bytes(device, 320);
    const auto buffer = std::move(bytes);
    EXPECT_EQ(bytes.size(), 0u);
    EXPECT_TRUE(bytes.bytes().empty());
    EXPECT_TRUE(bytes.as<int>().empty());
    EXPECT_TRUE(bytes.export_dma_buf().error() == errc::invalid);

    region sram(device, 320);
    const auto region = std::move(sram);
    EXPECT_EQ(sram.address(), 0u);

    queue line(device);
    auto queue = std::move(line);
    job made(device);
    auto job = std::move(made);
    EXPECT_TRUE(line.submit(job).error() == errc::invalid);
    EXPECT_TRUE(line.fd().error() == errc::invalid);
    EXPECT_TRUE(line.reap().error() == errc::invalid);
    EXPECT_TRUE(line.wait(1, now).error() == errc::invalid);
    EXPECT_TRUE(line.cancel(1).error() == errc::invalid);
    EXPECT_TRUE(queue.submit(made).error() == errc::invalid);
    EXPECT_TRUE(made.clear().error() == errc::invalid);
    EXPECT_TRUE(made.copy_in({buffer, 0, region.address(), 320}).error() ==
                errc::invalid);
    EXPECT_TRUE(job.copy_in({bytes, 0, region.address(), 320}).error() ==
                errc::invalid);
    EXPECT_TRUE(job.copy_in({buffer, 0, region.address(), 320}));
    EXPECT_TRUE(queue.run(job, ample));
}

TEST(moved_from, programs_and_images_are_empty) {
    device device(uri());
    auto one = load_program(adder(1, 1));
    const auto two = std::move(one);
    EXPECT_EQ(one.native(), nullptr);
    EXPECT_EQ(one.tensor_count(), 0u);
    EXPECT_EQ(one.entry_count(), 0u);
    EXPECT_EQ(one.sram_bytes(), 0u);
    EXPECT_TRUE(one.entries().empty());
    EXPECT_TRUE(one.find_tensor("in").error() == errc::invalid);
    EXPECT_EQ(program_view(one).tensor_count(), 0u);
    EXPECT_TRUE(image::load(device, one).error() == errc::invalid);
    image first(device, two);
    const auto second = std::move(first);
    EXPECT_TRUE(first.info().error() == errc::invalid);
    EXPECT_EQ(first.program().tensor_count(), 0u);
    EXPECT_TRUE(job::create(first).error() == errc::invalid);
    EXPECT_TRUE(pipeline::create(first).error() == errc::invalid);
    EXPECT_EQ(second.program().tensor_count(), 2u);
}

TEST(moved_from, objects_can_be_assigned_to) {
    device device(uri());
    queue one(device), two(device);
    two = std::move(one);
    one = queue(device);
    const region sram(device, 320);
    buffer bytes(device, 320), other(device, 640);
    bytes = std::move(other);
    EXPECT_EQ(bytes.size(), 640u);
    job copies(device);
    copies.copy_in({bytes, 320, sram.address(), 320}).value();
    EXPECT_TRUE(one.run(copies, ample));
    EXPECT_TRUE(two.run(copies, ample));
}

// What one run takes, in each order of letting go, while the card works on it.
TEST(any_order, of_destruction_is_right) {
    std::array order{0, 1, 2, 3, 4, 5};
    unsigned orders = 0;
    do {
        // Every seventh: in all of them every neighbour is before and behind.
        if (orders++ % 7)
            continue;
        std::optional<device> card(uri());
        std::optional<image> loaded(std::in_place, *card, load_program(lengthy()));
        std::optional<region> sram(std::in_place, *card, 320);
        std::optional<buffer> bytes(std::in_place, *card, 320);
        std::optional<queue> line(std::in_place, *card);
        std::optional<job> work(std::in_place, *card);
        work->copy_in({*bytes, 0, sram->address(), 320}).value();
        work->run(*loaded, "main").value();
        work->copy_out({*bytes, 0, sram->address(), 320}).value();
        line->submit(*work).value();
        const std::array<std::function<void()>, 6> let_go{
            [&] { card.reset(); },  [&] { loaded.reset(); }, [&] { sram.reset(); },
            [&] { bytes.reset(); }, [&] { line.reset(); },   [&] { work.reset(); }};
        for (const auto each : order)
            let_go[std::size_t(each)]();
        const auto again = device::open(uri());
        ASSERT_TRUE(again) << "the card is free: " << again.error().message();
    } while (std::next_permutation(order.begin(), order.end()));
}

TEST(any_order, a_pipeline_keeps_what_it_needs) {
    std::optional<device> card(uri());
    std::optional<image> loaded(std::in_place, *card, load_program(split_adder(1, 5)));
    pipeline line(*loaded);
    loaded.reset();
    card.reset();
    auto data = filled(320, 1);
    EXPECT_TRUE(line.push(data, ample));
    ASSERT_TRUE(line.pop(data, ample));
    EXPECT_EQ(data[7], byte_at(7, 1 + 5));
}

TEST(hidden, threads_are_none) {
    device device(uri()); // a simulated card has threads of its own from here
    const auto before = count_threads();
    const auto path = ::testing::TempDir() + "threads.groq";
    const auto bytes = with_data(adder(1, 1), file(3 << 20));
    std::ofstream(path, std::ios::binary)
        .write(reinterpret_cast<const char *>(bytes.data()),
               std::streamsize(bytes.size()));
    image::load(device, path).value(); // in pieces, as large files are
    EXPECT_EQ(count_threads(), before);
    const image image(device, load_program(split_adder(1, 1)));
    queue queue(device);
    queue.fd().value();
    device.event_fd().value();
    job job(image, "take");
    EXPECT_TRUE(queue.run(job, ample));
    EXPECT_EQ(count_threads(), before);
    pipeline line(image);
    auto data = filled(320, 1);
    EXPECT_TRUE(line.push(data, ample));
    EXPECT_TRUE(line.pop(data, ample));
    EXPECT_EQ(count_threads(), before);
}

// One device and one queue, used for everything at once as the rules allow.
TEST(threads, use_one_card_for_everything_at_once) {
    if (is_replayed())
        GTEST_SKIP() << "threads that share a queue submit in one order alone";
    device device(uri());
    queue queue(device);
    constexpr unsigned threads = 6, rounds = 60;
    std::array<unsigned, threads> good{};
    {
        std::vector<std::jthread> all;
        for (unsigned t = 0; t < threads; ++t)
            all.emplace_back([&, t] {
                for (unsigned round = 0; round < rounds; ++round) {
                    const region sram(device, 320);
                    const buffer from(device, 320), to(device, 320);
                    fill(from.bytes(), t + round);
                    job copies(device);
                    copies.copy_in({from, 0, sram.address(), 320}).value();
                    copies.copy_out({to, 0, sram.address(), 320}).value();
                    const auto number = queue.submit(copies).value();
                    device.read_telemetry().value();
                    device.info().value();
                    queue.info().value();
                    device.read_events().value();
                    good[t] +=
                        queue.wait(number, ample) && is_filled(to.bytes(), t + round);
                }
            });
    }
    for (const auto each : good)
        EXPECT_EQ(each, rounds);
    EXPECT_EQ(queue.info().value().in_work, 0u);
}

// Only one of them gets the result; the others are told that it has been taken.
TEST(threads, that_wait_for_one_job_get_one_result) {
    device device(uri());
    queue queue(device);
    const image image(device, load_program(lengthy()));
    job endless(image);
    const auto number = queue.submit(endless).value();
    std::atomic<unsigned> taken = 0, missed = 0;
    {
        std::vector<std::jthread> all;
        for (int t = 0; t < 4; ++t)
            all.emplace_back([&] {
                const auto end = queue.wait(number, ample);
                taken += end.error() == errc::canceled;
                missed += end.error() == errc::not_found;
            });
        // What ended in a recording ends as soon as somebody waits for it.
        const auto canceled = queue.cancel(number);
        EXPECT_TRUE(canceled || is_replayed()) << canceled.error().message();
    }
    EXPECT_EQ(taken, 1u);
    EXPECT_EQ(missed, 3u);
}

} // namespace
} // namespace groq::contract
