// SPDX-License-Identifier: MIT
//
// Buffers of memory that is there already: the program's own, and that of others.
#include "card_under_test.hpp"

#include <algorithm>
#include <optional>

#include <fcntl.h>
#include <linux/capability.h>
#include <sys/mman.h>
#include <sys/resource.h>
#include <sys/syscall.h>
#include <unistd.h>

namespace groq::contract {
namespace {

constexpr std::size_t page = 4096;

class memory {
public:
    explicit memory(std::size_t size, int protection = PROT_READ | PROT_WRITE)
        : bytes_(static_cast<std::byte *>(::mmap(nullptr, size, protection,
                                                 MAP_PRIVATE | MAP_ANONYMOUS, -1, 0)),
                 size) {}
    memory(const memory &) = delete;
    ~memory() { ::munmap(bytes_.data(), bytes_.size()); }

    std::span<std::byte> bytes() const { return bytes_; }
    void protect(std::size_t from, std::size_t size, int protection) const {
        ASSERT_EQ(::mprotect(bytes_.data() + from, size, protection), 0);
    }

private:
    std::span<std::byte> bytes_;
};

// The card's limit of pinned memory holds for this thread: it may lock 16 pages.
class little_to_lock {
public:
    little_to_lock() {
        EXPECT_EQ(::getrlimit(RLIMIT_MEMLOCK, &before_), 0);
        const rlimit little{16 * page, before_.rlim_max};
        EXPECT_EQ(::setrlimit(RLIMIT_MEMLOCK, &little), 0);
        EXPECT_EQ(::syscall(SYS_capget, &header_, had_), 0);
        __user_cap_data_struct without[2] = {had_[0], had_[1]};
        without[0].effective &= ~(1u << CAP_IPC_LOCK);
        EXPECT_EQ(::syscall(SYS_capset, &header_, without), 0);
    }
    little_to_lock(const little_to_lock &) = delete;
    ~little_to_lock() {
        ::syscall(SYS_capset, &header_, had_);
        ::setrlimit(RLIMIT_MEMLOCK, &before_);
    }

private:
    rlimit before_{};
    __user_cap_header_struct header_{_LINUX_CAPABILITY_VERSION_3, 0};
    __user_cap_data_struct had_[2]{};
};

class pinned : public card {
protected:
    std::vector<std::byte> read_sram(std::uint64_t sram, std::uint64_t size) {
        const buffer bytes(device, size);
        job job(device);
        job.copy_out({bytes, 0, sram, size}).value();
        run(job);
        return {bytes.bytes().begin(), bytes.bytes().end()};
    }
    errc refusal(std::span<std::byte> bytes) {
        const auto done = buffer::pin(device, bytes);
        return done ? errc{} : static_cast<errc>(done.error().code().value());
    }
};

TEST_F(pinned, memory_is_copied_from_and_to_where_it_is) {
    const memory in(25 * page), out(25 * page);
    const region region(device, 320 * 320);
    {
        const auto from = buffer::pin(device, in.bytes()).value();
        const auto to = buffer::pin(device, out.bytes()).value();
        EXPECT_EQ(from.bytes().data(), in.bytes().data());
        EXPECT_EQ(from.size(), in.bytes().size());
        fill(in.bytes(), 1);
        job job(device);
        job.copy_in({from, 0, region.address(), from.size()}).value();
        job.copy_out({to, 0, region.address(), to.size()}).value();
        run(job);
    }
    EXPECT_TRUE(is_filled(out.bytes(), 1));
    fill(out.bytes(), 2); // it is the program's still
}

TEST_F(pinned, memory_may_be_pinned_again_and_in_part) {
    const memory bytes(4 * page);
    const region region(device, 320 * 52);
    const auto all = buffer::pin(device, bytes.bytes()).value();
    auto again = std::optional(buffer::pin(device, bytes.bytes()).value());
    auto part =
        std::optional(buffer::pin(device, bytes.bytes().subspan(page, page)).value());
    fill(bytes.bytes(), 3);
    part.reset();
    again.reset();
    job job(device);
    job.copy_in({all, 0, region.address(), all.size()}).value();
    run(job);
    EXPECT_TRUE(is_filled(read_sram(region.address(), all.size()), 3));
}

TEST_F(pinned, memory_of_a_job_stays_pinned_for_it) {
    const memory bytes(page);
    const region region(device, 320 * 13);
    job job(device);
    {
        const auto from = buffer::pin(device, bytes.bytes()).value();
        job.copy_in({from, 0, region.address(), page}).value();
    }
    fill(bytes.bytes(), 4);
    run(job);
    EXPECT_TRUE(is_filled(read_sram(region.address(), page), 4));
}

TEST_F(pinned, memory_to_be_read_is_not_written) {
    const memory bytes(page);
    fill(bytes.bytes(), 5);
    bytes.protect(0, page, PROT_READ);
    const region region(device, 320 * 13);
    const auto from = buffer::pin_read_only(device, bytes.bytes()).value();
    job in(device), out(device);
    in.copy_in({from, 0, region.address(), page}).value();
    run(in);
    EXPECT_TRUE(is_filled(read_sram(region.address(), page), 5));
    out.copy_out({from, 0, region.address(), page}).value();
    const auto refused = queue.run(out, ample);
    ASSERT_FALSE(refused);
    EXPECT_TRUE(refused.error() == errc::access) << refused.error().message();
    EXPECT_NE(refused.error().message().find("read"), std::string::npos);
    run(in);
}

TEST_F(pinned, memory_is_whole_pages) {
    const memory bytes(2 * page);
    EXPECT_EQ(refusal({}), errc::invalid);
    EXPECT_EQ(refusal(bytes.bytes().first(page - 1)), errc::invalid);
    EXPECT_EQ(refusal(bytes.bytes().subspan(64, page)), errc::invalid);
    EXPECT_EQ(refusal(bytes.bytes()), errc{});
}

TEST_F(pinned, memory_is_the_programs) {
    const memory bytes(4 * page);
    bytes.protect(2 * page, page, PROT_READ);
    EXPECT_EQ(refusal(bytes.bytes()), errc::access);
    EXPECT_TRUE(buffer::pin_read_only(device, bytes.bytes()));
    bytes.protect(2 * page, page, PROT_NONE);
    EXPECT_TRUE(buffer::pin_read_only(device, bytes.bytes()).error() == errc::access);
    ::munmap(bytes.bytes().data() + 2 * page, page);
    EXPECT_EQ(refusal(bytes.bytes()), errc::access);
    EXPECT_EQ(refusal(bytes.bytes().first(2 * page)), errc{});
}

TEST_F(pinned, memory_has_a_limit_that_the_message_tells) {
    if (is_simulated())
        GTEST_SKIP() << "a simulated card locks no memory";
    const memory bytes(32 * page);
    const little_to_lock here;
    const auto refused = buffer::pin(device, bytes.bytes());
    ASSERT_FALSE(refused);
    EXPECT_TRUE(refused.error() == errc::memory) << refused.error().message();
    EXPECT_NE(refused.error().message().find("65536 bytes of RLIMIT_MEMLOCK"),
              std::string::npos)
        << refused.error().message();
    EXPECT_TRUE(buffer::pin(device, bytes.bytes().first(8 * page)));
}

TEST_F(pinned, memory_is_not_of_a_file) {
    const int disk = ::open("/dev/nvme0n1", O_RDWR | O_CLOEXEC);
    if (is_simulated() || disk < 0)
        GTEST_SKIP() << "a card and a disk are needed";
    void *data = ::mmap(nullptr, page, PROT_READ | PROT_WRITE, MAP_SHARED, disk, 0);
    ASSERT_NE(data, MAP_FAILED);
    EXPECT_EQ(refusal({static_cast<std::byte *>(data), page}), errc::unsupported);
    ::munmap(data, page);
    ::close(disk);
}

// On the card under test, and on that which GROQ_TEST_SECOND_DEVICE names: without it
// a second open of the same.
class shared_buffers : public ::testing::Test {
protected:
    static std::string second_uri() {
        const char *chosen = std::getenv("GROQ_TEST_SECOND_DEVICE");
        return chosen ? chosen + std::string("?shared") : shared_uri();
    }
    void SetUp() override {
        if (is_simulated())
            GTEST_SKIP() << "a simulated card has no dma-bufs";
    }
    // By way of the device's SRAM.
    static void move(const device &device, const buffer &from, const buffer &to) {
        const std::uint64_t size = 640;
        const region region(device, size);
        queue queue(device);
        job job(device);
        job.copy_in({from, 100, region.address(), size}).value();
        job.copy_out({to, 100, region.address(), size}).value();
        ASSERT_TRUE(queue.run(job, ample));
    }
    static int exported(const buffer &made) { return made.export_dma_buf().value(); }

