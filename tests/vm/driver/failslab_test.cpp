// SPDX-License-Identifier: MIT
// Every allocation of every call fails once: the call ends with a clean error, as if
// nothing had been called, and the next one works. Needs a kernel with failslab.
#include "card.hpp"
#include "endless.hpp"
#include "ring.hpp"

#include <array>
#include <cerrno>
#include <cstdlib>
#include <cstring>
#include <fcntl.h>
#include <fstream>
#include <functional>
#include <iostream>
#include <set>
#include <sstream>
#include <sys/mman.h>
#include <unistd.h>
#include <utility>

#include <drm.h>
#include <gtest/gtest.h>

namespace groq::test {
namespace {

constexpr std::uint64_t page = 4096;
constexpr std::uint64_t vector = 320;
constexpr int injections_max = 2000; // a call with more allocations than this is wrong

const std::string debugfs = "/sys/kernel/debug/";

// Where a function of the kernel begins, and the next one.
std::pair<std::uint64_t, std::uint64_t> range_of(const std::string &function) {
    std::set<std::uint64_t> starts;
    std::uint64_t start = 0;
    std::ifstream symbols("/proc/kallsyms");
    for (std::string line; std::getline(symbols, line);) {
        std::istringstream words(line);
        std::uint64_t address = 0;
        std::string type, name;
        words >> std::hex >> address >> type >> name;
        starts.insert(address);
        if (name == function)
            start = address;
    }
    EXPECT_NE(start, 0U) << function;
    const auto next = starts.upper_bound(start);
    return {start, next == starts.end() ? start : *next};
}

// The allocation that fails is chosen through this file, of the calling thread: the
// next n-1 succeed. Read, it tells how many are left; 0: the failure has come.
class injection {
public:
    injection() : fd_(open("/proc/thread-self/fail-nth", O_RDWR | O_CLOEXEC)) {
        if (fd_ < 0) {
            std::cout << "no fault injection in this kernel\n";
            std::exit(77);
        }
        // All allocations can fail, also those that may sleep, and no trace is printed.
        for (const char *kind : {"failslab/", "fail_page_alloc/"}) {
            write_file(debugfs + kind + "ignore-gfp-wait", "N");
            write_file(debugfs + kind + "verbose", "0");
        }
        write_file(debugfs + "fail_page_alloc/ignore-gfp-highmem", "N");
        write_file(debugfs + "fail_page_alloc/min-order", "0");
        // Not so copies to user space: a call whose answer cannot be delivered has had
        // its effect. They would have to be called from no address at all.
        write_file(debugfs + "fail_usercopy/require-start", "1");
        write_file(debugfs + "fail_usercopy/require-end", "2");
    }
    ~injection() { ::close(fd_); }

    // Nothing fails that this function of the kernel, or what it calls, allocates.
    void spare(const std::string &function) const {
        auto [start, end] = range_of(function);
        for (const char *kind : {"failslab/", "fail_page_alloc/"}) {
            write_file(debugfs + kind + "reject-start", std::to_string(start));
            write_file(debugfs + kind + "reject-end", std::to_string(end));
        }
    }
    injection(const injection &) = delete;
    injection &operator=(const injection &) = delete;

    void arm(int nth) const {
        std::string text = std::to_string(nth);
        EXPECT_GT(pwrite(fd_, text.data(), text.size(), 0), 0) << errno;
    }
    // Whether the failure has come; it does not any more after this.
    bool disarm() const {
        std::array<char, 16> text{};
        EXPECT_GT(pread(fd_, text.data(), text.size() - 1, 0), 0) << errno;
        arm(0);
        return std::atoi(text.data()) == 0;
    }

private:
    int fd_;
};

// What is left of the card, which a call that failed must not have changed.
struct remains {
    std::uint64_t sram_free, queues_free;
    bool operator==(const remains &) const = default;
};

remains left_of(const card &device) {
    return {device.parameter(DRM_GROQ_PARAM_SRAM_FREE),
            device.parameter(DRM_GROQ_PARAM_QUEUES_FREE)};
}

bool is_clean(int error) {
    return error == ENOMEM || error == ENOSPC || error == EAGAIN;
}

// Makes the 1st, 2nd, 3rd, ... allocation of a call fail, until the call has no more.
// A call may succeed in spite of a failure; then `undo` takes its effect back.
void sweep(const card &device, const std::function<int()> &call,
           const std::function<void()> &undo) {
    injection failure;
    const remains before = left_of(device);
    int nth = 0, errors = 0;
    bool came = true;
    while (came && ++nth < injections_max) {
        failure.arm(nth);
        int error = call();
        came = failure.disarm();
        if (error) {
            EXPECT_TRUE(came) << "error " << error << " without a failure";
            EXPECT_TRUE(is_clean(error)) << "failure " << nth << " gave " << error;
            errors++;
        } else {
            undo();
        }
        ASSERT_EQ(left_of(device), before) << "after failure " << nth;
    }
    EXPECT_LT(nth, injections_max);
    std::cout << nth - 1 << " failures, " << errors << " errors\n";
}

struct Failslab : testing::Test {
    bench rig;
    const card &device = rig.device();

