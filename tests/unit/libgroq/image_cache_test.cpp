// SPDX-License-Identifier: MIT
//
// What stays in SRAM, what of it is copied again, and what goes.
#include "image_cache.hpp"

#include <array>
#include <thread>

#include <gmock/gmock.h>

#include "card_fixture.hpp"
#include "image.hpp"
#include "job.hpp"
#include "queue.hpp"
#include "support/temporary_file.hpp"

namespace groq {
namespace {

using ::testing::HasSubstr;

using loaded_image = std::shared_ptr<groq_image>;

// `file` with its last four bytes such that its sum is that of another one: the sum is
// linear in them, so that each bit of it can be had by a mask of theirs.
test::bytes with_checksum(test::bytes file, const checksum_field &wanted) {
    const auto set = [&](std::uint64_t at, std::uint32_t value) {
        std::memcpy(&file[at], &value, sizeof value);
    };
    const auto sum_with = [&](std::uint32_t tail) {
        set(wanted.offset, 0);
        set(file.size() - 4, tail);
        return test::plain_crc32(file);
    };
    struct row {
        std::uint32_t sum, mask;
    };
    const auto base = sum_with(0);
    std::array<row, 32> rows;
    for (unsigned bit = 0; bit < 32; ++bit)
        rows[bit] = {sum_with(1u << bit) ^ base, 1u << bit};
    std::uint32_t rest = wanted.crc32 ^ base, tail = 0;
    for (unsigned bit = 0; bit < 32; ++bit) {
        const auto has_bit = [&](const row &each) { return each.sum >> bit & 1; };
        std::swap(rows[bit], *std::find_if(rows.begin() + bit, rows.end(), has_bit));
        for (auto each = rows.begin() + bit + 1; each != rows.end(); ++each)
            if (has_bit(*each))
                *each = {each->sum ^ rows[bit].sum, each->mask ^ rows[bit].mask};
        if (rest >> bit & 1) {
            rest ^= rows[bit].sum;
            tail ^= rows[bit].mask;
        }
    }
    EXPECT_EQ(sum_with(tail), wanted.crc32);
    set(wanted.offset, wanted.crc32);
    return file;
}

class cached_image : public on_fake_card {
protected:
    // 64 bytes and zeroes that the program only reads, and as many that it writes.
    static test::program_file mixed(unsigned seed = 50, std::uint32_t at = 0) {
        test::program_file made;
        made.ranges = {{at, 320 * 20}};
        made.segments = {{at, test::filled(64), 100},
                         {at + 320, test::filled(64, seed), 100}};
        made.segments[0].flags = PF_R;
        made.entries[0].launch = std::uint32_t(at);
        made.tensors = {test::make_tensor("in", GROQ_TENSOR_INPUT, GROQ_ELEMENT_I8, 2,
                                          10,
                                          {{0, 0, 10, std::uint32_t(at + 640), 640}})};
        return made;
    }

    loaded_image load_image(const test::program_file &file = mixed()) {
        return groq_image::load(device, load(file), GROQ_FOREVER).value();
    }
    loaded_image load_from_file(const test::program_file &file = mixed()) {
        stored.write(file.write());
        return groq_image::load_file(device, stored.path(), GROQ_FOREVER).value();
    }
    static std::uint64_t copied(const loaded_image &image) {
        return image->info().copied_bytes;
    }

    // As a program or a caller would.
    void scribble(std::size_t at) { card.sram[at] ^= std::byte{0xff}; }
    bool is_as_loaded(std::size_t at) const {
        const auto expected = test::filled(64, at == 0 ? 1 : 50);
        return std::equal(expected.begin(), expected.end(),
                          card.sram.begin() + long(at)) &&
               std::all_of(card.sram.begin() + long(at) + 64,
                           card.sram.begin() + long(at) + 100,
                           [](auto byte) { return byte == std::byte{0}; });
    }

    // A job that copies rows from outside to SRAM.
    void copy_in(const copy_shape &shape) {
        auto job = std::make_shared<groq_job>(device);
        job->append_copy(DRM_GROQ_COMMAND_COPY_IN,
                         groq_buffer::create(device, 4096).value(), shape);
        job->note_write(shape);
        const auto queue = groq_queue::create(device, 0).value();
        const auto ticket = queue->submit(job).value();
        ASSERT_TRUE(queue->wait(ticket, GROQ_FOREVER));
    }

