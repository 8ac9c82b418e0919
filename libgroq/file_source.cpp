// SPDX-License-Identifier: MIT
#include "file_source.hpp"

#include <algorithm>
#include <cerrno>

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

namespace groq {
namespace {

constexpr std::uint64_t head_bytes_max = 64 << 10;

} // namespace

file_descriptor::~file_descriptor() {
    if (fd_ >= 0)
        ::close(fd_);
}

error cannot_read(const std::string &path, int os_error) {
    const auto code = os_error == ENOENT                        ? errc::not_found
                      : os_error == EACCES || os_error == EPERM ? errc::permission
                                                                : errc::system;
    return fail(code, os_error, "cannot read the program %s", path.c_str());
}

std::int64_t read_at(int fd, std::span<std::byte> bytes, std::uint64_t offset) {
    std::size_t done = 0;
    while (done < bytes.size()) {
        const auto got =
            ::pread(fd, bytes.data() + done, bytes.size() - done, off_t(offset + done));
        if (got < 0 && errno == EINTR)
            continue;
        if (got < 0)
            return -1;
        if (got == 0)
            break;
        done += std::size_t(got);
    }
    return std::int64_t(done);
}

result<file_source> file_source::open(const std::string &path) {
    file_descriptor fd(::open(path.c_str(), O_RDONLY | O_CLOEXEC));
    struct stat status {};
    if (fd < 0 || ::fstat(fd, &status) != 0)
        return cannot_read(path, errno);
    if (S_ISDIR(status.st_mode))
        return cannot_read(path, EISDIR);
    file_source source(path, std::move(fd), std::uint64_t(status.st_size));
    const auto head = source.read(0, std::min(source.size_, head_bytes_max));
    if (!head)
        return head.error();
    source.head_ = *head;
    return source;
}

result<std::span<const std::byte>> file_source::view(std::uint64_t offset,
                                                     std::uint64_t size) {
    if (offset <= head_.size() && size <= head_.size() - offset)
        return head_.subspan(offset, size);
    return read(offset, size);
}

result<std::span<const std::byte>> file_source::read(std::uint64_t offset,
                                                     std::uint64_t size) {
    auto piece = std::make_unique_for_overwrite<std::byte[]>(size);
    const auto got = read_at(fd_, {piece.get(), size}, offset);
    if (got < 0)
        return cannot_read(path_, errno);
    if (std::uint64_t(got) < size)
        return is_shorter();
    pieces_.push_back(std::move(piece));
    return std::span<const std::byte>(pieces_.back().get(), size);
}

error file_source::is_shorter() const {
    return fail(errc::program, "%s: it became shorter while it was read; load it again",
                path_.c_str());
}

} // namespace groq
