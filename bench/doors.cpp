// SPDX-License-Identifier: MIT
//
// The driver's two doors for work, from submission to completion, by themselves:
//
//   nop-ioctl/BATCH     empty jobs, an ioctl each, the last one waited for
//   nop-uring/BATCH     the same as commands of io_uring, submitted together
//   copy-ioctl/BATCH    4 KiB from a buffer to SRAM
//   copy-uring/BATCH    the same
//   copy-fixed/BATCH    the same from memory that is registered with the ring
#include <cstdint>
#include <cstdlib>
#include <cstring>
#include <functional>
#include <iostream>
#include <limits>
#include <stdexcept>

#include <fcntl.h>
#include <liburing.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include <drm.h>
#include <drm/groq_accel.h>

#include "sample.hpp"

namespace {

using namespace bench;

constexpr unsigned batches[] = {1, 8, 32};
constexpr std::size_t block_bytes = 4096;
constexpr std::uint64_t region_bytes = 13 * 320; // whole vectors for a block

void must(bool done, const char *what) {
    if (!done)
        throw std::runtime_error(what);
}

class card {
public:
    explicit card(const char *node) : fd_(::open(node, O_RDWR | O_CLOEXEC)) {
        must(fd_ >= 0, "the card cannot be opened");
        drm_groq_context_create context{};
        call(DRM_IOCTL_GROQ_CONTEXT_CREATE, context);
        drm_groq_queue_create queue{};
        queue.context = context.id;
        call(DRM_IOCTL_GROQ_QUEUE_CREATE, queue);
        queue_ = queue.id;
        drm_groq_sram_reserve region{};
        region.context = context.id;
        region.size = region_bytes;
        call(DRM_IOCTL_GROQ_SRAM_RESERVE, region);
        drm_groq_bo_create buffer{};
        buffer.size = block_bytes;
        call(DRM_IOCTL_GROQ_BO_CREATE, buffer);
        drm_syncobj_create sync{};
        call(DRM_IOCTL_SYNCOBJ_CREATE, sync);
        sync_ = sync.handle;
        copy_.type = DRM_GROQ_COMMAND_COPY_IN;
        copy_.bo = buffer.handle;
        copy_.rows = 1;
        copy_.sram = region.address;
        copy_.size = block_bytes;
    }
    card(const card &) = delete;
    card &operator=(const card &) = delete;
    ~card() { ::close(fd_); }

    int fd() const { return fd_; }
    std::uint32_t queue() const { return queue_; }
    const drm_groq_command &nop() const { return nop_; }
    const drm_groq_command &copy() const { return copy_; }

    // The last of the jobs signals.
    std::size_t submit(const drm_groq_command &command, unsigned jobs) {
        drm_groq_sync end{};
        end.handle = sync_;
        drm_groq_submit submit{};
        submit.queue = queue_;
        submit.commands = reinterpret_cast<std::uintptr_t>(&command);
        submit.command_count = 1;
        submit.signals = reinterpret_cast<std::uintptr_t>(&end);
        for (unsigned i = 1; i <= jobs; ++i) {
            submit.signal_count = i == jobs;
            call(DRM_IOCTL_GROQ_SUBMIT, submit);
        }
        drm_syncobj_wait wait{};
        wait.handles = reinterpret_cast<std::uintptr_t>(&sync_);
        wait.count_handles = 1;
        wait.timeout_nsec = std::numeric_limits<std::int64_t>::max();
        call(DRM_IOCTL_SYNCOBJ_WAIT, wait);
        return jobs;
    }

private:
    template <typename argument>
    void call(unsigned long request, argument &data) const {
        must(::ioctl(fd_, request, &data) == 0, "the driver refuses");
    }

