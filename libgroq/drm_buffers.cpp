// SPDX-License-Identifier: MIT
#include "drm_buffers.hpp"

#include <algorithm>
#include <cerrno>
#include <string>

#include <fcntl.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/resource.h>
#include <unistd.h>

#include "drm_error.hpp"

namespace groq {
namespace {

// 0 or errno; interrupted calls are made again.
template <class Argument>
int call(int card, unsigned long request, Argument &argument) {
    while (::ioctl(card, request, &argument) != 0)
        if (errno != EINTR && errno != EAGAIN)
            return errno;
    return 0;
}

void close_handle(int card, std::uint32_t handle) {
    drm_gem_close request{};
    request.handle = handle;
    call(card, DRM_IOCTL_GEM_CLOSE, request);
}

std::string lock_limit() {
    rlimit limit{};
    if (::getrlimit(RLIMIT_MEMLOCK, &limit) != 0 || limit.rlim_cur == RLIM_INFINITY)
        return "what the system allows";
    return "the " + std::to_string(limit.rlim_cur) + " bytes of RLIMIT_MEMLOCK";
}

error cannot_pin(std::span<std::byte> bytes, bool is_read_only, int os_error) {
    const auto *start = static_cast<const void *>(bytes.data());
    switch (os_error) {
    case EDQUOT:
        return fail(errc::memory, os_error,
                    "to pin %zu bytes more would exceed %s for this process: raise it "
                    "(ulimit -l; LimitMEMLOCK= of a service) or give it CAP_IPC_LOCK",
                    bytes.size(), lock_limit().c_str());
    case EFAULT:
        return fail(errc::access, os_error,
                    "not all of the %zu bytes at %p are memory that may be %s",
                    bytes.size(), start, is_read_only ? "read" : "written");
    case EOPNOTSUPP:
        return fail(errc::unsupported, os_error,
                    "the %zu bytes at %p are of a file, which cannot stay pinned for "
                    "writing: pin anonymous memory, or for reading only",
                    bytes.size(), start);
    default:
        return driver_refused("pin memory", os_error);
    }
}

error cannot_import(int file, int os_error) {
    if (os_error == EBADF || os_error == EINVAL)
        return fail(errc::invalid, os_error,
                    "file descriptor %d is no dma-buf that the card can reach", file);
    if (os_error == EOPNOTSUPP)
        return fail(errc::unsupported, os_error,
                    "whoever made the dma-buf does not let the card reach it");
    return driver_refused("import a dma-buf", os_error);
}

// Empty where it cannot be mapped.
std::span<std::byte> map(int file, std::uint64_t offset, std::uint64_t size) {
    void *data =
        ::mmap(nullptr, size, PROT_READ | PROT_WRITE, MAP_SHARED, file, off_t(offset));
    if (data == MAP_FAILED)
        return {};
    return {static_cast<std::byte *>(data), size};
}

} // namespace

result<port_buffer> drm_buffers::create(std::uint64_t size) {
    drm_groq_bo_create request{};
    request.size = size;
    if (const int failed = call(card_, DRM_IOCTL_GROQ_BO_CREATE, request))
        return driver_refused("make a host buffer", failed);
    const auto bytes = map(card_, request.mmap_offset, request.size);
    if (bytes.empty()) {
        const int failed = errno;
        close_handle(card_, request.handle);
        return driver_refused("map a host buffer", failed);
    }
    return port_buffer{request.handle, bytes};
}

result<port_buffer> drm_buffers::pin(std::span<std::byte> bytes, bool is_read_only) {
    drm_groq_bo_pin request{};
    request.address = reinterpret_cast<std::uintptr_t>(bytes.data());
    request.size = bytes.size();
    request.flags = is_read_only ? DRM_GROQ_BO_PIN_READ_ONLY : 0;
    if (const int failed = call(card_, DRM_IOCTL_GROQ_BO_PIN, request))
        return cannot_pin(bytes, is_read_only, failed);
    return port_buffer{request.handle, bytes, true};
}

result<int> drm_buffers::export_file(const port_buffer &buffer) {
    const std::lock_guard lock(lock_);
    shared_.reserve(shared_.size() + 1);
    drm_prime_handle request{};
    request.handle = buffer.handle;
    request.flags = DRM_CLOEXEC | DRM_RDWR;
    const int failed = call(card_, DRM_IOCTL_PRIME_HANDLE_TO_FD, request);
    if (failed == EPERM && buffer.is_pinned)
        return fail(errc::unsupported, failed,
                    "memory that was pinned cannot be exported: make a buffer");
    if (failed)
        return driver_refused("export a buffer", failed);
    if (std::find(shared_.begin(), shared_.end(), buffer.handle) == shared_.end())
        shared_.push_back(buffer.handle);
    return request.fd;
}

// Under the lock a handle is not closed between being given out and being counted.
result<std::uint32_t> drm_buffers::take_handle(int file) {
    const std::lock_guard lock(lock_);
    shared_.reserve(shared_.size() + 1);
    drm_prime_handle request{};
    request.fd = file;
    if (const int failed = call(card_, DRM_IOCTL_PRIME_FD_TO_HANDLE, request))
        return cannot_import(file, failed);
    shared_.push_back(request.handle);
    return request.handle;
}

result<port_buffer> drm_buffers::import_file(int file) {
    const auto handle = take_handle(file);
    if (!handle)
        return handle.error();
    const off_t size = ::lseek(file, 0, SEEK_END);
    if (size < 0) {
        const int failed = errno;
        drop_handle(*handle);
        return fail(errc::system, failed, "the dma-buf does not tell its size");
    }
    const auto bytes = map(file, 0, std::uint64_t(size));
    return port_buffer{*handle, bytes, false, std::uint64_t(size)};
}

void drm_buffers::drop_handle(std::uint32_t handle) noexcept {
    const std::lock_guard lock(lock_);
    const auto share = std::find(shared_.begin(), shared_.end(), handle);
    if (share != shared_.end()) {
        *share = shared_.back();
        shared_.pop_back();
        if (std::find(shared_.begin(), shared_.end(), handle) != shared_.end())
            return;
    }
    close_handle(card_, handle);
}

void drm_buffers::destroy(const port_buffer &buffer) noexcept {
    if (!buffer.is_pinned && !buffer.bytes.empty())
        ::munmap(buffer.bytes.data(), buffer.bytes.size());
    drop_handle(buffer.handle);
}

} // namespace groq
