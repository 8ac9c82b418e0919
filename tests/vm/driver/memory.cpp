// SPDX-License-Identifier: MIT
#include "memory.hpp"

#include <algorithm>
#include <cerrno>
#include <fcntl.h>
#include <linux/udmabuf.h>
#include <sstream>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <unistd.h>

#include <drm.h>
#include <gtest/gtest.h>

namespace groq::test {

region::region(std::uint64_t size, int protection, int flags, int fd,
               std::int64_t offset)
    : start_(mmap(nullptr, size, protection, flags, fd, offset)), size_(size) {
    EXPECT_NE(start_, MAP_FAILED) << errno;
}

void region::unmap() {
    if (size_)
        munmap(start_, size_);
    size_ = 0;
}

void region::fill(std::uint32_t seed) const {
    std::uint32_t state = seed * 2654435761u + 1;
    for (std::uint8_t &byte : bytes()) {
        state = state * 1664525u + 1013904223u;
        byte = static_cast<std::uint8_t>(state >> 24);
    }
}

void descriptor::close() {
    if (fd_ >= 0)
        ::close(fd_);
    fd_ = -1;
}

descriptor memory_file(std::uint64_t size) {
    descriptor file(memfd_create("groq-test", MFD_ALLOW_SEALING | MFD_CLOEXEC));
    EXPECT_GE(file.get(), 0);
    EXPECT_EQ(ftruncate(file.get(), static_cast<off_t>(size)), 0);
    EXPECT_EQ(fcntl(file.get(), F_ADD_SEALS, F_SEAL_SHRINK), 0);
    return file;
}

descriptor udmabuf_of(const descriptor &memory, std::uint64_t size) {
    descriptor device(open("/dev/udmabuf", O_RDWR | O_CLOEXEC));
    EXPECT_GE(device.get(), 0);
    udmabuf_create request{.memfd = static_cast<std::uint32_t>(memory.get()),
                           .flags = UDMABUF_FLAGS_CLOEXEC,
                           .offset = 0,
                           .size = size};
    int fd = ioctl(device.get(), UDMABUF_CREATE, &request);
    EXPECT_GE(fd, 0) << errno;
    return descriptor(fd);
}

handle_or_error pin(const card &device, std::uint64_t address, std::uint64_t size,
                    std::uint32_t flags) {
    drm_groq_bo_pin arguments{
        .address = address, .size = size, .flags = flags, .handle = 0};
    int error = device.call(DRM_IOCTL_GROQ_BO_PIN, arguments);
    return {.handle = arguments.handle, .error = error};
}

handle_or_error import_buffer(const card &device, int fd) {
    drm_prime_handle arguments{.handle = 0, .flags = 0, .fd = fd};
    int error = device.call(DRM_IOCTL_PRIME_FD_TO_HANDLE, arguments);
    return {.handle = arguments.handle, .error = error};
}

descriptor export_buffer(const card &device, std::uint32_t handle) {
    drm_prime_handle arguments{
        .handle = handle, .flags = DRM_CLOEXEC | DRM_RDWR, .fd = -1};
    EXPECT_EQ(device.call(DRM_IOCTL_PRIME_HANDLE_TO_FD, arguments), 0);
    return descriptor(arguments.fd);
}

int close_handle(const card &device, std::uint32_t handle) {
    drm_gem_close arguments{.handle = handle, .pad = 0};
    return device.call(DRM_IOCTL_GEM_CLOSE, arguments);
}

drm_groq_command copy_of(std::uint32_t type, std::uint32_t handle, std::uint64_t offset,
                         std::uint64_t sram, std::uint64_t size) {
    drm_groq_command command{};
    command.type = type;
    command.bo = handle;
    command.rows = 1;
    command.bo_offset = offset;
    command.sram = sram;
    command.size = size;
    return command;
}

int copy_in(bench &rig, std::uint32_t handle, std::uint64_t offset, std::uint64_t sram,
            std::uint64_t size) {
    job work;
    work.commands.push_back(
        copy_of(DRM_GROQ_COMMAND_COPY_IN, handle, offset, sram, size));
    return rig.execute(work);
}

int copy_out(bench &rig, std::uint32_t handle, std::uint64_t offset, std::uint64_t sram,
             std::uint64_t size) {
    job work;
    work.commands.push_back(
        copy_of(DRM_GROQ_COMMAND_COPY_OUT, handle, offset, sram, size));
    return rig.execute(work);
}

std::map<std::string, std::string> fields_of(const std::string &path) {
    std::istringstream text(read_file(path));
    std::map<std::string, std::string> fields;
    for (std::string line; std::getline(text, line);)
        if (std::size_t colon = line.find(":\t"); colon != std::string::npos) {
            std::size_t value = line.find_first_not_of(" \t", colon + 1);
            fields[line.substr(0, colon)] = line.substr(std::min(value, line.size()));
        }
    return fields;
}

std::uint64_t pinned_pages(int pid) {
    std::string who = pid ? std::to_string(pid) : "self";
    return std::stoull(fields_of("/proc/" + who + "/status").at("VmPin")) * 1024 / page;
}

} // namespace groq::test
