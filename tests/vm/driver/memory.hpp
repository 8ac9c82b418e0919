// SPDX-License-Identifier: MIT
// Memory that is not the driver's: a process's, pinned, or another exporter's.
#ifndef GROQ_TESTS_VM_DRIVER_MEMORY_HPP
#define GROQ_TESTS_VM_DRIVER_MEMORY_HPP

#include "card.hpp"

#include <cstdint>
#include <map>
#include <span>
#include <string>
#include <vector>

namespace groq::test {

constexpr std::uint64_t page = 4096;

// mmap() with an end.
class region {
public:
    explicit region(std::uint64_t size, int protection = 3, int flags = 0x22,
                    int fd = -1, std::int64_t offset = 0);
    region(const region &) = delete;
    region &operator=(const region &) = delete;
    ~region() { unmap(); }

    void unmap();
    std::uint64_t address() const { return reinterpret_cast<std::uintptr_t>(start_); }
    std::uint64_t size() const { return size_; }
    std::span<std::uint8_t> bytes() const {
        return {static_cast<std::uint8_t *>(start_), size_};
    }
    void fill(std::uint32_t seed) const;

private:
    void *start_;
    std::uint64_t size_;
};

// A descriptor with an end.
class descriptor {
public:
    explicit descriptor(int fd = -1) : fd_(fd) {}
    descriptor(descriptor &&other) noexcept : fd_(std::exchange(other.fd_, -1)) {}
    descriptor &operator=(descriptor &&) = delete;
    ~descriptor() { close(); }
    int get() const { return fd_; }
    void close();

private:
    int fd_;
};

descriptor memory_file(std::uint64_t size); // memfd that cannot shrink
// A udmabuf of all of a memory_file().
descriptor udmabuf_of(const descriptor &memory, std::uint64_t size);

struct handle_or_error {
    std::uint32_t handle = 0;
    int error = 0;
};
handle_or_error pin(const card &device, std::uint64_t address, std::uint64_t size,
                    std::uint32_t flags = 0);
handle_or_error import_buffer(const card &device, int fd);
descriptor export_buffer(const card &device, std::uint32_t handle);
int close_handle(const card &device, std::uint32_t handle);

drm_groq_command copy_of(std::uint32_t type, std::uint32_t handle, std::uint64_t offset,
                         std::uint64_t sram, std::uint64_t size);
// Both do it and wait; the errors are those of bench::execute().
int copy_in(bench &rig, std::uint32_t handle, std::uint64_t offset, std::uint64_t sram,
            std::uint64_t size);
int copy_out(bench &rig, std::uint32_t handle, std::uint64_t offset, std::uint64_t sram,
             std::uint64_t size);

// What is in a file of lines "key: value", such as /proc/PID/status.
std::map<std::string, std::string> fields_of(const std::string &path);
std::uint64_t pinned_pages(int pid = 0); // VmPin

} // namespace groq::test

#endif
