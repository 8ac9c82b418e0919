// SPDX-License-Identifier: MIT
#include "uring.hpp"

#include <algorithm>
#include <cstring>

#include <sys/mman.h>

namespace groq::fuzz {
namespace {

constexpr unsigned entries = 16;
constexpr std::size_t registered_bytes = 1 << 16;
constexpr std::size_t command_bytes = 80, small_command_bytes = 16;
constexpr unsigned fixed_buffer = 1; // IORING_URING_CMD_FIXED, not in all headers

// SINGLE_ISSUER and DEFER_TASKRUN have numbers, but not in all headers.
constexpr unsigned single_issuer = 1u << 12, defer_taskrun = 1u << 13;

unsigned random_flags(dice &roll) {
    unsigned flags = roll.one_in(10) ? 0 : IORING_SETUP_SQE128;
    if (!roll.one_in(4))
        flags |= IORING_SETUP_CQE32;
    switch (roll.below(12)) {
    case 0:
        return flags | IORING_SETUP_IOPOLL;
    case 1:
        return flags | IORING_SETUP_SQPOLL;
    case 2 ... 5:
        return flags | single_issuer | defer_taskrun;
    default:
        return flags;
    }
}

} // namespace

uring::uring(dice &roll, memory &own) {
    io_uring_params parameters{};
    parameters.flags = random_flags(roll);
    parameters.sq_thread_idle = 10;
    large_ = parameters.flags & IORING_SETUP_SQE128;
    works_ = io_uring_queue_init_params(entries, &ring_, &parameters) == 0;
    if (!works_)
        return;
    void *const start = mmap(nullptr, registered_bytes, PROT_READ | PROT_WRITE,
                             MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    if (start == MAP_FAILED)
        return;
    registered_ = start;
    own.keep(reinterpret_cast<std::uintptr_t>(start));
    const iovec registered{start, registered_bytes};
    io_uring_register_buffers(&ring_, &registered, 1); // may be refused
}

uring::~uring() {
    if (works_)
        io_uring_queue_exit(&ring_);
    if (registered_)
        munmap(registered_, registered_bytes);
}

void uring::prepare(dice &roll, int fd, memory &own) {
    io_uring_sqe *sqe = io_uring_get_sqe(&ring_);
    if (!sqe)
        return;
    const call &which = choose(roll, uring_calls());
    const auto argument = fill(roll, which, own);
    const std::size_t room = large_ ? command_bytes : small_command_bytes;
    io_uring_prep_rw(IORING_OP_URING_CMD, sqe, fd, nullptr, 0, 0);
    sqe->cmd_op =
        static_cast<std::uint32_t>(roll.one_in(30) ? roll.odd() : which.request);
    std::memset(sqe->cmd, 0, room);
    std::memcpy(sqe->cmd, argument.data(), std::min(room, argument.size()));
    if (roll.one_in(3))
        sqe->rw_flags = fixed_buffer;
    if (roll.one_in(20))
        sqe->buf_index = static_cast<std::uint16_t>(roll.odd());
    if (roll.one_in(8))
        sqe->flags |= roll.one_in(2) ? IOSQE_ASYNC : IOSQE_IO_LINK;
    if (roll.one_in(40))
        sqe->rw_flags = static_cast<int>(roll.odd());
    sqe->user_data = roll.below(8);
}

void uring::submit(dice &roll, int fd, memory &own) {
    if (!works_)
        return;
    for (std::uint64_t i = roll.below(4); i > 0; --i)
        prepare(roll, fd, own);
    if (roll.one_in(6)) { // io_uring's own way to cancel
        if (io_uring_sqe *sqe = io_uring_get_sqe(&ring_)) {
            io_uring_prep_cancel64(sqe, roll.below(8), 0);
            sqe->user_data = 9;
        }
    }
    __kernel_timespec briefly{0, 1'000'000};
    io_uring_cqe *cqe = nullptr;
    io_uring_submit_and_wait_timeout(&ring_, &cqe, roll.one_in(4), &briefly, nullptr);
    while (io_uring_peek_cqe(&ring_, &cqe) == 0)
        io_uring_cqe_seen(&ring_, cqe);
}

} // namespace groq::fuzz
