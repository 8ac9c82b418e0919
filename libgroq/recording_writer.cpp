// SPDX-License-Identifier: MIT
#include "recording_writer.hpp"

#include <algorithm>
#include <array>
#include <ctime>
#include <utility>
#include <vector>

#include <fcntl.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <sys/uio.h>
#include <unistd.h>

#include "recording_format.hpp"

namespace groq {
namespace {

using namespace recording;

std::uint64_t now() {
    timespec time{};
    ::clock_gettime(CLOCK_MONOTONIC, &time);
    return std::uint64_t(time.tv_sec) * 1'000'000'000 + std::uint64_t(time.tv_nsec);
}

class payload_writer {
public:
    void add(std::uint64_t value) { add(&value, sizeof value); }
    void add(std::span<const std::uint64_t> values) {
        add(values.size());
        add(values.data(), values.size_bytes());
    }
    void add_bytes(std::span<const std::byte> bytes) {
        add(bytes.size());
        add(bytes.data(), bytes.size());
    }
    void add(const error &failure) {
        add(std::uint64_t(failure.code().value()));
        add(std::uint64_t(failure.os_error()));
        add(std::uint64_t(failure.holder()));
        add_bytes(std::as_bytes(std::span(failure.message())));
    }

    std::vector<std::byte> payload;

private:
    void add(const void *data, std::size_t size) {
        const auto *bytes = static_cast<const std::byte *>(data);
        payload.insert(payload.end(), bytes, bytes + size);
    }
};

// 0 or errno.
int write_all(int fd, std::span<iovec> parts) {
    while (!parts.empty()) {
        const auto written = ::writev(fd, parts.data(), int(parts.size()));
        if (written < 0 && errno != EINTR)
            return errno;
        auto left = std::size_t(std::max<ssize_t>(written, 0));
        while (!parts.empty() && left >= parts.front().iov_len) {
            left -= parts.front().iov_len;
            parts = parts.subspan(1);
        }
        if (!parts.empty()) {
            auto &part = parts.front();
            part.iov_base = static_cast<std::byte *>(part.iov_base) + left;
            part.iov_len -= left;
        }
    }
    return 0;
}

iovec part_of(const void *data, std::size_t size) {
    return {const_cast<void *>(data), size};
}

result<void> begin_file(int fd, const std::string &file) {
    struct stat status {};
    if (::fstat(fd, &status) != 0)
        return cannot("write", file, errno);
    if (!S_ISREG(status.st_mode))
        return fail(errc::invalid, "cannot write the recording %s: it is no file",
                    file.c_str());
    if (::flock(fd, LOCK_EX | LOCK_NB) != 0)
        return fail(errc::in_use,
                    "the recording %s is being written: give each open a file of its "
                    "own",
                    file.c_str());
    file_header header;
    header.checksum = checksum_of(header);
    iovec part = part_of(&header, sizeof header);
    if (::ftruncate(fd, 0) != 0)
        return cannot("write", file, errno);
    if (const int failed = write_all(fd, {&part, 1}))
        return cannot("write", file, failed);
    return {};
}

} // namespace

result<recording_writer> recording_writer::create(const std::string &file) {
    // Without waiting for a reader, should it be a pipe.
    const int fd =
        ::open(file.c_str(), O_WRONLY | O_CREAT | O_CLOEXEC | O_NONBLOCK, 0666);
    if (fd < 0)
        return cannot("write", file, errno);
    recording_writer made(fd);
    if (const auto begun = begin_file(fd, file); !begun) {
        made.failure_ = EIO;
        return begun.error();
    }
    return made;
}

recording_writer::recording_writer(recording_writer &&other) noexcept
    : fd_(std::exchange(other.fd_, -1)), failure_(other.failure_) {}

recording_writer::~recording_writer() {
    if (fd_ < 0)
        return;
    add_locked(kind_end, {});
    ::close(fd_);
}

void recording_writer::add(const port_call &call, const call_answer &answer) noexcept {
    try {
        payload_writer payload;
        payload.add(call.values());
        if (answer.failure)
            payload.add(*answer.failure);
        else
            payload.add(0);
        payload.add(answer.values);
        payload.add_bytes(answer.bytes);
        const std::lock_guard lock(lock_);
        add_locked(std::uint32_t(call.kind), payload.payload);
    } catch (const std::bad_alloc &) {
        give_up(ENOMEM);
    }
}

void recording_writer::give_up(int os_error) noexcept {
    const std::lock_guard lock(lock_);
    if (!failure_)
        failure_ = os_error;
}

bool recording_writer::add_locked(std::uint32_t kind,
                                  std::span<const std::byte> payload) {
    if (failure_)
        return false;
    record_header header{
        kind, std::uint32_t(::gettid()), now(), payload.size(), crc32(payload), 0};
    header.checksum = checksum_of(header);
    std::array parts{part_of(&header, sizeof header),
                     part_of(payload.data(), payload.size())};
    failure_ = write_all(fd_, parts);
    return failure_ == 0;
}

int recording_writer::failure() const {
    const std::lock_guard lock(lock_);
    return failure_;
}

} // namespace groq
