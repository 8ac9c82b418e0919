// SPDX-License-Identifier: MIT
#include "uring_ring.hpp"

#include <algorithm>
#include <cerrno>
#include <chrono>
#include <cstring>
#include <thread>

#include <groq/groq.h>

#include "drm_error.hpp"
#include "sysfs.hpp"

namespace groq {
namespace {

// How long the kernel's thread stays awake without submissions. It takes a processor
// meanwhile; to wake it takes a system call.
constexpr unsigned thread_idle_ms = 10;

error forbidden(int os_error, bool polls) {
    const auto setting = read_line("/proc/sys/kernel/io_uring_disabled");
    if (setting && *setting != "0")
        return fail(errc::permission, os_error,
                    "io_uring is switched off here: sysctl kernel.io_uring_disabled is "
                    "%s; an administrator may set it to 0%s, or use GROQ_PATH=ioctl",
                    setting->c_str(),
                    *setting == "1" ? " or kernel.io_uring_group to a group of yours"
                                    : "");
    return fail(errc::permission, os_error,
                "a seccomp filter or security module keeps this process from %s; allow "
                "io_uring in the container's profile, or use GROQ_PATH=%s",
                polls ? "polling threads of io_uring" : "io_uring",
                polls ? "io_uring" : "ioctl");
}

error cannot_make(int os_error, bool polls) {
    switch (os_error) {
    case EPERM:
    case EACCES:
        return forbidden(os_error, polls);
    case ENOSYS:
        return fail(errc::too_old, os_error,
                    "the kernel has no io_uring (CONFIG_IO_URING), or a seccomp filter "
                    "hides it; use GROQ_PATH=ioctl");
    case EINVAL:
        return fail(errc::too_old, os_error,
                    "io_uring of this kernel lacks entries for commands: Linux 5.19 or "
                    "later has them; use GROQ_PATH=ioctl");
    case ENOMEM:
        return fail(
            errc::memory, os_error,
            "no memory for a ring of io_uring: raise RLIMIT_MEMLOCK (ulimit -l), "
            "or use GROQ_PATH=ioctl");
    default:
        return fail(errc::system, os_error, "cannot make a ring of io_uring");
    }
}

std::int64_t time_left(std::int64_t deadline) {
    return std::max<std::int64_t>(deadline - groq_deadline_after(0), 0);
}

} // namespace

result<std::unique_ptr<uring_ring>> uring_ring::create(int card,
                                                       const options &options) {
    io_uring_params parameters{};
    parameters.flags = IORING_SETUP_SQE128 | IORING_SETUP_CQE32 | IORING_SETUP_CQSIZE;
    parameters.cq_entries = options.completions;
    if (options.polls) {
        parameters.flags |= IORING_SETUP_SQPOLL;
        parameters.sq_thread_idle = thread_idle_ms;
    }
    std::unique_ptr<uring_ring> ring(new uring_ring(card, options.polls));
    const int made =
        ::io_uring_queue_init_params(options.entries, &ring->ring_, &parameters);
    if (made < 0)
        return cannot_make(-made, options.polls);
    ring->is_made_ = true;
    return ring;
}

uring_ring::~uring_ring() {
    if (is_made_)
        ::io_uring_queue_exit(&ring_);
}

result<void> uring_ring::put(std::uint32_t command, const void *argument,
                             std::size_t bytes, std::uint64_t data) {
    io_uring_sqe *sqe = ::io_uring_get_sqe(&ring_);
    for (; !sqe; sqe = ::io_uring_get_sqe(&ring_)) {
        if (const auto done = enter(); !done)
            return done;
        if (const auto done = await_room(); !done)
            return done;
    }
    std::memset(sqe, 0, 2 * sizeof *sqe);
    sqe->opcode = IORING_OP_URING_CMD;
    sqe->fd = card_;
    sqe->cmd_op = command;
    sqe->user_data = data;
    std::memcpy(sqe->cmd, argument, bytes);
    return {};
}

// All at once, unless memory runs out on the way.
result<void> uring_ring::enter() {
    while (::io_uring_sq_ready(&ring_) != 0) {
        calls_ += !has_awake_thread();
        const int done = ::io_uring_submit(&ring_);
        if (done < 0 && done != -EINTR)
            return driver_refused("take work through io_uring",
                                  done == -EAGAIN ? ENOMEM : -done);
        if (polls_)
            break;
    }
    return {};
}

bool uring_ring::has_awake_thread() const {
    return polls_ && !(IO_URING_READ_ONCE(*ring_.sq.kflags) & IORING_SQ_NEED_WAKEUP);
}

// The processor that we have may be the one that the kernel's thread waits for.
result<void> uring_ring::await_room() const {
    while (::io_uring_sq_space_left(&ring_) == 0) {
        ++calls_;
        const int done =
            ::io_uring_enter(unsigned(ring_.ring_fd), 0, 0,
                             IORING_ENTER_SQ_WAKEUP | IORING_ENTER_SQ_WAIT, nullptr);
        if (done < 0 && done != -EINTR)
            return driver_refused("take work through io_uring", -done);
    }
    return {};
}

// The kernel has a call to wait for room, none for this, unless with a completion,
// which event files would tell. Its thread may need the processor that we have.
void uring_ring::settle() const {
    constexpr unsigned spins = 1000; // some microseconds
    for (unsigned i = 0; ::io_uring_sq_ready(&ring_) != 0; ++i)
        if (i >= spins) {
            ++calls_;
            std::this_thread::sleep_for(std::chrono::microseconds(10));
        }
}

bool uring_ring::refill() {
    if (!(IO_URING_READ_ONCE(*ring_.sq.kflags) & IORING_SQ_CQ_OVERFLOW))
        return false;
    ++calls_;
    return ::io_uring_get_events(&ring_) >= 0;
}

void uring_ring::release() {
    ::io_uring_cq_advance(&ring_, seen_);
    seen_ = 0;
}

result<void> uring_ring::sleep(std::int64_t deadline, unsigned completions) const {
    const auto left = time_left(deadline);
    __kernel_timespec time{};
    time.tv_sec = left / 1'000'000'000;
    time.tv_nsec = left % 1'000'000'000;
    io_uring_getevents_arg argument{};
    argument.ts =
        deadline == GROQ_FOREVER ? 0 : reinterpret_cast<std::uintptr_t>(&time);
    ++calls_;
    const int done =
        ::io_uring_enter2(unsigned(ring_.ring_fd), 0, completions,
                          IORING_ENTER_GETEVENTS | IORING_ENTER_EXT_ARG,
                          reinterpret_cast<sigset_t *>(&argument), sizeof argument);
    if (done < 0 && done != -ETIME && done != -EINTR)
        return driver_refused("wait with io_uring", -done);
    return {};
}

result<void> uring_ring::set_event_file(int file) {
    if (has_event_file_)
        ::io_uring_unregister_eventfd(&ring_);
    has_event_file_ = false;
    if (file < 0)
        return {};
    if (const int done = ::io_uring_register_eventfd(&ring_, file); done < 0)
        return driver_refused("signal an eventfd", -done);
    has_event_file_ = true;
    return {};
}

result<void> check_uring(bool polls) {
    const auto ring = uring_ring::create(-1, {1, 2, polls});
    if (!ring)
        return ring.error();
    return {};
}

} // namespace groq
