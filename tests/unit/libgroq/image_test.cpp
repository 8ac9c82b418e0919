// SPDX-License-Identifier: MIT
#include "image.hpp"

#include <gmock/gmock.h>

#include "card_fixture.hpp"
#include "job.hpp"
#include "queue.hpp"

namespace groq {
namespace {

using ::testing::HasSubstr;

class image : public on_fake_card {
protected:
    result<std::shared_ptr<groq_image>>
    load_image(const test::program_file &file = {},
               std::int64_t deadline = GROQ_FOREVER) {
        return groq_image::load(device, load(file), deadline);
    }

    // Two segments of so many bytes.
    static test::program_file large(std::uint32_t bytes) {
        test::program_file file;
        file.target.sram_bytes = 320 * 300000;
        file.ranges = {{0, 320 * 40}, {320 * 100, 320 * 250000}};
        file.segments.push_back({320 * 100, test::filled(bytes), bytes});
        file.segments.push_back({320 * 100 + bytes, test::filled(bytes, 99), bytes});
        return file;
    }

    std::shared_ptr<groq_device> device = open();
};

TEST_F(image, puts_the_segments_where_they_belong) {
    const auto loaded = load_image();
    ASSERT_TRUE(loaded);
    EXPECT_EQ(card.reserved, (std::map<std::uint64_t, std::uint64_t>{{0, 320 * 40}}));
    const auto expected = test::filled(64);
    EXPECT_TRUE(std::equal(expected.begin(), expected.end(), card.sram.begin()));
    EXPECT_EQ(card.sram[64], std::byte{0});
    EXPECT_EQ(card.log.size(), 1u);
    EXPECT_TRUE(card.buffers.empty()) << "the staging buffer is left";
}

TEST_F(image, gives_its_sram_back_if_the_card_is_shared) {
    device = open(true);
    load_image().value().reset();
    EXPECT_TRUE(card.reserved.empty());
}

TEST_F(image, of_zeroes_alone_needs_no_copy) {
    test::program_file file;
    file.segments[0].data.clear();
    ASSERT_TRUE(load_image(file));
    EXPECT_TRUE(card.log.empty());
}

TEST_F(image, large_ones_travel_in_few_submissions) {
    card.sram_bytes = 320 * 300000;
    card.sram.resize(card.sram_bytes);
    const std::uint32_t size = 20 << 20;
    ASSERT_TRUE(load_image(large(size)));
    EXPECT_EQ(card.log.size(), 3u);
    EXPECT_EQ(std::memcmp(&card.sram[320 * 100], test::filled(size).data(), size), 0);
    EXPECT_EQ(
        std::memcmp(&card.sram[320 * 100 + size], test::filled(size, 99).data(), size),
        0);
}

TEST_F(image, many_small_segments_travel_together) {
    test::program_file file;
    for (std::uint32_t i = 0; i < 200; ++i)
        file.segments.push_back({640 + i * 2, test::filled(1, i), 1});
    ASSERT_TRUE(load_image(file));
    EXPECT_EQ(card.log.size(), 4u);
    for (std::uint32_t i = 0; i < 200; ++i)
        EXPECT_EQ(card.sram[640 + i * 2], std::byte(i));
}

TEST_F(image, refuses_a_card_with_less_sram) {
    card.sram_bytes = 320 * 99;
    const auto refused = load_image();
    ASSERT_FALSE(refused);
    EXPECT_TRUE(refused.error() == errc::sram);
    EXPECT_THAT(refused.error().message(), HasSubstr("32000"));
    EXPECT_THAT(refused.error().message(), HasSubstr("31680"));
    EXPECT_TRUE(card.reserved.empty());
}

TEST_F(image, refuses_sram_that_is_taken_and_leaves_nothing) {
    test::program_file file;
    file.ranges = {{0, 320 * 2}, {320 * 2, 320 * 38}};
    card.reserved[320 * 2] = 320;
    const auto refused = load_image(file);
    ASSERT_FALSE(refused);
    EXPECT_TRUE(refused.error() == errc::sram);
    EXPECT_EQ(card.reserved.size(), 1u);
}

TEST_F(image, leaves_nothing_behind_wherever_loading_fails) {
    fail_at_every_call([&] { return !load_image(); });
}

TEST_F(image, is_not_loaded_when_the_deadline_passes) {
    card.holds_back = true;
    EXPECT_TRUE(load_image({}, 0).error() == errc::timeout);
    EXPECT_TRUE(card.reserved.empty());
    EXPECT_TRUE(card.held.empty());
}

TEST_F(image, stays_while_a_job_needs_it) {
    device = open(true);
    auto loaded = load_image().value();
    auto job = groq_job::create_run(loaded, nullptr).value();
    loaded.reset();
    EXPECT_EQ(card.reserved.size(), 1u);
    job.reset();
    EXPECT_TRUE(card.reserved.empty());
}

TEST_F(image, sram_comes_back_after_the_last_work_of_the_device) {
    device = open(true);
    card.holds_back = true;
    auto loaded = load_image().value();
    auto other_job = std::make_shared<groq_job>(device);
    other_job->append_copy(DRM_GROQ_COMMAND_COPY_IN,
                           groq_buffer::create(device, 320).value(), {0, 0, 320});
    const auto queue = groq_queue::create(device, 0).value();
    const auto ticket = queue->submit(other_job).value();
    loaded.reset();
    EXPECT_EQ(card.reserved.size(), 1u);
    ASSERT_TRUE(queue->wait(ticket, GROQ_FOREVER));
    EXPECT_TRUE(card.reserved.empty());
}

} // namespace
} // namespace groq
