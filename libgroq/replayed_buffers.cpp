// SPDX-License-Identifier: MIT
#include "replayed_buffers.hpp"

#include <algorithm>
#include <cerrno>
#include <utility>

#include <fcntl.h>
#include <sys/mman.h>
#include <unistd.h>

namespace groq {
namespace {

result<int> duplicate(int file) {
    const int made = ::fcntl(file, F_DUPFD_CLOEXEC, 0);
    if (made < 0)
        return fail(errc::system, errno, "cannot share a replayed buffer");
    return made;
}

} // namespace

result<replayed_memory> replayed_memory::create(std::uint64_t size) {
    const int file = ::memfd_create("groq-replay", MFD_CLOEXEC);
    if (file < 0)
        return fail(errc::memory, errno, "no memory for a replayed buffer");
    if (::ftruncate(file, off_t(size)) != 0) {
        const int failed = errno;
        ::close(file);
        return fail(errc::memory, failed, "no memory for a replayed buffer");
    }
    return map(file, size);
}

result<replayed_memory> replayed_memory::map(int file, std::uint64_t size) {
    replayed_memory made;
    made.file_ = file;
    if (size == 0)
        return made;
    void *data = ::mmap(nullptr, size, PROT_READ | PROT_WRITE, MAP_SHARED, file, 0);
    if (data == MAP_FAILED)
        return fail(errc::memory, errno, "cannot map a replayed buffer");
    made.bytes_ = {static_cast<std::byte *>(data), size};
    made.is_mapped_ = true;
    return made;
}

replayed_memory replayed_memory::of(std::span<std::byte> pinned, bool is_read_only) {
    replayed_memory made;
    made.bytes_ = pinned;
    made.is_read_only_ = is_read_only;
    return made;
}

replayed_memory::replayed_memory(replayed_memory &&other) noexcept
    : file_(std::exchange(other.file_, -1)), bytes_(std::exchange(other.bytes_, {})),
      is_mapped_(std::exchange(other.is_mapped_, false)),
      is_read_only_(other.is_read_only_) {}

replayed_memory::~replayed_memory() {
    if (is_mapped_)
        ::munmap(bytes_.data(), bytes_.size());
    if (file_ >= 0)
        ::close(file_);
}

result<int> replayed_memory::share() const {
    return duplicate(file_);
}

std::span<std::byte> replayed_buffers::add(std::uint32_t handle,
                                           replayed_memory memory) {
    const std::lock_guard lock(lock_);
    return buffers_.emplace(handle, std::move(memory))->second.bytes();
}

void replayed_buffers::remove(std::uint32_t handle, const std::byte *data) noexcept {
    const std::lock_guard lock(lock_);
    const auto [first, last] = buffers_.equal_range(handle);
    const auto gone = std::find_if(first, last, [&](const auto &each) {
        return each.second.bytes().data() == data;
    });
    if (gone != last)
        buffers_.erase(gone);
}

template <class Wanted>
std::span<std::byte> replayed_buffers::find(std::uint32_t handle,
                                            Wanted is_wanted) const {
    const std::lock_guard lock(lock_);
    const auto [first, last] = buffers_.equal_range(handle);
    const auto found = std::find_if(first, last, [&](const auto &each) {
        return !each.second.bytes().empty() && is_wanted(each.second);
    });
    return found == last ? std::span<std::byte>{} : found->second.bytes();
}

std::span<std::byte> replayed_buffers::bytes(std::uint32_t handle) const {
    return find(handle, [](const auto &) { return true; });
}

std::span<std::byte> replayed_buffers::writable_bytes(std::uint32_t handle) const {
    return find(handle, [](const auto &memory) { return !memory.is_read_only(); });
}

result<int> replayed_buffers::share(std::uint32_t handle) const {
    const std::lock_guard lock(lock_);
    const auto found = buffers_.find(handle);
    if (found == buffers_.end())
        return fail(errc::invalid, "no replayed buffer has number %u", handle);
    return found->second.share();
}

result<replayed_memory> replayed_buffers::find_or_make(std::uint32_t handle, int file,
                                                       std::uint64_t size) const {
    const bool is_known = bytes(handle).size() >= size;
    const bool is_large = ::lseek(file, 0, SEEK_END) >= off_t(size);
    if (!is_known && !is_large)
        return replayed_memory::create(size);
    const auto shared = is_known ? share(handle) : duplicate(file);
    if (!shared)
        return shared.error();
    return replayed_memory::map(*shared, size);
}

} // namespace groq
