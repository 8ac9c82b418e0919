// SPDX-License-Identifier: MIT
//
// The host buffers of an open card.
#pragma once

#include <cstdint>
#include <mutex>
#include <span>
#include <vector>

#include "kernel_port.hpp"

namespace groq {

// Any thread may use it. The functions are those of kernel_port.
class drm_buffers {
public:
    // `card` is the open card; it stays its owner's.
    explicit drm_buffers(int card) : card_(card) {}
    drm_buffers(const drm_buffers &) = delete;

    result<port_buffer> create(std::uint64_t size);
    result<port_buffer> pin(std::span<std::byte> bytes, bool is_read_only);
    result<int> export_file(const port_buffer &buffer);
    result<port_buffer> import_file(int file);
    void destroy(const port_buffer &buffer) noexcept;

private:
    result<std::uint32_t> take_handle(int file);
    void drop_handle(std::uint32_t handle) noexcept;

    int card_;
    std::mutex lock_;
    // Of a dma-buf that it knows the card gives out the handle that is there: once for
    // each buffer that has it. Of handles that no dma-buf was made of, or came from,
    // none is here.
    std::vector<std::uint32_t> shared_;
};

} // namespace groq
