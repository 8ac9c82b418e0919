// SPDX-License-Identifier: MIT
#include "weight_stream.hpp"

#include <algorithm>
#include <cerrno>

#include <sys/mman.h>

namespace groq {
namespace {

// An old driver, or more than may be locked.
bool can_do_without(const error &pinning) {
    return pinning == errc::unsupported || pinning == errc::memory;
}

} // namespace

result<weight_stream> weight_stream::create(std::shared_ptr<groq_device> device,
                                            std::uint64_t slot_bytes, unsigned slots,
                                            std::int64_t deadline) {
    auto memory = groq_buffer::create(std::move(device), slot_bytes * slots);
    if (!memory)
        return memory.error();
    return weight_stream({}, std::move(*memory), slot_bytes, slots, deadline);
}

result<weight_stream> weight_stream::create_pinned(std::shared_ptr<groq_device> device,
                                                   std::uint64_t slot_bytes,
                                                   unsigned slots,
                                                   std::int64_t deadline) {
    const auto bytes = slot_bytes * slots;
    void *const own = ::mmap(nullptr, bytes, PROT_READ | PROT_WRITE,
                             MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    if (own == MAP_FAILED)
        return fail(errc::memory, errno, "no memory for slots");
    mapped_memory mapped(static_cast<std::byte *>(own), {bytes});
    auto memory = groq_buffer::pin(device, {mapped.get(), bytes}, 0);
    if (!memory && can_do_without(memory.error()))
        return create(std::move(device), slot_bytes, slots, deadline);
    if (!memory)
        return memory.error();
    return weight_stream(std::move(mapped), std::move(*memory), slot_bytes, slots,
                         deadline);
}

void weight_stream::unmap::operator()(std::byte *memory) const noexcept {
    ::munmap(memory, bytes);
}

weight_stream::weight_stream(mapped_memory mapped, std::shared_ptr<groq_buffer> memory,
                             std::uint64_t slot_bytes, unsigned slots,
                             std::int64_t deadline)
    : mapped_(std::move(mapped)), device_(memory->device()), memory_(std::move(memory)),
      slot_bytes_(slot_bytes), slots_(slots), deadline_(deadline) {
    for (auto &slot : slots_)
        slot.job = std::make_shared<groq_job>(device_);
    zeroing_.job = std::make_shared<groq_job>(device_);
}

std::span<std::byte> weight_stream::memory(unsigned slot) const {
    return memory_->bytes().subspan(slot * slot_bytes_, slot_bytes_);
}

result<void> weight_stream::acquire(unsigned slot) {
    if (const auto done = wait(slots_[slot]); !done)
        return done;
    slots_[slot].job->clear();
    return {};
}

void weight_stream::add(unsigned slot, std::uint64_t offset, std::uint64_t sram,
                        std::uint64_t bytes) {
    slots_[slot].job->append_copy(DRM_GROQ_COMMAND_COPY_IN, memory_,
                                  {slot * slot_bytes_ + offset, sram, bytes});
    copied_bytes_ += bytes;
}

result<void> weight_stream::submit(unsigned slot) {
    return submit(slots_[slot]);
}

result<void> weight_stream::copy_zeroes(std::uint64_t sram, std::uint64_t bytes) {
    if (!zeroes_) {
        auto made = groq_buffer::create(device_, slot_bytes_);
        if (!made)
            return made.error();
        zeroes_ = std::move(*made);
    }
    copied_bytes_ += bytes;
    while (bytes > 0) {
        const auto some = std::min(bytes, slot_bytes_);
        zeroing_.job->append_copy(DRM_GROQ_COMMAND_COPY_IN, zeroes_, {0, sram, some});
        sram += some;
        bytes -= some;
    }
    return {};
}

result<void> weight_stream::finish() {
    if (const auto done = submit(zeroing_); !done)
        return done;
    for (auto &slot : slots_)
        if (const auto done = wait(slot); !done)
            return done;
    return wait(zeroing_);
}

result<void> weight_stream::submit(batch &some) {
    if (some.job->command_count() == 0)
        return {};
    if (!queue_) {
        auto made = groq_queue::create(device_, 0);
        if (!made)
            return made.error();
        queue_ = std::move(*made);
    }
    const auto ticket = queue_->submit(some.job);
    if (!ticket)
        return ticket.error();
    some.ticket = *ticket;
    return {};
}

result<void> weight_stream::wait(batch &some) {
    if (some.ticket == 0)
        return {};
    const auto end = queue_->wait(some.ticket, deadline_);
    if (!end)
        return end.error();
    some.ticket = 0;
    return end->error ? result<void>(job_error(*end)) : result<void>();
}

} // namespace groq
