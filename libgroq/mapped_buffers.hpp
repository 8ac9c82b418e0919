// SPDX-License-Identifier: MIT
//
// The buffers of a port by handle, for ports that wrap another. A buffer that is
// imported where it lives has the handle that it has there: both count, and either may
// go first.
#pragma once

#include <cstdint>
#include <map>
#include <span>
#include <vector>

#include "kernel_port.hpp"

namespace groq {

class mapped_buffers {
public:
    // Its number, from 1; those of one handle have one.
    std::uint64_t add(const port_buffer &buffer);
    void remove(const port_buffer &buffer) noexcept;

    // 0: nothing has that handle.
    std::uint64_t number(std::uint32_t handle) const;
    // Empty: they cannot be seen.
    std::span<std::byte> bytes(std::uint32_t handle) const;

private:
    struct known_buffer {
        std::uint64_t number;
        std::vector<std::span<std::byte>> mappings = {};
    };

    std::map<std::uint32_t, known_buffer> buffers_; // by handle
    std::uint64_t last_ = 0;
};

} // namespace groq
