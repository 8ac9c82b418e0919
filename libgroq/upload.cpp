// SPDX-License-Identifier: MIT
#include "upload.hpp"

#include <algorithm>
#include <array>
#include <cstring>

#include "buffer.hpp"
#include "job.hpp"
#include "queue.hpp"

namespace groq {
namespace {

constexpr std::uint64_t slot_bytes_max = 16 << 20;

// Two slots of a staging buffer: one is filled while the other is copied.
class uploader {
public:
    static result<uploader> create(const std::shared_ptr<groq_device> &device,
                                   std::uint64_t total, std::int64_t deadline) {
        auto queue = groq_queue::create(device, 0);
        if (!queue)
            return queue.error();
        const auto slot_bytes = std::min(total, slot_bytes_max);
        const auto slots = total > slot_bytes ? 2u : 1u;
        auto staging = groq_buffer::create(device, slot_bytes * slots);
        if (!staging)
            return staging.error();
        return uploader(std::move(*queue), std::move(*staging), slot_bytes, slots,
                        deadline);
    }

    result<void> add(const elf_segment &segment) {
        auto bytes = segment.bytes;
        auto sram = segment.address;
        while (!bytes.empty()) {
            if (is_full())
                if (const auto done = next_slot(); !done)
                    return done;
            const auto piece =
                bytes.first(std::min(bytes.size(), slot_bytes_ - filled_));
            put(piece, sram);
            bytes = bytes.subspan(piece.size());
            sram += piece.size();
        }
        return {};
    }

    result<void> finish() {
        if (const auto done = submit(); !done)
            return done;
        for (auto &slot : slots_)
            if (const auto done = wait(slot); !done)
                return done;
        return {};
    }

private:
    struct staging_slot {
        std::shared_ptr<groq_job> job;
        std::uint64_t ticket = 0; // 0: not in work
    };

    uploader(std::shared_ptr<groq_queue> queue, std::shared_ptr<groq_buffer> staging,
             std::uint64_t slot_bytes, unsigned slots, std::int64_t deadline)
        : queue_(std::move(queue)), staging_(std::move(staging)),
          slot_bytes_(slot_bytes), slots_(slots), deadline_(deadline) {
        for (auto &slot : slots_)
            slot.job = std::make_shared<groq_job>(staging_->device());
    }

    bool is_full() const {
        return filled_ == slot_bytes_ ||
               slots_[current_].job->command_count() == DRM_GROQ_COMMANDS_MAX;
    }

    void put(std::span<const std::byte> piece, std::uint64_t sram) {
        const auto offset = current_ * slot_bytes_ + filled_;
        std::memcpy(staging_->bytes().data() + offset, piece.data(), piece.size());
        slots_[current_].job->append_copy(DRM_GROQ_COMMAND_COPY_IN, staging_,
                                          {offset, sram, piece.size()});
        filled_ += piece.size();
    }

    result<void> next_slot() {
        if (const auto done = submit(); !done)
            return done;
        current_ = (current_ + 1) % slots_.size();
        auto &slot = slots_[current_];
        if (const auto done = wait(slot); !done)
            return done;
        slot.job->clear();
        filled_ = 0;
        return {};
    }

    result<void> submit() {
        const auto ticket = queue_->submit(slots_[current_].job);
        if (!ticket)
            return ticket.error();
        slots_[current_].ticket = *ticket;
        return {};
    }

    result<void> wait(staging_slot &slot) {
        if (slot.ticket == 0)
            return {};
        const auto end = queue_->wait(slot.ticket, deadline_);
        if (!end)
            return end.error();
        slot.ticket = 0;
        return end->error ? result<void>(job_error(*end)) : result<void>();
    }

    std::shared_ptr<groq_queue> queue_;
    std::shared_ptr<groq_buffer> staging_;
    std::uint64_t slot_bytes_;
    std::vector<staging_slot> slots_;
    std::int64_t deadline_;
    std::size_t current_ = 0;
    std::uint64_t filled_ = 0; // of the current slot
};

} // namespace

result<void> upload(const std::shared_ptr<groq_device> &device,
                    std::span<const elf_segment> segments, std::int64_t deadline) {
    std::uint64_t total = 0;
    for (const auto &segment : segments)
        total += segment.bytes.size();
    if (total == 0)
        return {};
    auto staged = uploader::create(device, total, deadline);
    if (!staged)
        return staged.error();
    for (const auto &segment : segments)
        if (const auto done = staged->add(segment); !done)
            return done;
    return staged->finish();
}

} // namespace groq
