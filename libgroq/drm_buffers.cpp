// SPDX-License-Identifier: MIT
#include "drm_buffers.hpp"

#include <algorithm>
#include <cerrno>
#include <string>

#include <fcntl.h>
#include <sys/mman.h>
#include <sys/resource.h>
#include <unistd.h>
#include <xf86drm.h>

#include "drm_error.hpp"

namespace groq {
namespace {

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
    if (::drmIoctl(card_, DRM_IOCTL_GROQ_BO_CREATE, &request) != 0)
        return driver_refused("make a host buffer", errno);
    const auto bytes = map(card_, request.mmap_offset, request.size);
    if (bytes.empty()) {
        const int failed = errno;
        ::drmCloseBufferHandle(card_, request.handle);
        return driver_refused("map a host buffer", failed);
    }
    return port_buffer{request.handle, bytes};
}

result<port_buffer> drm_buffers::pin(std::span<std::byte> bytes, bool is_read_only) {
    drm_groq_bo_pin request{};
    request.address = reinterpret_cast<std::uintptr_t>(bytes.data());
    request.size = bytes.size();
    request.flags = is_read_only ? DRM_GROQ_BO_PIN_READ_ONLY : 0;
    if (::drmIoctl(card_, DRM_IOCTL_GROQ_BO_PIN, &request) != 0)
        return cannot_pin(bytes, is_read_only, errno);
    return port_buffer{request.handle, bytes, true};
}

result<int> drm_buffers::export_file(const port_buffer &buffer) {
    const std::lock_guard lock(lock_);
    shared_.reserve(shared_.size() + 1);
    int file = -1;
    if (::drmPrimeHandleToFD(card_, buffer.handle, DRM_CLOEXEC | DRM_RDWR, &file) !=
        0) {
        if (errno == EPERM && buffer.is_pinned)
            return fail(errc::unsupported, errno,
                        "memory that was pinned cannot be exported: make a buffer");
        return driver_refused("export a buffer", errno);
    }
    if (std::find(shared_.begin(), shared_.end(), buffer.handle) == shared_.end())
        shared_.push_back(buffer.handle);
    return file;
}

// Under the lock a handle is not closed between being given out and being counted.
result<std::uint32_t> drm_buffers::take_handle(int file) {
    const std::lock_guard lock(lock_);
    shared_.reserve(shared_.size() + 1);
    std::uint32_t handle = 0;
    if (::drmPrimeFDToHandle(card_, file, &handle) != 0)
        return cannot_import(file, errno);
    shared_.push_back(handle);
    return handle;
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
    ::drmCloseBufferHandle(card_, handle);
}

void drm_buffers::destroy(const port_buffer &buffer) noexcept {
    if (!buffer.is_pinned && !buffer.bytes.empty())
        ::munmap(buffer.bytes.data(), buffer.bytes.size());
    drop_handle(buffer.handle);
}

} // namespace groq
