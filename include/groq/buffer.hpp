// SPDX-License-Identifier: MIT
//
// Memory: on the host where the card reaches it, and on the chip.
#pragma once

#include <cstddef>
#include <span>

#include <groq/device.hpp>

namespace groq {

// Host memory that the card can reach.
//
// Whoever touches the bytes keeps clear of the jobs that copy them. A job keeps
// its buffers alive. Any thread may call any function.
class buffer {
public:
    // Zeroed; 1 byte to 4 GiB.
    static result<buffer> create(const device &device, std::uint64_t size) {
        return detail::make<buffer, groq_buffer>([&](groq_buffer **out) {
            return groq_buffer_create(device.native(), size, out);
        });
    }
    // Of memory that is there, whole pages: it stays the caller's, and in place until
    // the buffer and its jobs have ended. errc::memory: RLIMIT_MEMLOCK, the message
    // says how much; access: not all of it may be written; unsupported: of a file.
    static result<buffer> pin(const device &device, std::span<std::byte> memory) {
        return pin(device, memory.data(), memory.size(), 0);
    }
    // The card only reads there: the memory may be read only. A job that copies out
    // to it is refused, errc::access.
    static result<buffer> pin_read_only(const device &device,
                                        std::span<const std::byte> memory) {
        return pin(device, const_cast<std::byte *>(memory.data()), memory.size(),
                   GROQ_BUFFER_READ_ONLY);
    }
    // Of a dma-buf; `file` stays the caller's. bytes() is empty where its exporter does
    // not let it be mapped; whoever touches them does so between the exporter's
    // DMA_BUF_IOCTL_SYNC. errc::invalid: no dma-buf; unsupported: a simulated card.
    static result<buffer> import(const device &device, int file) {
        return detail::make<buffer, groq_buffer>([&](groq_buffer **out) {
            return groq_buffer_import(device.native(), file, out);
        });
    }
    // Throws groq::failure.
    buffer(const device &device, std::uint64_t size)
        : buffer(create(device, size).value()) {}
    explicit buffer(groq_buffer *owned) noexcept : handle_(owned) {}

    std::span<std::byte> bytes() const noexcept {
        auto *data = static_cast<std::byte *>(groq_buffer_data(native()));
        return {data, data ? size() : 0};
    }
    // As many whole T as fit.
    template <class T>
    std::span<T> as() const noexcept {
        const auto all = bytes();
        return {reinterpret_cast<T *>(all.data()), all.size() / sizeof(T)};
    }
    std::size_t size() const noexcept { return groq_buffer_size(native()); }

    // As a dma-buf, for other devices and processes: a new file descriptor, the
    // caller's. errc::unsupported: pinned memory, and simulated cards.
    result<int> export_dma_buf() const {
        int file = -1;
        if (groq_buffer_export(native(), &file) != GROQ_OK)
            return error::last();
        return file;
    }

    groq_buffer *native() const noexcept { return handle_.get(); }

private:
    static result<buffer> pin(const device &device, std::byte *data, std::uint64_t size,
                              std::uint32_t flags) {
        return detail::make<buffer, groq_buffer>([&](groq_buffer **out) {
            return groq_buffer_pin(device.native(), data, size, flags, out);
        });
    }

    detail::handle<groq_buffer, groq_buffer_destroy> handle_;
};

// Zeroed SRAM of one's own, for copies without a program. Jobs know it by its address
// and do not keep it. Any thread may call any function.
class region {
public:
    // A multiple of 320 bytes. errc::sram: there is no such piece.
    static result<region> create(const device &device, std::uint64_t size) {
        return detail::make<region, groq_region>([&](groq_region **out) {
            return groq_region_create(device.native(), size, out);
        });
    }
    // Throws groq::failure.
    region(const device &device, std::uint64_t size)
        : region(create(device, size).value()) {}
    explicit region(groq_region *owned) noexcept : handle_(owned) {}

    // Linear SRAM address, a multiple of 320.
    std::uint64_t address() const noexcept { return groq_region_address(native()); }

    groq_region *native() const noexcept { return handle_.get(); }

private:
    detail::handle<groq_region, groq_region_destroy> handle_;
};

} // namespace groq
