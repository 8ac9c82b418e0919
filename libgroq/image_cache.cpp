// SPDX-License-Identifier: MIT
#include "image_cache.hpp"

#include <algorithm>
#include <chrono>
#include <cinttypes>

#include "device.hpp"

namespace groq {
namespace {

// Where runs put the inputs: one row of a part after another.
std::vector<sram_rows> inputs_of(const program_contents &contents) {
    std::vector<sram_rows> inputs;
    for (const auto &tensor : contents.tensors)
        if (tensor.direction == GROQ_TENSOR_INPUT)
            for (const auto &part : tensor.parts)
                inputs.push_back({part.sram, vector_bytes, tensor.rows, part.stride});
    return inputs;
}

} // namespace

// Rows that lie next to each other are one.
bool sram_rows::holds(const sram_rows &other) const {
    if (other.address < address || other.end() > end())
        return false;
    if (rows == 1 || stride == bytes)
        return true;
    return (other.address - address) % stride + other.bytes <= bytes &&
           (other.rows == 1 || other.stride % stride == 0);
}

bool resident_program::overlaps(std::uint64_t address, std::uint64_t end) const {
    return std::any_of(ranges.begin(), ranges.end(), [&](const auto &range) {
        return address < range.end() && end > range.address;
    });
}

image_lease::~image_lease() {
    if (resident_)
        cache_->drop(resident_, state_);
}

void image_lease::settle(const content_hash &hash) {
    cache_->settle(*resident_, hash);
    state_ = sram_state::shared;
}

result<void> image_lease::enter(const void *user, const std::string &name) {
    const std::lock_guard lock(cache_->lock_);
    if (resident_->jobs > 0 && resident_->user != user)
        return fail(errc::in_use,
                    "%s is in work in another queue: wait for that, or load it once "
                    "more elsewhere",
                    name.c_str());
    resident_->user = user;
    ++resident_->jobs;
    return {};
}

void image_lease::leave(bool went_well) noexcept {
    const std::lock_guard lock(cache_->lock_);
    --resident_->jobs;
    resident_->is_dirty |= !went_well;
}

result<image_lease> image_cache::acquire(const program_contents &contents,
                                         const program_key &key,
                                         const std::optional<content_hash> &hash,
                                         std::int64_t deadline) {
    const std::chrono::steady_clock::time_point time{
        std::chrono::nanoseconds(deadline)};
    std::unique_lock lock(lock_);
    for (;;) {
        auto there = find_locked(contents, key, hash);
        if (!there)
            break;
        if (there->is_loading) {
            if (settled_.wait_until(lock, time) == std::cv_status::timeout)
                return error(errc::timeout, {});
            continue;
        }
        if (there->holders++ > 0)
            return image_lease(*this, std::move(there), sram_state::shared);
        there->is_loading = true;
        const auto state = there->is_dirty ? sram_state::dirty : sram_state::used;
        return image_lease(*this, std::move(there), state);
    }
    auto made = std::make_shared<resident_program>(
        resident_program{key, contents.ranges, {}, inputs_of(contents)});
    made->holders = 1;
    residents_.push_back(made);
    lock.unlock();
    image_lease lease(*this, made, sram_state::zeroed);
    if (const auto done = reserve(contents, *made); !done)
        return done.error();
    return lease;
}

// A file is loaded where it says, before it is known to be right: that has to be the
// SRAM of the program that it claims to be.
std::shared_ptr<resident_program>
image_cache::find_locked(const program_contents &contents, const program_key &key,
                         const std::optional<content_hash> &hash) const {
    const auto found =
        std::find_if(residents_.begin(), residents_.end(), [&](const auto &each) {
            return each->key == key && each->wanted == contents.ranges &&
                   (!hash || !each->hash || each->hash == hash);
        });
    return found == residents_.end() ? nullptr : *found;
}

result<void> image_cache::reserve(const program_contents &contents,
                                  resident_program &resident) {
    for (const auto &range : contents.ranges) {
        const auto address = device_.reserve_sram(range.address, range.size);
        if (!address)
            return address.error();
        const std::lock_guard lock(lock_);
        resident.ranges.push_back(range);
    }
    return {};
}

void image_cache::settle(resident_program &resident, const content_hash &hash) {
    const std::lock_guard lock(lock_);
    resident.hash = hash;
    resident.is_loading = resident.is_dirty = false;
    settled_.notify_all();
}

// A load that failed leaves nothing of a new program, and of an old one what the next
// load has to copy in full.
void image_cache::drop(const std::shared_ptr<resident_program> &resident,
                       sram_state state) noexcept {
    std::unique_lock lock(lock_);
    --resident->holders;
    residents_.splice(residents_.end(), residents_,
                      std::find(residents_.begin(), residents_.end(), resident));
    const bool stays = resident->holders > 0 || (keeps_ && state != sram_state::zeroed);
    if (!stays) {
        resident->is_loading = true; // who wants it waits until its SRAM is free
        lock.unlock();
        for (const auto &range : resident->ranges)
            device_.release_sram(range.address);
        lock.lock();
        std::erase(residents_, resident);
    } else if (state != sram_state::shared) {
        resident->is_loading = false;
        resident->is_dirty = true;
    }
    settled_.notify_all();
}

bool image_cache::make_room(const std::optional<sram_range> &range) {
    const std::lock_guard lock(lock_);
    const auto is_in_the_way = [&](const auto &each) {
        return range && each->overlaps(range->address, range->end());
    };
    const auto none = residents_.end();
    const auto blocking = std::find_if(residents_.begin(), none, is_in_the_way);
    if (blocking != none)
        return evict_locked(blocking);
    for (auto each = residents_.begin(); each != none; ++each)
        if (evict_locked(each))
            return true;
    return false;
}

// Not what drop() gives back already: that SRAM may be another's meanwhile.
bool image_cache::evict_locked(residents::iterator victim) {
    const auto &ranges = (*victim)->ranges;
    if ((*victim)->holders > 0 || (*victim)->is_loading ||
        !device_.try_release_locked(ranges.front().address))
        return false;
    std::for_each(ranges.begin() + 1, ranges.end(),
                  [&](const auto &each) { device_.release_sram_locked(each.address); });
    residents_.erase(victim);
    return true;
}

std::uint64_t image_cache::idle_bytes() const {
    const std::lock_guard lock(lock_);
    std::uint64_t bytes = 0;
    for (const auto &each : residents_)
        if (each->holders == 0)
            for (const auto &range : each->ranges)
                bytes += range.size;
    return bytes;
}

void image_cache::note_write(const sram_rows &where) noexcept {
    const std::lock_guard lock(lock_);
    for (const auto &each : residents_)
        if (!each->is_dirty && each->overlaps(where.address, where.end()))
            each->is_dirty =
                std::none_of(each->inputs.begin(), each->inputs.end(),
                             [&](const auto &input) { return input.holds(where); });
}

} // namespace groq
