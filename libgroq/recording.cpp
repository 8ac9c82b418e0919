// SPDX-License-Identifier: MIT
#include "recording.hpp"

#include <algorithm>
#include <array>
#include <bit>
#include <cerrno>
#include <cinttypes>
#include <cstring>
#include <ctime>
#include <utility>

#include <fcntl.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <sys/uio.h>
#include <unistd.h>

#include "crc32.hpp"

namespace groq {
namespace {

static_assert(std::endian::native == std::endian::little, "files are little-endian");

// Of the end record, which says that the recording is whole.
constexpr std::uint32_t kind_end = 0;

struct file_header {
    char magic[8] = {'g', 'r', 'o', 'q', '-', 'r', 'e', 'c'};
    std::uint32_t version = 1;
    std::uint32_t checksum = 0; // of what is in front of it
};
static_assert(sizeof(file_header) == 16);

struct record_header {
    std::uint32_t kind;
    std::uint32_t thread; // its id in the recorded process
    std::uint64_t time;   // CLOCK_MONOTONIC, ns
    std::uint64_t size;   // of the payload
    std::uint32_t payload_checksum;
    std::uint32_t checksum; // of what is in front of it
};
static_assert(sizeof(record_header) == 32);

template <class Header>
std::uint32_t checksum_of(const Header &header) {
    return crc32(std::as_bytes(std::span(&header, 1))
                     .first(sizeof header - sizeof header.checksum));
}

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

// Nothing, or zeroes, past the end: is_right() says so.
class payload_reader {
public:
    explicit payload_reader(std::span<const std::byte> payload) : rest_(payload) {}

    std::uint64_t number() {
        std::uint64_t value = 0;
        const auto bytes = take(sizeof value);
        if (!bytes.empty())
            std::memcpy(&value, bytes.data(), sizeof value);
        return value;
    }
    std::vector<std::uint64_t> numbers() {
        const auto count = number();
        if (count > rest_.size() / sizeof(std::uint64_t)) {
            is_right_ = false;
            return {};
        }
        std::vector<std::uint64_t> all(count);
        const auto bytes = take(count * sizeof(std::uint64_t));
        if (count)
            std::memcpy(all.data(), bytes.data(), bytes.size());
        return all;
    }
    std::vector<std::byte> bytes() {
        const auto taken = take(number());
        return {taken.begin(), taken.end()};
    }
    std::optional<error> failure() {
        const auto code = number();
        if (code == 0)
            return std::nullopt;
        is_right_ &= code <= GROQ_ERROR_DIVERGED;
        const auto os_error = int(number()), holder = int(number());
        const auto text = bytes();
        return error(static_cast<errc>(code),
                     {reinterpret_cast<const char *>(text.data()), text.size()},
                     os_error, holder);
    }

    bool is_right() const { return is_right_; }
    std::size_t left() const { return rest_.size(); }

private:
    std::span<const std::byte> take(std::uint64_t size) {
        is_right_ &= size <= rest_.size();
        if (!is_right_)
            return {};
        const auto taken = rest_.first(size);
        rest_ = rest_.subspan(size);
        return taken;
    }

