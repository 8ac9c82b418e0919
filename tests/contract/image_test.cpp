// SPDX-License-Identifier: MIT
//
// Programs that come from their files, and images that stay.
#include "card_under_test.hpp"

#include <thread>

#include <gmock/gmock.h>

#include "support/temporary_file.hpp"

namespace groq::contract {
namespace {

using ::testing::HasSubstr;

class images : public card {
protected:
    image load_file(const file &bytes) {
        stored.write(bytes);
        return image(device, stored.path());
    }

    // Of one row.
    void expect_to_add(const image &image, unsigned addend, unsigned seed) {
        groq::job job(image);
        const auto in = filled(320, seed);
        job.set_input(0, in).value();
        run(job);
        std::vector<std::byte> out(320);
        job.get_output(1, out).value();
        for (std::size_t i = 0; i < out.size(); ++i)
            ASSERT_EQ(out[i], std::byte(std::to_integer<unsigned>(in[i]) + addend));
    }

    test::temporary_file stored;
};

TEST_F(images, from_a_file_are_those_from_memory) {
    const auto loaded = load_file(adder(1, 7));
    expect_to_add(loaded, 7, 1);
    EXPECT_EQ(loaded.program().entry(0).value().name, std::string("main"));
    EXPECT_EQ(loaded.program().tensor_count(), 2u);
    const auto info = loaded.info().value();
    EXPECT_GT(info.copied_bytes, 0u);
    EXPECT_GE(info.sram_bytes, 640u);
    EXPECT_GT(info.load_ns, 0);
}

// Longer than all slots that a file is read into, in one segment and with a tail.
TEST_F(images, of_large_files_arrive_whole) {
    constexpr std::size_t bytes = (9 << 20) + 640;
    const auto loaded = load_file(with_data(adder(1, 3), filled(bytes, 5)));
    EXPECT_GE(loaded.info().value().copied_bytes, bytes);
    expect_to_add(loaded, 3, 1);
    groq::buffer buffer(device, bytes);
    job out(device);
    out.copy_out({buffer, 0, data_at, bytes}).value();
    run(out);
    EXPECT_TRUE(is_filled(buffer.bytes().first(bytes), 5));
}

TEST_F(images, that_stayed_are_not_copied_again) {
    const auto program = load_program(adder(1, 7));
    expect_to_add(image(device, program), 7, 1);
    const image again(device, program);
    EXPECT_EQ(again.info().value().copied_bytes, 0u);
    expect_to_add(again, 7, 2);
}

TEST_F(images, of_one_program_share_its_sram) {
    const auto program = load_program(adder(1, 7));
    const image first(device, program), second(device, program);
    EXPECT_EQ(second.info().value().copied_bytes, 0u);
    expect_to_add(first, 7, 1);
    expect_to_add(second, 7, 2);
}

TEST_F(images, are_loaded_once_by_threads_that_want_the_same) {
    if (is_replayed())
        GTEST_SKIP() << "another thread may be the one that loads it than was";
    const auto program = load_program(adder(1, 7));
    stored.write(adder(1, 7));
    std::vector<std::optional<image>> all(4);
    std::vector<std::thread> threads;
    for (std::size_t i = 0; i < all.size(); ++i)
        threads.emplace_back([&, i] {
            all[i] = i % 2 ? image(device, stored.path()) : image(device, program);
        });
    for (auto &thread : threads)
        thread.join();
    int copied = 0;
    for (auto &each : all) {
        copied += each->info().value().copied_bytes > 0;
        expect_to_add(*each, 7, 1);
    }
    EXPECT_EQ(copied, 1);
}

TEST_F(images, make_room_for_others) {
    for (unsigned addend = 1; addend < 6; ++addend)
        expect_to_add(image(device, load_program(adder(1, addend))), addend, addend);
}

TEST_F(images, are_whole_again_after_a_copy_into_them) {
    const auto program = load_program(with_data(adder(1, 7), filled(640, 1)));
    { const image first(device, program); }
    buffer zeroes(device, 320);
    job spoil(device);
    spoil.copy_in({zeroes, 0, data_at, 320}).value();
    run(spoil);
    const image again(device, program);
    buffer buffer(device, 640);
    job out(device);
    out.copy_out({buffer, 0, data_at, 640}).value();
    run(out);
    EXPECT_TRUE(is_filled(buffer.bytes().first(640), 1));
}

TEST_F(images, of_damaged_files_leave_nothing) {
    auto bytes = with_data(adder(1, 7), filled(5 << 20, 1));
    bytes[bytes.size() / 2] ^= std::byte{1};
    stored.write(bytes);
    const auto refused = image::load(device, stored.path());
    ASSERT_FALSE(refused);
    EXPECT_TRUE(refused.error() == errc::program);
    EXPECT_THAT(refused.error().message(), HasSubstr("damaged"));
    EXPECT_TRUE(region::create(device, device.info().value().sram_bytes))
        << "SRAM is still taken";
}

} // namespace
} // namespace groq::contract
