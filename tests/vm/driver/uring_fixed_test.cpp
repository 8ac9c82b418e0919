// SPDX-License-Identifier: MIT
// Copies from and to the buffers that a ring has registered.
#include "ring.hpp"

#include <functional>
#include <sys/mman.h>
#include <thread>

#include <gtest/gtest.h>

namespace groq::test {
namespace {

constexpr std::size_t bytes = 1 << 20;

struct memory {
    explicit memory(std::size_t length = bytes)
        : size(length), start(static_cast<std::uint8_t *>(
                            mmap(nullptr, length, PROT_READ | PROT_WRITE,
                                 MAP_PRIVATE | MAP_ANONYMOUS, -1, 0))) {
        EXPECT_NE(static_cast<void *>(start), MAP_FAILED);
        for (std::size_t i = 0; i < length; ++i)
            start[i] = static_cast<std::uint8_t>(i * 31 + i / 251);
    }
    memory(const memory &) = delete;
    memory &operator=(const memory &) = delete;
    ~memory() { munmap(start, size); }

    std::uint64_t address(std::size_t offset = 0) const {
        return reinterpret_cast<std::uintptr_t>(start + offset);
    }

    std::size_t size;
    std::uint8_t *start;
};

struct Fixed : testing::Test {
    parameter_set_to timeout{"timeout_ms", "600000"}; // a long program is no hung one
    bench rig;
    const card &device = rig.device();
    std::uint32_t queue = rig.queue();
    std::uint64_t sram = rig.reserve(GROQ_TEXT_BYTES * (bytes / GROQ_TEXT_BYTES + 1));
    memory first, second;
    ring door;

    void SetUp() override {
        ASSERT_EQ(door.error(), 0);
        iovec all[] = {{first.start, first.size}, {second.start, second.size}};
        ASSERT_EQ(io_uring_register_buffers(door.raw(), all, 2), 0);
    }