    device first{shared_uri()};
};

TEST_F(shared_buffers, bring_bytes_from_card_to_card) {
    const device second(second_uri());
    const buffer in(first, page), made(first, page), out(second, page);
    const int file = exported(made);
    const auto imported = buffer::import(second, file).value();
    ::close(file);
    ASSERT_EQ(imported.size(), page);
    fill(in.bytes(), 6);
    move(first, in, made);
    EXPECT_TRUE(std::equal(imported.bytes().begin() + 100,
                           imported.bytes().begin() + 740, in.bytes().begin() + 100));
    move(second, imported, out);
    EXPECT_TRUE(std::equal(out.bytes().begin() + 100, out.bytes().begin() + 740,
                           in.bytes().begin() + 100));
}

TEST_F(shared_buffers, outlive_who_made_them) {
    const device second(second_uri());
    auto made = std::optional<buffer>(std::in_place, first, page);
    fill(made->bytes(), 7);
    const int file = exported(*made);
    made.reset();
    const auto imported = buffer::import(second, file).value();
    ::close(file);
    const buffer out(second, page);
    move(second, imported, out);
    EXPECT_EQ(out.bytes()[100], byte_at(100, 7));
}

TEST_F(shared_buffers, end_each_by_itself) {
    // Of one dma-buf an open card has one handle, however often it is imported.
    buffer in(first, page), out(first, page);
    auto made = std::optional<buffer>(std::in_place, first, page);
    const int file = exported(*made);
    auto own = std::optional(buffer::import(first, file).value());
    const auto again = buffer::import(first, file).value();
    ::close(file);
    fill(in.bytes(), 8);
    move(first, in, again);
    made.reset();
    own.reset();
    move(first, again, out);
    EXPECT_EQ(out.bytes()[700], byte_at(700, 8));
}

TEST_F(shared_buffers, are_dma_bufs) {
    const int file = ::open("/dev/null", O_RDWR | O_CLOEXEC);
    const auto refused = buffer::import(first, file);
    ASSERT_FALSE(refused);
    EXPECT_TRUE(refused.error() == errc::invalid) << refused.error().message();
    ::close(file);
    EXPECT_TRUE(buffer::import(first, -1).error() == errc::invalid);
    const memory bytes(page);
    const auto pinned = buffer::pin(first, bytes.bytes()).value();
    EXPECT_TRUE(pinned.export_dma_buf().error() == errc::unsupported);
}

TEST_F(card, of_the_simulator_says_that_it_shares_no_buffers) {
    if (!is_simulated())
        GTEST_SKIP() << "a card shares them";
    EXPECT_TRUE(buffer(device, 1).export_dma_buf().error() == errc::unsupported);
    EXPECT_TRUE(buffer::import(device, 0).error() == errc::unsupported);
}

} // namespace
} // namespace groq::contract
