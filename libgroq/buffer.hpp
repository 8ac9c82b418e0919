// SPDX-License-Identifier: MIT
//
// Memory of a device: host buffers, and regions of SRAM.
#pragma once

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <span>

#include <groq/groq.h>

#include "device.hpp"

struct groq_buffer : groq::shared_handle<groq_buffer> {
public:
    static groq::result<std::shared_ptr<groq_buffer>>
    create(std::shared_ptr<groq_device> device, std::uint64_t size);
    // `flags`: GROQ_BUFFER_*.
    static groq::result<std::shared_ptr<groq_buffer>>
    pin(std::shared_ptr<groq_device> device, std::span<std::byte> bytes,
        std::uint32_t flags);
    static groq::result<std::shared_ptr<groq_buffer>>
    import_file(std::shared_ptr<groq_device> device, int file);

    groq_buffer(std::shared_ptr<groq_device> device, const groq::port_buffer &mapped,
                std::uint64_t size);
    ~groq_buffer();

    const std::shared_ptr<groq_device> &device() const { return device_; }
    std::uint32_t handle() const { return mapped_.handle; }
    std::uint64_t size() const { return size_; }
    // Empty where it cannot be mapped.
    std::span<std::byte> bytes() const {
        return mapped_.bytes.first(std::min<std::size_t>(size_, mapped_.bytes.size()));
    }
    // A new file descriptor, the caller's.
    groq::result<int> export_file() const;

private:
    std::shared_ptr<groq_device> device_;
    groq::port_buffer mapped_; // whole pages
    std::uint64_t size_;       // as the caller asked for
};

struct groq_region : groq::shared_handle<groq_region> {
public:
    static groq::result<std::shared_ptr<groq_region>>
    create(std::shared_ptr<groq_device> device, std::uint64_t size);

    groq_region(std::shared_ptr<groq_device> device, std::uint64_t address);
    ~groq_region();

    std::uint64_t address() const { return address_; }

private:
    std::shared_ptr<groq_device> device_;
    std::uint64_t address_;
};
