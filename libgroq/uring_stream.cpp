// SPDX-License-Identifier: MIT
//
// The way of a file into memory by io_uring.
#include <cerrno>
#include <string>

#include <fcntl.h>
#include <liburing.h>

#include "file_stream.hpp"

namespace groq {
namespace {

// A stream with as much as possible read ahead. What the ring does not bring, for
// whatever reason, is read the plain way, which then says why if it is no better.
class uring_stream final : public plain_stream {
public:
    uring_stream(const file_source &file, unsigned slots, const io_uring &ring)
        : plain_stream(file, slots), ring_(ring), direct_(open_direct(file)) {}

    ~uring_stream() override {
        while (under_way_ > 0 && take_one())
            ;
        ::io_uring_queue_exit(&ring_);
    }

    void begin(unsigned slot, std::span<std::byte> memory,
               std::uint64_t offset) override {
        auto &piece = pieces_[slot];
        piece = {memory, offset};
        auto *entry = is_broken_ ? nullptr : ::io_uring_get_sqe(&ring_);
        if (!entry)
            return;
        ::io_uring_prep_read(entry, direct_ >= 0 ? int(direct_) : file_.descriptor(),
                             memory.data(), unsigned(memory.size()), offset);
        ::io_uring_sqe_set_data64(entry, slot);
        is_broken_ = ::io_uring_submit(&ring_) != 1;
        if (is_broken_)
            return;
        piece.is_under_way = true;
        ++under_way_;
    }

    result<std::size_t> end(unsigned slot) override {
        while (pieces_[slot].is_under_way)
            if (!take_one())
                return cannot_read(file_.path(), errno);
        return plain_stream::end(slot);
    }

private:
    // Nothing where the file system reads through the page cache alone.
    static file_descriptor open_direct(const file_source &file) {
        const auto same = "/proc/self/fd/" + std::to_string(file.descriptor());
        return file_descriptor(::open(same.c_str(), O_RDONLY | O_CLOEXEC | O_DIRECT));
    }

    bool take_one() {
        io_uring_cqe *end = nullptr;
        int failed = 0;
        do
            failed = ::io_uring_wait_cqe(&ring_, &end);
        while (failed == -EINTR);
        if (failed) {
            errno = -failed;
            return false;
        }
        auto &piece = pieces_[::io_uring_cqe_get_data64(end)];
        if (end->res >= 0)
            piece.got = std::size_t(end->res);
        else
            direct_ = file_descriptor(); // it opens, but does not read so
        piece.is_under_way = false;
        --under_way_;
        ::io_uring_cqe_seen(&ring_, end);
        return true;
    }

    io_uring ring_;
    file_descriptor direct_;
    unsigned under_way_ = 0;
    bool is_broken_ = false; // the next submission would take an old read along
};

} // namespace

std::unique_ptr<file_stream> file_stream::open(const file_source &file,
                                               unsigned slots) {
    io_uring ring{};
    if (::io_uring_queue_init(slots, &ring, 0) != 0)
        return open_plain(file, slots);
    return std::make_unique<uring_stream>(file, slots, ring);
}

} // namespace groq
