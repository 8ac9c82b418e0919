// SPDX-License-Identifier: MIT
//
// Memory: on the host where the card reaches it, and on the chip.
#pragma once

#include <cstddef>
#include <span>

#include <groq/device.hpp>

namespace groq {

// Zeroed host memory that the card can reach.
//
// Whoever touches the bytes keeps clear of the jobs that copy them. A job keeps
// its buffers alive.
class buffer {
public:
    // 1 byte to 4 GiB.
    static result<buffer> create(const device &device, std::uint64_t size) {
        return detail::make<buffer, groq_buffer>([&](groq_buffer **out) {
            return groq_buffer_create(device.native(), size, out);
        });
    }
    // Throws groq::failure.
    buffer(const device &device, std::uint64_t size)
        : buffer(create(device, size).value()) {}
    explicit buffer(groq_buffer *owned) noexcept : handle_(owned) {}

    std::span<std::byte> bytes() const noexcept {
        return {static_cast<std::byte *>(groq_buffer_data(native())), size()};
    }
    // As many whole T as fit.
    template <class T>
    std::span<T> as() const noexcept {
        return {static_cast<T *>(groq_buffer_data(native())), size() / sizeof(T)};
    }
    std::size_t size() const noexcept { return groq_buffer_size(native()); }

    groq_buffer *native() const noexcept { return handle_.get(); }

private:
    detail::handle<groq_buffer, groq_buffer_destroy> handle_;
};

// Zeroed SRAM of one's own, for copies without a program.
class region {
public:
    // A multiple of 320 bytes.
    static result<region> create(const device &device, std::uint64_t size) {
        return detail::make<region, groq_region>([&](groq_region **out) {
            return groq_region_create(device.native(), size, out);
        });
    }
    // Throws groq::failure.
    region(const device &device, std::uint64_t size)
        : region(create(device, size).value()) {}
    explicit region(groq_region *owned) noexcept : handle_(owned) {}

    // Linear SRAM address.
    std::uint64_t address() const noexcept { return groq_region_address(native()); }

    groq_region *native() const noexcept { return handle_.get(); }

private:
    detail::handle<groq_region, groq_region_destroy> handle_;
};

} // namespace groq