    void fault() {
        auto job = groq_job::create_run(load_image(), nullptr).value();
        card.on_run = [](auto &, auto &result) {
            result.status = DRM_GROQ_STATUS_FAULT;
        };
        const auto queue = groq_queue::create(device, 0).value();
        const auto ticket = queue->submit(job).value();
        ASSERT_TRUE(queue->wait(ticket, GROQ_FOREVER));
        card.on_run = {};
    }

    static constexpr std::uint64_t all = 200, written = 100;
    test::temporary_file stored;
    std::shared_ptr<groq_device> device = open();
};

TEST_F(cached_image, keeps_what_nobody_uses) {
    EXPECT_EQ(copied(load_image()), 128u) << "new SRAM is zero";
    EXPECT_EQ(card.reserved.size(), 1u);
    EXPECT_EQ(copied(load_image()), written);
    EXPECT_EQ(card.reserved.size(), 1u);
}

TEST_F(cached_image, copies_what_the_program_writes_again_with_its_zeroes) {
    load_image();
    scribble(320);
    scribble(320 + 99);
    load_image();
    EXPECT_TRUE(is_as_loaded(0));
    EXPECT_TRUE(is_as_loaded(320));
}

TEST_F(cached_image, copies_nothing_of_a_program_that_writes_nothing) {
    auto file = mixed();
    file.segments[1].flags = PF_R;
    load_image(file);
    const auto submissions = card.log.size();
    EXPECT_EQ(copied(load_image(file)), 0u);
    EXPECT_EQ(card.log.size(), submissions);
}

TEST_F(cached_image, knows_programs_from_files_and_from_memory_as_the_same) {
    load_image();
    EXPECT_EQ(copied(load_from_file()), written);
    EXPECT_EQ(copied(load_image()), written);
    EXPECT_EQ(copied(load_from_file()), written);
    EXPECT_EQ(card.reserved.size(), 1u);
}

TEST_F(cached_image, shares_what_is_in_use_as_it_is) {
    const auto first = load_image();
    scribble(320);
    const auto second = load_image(), third = load_from_file();
    EXPECT_EQ(copied(second), 0u);
    EXPECT_EQ(copied(third), 0u);
    EXPECT_FALSE(is_as_loaded(320)) << "it belongs to those who have it";
    EXPECT_EQ(card.reserved.size(), 1u);
}

TEST_F(cached_image, lets_one_queue_at_a_time_use_what_is_shared) {
    const auto first = load_image(), second = load_image();
    int queue = 0, other = 0;
    ASSERT_TRUE(first->enter(&queue));
    EXPECT_TRUE(second->enter(&queue));
    EXPECT_TRUE(second->enter(&other).error() == errc::in_use);
    first->leave(true);
    second->leave(true);
    EXPECT_TRUE(second->enter(&other));
    second->leave(true);
}

TEST_F(cached_image, takes_nothing_for_the_same_that_is_not) {
    load_image();
    EXPECT_EQ(copied(load_image(mixed(51))), 128u);
}

TEST_F(cached_image, copies_all_again_after_a_copy_from_outside) {
    load_image();
    copy_in({0, 0, 320});
    EXPECT_EQ(copied(load_image()), all);
    EXPECT_TRUE(is_as_loaded(0));
    EXPECT_EQ(copied(load_image()), written) << "once";
}

TEST_F(cached_image, copies_all_again_after_a_copy_that_ends_in_it) {
    device.reset(), device = open();
    load_image(mixed(50, 640));
    copy_in({0, 0, 320, 3, 320, 320});
    EXPECT_EQ(copied(load_image(mixed(50, 640))), all);
}

TEST_F(cached_image, does_not_mind_copies_beside_it_and_to_inputs) {
    load_image();
    copy_in({0, 320 * 20, 320});
    copy_in({0, 640, 320});
    copy_in({0, 640, 10, 2, 10, 640});
    copy_in({0, 640 + 640 + 100, 220});
    EXPECT_EQ(copied(load_image()), written);
    copy_in({0, 640, 321});
    EXPECT_EQ(copied(load_image()), all) << "between two rows of the input";
}

TEST_F(cached_image, does_not_trust_sram_after_a_job_that_failed) {
    load_image();
    fault();
    EXPECT_EQ(copied(load_image()), all);
}

TEST_F(cached_image, frees_what_is_in_the_way) {
    load_image();
    auto other = mixed(51);
    const auto held = load_image(other);
    EXPECT_EQ(card.reserved.size(), 1u);
    const auto refused = groq_image::load(device, load(mixed()), GROQ_FOREVER);
    ASSERT_FALSE(refused);
    EXPECT_TRUE(refused.error() == errc::sram) << "somebody has it";
}

TEST_F(cached_image, frees_what_was_used_least_recently) {
    card.sram_limit = 3 * 320 * 20;
    for (const auto at : {0, 320 * 20, 320 * 40})
        load_image(mixed(50, std::uint64_t(at)));
    load_image(mixed(50, 0)); // used again
    ASSERT_TRUE(groq_region::create(device, 320 * 20));
    EXPECT_TRUE(card.reserved.contains(0));
    EXPECT_TRUE(card.reserved.contains(320 * 40));
    EXPECT_EQ(copied(load_image(mixed(50, 0))), written);
}

TEST_F(cached_image, frees_the_next_when_one_cannot_go) {
    card.sram_limit = 2 * 320 * 20;
    for (const auto at : {0, 320 * 20})
        load_image(mixed(50, std::uint64_t(at)));
    card.stuck = 0;
    ASSERT_TRUE(groq_region::create(device, 320 * 20));
    EXPECT_TRUE(card.reserved.contains(0));
}

TEST_F(cached_image, frees_nothing_that_goes_already) {
    const auto shared = open(true);
    auto image = groq_image::load(shared, load(mixed()), GROQ_FOREVER).value();
    card.sram_limit = card.used();
    std::thread goes;
    // The device's lock is held: what goes waits for that with its SRAM.
    card.on_full = [&] {
        if (goes.joinable())
            return;
        goes = std::thread([&] { image.reset(); });
        while (shared->images().idle_bytes() == 0)
            std::this_thread::yield();
    };
    const auto region = groq_region::create(shared, 320 * 20);
    goes.join();
    EXPECT_FALSE(region) << "it would be released with the image";
    EXPECT_TRUE(card.reserved.empty());
}

TEST_F(cached_image, says_what_would_make_room_when_the_device_has_work) {
    load_image();
    card.has_work = true;
    const auto refused = groq_image::load(device, load(mixed(51)), GROQ_FOREVER);
    ASSERT_FALSE(refused);
    EXPECT_TRUE(refused.error() == errc::sram);
    EXPECT_THAT(refused.error().message(),
                HasSubstr("6400 are of programs that nobody"));
    card.has_work = false;
    EXPECT_EQ(copied(load_image()), written) << "it has stayed";
}

TEST_F(cached_image, copies_all_again_after_a_load_that_failed) {
    load_image();
    card.fail_at = card.calls + 3; // the submission
    ASSERT_FALSE(groq_image::load(device, load(mixed()), GROQ_FOREVER));
    card.fail_at = -1;
    EXPECT_EQ(copied(load_image()), all);
}

TEST_F(cached_image, loses_nothing_wherever_loading_again_fails) {
    card.failure = {errc::system, "injected"};
    load_image();
    fail_at_every_call(
        [&] { return !groq_image::load(device, load(mixed()), GROQ_FOREVER); });
    load_from_file();
    fail_at_every_call(
        [&] { return !groq_image::load_file(device, stored.path(), GROQ_FOREVER); });
    EXPECT_EQ(copied(load_image()), written);
    EXPECT_TRUE(is_as_loaded(0));
    EXPECT_TRUE(is_as_loaded(320));
}

TEST_F(cached_image, refuses_a_damaged_file_of_a_program_that_it_has) {
    load_image();
    auto bytes = mixed().write();
    bytes.back() ^= std::byte{1};
    stored.write(bytes);
    const auto refused = groq_image::load_file(device, stored.path(), GROQ_FOREVER);
    ASSERT_FALSE(refused);
    EXPECT_THAT(refused.error().message(), HasSubstr("damaged"));
    EXPECT_EQ(copied(load_image()), all) << "part of it has arrived";
    EXPECT_TRUE(is_as_loaded(320));
}

TEST_F(cached_image, keeps_a_file_that_claims_to_be_another_off_its_neighbours_sram) {
    constexpr std::uint32_t next_to_it = 320 * 20;
    const auto claimed = load(mixed())->checksum();
    const auto neighbour = load_image(mixed(50, next_to_it));
    load_image();
    auto bytes = mixed(51, next_to_it).write();
    std::memcpy(&bytes[claimed.offset], &claimed.crc32, sizeof claimed.crc32);
    stored.write(bytes);
    EXPECT_FALSE(groq_image::load_file(device, stored.path(), GROQ_FOREVER));
    EXPECT_EQ(card.sram[next_to_it + 320], std::byte{50});
    EXPECT_EQ(copied(load_image()), written);
}

// The same size and CRC-32, but not the same: four bytes make up for a change.
TEST_F(cached_image, tells_files_apart_whose_checksum_is_the_same) {
    const auto key = load(mixed())->key();
    stored.write(with_checksum(mixed(51).write(), load(mixed())->checksum()));
    load_image();
    const auto loaded = groq_image::load_file(device, stored.path(), GROQ_FOREVER);
    ASSERT_TRUE(loaded) << loaded.error().message();
    EXPECT_EQ((*loaded)->program().key(), key);
    EXPECT_EQ(copied(*loaded), 128u) << "another one, in new SRAM";
    EXPECT_EQ(card.sram[320], std::byte{51});
}

TEST_F(cached_image, loads_a_program_from_its_file_again_that_was_not_kept) {
    auto other_card = test::fake_card();
    const auto other =
        groq_device::attach(std::make_unique<test::fake_port>(other_card), false)
            .value();
    const auto streamed = load_from_file();
    const auto program = streamed->program().shared_from_this();
    const auto there = groq_image::load(other, program, GROQ_FOREVER);
    ASSERT_TRUE(there) << there.error().message();
    EXPECT_EQ(other_card.sram[320], std::byte{50});
    auto third_card = test::fake_card();
    const auto third =
        groq_device::attach(std::make_unique<test::fake_port>(third_card), false)
            .value();
    stored.write(mixed(52).write());
    const auto refused = groq_image::load(third, program, GROQ_FOREVER);
    ASSERT_FALSE(refused);
    EXPECT_TRUE(refused.error() == errc::program);
    EXPECT_THAT(refused.error().message(), HasSubstr("has changed"));
}

TEST_F(cached_image, is_for_cards_of_ones_own) {
    device = open(true);
    {
        const auto first = load_image();
        EXPECT_EQ(copied(load_image()), 0u);
    }
    EXPECT_TRUE(card.reserved.empty()) << "others want SRAM, too";
}

TEST_F(cached_image, is_waited_for_while_another_thread_loads_it) {
    const program_key key{1, 2};
    const auto contents = load(mixed())->contents();
    std::optional<image_lease> loading =
        device->images().acquire(contents, key, {}, GROQ_FOREVER).value();
    std::vector<sram_state> states(4);
    std::vector<std::thread> threads;
    for (auto &state : states)
        threads.emplace_back([&] {
            auto lease = device->images().acquire(contents, key, {}, GROQ_FOREVER);
            state = lease.value().state();
            if (state != sram_state::shared)
                lease->settle({1, 1});
        });
    loading.reset(); // has failed: one of them makes it good
    for (auto &thread : threads)
        thread.join();
    EXPECT_EQ(std::count(states.begin(), states.end(), sram_state::zeroed), 1);
}

TEST_F(cached_image, is_waited_for_no_longer_than_the_deadline) {
    const program_key key{1, 2};
    const auto contents = load(mixed())->contents();
    auto loading = device->images().acquire(contents, key, {}, GROQ_FOREVER);
    ASSERT_TRUE(loading);
    EXPECT_EQ(loading->state(), sram_state::zeroed);
    EXPECT_TRUE(device->images().acquire(contents, key, {}, 0).error() ==
                errc::timeout);
    loading->settle({1, 1});
    const auto second = device->images().acquire(contents, key, {}, 0);
    ASSERT_TRUE(second);
    EXPECT_EQ(second->state(), sram_state::shared);
}

} // namespace
} // namespace groq
