// SPDX-License-Identifier: MIT
//
// Copies of impossible shapes, and possible ones that are odd. Written from the headers
// alone.
#include "card_under_test.hpp"

#include <limits>

#include <gmock/gmock.h>
#include <unistd.h>

namespace groq::contract {
namespace {

using ::testing::HasSubstr;

constexpr std::uint64_t huge = std::numeric_limits<std::uint64_t>::max();

class odd_copy : public card {
protected:
    // Either way; and the job has no step more than before.
    void is_refused(const copy &shape, const char *told) {
        job plain(device);
        for (const auto &end : {plain.copy_in(shape), plain.copy_out(shape)}) {
            ASSERT_FALSE(end);
            EXPECT_TRUE(end.error() == errc::invalid) << end.error().message();
            EXPECT_THAT(end.error().message(), HasSubstr(told));
        }
        EXPECT_THAT(queue.submit(plain).error().message(), HasSubstr("empty"));
    }

    // Out of somebody else's SRAM, or past the end of all: no step is taken.
    void is_denied(const copy &shape) {
        for (const bool in : {true, false}) {
            job plain(device);
            const auto appended = in ? plain.copy_in(shape) : plain.copy_out(shape);
            const auto end = appended ? queue.run(plain, ample)
                                      : result<completion>(appended.error());
            ASSERT_FALSE(end);
            EXPECT_TRUE(end.error() == errc::access) << end.error().message();
            EXPECT_EQ(queue.info().value().in_work, 0u);
        }
    }

    const groq::region region{device, 640};
    const groq::buffer bytes{device, 640};
    const std::uint64_t sram = region.address();
};

TEST_F(odd_copy, of_nothing_is_refused) {
    is_refused({bytes, 0, sram, 0}, "0 bytes");
    is_refused({bytes, 0, sram, 320, 0}, "0 rows");
}

TEST_F(odd_copy, past_the_end_of_its_buffer_is_refused) {
    is_refused({bytes, 0, sram, 641}, "past the end");
    is_refused({bytes, 640, sram, 1}, "past the end");
    is_refused({bytes, 0, sram, huge}, "past the end");
    is_refused({bytes, huge, sram, 1}, "past the end");
    is_refused({bytes, huge, sram, huge}, "past the end");
    is_refused({bytes, 1, sram, 320, 2, 320, 320}, "past the end");
    is_refused({bytes, 0, sram, 320, 3, 320, 320}, "past the end");
}

TEST_F(odd_copy, whose_strides_overflow_is_refused) {
    is_refused({bytes, 0, sram, 1, 2, huge, 320}, "past the end");
    is_refused({bytes, 0, sram, 1, 3, huge / 2 + 1, 320}, "past the end");
    is_refused({bytes, 0, sram, 1, 0xffffffff, (huge >> 32) + 2, 320}, "past the end");
}

TEST_F(odd_copy, of_rows_that_cannot_be_is_refused) {
    is_refused({bytes, 0, sram, 320, 1, 320, 0}, "single row");
    is_refused({bytes, 0, sram, 320, 1, 0, 320}, "single row");
    is_refused({bytes, 0, sram, 320, 2, 319, 320}, "shorter");
    is_refused({bytes, 0, sram, 320, 2, 320, 319}, "shorter");
    is_refused({bytes, 0, sram, 1, std::uint64_t{1} << 32, 1, 1}, "rows");
}

TEST_F(odd_copy, outside_of_all_sram_is_denied) {
    is_denied({bytes, 0, huge, 1});
    is_denied({bytes, 0, huge - 639, 640});
    is_denied({bytes, 0, sram, 1, 2, 1, huge});
    is_denied({bytes, 0, sram, 1, 2, 1, huge / 2 + 1});
    is_denied({bytes, 0, std::uint64_t{1} << 32, 320});
    is_denied({bytes, 0, sram + 1, 640});
}

TEST_F(odd_copy, of_single_bytes_arrives) {
    const groq::buffer tiny(device, 1);
    EXPECT_EQ(tiny.size(), 1u);
    EXPECT_EQ(tiny.as<std::uint32_t>().size(), 0u);
    EXPECT_EQ(reinterpret_cast<std::uintptr_t>(tiny.bytes().data()) %
                  std::uintptr_t(::sysconf(_SC_PAGESIZE)),
              0u);
    tiny.bytes()[0] = std::byte(0x5a);
    job there_and_back(device);
    there_and_back.copy_in({tiny, 0, sram + 639, 1}).value();
    there_and_back.copy_out({bytes, 3, sram + 639, 1}).value();
    run(there_and_back);
    EXPECT_EQ(bytes.bytes()[3], std::byte(0x5a));
    EXPECT_EQ(bytes.bytes()[2], std::byte());
    EXPECT_EQ(bytes.bytes()[4], std::byte());
}

TEST_F(odd_copy, of_rows_that_touch_is_one_piece) {
    fill(bytes.bytes(), 9);
    const groq::buffer back(device, 640);
    job both(device);
    both.copy_in({bytes, 0, sram, 1, 640, 1, 1}).value();
    both.copy_out({back, 0, sram, 640}).value();
    const auto end = queue.run(both, ample);
    ASSERT_TRUE(end) << end.error().message();
    EXPECT_EQ(end->bytes, 1280u);
    EXPECT_TRUE(is_filled(back.bytes(), 9));
}

TEST_F(odd_copy, regions_of_odd_sizes_are_refused) {
    for (const std::uint64_t size : {0ull, 1ull, 319ull, 321ull}) {
        const auto made = region::create(device, size);
        ASSERT_FALSE(made);
        EXPECT_TRUE(made.error() == errc::invalid);
        EXPECT_THAT(made.error().message(), HasSubstr("320"));
    }
    for (const std::uint64_t size : {huge / 320 * 320, std::uint64_t{320} << 50}) {
        const auto made = region::create(device, size);
        ASSERT_FALSE(made);
        EXPECT_TRUE(made.error() == errc::sram) << made.error().message();
        EXPECT_THAT(made.error().message(), HasSubstr("SRAM"));
    }
    EXPECT_TRUE(region::create(device, 320)) << "there is still room";
}

} // namespace
} // namespace groq::contract
