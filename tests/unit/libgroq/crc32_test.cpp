// SPDX-License-Identifier: MIT
#include "crc32.hpp"

#include <cstring>

#include <gtest/gtest.h>

#include "support/program_file.hpp"

namespace groq {
namespace {

TEST(crc32, gives_the_published_check_value) {
    const char *text = "123456789";
    EXPECT_EQ(crc32(std::as_bytes(std::span(text, std::strlen(text)))), 0xcbf43926u);
    EXPECT_EQ(crc32({}), 0u);
}

TEST(crc32, equals_the_plain_definition_at_every_length_and_alignment) {
    const auto data = test::filled(100, 77);
    for (std::size_t from = 0; from < 9; ++from)
        for (std::size_t size = 0; from + size <= data.size(); ++size) {
            const auto piece = std::span(data).subspan(from, size);
            EXPECT_EQ(crc32(piece), test::plain_crc32({piece.begin(), piece.end()}));
        }
}

TEST(crc32, goes_on_where_it_stopped) {
    const auto data = test::filled(64);
    for (std::size_t at = 0; at <= data.size(); ++at)
        EXPECT_EQ(crc32(std::span(data).subspan(at), crc32(std::span(data).first(at))),
                  crc32(data));
}

} // namespace
} // namespace groq
