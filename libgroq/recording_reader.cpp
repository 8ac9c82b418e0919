// SPDX-License-Identifier: MIT
#include "recording_reader.hpp"

#include <algorithm>
#include <cinttypes>
#include <cstring>
#include <utility>

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include "recording_format.hpp"

namespace groq {
namespace {

using namespace recording;

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
        is_right_ &= code <= GROQ_ERROR_LINK;
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

} // namespace

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
    std::copy(bytes->begin(), bytes->end(),
              std::as_writable_bytes(std::span(&header, 1)).begin());
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
    const bool has_failed = reader.failure().has_value();
    const auto values = reader.numbers().size();
    const auto bytes = reader.number();
    if (!reader.is_right() || bytes != reader.left() ||
        !is_call(kind, arguments.size(), has_failed, values))
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
