// SPDX-License-Identifier: MIT
#include "disk.hpp"

#include <cstdlib>
#include <system_error>

#include <fcntl.h>
#include <sys/ioctl.h>
#include <sys/uio.h>
#include <unistd.h>

#include <linux/fs.h>

namespace bench {
namespace {

int checked(int result, const std::string &what) {
    if (result < 0)
        throw std::system_error(-result, std::generic_category(), what);
    return result;
}

int checked_errno(int result, const std::string &what) {
    return checked(result < 0 ? -errno : result, what);
}

std::uint64_t size_of(int fd, const std::string &path) {
    std::uint64_t bytes = 0;
    checked_errno(::ioctl(fd, BLKGETSIZE64, &bytes), path);
    return bytes;
}

} // namespace

void disk::free_memory::operator()(std::byte *memory) const noexcept {
    std::free(memory);
}

disk::disk(const std::string &path, unsigned depth)
    : fd_(checked_errno(::open(path.c_str(), O_RDONLY | O_DIRECT | O_CLOEXEC), path)),
      blocks_(size_of(fd_, path) / block_bytes),
      memory_(static_cast<std::byte *>(
          std::aligned_alloc(block_bytes, depth * block_bytes))) {
    const iovec memory{memory_.get(), depth * block_bytes};
    checked(io_uring_queue_init(depth, &ring_, 0), "io_uring");
    checked(io_uring_register_files(&ring_, &fd_, 1), "io_uring: register the file");
    checked(io_uring_register_buffers(&ring_, &memory, 1),
            "io_uring: register buffers");
    for (unsigned slot = 0; slot < depth; ++slot)
        begin(slot);
}

disk::~disk() {
    io_uring_queue_exit(&ring_);
    ::close(fd_);
}

std::size_t disk::turn() {
    checked(io_uring_submit_and_wait(&ring_, 1), "io_uring: submit");
    std::size_t done = 0;
    io_uring_cqe *completion = nullptr;
    while (io_uring_peek_cqe(&ring_, &completion) == 0) {
        const auto slot = io_uring_cqe_get_data64(completion);
        checked(completion->res, "read");
        io_uring_cqe_seen(&ring_, completion);
        begin(slot);
        ++done;
    }
    return done;
}

void disk::begin(std::uint64_t slot) {
    io_uring_sqe *entry = io_uring_get_sqe(&ring_);
    io_uring_prep_read_fixed(entry, 0, memory_.get() + slot * block_bytes, block_bytes,
                             random_block() * block_bytes, 0);
    entry->flags |= IOSQE_FIXED_FILE;
    io_uring_sqe_set_data64(entry, slot);
}

// A linear congruential generator: cheap beside a system call.
std::uint64_t disk::random_block() {
    random_ = random_ * 6364136223846793005u + 1442695040888963407u;
    return (random_ >> 32) % blocks_;
}

} // namespace bench