    int make_buffer(drm_groq_bo_create &made) const {
        made = {.size = 64 * page, .flags = 0, .handle = 0, .mmap_offset = 0};
        return device.call(DRM_IOCTL_GROQ_BO_CREATE, made);
    }
    void close_handle(std::uint32_t handle) const {
        drm_gem_close arguments{.handle = handle, .pad = 0};
        EXPECT_EQ(device.call(DRM_IOCTL_GEM_CLOSE, arguments), 0);
    }
};

TEST_F(Failslab, BoCreate) {
    drm_groq_bo_create made{};
    sweep(
        device, [&] { return make_buffer(made); }, [&] { close_handle(made.handle); });
}

TEST_F(Failslab, BoPin) {
    void *memory = mmap(nullptr, 16 * page, PROT_READ | PROT_WRITE,
                        MAP_PRIVATE | MAP_ANONYMOUS | MAP_POPULATE, -1, 0);
    ASSERT_NE(memory, MAP_FAILED);
    drm_groq_bo_pin pin{};
    sweep(
        device,
        [&] {
            pin = {.address = reinterpret_cast<std::uintptr_t>(memory),
                   .size = 16 * page,
                   .flags = 0,
                   .handle = 0};
            return device.call(DRM_IOCTL_GROQ_BO_PIN, pin);
        },
        [&] { close_handle(pin.handle); });
    munmap(memory, 16 * page);
}

TEST_F(Failslab, ExportAndImport) {
    drm_groq_bo_create made{};
    ASSERT_EQ(make_buffer(made), 0);
    card other;
    drm_prime_handle shared{}, taken{};
    sweep(
        device,
        [&] {
            shared = {.handle = made.handle, .flags = DRM_CLOEXEC, .fd = -1};
            return device.call(DRM_IOCTL_PRIME_HANDLE_TO_FD, shared);
        },
        [&] { ::close(shared.fd); });
    shared = {.handle = made.handle, .flags = DRM_CLOEXEC, .fd = -1};
    ASSERT_EQ(device.call(DRM_IOCTL_PRIME_HANDLE_TO_FD, shared), 0);
    sweep(
        device,
        [&] {
            taken = {.handle = 0, .flags = 0, .fd = shared.fd};
            return other.call(DRM_IOCTL_PRIME_FD_TO_HANDLE, taken);
        },
        [&] {
            drm_gem_close arguments{.handle = taken.handle, .pad = 0};
            EXPECT_EQ(other.call(DRM_IOCTL_GEM_CLOSE, arguments), 0);
        });
    ::close(shared.fd);
}

TEST_F(Failslab, ContextCreate) {
    drm_groq_context_create made{};
    sweep(
        device,
        [&] {
            made = {};
            return device.call(DRM_IOCTL_GROQ_CONTEXT_CREATE, made);
        },
        [&] { EXPECT_EQ(device.destroy_context(made.id), 0); });
}

TEST_F(Failslab, QueueCreate) {
    drm_groq_queue_create made{};
    sweep(
        device,
        [&] {
            made = {.context = rig.context(), .priority = 0, .flags = 0, .id = 0};
            return device.call(DRM_IOCTL_GROQ_QUEUE_CREATE, made);
        },
        [&] { EXPECT_EQ(device.destroy_queue(made.id), 0); });
}

// What is scrubbed is scrubbed by a job of the driver's own.
TEST_F(Failslab, SramReserve) {
    drm_groq_sram_reserve made{};
    sweep(
        device,
        [&] {
            made = {.context = rig.context(), .flags = 0, .address = 0, .size = vector};
            return device.call(DRM_IOCTL_GROQ_SRAM_RESERVE, made);
        },
        [&] { EXPECT_EQ(device.release(rig.context(), made.address), 0); });
}

TEST_F(Failslab, GetParam) {
    drm_groq_get_param arguments{};
    sweep(
        device,
        [&] {
            arguments = {.param = DRM_GROQ_PARAM_SERIAL, .reserved = 0, .value = 0};
            return device.call(DRM_IOCTL_GROQ_GET_PARAM, arguments);
        },
        [] {});
}

// Commands of all kinds, a strided copy that needs a list, syncs each way and results.
TEST_F(Failslab, Submit) {
    const std::uint64_t sram = rig.reserve(16 * vector);
    buffer host(device, 16 * page);
    buffer results(device, page);
    const std::uint32_t before = device.create_sync(true);
    const std::uint32_t binary = device.create_sync();
    const std::uint32_t timeline = device.create_sync();
    std::uint64_t point = 0;
    sweep(
        device,
        [&] {
            job work;
            work.nop()
                .copy_in(host, 0, sram, 4 * vector)
                .copy_out(host, 0, sram, vector);
            work.commands[1].rows = 8;
            work.commands[1].size = vector / 2;
            work.commands[1].bo_stride = page;
            work.commands[1].sram_stride = vector;
            work.after(before).then(binary).then(timeline, point + 1).results(results);
            return work.push(device, rig.queue());
        },
        [&] {
            EXPECT_EQ(device.wait(timeline, ++point), 0);
            EXPECT_EQ(device.error_of(binary), 0);
            EXPECT_EQ(results.as<drm_groq_result>()[2].status, DRM_GROQ_STATUS_OK);
        });
    job work;
    EXPECT_EQ(rig.execute(work.nop()), 0);
}

// A cancel needs no memory: it cannot fail.
TEST_F(Failslab, Cancel) {
    parameter_set_to timeout("timeout_ms", "3600000"); // a long program is no hung one
    endless other(device, rig.context());
    for (std::uint64_t tag = 1; tag <= 8; ++tag) {
        job waiting;
        waiting.nop().after(other.sync()).submit.tag = tag;
        ASSERT_EQ(waiting.push(device, rig.queue()), 0);
    }
    drm_groq_cancel named{};
    std::uint64_t tag = 0;
    sweep(
        device,
        [&] {
            named = {.tag = ++tag, .flags = 0, .count = 0};
            return device.call(DRM_IOCTL_GROQ_CANCEL, named);
        },
        [&] { EXPECT_EQ(named.count, 1u); });
}

// Through a ring every command gets its completion, whatever failed on the way.
struct FailslabUring : Failslab {
    ring door;
    const std::uint64_t sram = rig.reserve(4 * vector);
    buffer host{device, 16 * page};

