// SPDX-License-Identifier: MIT
//
// Through the driver's io_uring commands: copies in from memory that is registered with
// the ring, copies out into the driver's, in one queue; some are cancelled on the way.
#include <algorithm>
#include <array>
#include <cstdlib>
#include <cstring>

#include <liburing.h>

#include "raw_card.hpp"
#include "session.hpp"
#include "shape.hpp"

namespace groq::soak {
namespace {

constexpr int patience_seconds = 180; // against hanging
constexpr std::uint64_t space = 320 * 100, host_bytes = 32768;
constexpr unsigned pairs_max = 8, entries = 64;
constexpr std::uint64_t registered_bytes = host_bytes * pairs_max;
constexpr std::uint64_t cancel_data = ~0ull;
constexpr int fixed_buffer = 1; // IORING_URING_CMD_FIXED, not in all headers
// IORING_SETUP_SINGLE_ISSUER and IORING_SETUP_DEFER_TASKRUN, not in all headers.
constexpr unsigned deferred = 1u << 12 | 1u << 13;

class ring {
public:
    ring(bool defer, std::span<std::byte> registered) {
        io_uring_params parameters{};
        parameters.flags =
            IORING_SETUP_SQE128 | IORING_SETUP_CQE32 | (defer ? deferred : 0);
        if (const int ret = io_uring_queue_init_params(entries, &ring_, &parameters))
            refuse(-ret, "set up a ring");
        const iovec memory{registered.data(), registered.size()};
        if (const int ret = io_uring_register_buffers(&ring_, &memory, 1)) {
            io_uring_queue_exit(&ring_);
            refuse(-ret, "register memory");
        }
    }
    ring(const ring &) = delete;
    ring &operator=(const ring &) = delete;
    ~ring() { io_uring_queue_exit(&ring_); }

    template <typename argument>
    void add(int fd, drm_groq_uring what, const argument &data, std::uint64_t user_data,
             bool fixed) {
        io_uring_sqe *sqe = io_uring_get_sqe(&ring_);
        io_uring_prep_rw(IORING_OP_URING_CMD, sqe, fd, nullptr, 0, 0);
        sqe->cmd_op = what;
        std::memset(sqe->cmd, 0, 80);
        std::memcpy(sqe->cmd, &data, sizeof data);
        sqe->rw_flags = fixed ? fixed_buffer : 0;
        sqe->user_data = user_data;
    }
    void submit() { io_uring_submit(&ring_); }
    // The next that completes: what it was, and how it ended. False: nothing came.
    bool take(std::uint64_t &user_data, int &res) {
        __kernel_timespec most{patience_seconds, 0};
        io_uring_cqe *cqe = nullptr;
        int ret;
        do
            ret = io_uring_wait_cqe_timeout(&ring_, &cqe, &most);
        while (ret == -EINTR);
        if (ret)
            return false;
        user_data = cqe->user_data;
        res = cqe->res;
        io_uring_cqe_seen(&ring_, cqe);
        return true;
    }

private:
    io_uring ring_{};
};

class uring_session : public session {
public:
    explicit uring_session(const std::string &address, bool defer)
        : card_(address), context_(card_.create_context()),
          queue_(card_.create_queue(context_, 0)),
          sram_(card_.reserve(context_, space * pairs_max)),
          registered_(
              static_cast<std::byte *>(std::aligned_alloc(4096, registered_bytes))),
          ring_(defer, {registered_.get(), registered_bytes}) {
        for (auto &target : targets_)
            target = std::make_unique<raw_buffer>(card_, host_bytes, false);
    }

    void step(randomness &random, journal &log) override {
        const auto count = static_cast<unsigned>(pick(random, 1, pairs_max));
        const bool cancel = pick(random, 0, 7) == 0;
        const std::int64_t began = milliseconds();
        for (unsigned i = 0; i < count; ++i)
            prepare(random, i);
        ring_.submit();
        if (cancel) {
            drm_groq_uring_cancel which{};
            which.tag = 1 + pick(random, 0, count - 1);
            ring_.add(card_.fd(), DRM_GROQ_URING_CANCEL, which, cancel_data, false);
            ring_.submit();
        }
        int ends[2 * pairs_max]{};
        collect(2 * count + cancel, ends, log);
        for (unsigned i = 0; i < count; ++i)
            land(i, ends[2 * i], ends[2 * i + 1], cancel, began, log);
    }

private:
    // A pair has a tag of its own.
    void prepare(randomness &random, unsigned i) {
        shapes_[i] = random_shape(random, space);
        const shape &copied = shapes_[i];
        scribble(random, source(i));
        std::ranges::fill(targets_[i]->bytes(), untouched);
        drm_groq_uring_copy copy{};
        copy.queue = queue_;
        copy.rows = static_cast<std::uint32_t>(copied.rows);
        copy.sram = sram_ + i * space + copied.sram;
        copy.size = copied.bytes;
        copy.sram_stride = copied.sram_stride;
        copy.tag = i + 1;
        copy.address = reinterpret_cast<std::uintptr_t>(source(i).data()) + copied.from;
        copy.stride = copied.from_stride;
        ring_.add(card_.fd(), DRM_GROQ_URING_COPY_IN, copy, 2 * i, true);
        copy.bo = targets_[i]->handle();
        copy.address = copied.to;
        copy.stride = copied.to_stride;
        ring_.add(card_.fd(), DRM_GROQ_URING_COPY_OUT, copy, 2 * i + 1, false);
    }

    std::span<std::byte> source(unsigned i) {
        return {registered_.get() + i * host_bytes, host_bytes};
    }

    // All of them, whatever came of them: the ring is empty then.
    void collect(unsigned count, int *ends, journal &log) {
        for (unsigned i = 0; i < count; ++i) {
            std::uint64_t which = 0;
            int res = 0;
            if (!ring_.take(which, res))
                log.stuck("a command of io_uring");
            if (which != cancel_data)
                ends[which] = res;
        }
    }

    void land(unsigned i, int in, int out, bool may_be_cancelled, std::int64_t began,
              journal &log) {
        if (in < 0 || out < 0)
            refuse(-std::min(in, out), "a command of io_uring");
        for (const int end : {in, out})
            if (end == DRM_GROQ_STATUS_CANCELED && may_be_cancelled)
                log.did("canceled", 0);
            else if (end != DRM_GROQ_STATUS_OK)
                log.error(status_name(static_cast<std::uint32_t>(end)), began, "uring");
        if (in != DRM_GROQ_STATUS_OK || out != DRM_GROQ_STATUS_OK)
            return;
        if (!brought(shapes_[i], source(i), targets_[i]->bytes()))
            log.wrong("a pair of io_uring");
        log.did("uring", 2 * shapes_[i].total());
    }

    raw_card card_;
    std::uint32_t context_, queue_;
    std::uint64_t sram_;
    std::unique_ptr<std::byte, decltype([](std::byte *at) { std::free(at); })>
        registered_; // what is mapped for different copies has no page in common
    ring ring_;
    std::array<std::unique_ptr<raw_buffer>, pairs_max> targets_;
    std::array<shape, pairs_max> shapes_{};
};

} // namespace

std::unique_ptr<session> open_uring_session(const std::string &address) {
    static bool defer = false;
    defer = !defer; // both kinds of rings in turn
    return std::make_unique<uring_session>(address, defer);
}

} // namespace groq::soak
