// SPDX-License-Identifier: MIT
#include "actor.hpp"

#include <cerrno>
#include <csetjmp>
#include <csignal>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <ctime>
#include <optional>

#include <drm/groq_accel.h>

#include <drm.h>
#include <fcntl.h>
#include <poll.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <unistd.h>

namespace groq::fuzz {
namespace {

// Free SRAM and queues of the card, if it is there.
struct free_parts {
    std::uint64_t sram = 0, queues = 0;
    bool operator==(const free_parts &) const = default;
};

std::optional<free_parts> free_parts_of(int fd) {
    drm_groq_get_param sram{}, queues{};
    sram.param = DRM_GROQ_PARAM_SRAM_FREE;
    queues.param = DRM_GROQ_PARAM_QUEUES_FREE;
    if (ioctl(fd, DRM_IOCTL_GROQ_GET_PARAM, &sram) ||
        ioctl(fd, DRM_IOCTL_GROQ_GET_PARAM, &queues))
        return std::nullopt;
    return free_parts{sram.value, queues.value};
}

// Touching a mapping of a buffer may be refused by a signal.
thread_local sigjmp_buf refused_here;
thread_local volatile sig_atomic_t touching = 0;

void on_refusal(int signal) {
    if (touching)
        siglongjmp(refused_here, 1);
    std::signal(signal, SIG_DFL);
}

void touch(volatile std::uint8_t *bytes, std::size_t size, bool write) {
    struct sigaction action {};
    action.sa_handler = on_refusal;
    action.sa_flags = SA_NODEFER;
    sigaction(SIGSEGV, &action, nullptr);
    sigaction(SIGBUS, &action, nullptr);
    if (sigsetjmp(refused_here, 1) == 0) {
        touching = 1;
        for (std::size_t at = 0; at < size; at += 4096)
            if (write)
                bytes[at] = 1;
            else
                (void)bytes[at];
    }
    touching = 0;
}

} // namespace

void actor::operate(std::uint32_t thread, std::uint64_t number) {
    dice roll(seed_, thread, number);
    switch (const auto what = roll.below(100); what) {
    case 0:
        return cards_.close(roll);
    case 1:
        return cards_.copy(roll);
    case 2:
        return fork_away(roll);
    case 3:
    case 4:
        return call_raw(roll);
    case 5 ... 8:
        return wait_for_sync(roll);
    case 9 ... 12:
        return export_and_import(roll);
    case 13 ... 16:
        return map(roll, cards_.some(roll),
                   roll.one_in(8) ? roll.odd() & ~4095ull : cards_.some_offset(roll));
    case 17 ... 18:
        return touch_file(roll);
    case 19 ... 34:
        // A ring that ends lets go of its files, and what they have, some time later.
        if (quiet_)
            return call(roll);
        if (!ring_ || roll.one_in(40))
            ring_ = std::make_unique<uring>(roll, own_);
        return ring_->submit(roll, cards_.some(roll), own_);
    default:
        return call(roll);
    }
}

void actor::call(dice &roll) {
    const fuzz::call &which = choose(roll, ioctls());
    auto argument = fill(roll, which, own_);
    void *const at = own_.place(roll, argument.data(), argument.size());
    const int fd = cards_.some(roll);
    const auto before = quiet_ ? free_parts_of(fd) : std::nullopt;
    const int error = ioctl(fd, which.request, at) ? errno : 0;
    count("ioctl", error);
    // DRM cannot take back what it finds that it cannot tell of.
    if (before && error && error != ENODEV && error != EFAULT)
        if (const auto after = free_parts_of(fd); after && *after != *before) {
            std::printf("refused with %d, yet something changed: request %#lx\n", error,
                        which.request);
            std::exit(1);
        }
    if (!error && which.request == DRM_IOCTL_GROQ_BO_CREATE) {
        drm_groq_bo_create made;
        std::memcpy(&made, at, sizeof made);
        cards_.remember_offset(made.mmap_offset);
        if (roll.one_in(2))
            map(roll, fd, made.mmap_offset);
    }
}

// Any number, size and direction.
void actor::call_raw(dice &roll) {
    std::uint8_t bytes[512];
    for (std::uint8_t &byte : bytes)
        byte = roll.one_in(4) ? static_cast<std::uint8_t>(roll.any()) : 0;
    const auto number = DRM_COMMAND_BASE + static_cast<unsigned>(roll.below(16));
    const auto size = static_cast<unsigned>(roll.below(sizeof bytes));
    const unsigned long request =
        _IOC(static_cast<unsigned>(roll.below(4)), DRM_IOCTL_BASE, number, size);
    // A size in the first eight bytes would be one of a buffer.
    std::memset(bytes + 3, 0, 5);
    count("raw", ioctl(cards_.some(roll), request, bytes) ? errno : 0);
}

void actor::wait_for_sync(dice &roll) {
    timespec now{};
    clock_gettime(CLOCK_MONOTONIC, &now);
    std::uint32_t handles[2];
    std::uint64_t points[2];
    for (int i = 0; i < 2; ++i) {
        handles[i] = 1 + static_cast<std::uint32_t>(roll.below(4));
        points[i] = roll.below(4);
    }
    drm_syncobj_timeline_wait wait{};
    wait.handles = reinterpret_cast<std::uintptr_t>(handles);
    wait.points = reinterpret_cast<std::uintptr_t>(points);
    wait.count_handles = 1 + static_cast<std::uint32_t>(roll.below(2));
    wait.flags = static_cast<std::uint32_t>(roll.below(8));
    wait.timeout_nsec = now.tv_sec * 1'000'000'000LL + now.tv_nsec +
                        static_cast<std::int64_t>(roll.below(5'000'000));
    const unsigned long request = roll.one_in(4) ? DRM_IOCTL_SYNCOBJ_TIMELINE_SIGNAL
                                                 : DRM_IOCTL_SYNCOBJ_TIMELINE_WAIT;
    if (request == DRM_IOCTL_SYNCOBJ_TIMELINE_WAIT) {
        count("wait", ioctl(cards_.some(roll), request, &wait) ? errno : 0);
        return;
    }
    drm_syncobj_timeline_array signal{};
    signal.handles = wait.handles;
    signal.points = wait.points;
    signal.count_handles = wait.count_handles;
    count("signal", ioctl(cards_.some(roll), request, &signal) ? errno : 0);
}

// Buffers and syncobjs go from one open file to another.
void actor::export_and_import(dice &roll) {
    const int from = cards_.some(roll), to = cards_.some(roll);
    const auto handle = 1 + static_cast<std::uint32_t>(roll.below(6));
    if (roll.one_in(2)) {
        drm_prime_handle buffer{};
        buffer.handle = handle;
        buffer.flags = roll.one_in(4) ? static_cast<std::uint32_t>(roll.odd())
                                      : DRM_CLOEXEC | DRM_RDWR;
        if (ioctl(from, DRM_IOCTL_PRIME_HANDLE_TO_FD, &buffer))
            return count("export", errno);
        count("import", ioctl(to, DRM_IOCTL_PRIME_FD_TO_HANDLE, &buffer) ? errno : 0);
        ::close(buffer.fd);
        return;
    }
    drm_syncobj_handle sync{};
    sync.handle = handle;
    sync.flags = static_cast<std::uint32_t>(roll.below(2));
    if (ioctl(from, DRM_IOCTL_SYNCOBJ_HANDLE_TO_FD, &sync))
        return count("export", errno);
    sync.handle = 1 + static_cast<std::uint32_t>(roll.below(4));
    count("import", ioctl(to, DRM_IOCTL_SYNCOBJ_FD_TO_HANDLE, &sync) ? errno : 0);
    ::close(sync.fd);
}

void actor::map(dice &roll, int fd, std::uint64_t offset) {
    const std::size_t size = 4096 * (1 + roll.below(roll.one_in(8) ? 1024 : 4));
    const bool write = roll.one_in(2);
    void *const at =
        mmap(nullptr, size, write ? PROT_READ | PROT_WRITE : PROT_READ,
             roll.one_in(8) ? MAP_PRIVATE : MAP_SHARED, fd, static_cast<off_t>(offset));
    if (at == MAP_FAILED)
        return count("mmap", errno);
    count("mmap", 0);
    touch(static_cast<volatile std::uint8_t *>(at), size, write);
    munmap(at, size);
}

// What else a file can be asked for; none of it may wait.
void actor::touch_file(dice &roll) {
    const int fd = cards_.some(roll);
    char bytes[256];
    pollfd ready{fd, POLLIN | POLLOUT, 0};
    switch (roll.below(4)) {
    case 0:
        poll(&ready, 1, 0);
        break;
    case 1:
        if (read(fd, bytes, sizeof bytes) < 0)
            count("read", errno);
        break;
    case 2:
        lseek(fd, static_cast<off_t>(roll.odd()), SEEK_SET);
        break;
    default:
        std::snprintf(bytes, sizeof bytes, "/proc/self/fdinfo/%d", fd);
        if (const int info = open(bytes, O_RDONLY | O_CLOEXEC); info >= 0) {
            while (read(info, bytes, sizeof bytes) > 0)
                ;
            ::close(info);
        }
    }
}

// A child has all files, uses some, and dies of its own or of a kill.
void actor::fork_away(dice &roll) {
    const pid_t child = fork();
    if (child == 0) {
        ring_.release(); // NOLINT: the parent's
        for (std::uint64_t i = roll.below(8); i > 0; --i)
            call(roll);
        if (roll.one_in(2))
            kill(getpid(), SIGKILL);
        _exit(0);
    }
    int status = 0;
    if (child > 0)
        waitpid(child, &status, 0);
    // Dead by anything else, it has found something.
    if (child > 0 && !(WIFEXITED(status) && WEXITSTATUS(status) == 0) &&
        !(WIFSIGNALED(status) && WTERMSIG(status) == SIGKILL)) {
        std::printf("a child ended with status %#x\n", status);
        std::exit(1);
    }
}

void actor::count(const char *what, int error) {
    ++outcomes_[std::string(what) + ' ' + (error ? strerrorname_np(error) : "ok")];
}

} // namespace groq::fuzz
