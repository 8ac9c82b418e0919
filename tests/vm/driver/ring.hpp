// SPDX-License-Identifier: MIT
// A ring of io_uring, and the commands of the card for it.
#ifndef GROQ_TESTS_VM_DRIVER_RING_HPP
#define GROQ_TESTS_VM_DRIVER_RING_HPP

#include "card.hpp"
#include "program.hpp"

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <map>
#include <optional>

#include <gtest/gtest.h>
#include <liburing.h>

namespace groq::test {

constexpr unsigned int big = IORING_SETUP_SQE128 | IORING_SETUP_CQE32;

struct completion {
    int res;
    std::uint64_t extra; // big_cqe[0], 0 without IORING_SETUP_CQE32
};

class ring {
public:
    explicit ring(unsigned int flags = big, unsigned int entries = 64) : flags_(flags) {
        io_uring_params parameters{};
        parameters.flags = flags;
        parameters.sq_thread_idle = 50;
        error_ = -io_uring_queue_init_params(entries, &ring_, &parameters);
    }
    ring(const ring &) = delete;
    ring &operator=(const ring &) = delete;
    ~ring() { exit(); }

    int error() const { return error_; } // of its making
    void exit() {
        if (!error_)
            io_uring_queue_exit(&ring_);
        error_ = EBADF;
    }
    io_uring *raw() { return &ring_; }

    // What the caller changes in it counts, until the next submit().
    template <typename argument>
    io_uring_sqe *prepare(const card &device, std::uint32_t operation,
                          const argument &arguments, std::uint64_t data) {
        static_assert(sizeof arguments <= payload_bytes);
        io_uring_sqe *sqe = io_uring_get_sqe(&ring_);
        if (!sqe) {
            submit();
            sqe = io_uring_get_sqe(&ring_);
        }
        std::memset(sqe, 0, flags_ & IORING_SETUP_SQE128 ? 128 : 64);
        io_uring_prep_rw(IORING_OP_URING_CMD, sqe, device.fd(), nullptr, 0, 0);
        sqe->cmd_op = operation;
        std::memcpy(sqe->cmd, &arguments,
                    flags_ & IORING_SETUP_SQE128 ? sizeof arguments : 16);
        sqe->user_data = data;
        return sqe;
    }
    void submit() { EXPECT_GE(io_uring_submit(&ring_), 0); }

    // The completion of the command with this data, however long it takes others;
    // ETIME when it does not come at all.
    completion take(std::uint64_t data, double seconds = patience_seconds) {
        auto early = early_.find(data);
        while (early == early_.end()) {
            if (!wait_for_one(seconds))
                return {.res = -ETIME, .extra = 0};
            early = early_.find(data);
        }
        completion taken = early->second;
        early_.erase(early);
        return taken;
    }
    bool has(std::uint64_t data) {
        while (early_.find(data) == early_.end())
            if (!wait_for_one(0))
                return false;
        return true;
    }
    // Submits one, and waits for it.
    template <typename argument>
    completion execute(const card &device, std::uint32_t operation,
                       const argument &arguments) {
        prepare(device, operation, arguments, own_data);
        submit();
        return take(own_data);
    }

    static constexpr std::size_t payload_bytes = 80;

private:
    static constexpr std::uint64_t own_data = ~0ull - 7;

    bool wait_for_one(double seconds) {
        __kernel_timespec time{};
        time.tv_sec = static_cast<std::int64_t>(seconds);
        time.tv_nsec = static_cast<std::int64_t>((seconds - double(time.tv_sec)) * 1e9);
        io_uring_cqe *cqe = nullptr;
        int error;
        do
            error = io_uring_wait_cqe_timeout(&ring_, &cqe, &time);
        while (error == -EINTR);
        if (error)
            return false;
        completion got{.res = cqe->res, .extra = 0};
        if (flags_ & IORING_SETUP_CQE32)
            got.extra = cqe->big_cqe[0];
        EXPECT_TRUE(early_.emplace(cqe->user_data, got).second)
            << "two completions of one command";
        io_uring_cqe_seen(&ring_, cqe);
        return true;
    }

    unsigned int flags_;
    int error_;
    io_uring ring_{};
    std::map<std::uint64_t, completion> early_;
};

inline drm_groq_submit submission(job &work, std::uint32_t queue,
                                  std::uint64_t tag = 0) {
    drm_groq_submit filled = work.fill(queue);
    filled.tag = tag;
    return filled;
}

inline drm_groq_uring_copy copy_of(const buffer &host, std::uint32_t queue,
                                   std::uint64_t offset, std::uint64_t sram,
                                   std::uint64_t size) {
    drm_groq_uring_copy copy{};
    copy.queue = queue;
    copy.bo = host.handle();
    copy.rows = 1;
    copy.address = offset;
    copy.sram = sram;
    copy.size = size;
    return copy;
}

inline int cancel(ring &door, const card &device, std::uint64_t tag) {
    return door
        .execute(device, DRM_GROQ_URING_CANCEL,
                 drm_groq_uring_cancel{.tag = tag, .flags = 0, .reserved = 0})
        .res;
}

// A program to be run by whoever wants; `bench` has written it to SRAM.
class loaded_program {
public:
    loaded_program(bench &rig, std::uint32_t blocks) {
        image sized = assemble_long(0, blocks);
        std::uint64_t size =
            (sized.bytes.size() / GROQ_TEXT_BYTES + 2) * GROQ_TEXT_BYTES;
        std::uint64_t address = rig.reserve(size);
        address = (address + GROQ_TEXT_BYTES - 1) / GROQ_TEXT_BYTES * GROQ_TEXT_BYTES;
        image program = assemble_long(address, blocks);
        rig.write(address, program.bytes);
        address_ = address;
        entries_ = program.entries;
    }

    job work() const {
        job made;
        made.run(address_, entries_, ~0ull);
        return made;
    }

private:
    std::uint64_t address_ = 0;
    std::uint32_t entries_ = 0;
};

// Runs for longer than any test has patience.
struct long_program : loaded_program {
    explicit long_program(bench &rig) : loaded_program(rig, 3000) {}
};

struct short_program : loaded_program {
    explicit short_program(bench &rig) : loaded_program(rig, 1) {}
};

inline void wait_until_busy() {
    while (attribute("state") != "busy")
        ;
}

} // namespace groq::test

#endif
