// SPDX-License-Identifier: MIT
#include "sim/host_memory.hpp"

#include <array>
#include <cstring>

#include <gtest/gtest.h>

namespace groq::sim {
namespace {

TEST(host_memory, is_zeroed_whole_pages) {
    host_memory memory;
    const auto pages = memory.allocate(5000);
    ASSERT_EQ(pages->bytes().size(), 8192u);
    EXPECT_EQ(pages->bus_address() % 4096, 0u);
    for (const auto byte : pages->bytes())
        EXPECT_EQ(byte, std::byte{0});
}

TEST(host_memory, is_reached_to_its_last_byte_and_no_further) {
    host_memory memory;
    const auto pages = memory.allocate(4096);
    const auto start = pages->bus_address();
    char byte = 'x';
    EXPECT_TRUE(memory.write(start + 4095, &byte, 1));
    EXPECT_EQ(pages->bytes()[4095], std::byte{'x'});
    EXPECT_FALSE(memory.read(start - 1, &byte, 1));
    EXPECT_FALSE(memory.read(start + 4096, &byte, 1));
    EXPECT_FALSE(memory.write(start + 4095, &byte, 2));
    EXPECT_FALSE(memory.read(start, &byte, ~std::size_t{0}));
    EXPECT_FALSE(memory.read(0, &byte, 1));
}

TEST(host_memory, takes_every_size_at_every_alignment) {
    host_memory memory;
    const auto pages = memory.allocate(4096);
    std::array<unsigned char, 64> data;
    for (std::size_t i = 0; i < data.size(); ++i)
        data[i] = static_cast<unsigned char>(i + 1);
    for (std::size_t offset = 0; offset < 9; ++offset)
        for (std::size_t size = 0; size <= data.size(); ++size) {
            std::array<unsigned char, 64> back{};
            ASSERT_TRUE(memory.write(pages->bus_address() + offset, data.data(), size));
            ASSERT_TRUE(memory.read(pages->bus_address() + offset, back.data(), size));
            ASSERT_EQ(std::memcmp(back.data(), data.data(), size), 0);
        }
}

TEST(host_memory, is_gone_when_it_is_freed) {
    host_memory memory;
    auto pages = memory.allocate(4096);
    const auto address = pages->bus_address();
    pages.reset();
    char byte = 0;
    EXPECT_FALSE(memory.read(address, &byte, 1));
}

} // namespace
} // namespace groq::sim
