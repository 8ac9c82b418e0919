// SPDX-License-Identifier: MIT
#include "sim/host_memory.hpp"

#include <array>
#include <cstring>
#include <span>

#include <sys/mman.h>

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

class pinned_memory : public ::testing::Test {
protected:
    static constexpr std::size_t page = 4096;

    ~pinned_memory() override { ::munmap(memory.data(), memory.size()); }

    host_memory bus;
    std::span<std::byte> memory{
        static_cast<std::byte *>(::mmap(nullptr, 4 * page, PROT_READ | PROT_WRITE,
                                        MAP_PRIVATE | MAP_ANONYMOUS, -1, 0)),
        4 * page};
};

TEST_F(pinned_memory, stays_where_it_is_and_the_callers) {
    auto pages = bus.pin(memory, host_access::full);
    ASSERT_TRUE(pages);
    EXPECT_EQ(pages->bytes().data(), memory.data());
    const char byte = 'x';
    EXPECT_TRUE(bus.write(pages->bus_address() + page, &byte, 1));
    pages.reset();
    EXPECT_EQ(memory[page], std::byte{'x'});
}

TEST_F(pinned_memory, may_be_pinned_twice_and_in_part) {
    auto all = bus.pin(memory, host_access::full);
    auto again = bus.pin(memory, host_access::full);
    auto part = bus.pin(memory.subspan(page, page), host_access::full);
    char byte = 'y';
    EXPECT_TRUE(bus.write(part->bus_address(), &byte, 1));
    part.reset();
    EXPECT_TRUE(bus.read(again->bus_address() + page, &byte, 1));
    again.reset();
    EXPECT_TRUE(bus.write(all->bus_address() + 4 * page - 1, &byte, 1));
    EXPECT_FALSE(bus.write(all->bus_address() + 4 * page, &byte, 1));
    EXPECT_EQ(memory[4 * page - 1], std::byte{'y'});
}

TEST_F(pinned_memory, is_not_written_when_it_is_to_be_read) {
    const auto pages = bus.pin(memory, host_access::read_only);
    char byte = 'z';
    EXPECT_FALSE(bus.write(pages->bus_address(), &byte, 1));
    EXPECT_TRUE(bus.read(pages->bus_address(), &byte, 1));
    EXPECT_EQ(byte, 0);
}

TEST_F(pinned_memory, is_memory_that_may_be_used_so) {
    ::mprotect(memory.data() + page, page, PROT_READ);
    EXPECT_FALSE(bus.pin(memory, host_access::full));
    EXPECT_TRUE(bus.pin(memory, host_access::read_only));
    EXPECT_TRUE(bus.pin(memory.first(page), host_access::full));
    ::mprotect(memory.data() + page, page, PROT_NONE);
    EXPECT_FALSE(bus.pin(memory, host_access::read_only));
    ::munmap(memory.data() + page, page);
    EXPECT_FALSE(bus.pin(memory, host_access::full));
    EXPECT_FALSE(bus.pin(memory, host_access::read_only));
}

} // namespace
} // namespace groq::sim