    std::span<const std::byte> rest_;
    bool is_right_ = true;
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

error cannot(const char *what, const std::string &file, int os_error) {
    const auto code = os_error == ENOENT   ? errc::not_found
                      : os_error == EACCES ? errc::permission
                                           : errc::system;
    return fail(code, os_error, "cannot %s the recording %s", what, file.c_str());
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
        const std::lock_guard lock(lock_);
        failure_ = ENOMEM;
    }
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

result<recording_reader> recording_reader::open(const std::string &file) {
    const int fd = ::open(file.c_str(), O_RDONLY | O_CLOEXEC | O_NONBLOCK);
    if (fd < 0)
        return cannot("read", file, errno);
    recording_reader made(fd, file);
    if (const auto scanned = made.scan(); !scanned)
        return scanned.error();
    return made;
}

recording_reader::recording_reader(recording_reader &&other) noexcept
    : fd_(std::exchange(other.fd_, -1)), file_(std::move(other.file_)),
      calls_(std::move(other.calls_)), is_whole_(other.is_whole_) {}

recording_reader::~recording_reader() {
    if (fd_ >= 0)
        ::close(fd_);
}

result<void> recording_reader::scan() {
    struct stat status {};
    if (::fstat(fd_, &status) != 0)
        return cannot("read", file_, errno);
    const auto end = std::uint64_t(status.st_size);
    file_header header, expected;
    const auto bytes = read(0, std::min<std::uint64_t>(end, sizeof header));
    if (!bytes)
        return bytes.error();
    std::memcpy(&header, bytes->data(), bytes->size());
    if (!S_ISREG(status.st_mode) || bytes->size() < sizeof header ||
        std::memcmp(header.magic, expected.magic, sizeof header.magic) != 0 ||
        header.checksum != checksum_of(header))
        return fail(errc::invalid, "%s is no recording, or only the beginning of one",
                    file_.c_str());
    if (header.version != expected.version)
        return fail(errc::too_old,
                    "%s is a recording of version %u; this library reads version %u",
                    file_.c_str(), header.version, expected.version);
    std::uint64_t offset = sizeof header;
    while (offset < end) {
        const auto more = scan_record(offset, end);
        if (!more)
            return more.error();
        if (!*more)
            break;
    }
    return {};
}

// False when the file ends before the record does.
result<bool> recording_reader::scan_record(std::uint64_t &offset, std::uint64_t end) {
    if (is_whole_)
        return damaged(offset);
    record_header header{};
    if (end - offset < sizeof header)
        return false;
    const auto head = read(offset, sizeof header);
    if (!head)
        return head.error();
    std::memcpy(&header, head->data(), sizeof header);
    if (header.checksum != checksum_of(header))
        return damaged(offset);
    if (end - offset - sizeof header < header.size)
        return false;
    const auto payload = read(offset + sizeof header, header.size);
    if (!payload)
        return payload.error();
    if (crc32(*payload) != header.payload_checksum)
        return damaged(offset);
    is_whole_ = header.kind == kind_end;
    offset += sizeof header + header.size;
    if (!is_whole_)
        if (const auto added = add_call(header.kind, offset - header.size, *payload);
            !added)
            return added.error();
    return true;
}

result<void> recording_reader::add_call(std::uint32_t kind, std::uint64_t offset,
                                        std::span<const std::byte> payload) {
    payload_reader reader(payload);
    auto arguments = reader.numbers();
    const auto left = reader.left();
    reader.failure();
    reader.numbers();
    const auto bytes = reader.number();
    if (!reader.is_right() || bytes != reader.left() ||
        *name_of(static_cast<call_kind>(kind)) == '\0')
        return damaged(offset);
    calls_.push_back({static_cast<call_kind>(kind), std::move(arguments),
                      offset + payload.size() - left, left});
    return {};
}

result<call_answer> recording_reader::answer(const recorded_call &call) const {
    const auto payload = read(call.offset, call.size);
    if (!payload)
        return payload.error();
    payload_reader reader(*payload);
    call_answer answer;
    answer.failure = reader.failure();
    answer.values = reader.numbers();
    answer.bytes = reader.bytes();
    if (!reader.is_right())
        return damaged(call.offset);
    return answer;
}

result<std::vector<std::byte>> recording_reader::read(std::uint64_t offset,
                                                      std::uint64_t size) const {
    std::vector<std::byte> bytes(size);
    for (std::uint64_t done = 0; done < size;) {
        const auto got =
            ::pread(fd_, bytes.data() + done, size - done, off_t(offset + done));
        if (got < 0 && errno == EINTR)
            continue;
        if (got < 0)
            return cannot("read", file_, errno);
        if (got == 0)
            return damaged(offset + done);
        done += std::uint64_t(got);
    }
    return bytes;
}

error recording_reader::damaged(std::uint64_t offset) const {
    return fail(errc::invalid,
                "the recording %s is damaged at byte %" PRIu64 ": copy it again",
                file_.c_str(), offset);
}

} // namespace groq
