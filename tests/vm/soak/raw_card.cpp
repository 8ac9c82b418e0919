// SPDX-License-Identifier: MIT
#include "raw_card.hpp"

#include <cerrno>
#include <cstring>
#include <ctime>
#include <filesystem>

#include <drm.h>
#include <fcntl.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <unistd.h>

#include "session.hpp"

namespace groq::soak {
namespace {

// The card's node has another number each time it is plugged in.
std::string node_of(const std::string &address) {
    const std::string folder = "/sys/bus/pci/devices/" + address;
    std::error_code error;
    for (const auto &entry :
         std::filesystem::directory_iterator(folder + "/accel", error))
        return "/dev/accel/" + entry.path().filename().string();
    const bool there = std::filesystem::exists(folder, error);
    throw refused(there ? "no_driver" : "no_device", "no accel node of " + address);
}

} // namespace

void refuse(int error, const std::string &what) {
    const char *name = error == ENODEV || error == ENXIO ? "device_lost"
                       : error == ENOENT                 ? "no_device"
                       : error == ENOMEM                 ? "memory"
                       : error == ENOSPC                 ? "sram"
                       : error == EIO                    ? "unfilled"
                                                         : "system";
    throw refused(name, what + ": " + std::strerror(error));
}

raw_card::raw_card(const std::string &address)
    : fd_(open(node_of(address).c_str(), O_RDWR | O_CLOEXEC)) {
    if (fd_ < 0)
        refuse(errno, "open");
}

raw_card::~raw_card() {
    close(fd_);
}

void raw_card::call_raw(unsigned long request, void *data, const char *what) const {
    int ret;
    do
        ret = ioctl(fd_, request, data);
    while (ret && errno == EINTR);
    if (ret)
        refuse(errno, what);
}

bool raw_card::has(std::uint64_t feature) const {
    drm_groq_get_param arguments{};
    arguments.param = DRM_GROQ_PARAM_FEATURES;
    call(DRM_IOCTL_GROQ_GET_PARAM, arguments, "get features");
    return arguments.value & feature;
}

std::uint32_t raw_card::create_context() const {
    drm_groq_context_create arguments{};
    call(DRM_IOCTL_GROQ_CONTEXT_CREATE, arguments, "create context");
    return arguments.id;
}

std::uint32_t raw_card::create_queue(std::uint32_t context,
                                     std::uint32_t priority) const {
    drm_groq_queue_create arguments{};
    arguments.context = context;
    arguments.priority = priority;
    call(DRM_IOCTL_GROQ_QUEUE_CREATE, arguments, "create queue");
    return arguments.id;
}

std::uint64_t raw_card::reserve(std::uint32_t context, std::uint64_t size) const {
    drm_groq_sram_reserve arguments{};
    arguments.context = context;
    arguments.size = size;
    call(DRM_IOCTL_GROQ_SRAM_RESERVE, arguments, "reserve SRAM");
    return arguments.address;
}

std::uint32_t raw_card::create_timeline() const {
    drm_syncobj_create arguments{};
    call(DRM_IOCTL_SYNCOBJ_CREATE, arguments, "create syncobj");
    return arguments.handle;
}

bool raw_card::wait(std::uint32_t timeline, std::uint64_t point, int seconds) const {
    timespec now{};
    clock_gettime(CLOCK_MONOTONIC, &now);
    drm_syncobj_timeline_wait arguments{};
    arguments.handles = reinterpret_cast<std::uintptr_t>(&timeline);
    arguments.points = reinterpret_cast<std::uintptr_t>(&point);
    arguments.count_handles = 1;
    arguments.timeout_nsec = (now.tv_sec + seconds) * 1'000'000'000LL + now.tv_nsec;
    int ret;
    do
        ret = ioctl(fd_, DRM_IOCTL_SYNCOBJ_TIMELINE_WAIT, &arguments);
    while (ret && errno == EINTR);
    if (ret && errno != ETIME)
        refuse(errno, "wait");
    return ret == 0;
}

raw_buffer::raw_buffer(const raw_card &owner, std::uint64_t size, bool pinned)
    : owner_(owner) {
    drm_groq_bo_create create{};
    create.size = size;
    if (!pinned)
        owner.call(DRM_IOCTL_GROQ_BO_CREATE, create, "create buffer");
    void *start =
        mmap(nullptr, size, PROT_READ | PROT_WRITE,
             pinned ? MAP_PRIVATE | MAP_ANONYMOUS : MAP_SHARED,
             pinned ? -1 : owner.fd(), static_cast<off_t>(create.mmap_offset));
    if (start == MAP_FAILED)
        refuse(errno, "mmap");
    bytes_ = {static_cast<std::byte *>(start), size};
    handle_ = create.handle;
    if (!pinned)
        return;
    drm_groq_bo_pin pin{};
    pin.address = reinterpret_cast<std::uintptr_t>(start);
    pin.size = size;
    try {
        owner.call(DRM_IOCTL_GROQ_BO_PIN, pin, "pin buffer");
    } catch (...) {
        munmap(start, size);
        throw;
    }
    handle_ = pin.handle;
}

raw_buffer::~raw_buffer() {
    munmap(bytes_.data(), bytes_.size());
    drm_gem_close arguments{};
    arguments.handle = handle_;
    ioctl(owner_.fd(), DRM_IOCTL_GEM_CLOSE, &arguments); // may be lost by now
}

const char *status_name(std::uint32_t status) {
    switch (status) {
    case DRM_GROQ_STATUS_PENDING:
        return "pending";
    case DRM_GROQ_STATUS_OK:
        return "ok";
    case DRM_GROQ_STATUS_FAULT:
        return "fault";
    case DRM_GROQ_STATUS_ACCESS:
        return "access";
    case DRM_GROQ_STATUS_DMA:
        return "dma";
    case DRM_GROQ_STATUS_INVALID:
        return "invalid";
    case DRM_GROQ_STATUS_TIMEOUT:
        return "hung";
    case DRM_GROQ_STATUS_CANCELED:
        return "canceled";
    case DRM_GROQ_STATUS_RESET:
        return "reset";
    case DRM_GROQ_STATUS_LOST:
        return "device_lost";
    default:
        return "system";
    }
}

} // namespace groq::soak