    drm_groq_uring_copy copy(std::uint64_t address, std::uint64_t size) {
        drm_groq_uring_copy made{};
        made.queue = queue;
        made.rows = 1;
        made.address = address;
        made.sram = sram;
        made.size = size;
        return made;
    }
    io_uring_sqe *prepare(std::uint32_t operation, const drm_groq_uring_copy &copy,
                          std::uint16_t index, std::uint64_t data) {
        io_uring_sqe *sqe = door.prepare(device, operation, copy, data);
        sqe->uring_cmd_flags = IORING_URING_CMD_FIXED;
        sqe->buf_index = index;
        return sqe;
    }
    int execute(std::uint32_t operation, const drm_groq_uring_copy &copy,
                std::uint16_t index = 0) {
        prepare(operation, copy, index, 1);
        door.submit();
        return door.take(1).res;
    }
    void expect(int expected, const std::function<void(drm_groq_uring_copy &)> &change,
                std::uint16_t index = 0) {
        for (std::uint32_t operation :
             {DRM_GROQ_URING_COPY_IN, DRM_GROQ_URING_COPY_OUT}) {
            drm_groq_uring_copy changed = copy(first.address(), 4096);
            change(changed);
            EXPECT_EQ(execute(operation, changed, index), expected);
        }
    }
};

TEST_F(Fixed, CopiesAllOfABuffer) {
    ASSERT_EQ(execute(DRM_GROQ_URING_COPY_IN, copy(first.address(), bytes)),
              DRM_GROQ_STATUS_OK);
    std::memset(second.start, 0, bytes);
    ASSERT_EQ(execute(DRM_GROQ_URING_COPY_OUT, copy(second.address(), bytes), 1),
              DRM_GROQ_STATUS_OK);
    EXPECT_EQ(std::memcmp(first.start, second.start, bytes), 0);
}

TEST_F(Fixed, CopiesAnyBytes) {
    for (std::size_t offset : {std::size_t{0}, std::size_t{1}, std::size_t{4095},
                               std::size_t{4097}, bytes - 70001})
        for (std::size_t size : {1, 320, 4096, 70001}) {
            if (offset + size > bytes)
                continue;
            ASSERT_EQ(
                execute(DRM_GROQ_URING_COPY_IN, copy(first.address(offset), size)),
                DRM_GROQ_STATUS_OK);
            std::memset(second.start, 0xee, bytes);
            ASSERT_EQ(
                execute(DRM_GROQ_URING_COPY_OUT, copy(second.address(offset), size), 1),
                DRM_GROQ_STATUS_OK);
            EXPECT_EQ(std::memcmp(first.start + offset, second.start + offset, size),
                      0);
            EXPECT_TRUE(std::all_of(second.start, second.start + offset,
                                    [](auto byte) { return byte == 0xee; }));
            EXPECT_TRUE(std::all_of(second.start + offset + size, second.start + bytes,
                                    [](auto byte) { return byte == 0xee; }));
        }
}

TEST_F(Fixed, CopiesRowsAndLeavesWhatIsBetween) {
    drm_groq_uring_copy rows = copy(first.address(77), 1000);
    rows.rows = 50;
    rows.stride = 12345;
    rows.sram_stride = 1280;
    ASSERT_EQ(execute(DRM_GROQ_URING_COPY_IN, rows), DRM_GROQ_STATUS_OK);
    std::memset(second.start, 0xee, bytes);
    rows.address = second.address(77);
    ASSERT_EQ(execute(DRM_GROQ_URING_COPY_OUT, rows, 1), DRM_GROQ_STATUS_OK);
    for (std::size_t i = 0; i < bytes; ++i) {
        bool copied = i >= 77 && (i - 77) / 12345 < 50 && (i - 77) % 12345 < 1000;
        ASSERT_EQ(second.start[i], copied ? first.start[i] : 0xee) << i;
    }
}

TEST_F(Fixed, RefusesWhatIsNotInTheBuffer) {
    std::uint64_t end = first.address() + bytes;
    expect(-EFAULT, [](auto &c) { c.address -= 1; });
    expect(-EFAULT, [=](auto &c) { c.address = end - 4095; });
    expect(-EFAULT, [=](auto &c) { c.address = end; });
    expect(-EFAULT, [](auto &c) { c.address = 0; });
    expect(-EFAULT, [](auto &c) { c.address = ~0ull; });
    expect(-EFAULT, [&](auto &c) { c.address = second.address(); });
    expect(
        -EFAULT, [](auto &) {}, 1);
    expect(
        -EFAULT, [](auto &) {}, 2);
    expect(
        -EFAULT, [](auto &) {}, 0xffff);
    expect(-EFAULT, [](auto &c) {
        c.rows = 2;
        c.stride = bytes;
        c.sram_stride = 4096;
    });
    // Rows whose last byte is beyond 64 bits.
    expect(-EFAULT, [](auto &c) {
        c.rows = 3;
        c.stride = ~0ull - 4095;
        c.sram_stride = 4096;
    });
    expect(DRM_GROQ_STATUS_OK, [](auto &) {});
}

TEST_F(Fixed, RefusesWhatEveryCopyIsRefusedFor) {
    buffer host(device, 4096);
    expect(-EINVAL, [&](auto &c) { c.bo = host.handle(); });
    for (int bit = 0; bit < 32; ++bit)
        expect(-EINVAL, [=](auto &c) { c.flags = 1u << bit; });
    expect(-ENOENT, [](auto &c) { c.queue += 100; });
    expect(-EINVAL, [](auto &c) { c.rows = 0; });
    expect(-EINVAL, [](auto &c) { c.size = 0; });
    expect(-EINVAL, [](auto &c) { c.stride = 4096; });
    expect(-EINVAL, [](auto &c) { c.rows = 2, c.stride = 4096; });
    expect(-EACCES, [](auto &c) { c.sram += 2 * bytes; });
    expect(-EACCES, [](auto &c) { c.sram = ~0ull; });
    expect(-E2BIG, [](auto &c) {
        c.rows = 1u << 17;
        c.size = c.stride = c.sram_stride = 1;
    });
}

TEST_F(Fixed, IsForCopiesAlone) {
    job work;
    work.nop();
    auto expect_refused = [&](std::uint32_t operation, auto arguments) {
        io_uring_sqe *sqe = door.prepare(device, operation, arguments, 1);
        sqe->uring_cmd_flags = IORING_URING_CMD_FIXED;
        door.submit();
        EXPECT_EQ(door.take(1).res, -EINVAL);
    };
    expect_refused(DRM_GROQ_URING_SUBMIT, submission(work, queue));
    expect_refused(DRM_GROQ_URING_WAIT, drm_groq_uring_wait{.events = 1});
    expect_refused(DRM_GROQ_URING_CANCEL, drm_groq_uring_cancel{.tag = 1});
    // And an address is no buffer without it.
    EXPECT_EQ(
        door.execute(device, DRM_GROQ_URING_COPY_IN, copy(first.address(), 4096)).res,
        -ENOENT);
}

TEST_F(Fixed, KeepsTheMemoryWhileTheCopyLasts) {
    // Many at once, unregistered while they are under way.
    std::memset(second.start, 0, bytes);
    for (std::uint64_t i = 0; i < 60; ++i) {
        drm_groq_uring_copy piece = copy(first.address(i * 4096), 4096);
        piece.sram += i * 4096;
        prepare(DRM_GROQ_URING_COPY_IN, piece, 0, 2 * i);
        piece.address = second.address(i * 4096);
        prepare(DRM_GROQ_URING_COPY_OUT, piece, 1, 2 * i + 1);
    }
    door.submit();
    EXPECT_EQ(io_uring_unregister_buffers(door.raw()), 0);
    for (std::uint64_t i = 0; i < 120; ++i)
        EXPECT_EQ(door.take(i).res, DRM_GROQ_STATUS_OK);
    EXPECT_EQ(std::memcmp(first.start, second.start, 60 * 4096), 0);
    EXPECT_EQ(execute(DRM_GROQ_URING_COPY_IN, copy(first.address(), 4096)), -EFAULT);
}

TEST_F(Fixed, GivesTheMemoryBackWhenACopyIsCanceled) {
    long_program program(rig);
    std::uint32_t other = device.create_queue(rig.context()),
                  gate = device.create_sync();
    job blocker = program.work(), gated;
    ASSERT_EQ(blocker.then(gate).push(device, other), 0);
    // Behind a job that waits, so that it does not begin.
    ASSERT_EQ(gated.nop().after(gate).push(device, queue), 0);
    drm_groq_uring_copy in = copy(first.address(), bytes);
    in.tag = 5;
    prepare(DRM_GROQ_URING_COPY_IN, in, 0, 1);
    door.submit();
    EXPECT_EQ(cancel(door, device, 5), 1);
    EXPECT_EQ(door.take(1).res, DRM_GROQ_STATUS_CANCELED);
    EXPECT_EQ(io_uring_unregister_buffers(door.raw()), 0);
    EXPECT_EQ(device.destroy_queue(other), 0);
    rig.read(sram, 320); // whatever it is: the queue goes on
}

} // namespace
} // namespace groq::test