    void SetUp() override { ASSERT_EQ(door.error(), 0); }

    void sweep_command(const std::function<void()> &prepare) {
        sweep(
            device,
            [&] {
                prepare();
                if (io_uring_submit(door.raw()) < 0)
                    door.submit(); // the failure has come, to io_uring itself
                return 0;
            },
            [&] {
                int result = door.take(1).res;
                if (result < 0)
                    EXPECT_TRUE(is_clean(-result)) << -result;
                else
                    EXPECT_EQ(result, DRM_GROQ_STATUS_OK);
            });
    }
    drm_groq_uring_copy copy() const {
        return copy_of(host, rig.queue(), 0, sram, 2 * vector);
    }
};

TEST_F(FailslabUring, Submit) {
    job work;
    work.nop().copy_in(host, 0, sram, 2 * vector).copy_out(host, page, sram, vector);
    sweep_command([&] {
        door.prepare(device, DRM_GROQ_URING_SUBMIT, submission(work, rig.queue()), 1);
    });
}

TEST_F(FailslabUring, CopyIn) {
    sweep_command([&] { door.prepare(device, DRM_GROQ_URING_COPY_IN, copy(), 1); });
}

TEST_F(FailslabUring, CopyOut) {
    sweep_command([&] { door.prepare(device, DRM_GROQ_URING_COPY_OUT, copy(), 1); });
}

// It is mapped for the card while the copy lasts.
TEST_F(FailslabUring, CopyOfARegisteredBuffer) {
    void *memory = mmap(nullptr, 4 * page, PROT_READ | PROT_WRITE,
                        MAP_PRIVATE | MAP_ANONYMOUS | MAP_POPULATE, -1, 0);
    ASSERT_NE(memory, MAP_FAILED);
    iovec range{memory, 4 * page};
    ASSERT_EQ(io_uring_register_buffers(door.raw(), &range, 1), 0);
    drm_groq_uring_copy fixed = copy();
    fixed.bo = 0;
    fixed.address = reinterpret_cast<std::uintptr_t>(memory);
    sweep_command([&] {
        io_uring_sqe *sqe = door.prepare(device, DRM_GROQ_URING_COPY_IN, fixed, 1);
        sqe->uring_cmd_flags = IORING_URING_CMD_FIXED;
        sqe->buf_index = 0;
    });
    munmap(memory, 4 * page);
}

TEST_F(Failslab, Mmap) {
    drm_groq_bo_create made{};
    ASSERT_EQ(make_buffer(made), 0);
    void *memory = MAP_FAILED;
    sweep(
        device,
        [&] {
            memory = mmap(nullptr, made.size, PROT_READ | PROT_WRITE, MAP_SHARED,
                          device.fd(), static_cast<off_t>(made.mmap_offset));
            return memory == MAP_FAILED ? errno : 0;
        },
        [&] { munmap(memory, made.size); });
}

TEST_F(Failslab, OpenAndClose) {
    int fd = -1;
    sweep(
        device,
        [&] {
            fd = open("/dev/accel/accel0", O_RDWR | O_CLOEXEC);
            return fd < 0 ? errno : 0;
        },
        [&] { ::close(fd); });
}

// Closing cannot fail, however little memory there is.
TEST_F(Failslab, CloseWithAllThatAClientHas) {
    injection failure;
    const remains before = left_of(device);
    for (int nth = 1; nth <= 40; nth++) {
        card client;
        const std::uint32_t context = client.create_context();
        client.create_queue(context);
        client.reserve(context, 4 * vector);
        client.reserve(context, vector);
        failure.arm(nth);
        client.close();
        failure.disarm();
        ASSERT_EQ(left_of(device), before) << "after failure " << nth;
    }
}

std::string write_to(const std::string &path, const std::string &text) {
    int fd = open(path.c_str(), O_WRONLY | O_CLOEXEC);
    std::string error =
        write(fd, text.data(), text.size()) < 0 ? std::strerror(errno) : "";
    ::close(fd);
    return error;
}

// Probing either succeeds, or leaves nothing: the next try works.
TEST(FailslabProbe, FailsCleanly) {
    const std::string driver = "/sys/bus/pci/drivers/groq/";
    const std::string address = address_of(0);
    injection failure;
    // DRM itself (6.12, drm_minor_alloc_release()) puts an error pointer otherwise.
    failure.spare("drm_sysfs_minor_alloc");
    bool came = true;
    int nth = 0, errors = 0;
    ASSERT_EQ(write_to(driver + "unbind", address), "");
    while (came && ++nth < injections_max) {
        failure.arm(nth);
        std::string error = write_to(driver + "bind", address);
        came = failure.disarm();
        if (!error.empty()) {
            EXPECT_TRUE(came) << error;
            errors++;
            continue;
        }
        ASSERT_EQ(write_to(driver + "unbind", address), "") << "after failure " << nth;
    }
    EXPECT_LT(nth, injections_max);
    std::cout << nth - 1 << " failures, " << errors << " errors\n";
    ASSERT_EQ(write_to(driver + "bind", address), "");
    while (access("/dev/accel/accel0", R_OK | W_OK)) // udev makes it
        usleep(10'000);
    bench rig;
    job work;
    EXPECT_EQ(rig.execute(work.nop()), 0);
}

} // namespace
} // namespace groq::test