    int fd_;
    std::uint32_t queue_ = 0, sync_ = 0;
    drm_groq_command nop_{}, copy_{};
};

class ring {
public:
    explicit ring(const card &card) : card_(card) {
        must(io_uring_queue_init(64, &ring_,
                                 IORING_SETUP_SQE128 | IORING_SETUP_CQE32 |
                                     IORING_SETUP_SINGLE_ISSUER |
                                     IORING_SETUP_DEFER_TASKRUN) == 0,
             "no such ring is to be had");
        iovec block{memory_, sizeof memory_};
        must(io_uring_register_buffers(&ring_, &block, 1) == 0,
             "the memory cannot be registered");
    }
    ring(const ring &) = delete;
    ring &operator=(const ring &) = delete;
    ~ring() { io_uring_queue_exit(&ring_); }

    std::size_t nops(unsigned jobs) {
        drm_groq_submit submission{};
        submission.queue = card_.queue();
        submission.commands = reinterpret_cast<std::uintptr_t>(&card_.nop());
        submission.command_count = 1;
        return turn(jobs, DRM_GROQ_URING_SUBMIT, submission, 0);
    }
    std::size_t copies(unsigned jobs, bool fixed) {
        drm_groq_uring_copy copy{};
        copy.queue = card_.queue();
        copy.bo = fixed ? 0 : card_.copy().bo;
        copy.rows = 1;
        copy.address = fixed ? reinterpret_cast<std::uintptr_t>(memory_) : 0;
        copy.sram = card_.copy().sram;
        copy.size = block_bytes;
        return turn(jobs, DRM_GROQ_URING_COPY_IN, copy,
                    fixed ? IORING_URING_CMD_FIXED : 0);
    }

private:
    template <typename argument>
    std::size_t turn(unsigned jobs, std::uint32_t operation, const argument &arguments,
                     std::uint32_t flags) {
        for (unsigned i = 0; i < jobs; ++i) {
            io_uring_sqe *sqe = io_uring_get_sqe(&ring_);
            must(sqe, "the ring is full");
            std::memset(sqe, 0, 128);
            sqe->opcode = IORING_OP_URING_CMD;
            sqe->fd = card_.fd();
            sqe->cmd_op = operation;
            sqe->uring_cmd_flags = flags;
            std::memcpy(sqe->cmd, &arguments, sizeof arguments);
        }
        must(io_uring_submit_and_wait(&ring_, jobs) == static_cast<int>(jobs),
             "the ring does not take the commands");
        unsigned head = 0, count = 0;
        io_uring_cqe *end = nullptr;
        io_uring_for_each_cqe(&ring_, head, end) {
            must(end->res == DRM_GROQ_STATUS_OK, "a command failed");
            ++count;
        }
        io_uring_cq_advance(&ring_, count);
        must(count == jobs, "a completion is missing");
        return jobs;
    }

    const card &card_;
    io_uring ring_{};
    alignas(block_bytes) std::byte memory_[block_bytes]{};
};

void measure(const char *name, unsigned batch, seconds length,
             const std::function<std::size_t()> &turn) {
    turn();
    print_sample(name + ("/" + std::to_string(batch)), "us",
                 1e6 * seconds_per_operation(length, turn));
}

void measure_all(const char *node, seconds length) {
    card card(node);
    ring ring(card);
    for (const unsigned batch : batches) {
        measure("nop-ioctl", batch, length,
                [&] { return card.submit(card.nop(), batch); });
        measure("nop-uring", batch, length, [&] { return ring.nops(batch); });
        measure("copy-ioctl", batch, length,
                [&] { return card.submit(card.copy(), batch); });
        measure("copy-uring", batch, length, [&] { return ring.copies(batch, false); });
        measure("copy-fixed", batch, length, [&] { return ring.copies(batch, true); });
    }
}

} // namespace

int main(int argc, char **argv) {
    if (argc != 3) {
        std::cerr << "usage: doors SECONDS /dev/accel/accelN\n";
        return 2;
    }
    try {
        measure_all(argv[2], seconds(std::atof(argv[1])));
    } catch (const std::exception &error) {
        std::cerr << "doors: " << error.what() << '\n';
        return 1;
    }
    return 0;
}
