// SPDX-License-Identifier: MIT
//
// The way of a program to the card: slots of host memory, each filled here while
// those before it are being copied.
#pragma once

#include <cstdint>
#include <memory>
#include <span>
#include <vector>

#include "buffer.hpp"
#include "device.hpp"
#include "job.hpp"
#include "queue.hpp"

namespace groq {

// One thread. Its destructor ends what is under way.
class weight_stream {
public:
    static result<weight_stream> create(std::shared_ptr<groq_device> device,
                                        std::uint64_t slot_bytes, unsigned slots,
                                        std::int64_t deadline);

    // Of memory that disks can write to, too, if that can be had: unlike what a driver
    // has mapped. `slot_bytes`: whole pages.
    static result<weight_stream> create_pinned(std::shared_ptr<groq_device> device,
                                               std::uint64_t slot_bytes, unsigned slots,
                                               std::int64_t deadline);

    std::uint64_t slot_bytes() const { return slot_bytes_; }
    unsigned slot_count() const { return unsigned(slots_.size()); }
    std::span<std::byte> memory(unsigned slot) const;

    // When the card has let go of the slot it may be filled anew.
    result<void> acquire(unsigned slot);
    // With the submission of the slot, copy these of its bytes there.
    void add(unsigned slot, std::uint64_t offset, std::uint64_t sram,
             std::uint64_t bytes);
    result<void> submit(unsigned slot);

    result<void> copy_zeroes(std::uint64_t sram, std::uint64_t bytes);
    // When all has arrived.
    result<void> finish();
    std::uint64_t copied_bytes() const { return copied_bytes_; }

private:
    struct batch {
        std::shared_ptr<groq_job> job;
        std::uint64_t ticket = 0; // 0: not in work
    };

    struct unmap {
        std::size_t bytes;
        void operator()(std::byte *memory) const noexcept;
    };
    using mapped_memory = std::unique_ptr<std::byte, unmap>;

    weight_stream(mapped_memory mapped, std::shared_ptr<groq_buffer> memory,
                  std::uint64_t slot_bytes, unsigned slots, std::int64_t deadline);

    result<void> submit(batch &some);
    result<void> wait(batch &some);

    mapped_memory mapped_; // behind memory_, or none
    std::shared_ptr<groq_device> device_;
    std::shared_ptr<groq_queue> queue_; // from the first submission on
    std::shared_ptr<groq_buffer> memory_;
    std::shared_ptr<groq_buffer> zeroes_; // if there are any
    std::uint64_t slot_bytes_;
    std::vector<batch> slots_;
    batch zeroing_;
    std::int64_t deadline_;
    std::uint64_t copied_bytes_ = 0;
};

} // namespace groq
