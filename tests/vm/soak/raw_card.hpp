// SPDX-License-Identifier: MIT
//
// A card through the driver's own calls; those that are refused throw `refused`.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <string>
#include <vector>

#include <drm/groq_accel.h>

namespace groq::soak {

[[noreturn]] void refuse(int error, const std::string &what);

class raw_card {
public:
    explicit raw_card(const std::string &address); // of the PCI device
    raw_card(const raw_card &) = delete;
    raw_card &operator=(const raw_card &) = delete;
    ~raw_card();

    int fd() const { return fd_; }
    template <typename argument>
    void call(unsigned long request, argument &data, const char *what) const {
        call_raw(request, &data, what);
    }
    bool has(std::uint64_t feature) const;
    std::uint32_t create_context() const;
    std::uint32_t create_queue(std::uint32_t context, std::uint32_t priority) const;
    std::uint64_t reserve(std::uint32_t context, std::uint64_t size) const;
    std::uint32_t create_timeline() const;
    // Whether it came within `seconds`.
    bool wait(std::uint32_t timeline, std::uint64_t point, int seconds) const;

private:
    void call_raw(unsigned long request, void *data, const char *what) const;

    int fd_;
};

// Host memory that the card can reach: the driver's, or the process's own, pinned.
class raw_buffer {
public:
    raw_buffer(const raw_card &owner, std::uint64_t size, bool pinned);
    raw_buffer(const raw_buffer &) = delete;
    raw_buffer &operator=(const raw_buffer &) = delete;
    ~raw_buffer();

    std::uint32_t handle() const { return handle_; }
    std::span<std::byte> bytes() const { return bytes_; }

private:
    const raw_card &owner_;
    std::uint32_t handle_ = 0;
    std::span<std::byte> bytes_;
};

// The name of the runtime's error for a status.
const char *status_name(std::uint32_t status);

} // namespace groq::soak
