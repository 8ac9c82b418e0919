// SPDX-License-Identifier: MIT
#include "memory_errors.hpp"

#include <algorithm>

namespace groq::chip {

codeword memory_errors::find(uint32_t granule) const {
    auto found = wrong_.find(granule);
    return found == wrong_.end() ? codeword() : found->second;
}

void memory_errors::put(uint32_t granule, const codeword &error) {
    if (error.is_zero())
        wrong_.erase(granule);
    else if (wrong_.size() < capacity || wrong_.contains(granule))
        wrong_[granule] = error;
    any_.store(!wrong_.empty(), std::memory_order_relaxed);
}

codeword memory_errors::at(uint32_t granule) const {
    std::lock_guard guard(lock_);
    return find(granule);
}

void memory_errors::add(uint32_t granule, const codeword &error) {
    std::lock_guard guard(lock_);
    codeword sum = find(granule);
    sum ^= error;
    put(granule, sum);
}

void memory_errors::set(uint32_t granule, const codeword &error) {
    std::lock_guard guard(lock_);
    put(granule, error);
}

uint32_t memory_errors::first(uint32_t begin, uint32_t end) const {
    std::lock_guard guard(lock_);
    auto found = wrong_.lower_bound(granule_of(begin));
    return found == wrong_.end() ? end : std::min(found->first, end);
}

void memory_errors::clear(uint32_t begin, uint32_t end) {
    std::lock_guard guard(lock_);
    uint32_t whole = granule_of(begin + granule_bytes - 1);
    auto last = wrong_.lower_bound(std::max(whole, granule_of(end)));
    wrong_.erase(wrong_.lower_bound(whole), last);
    any_.store(!wrong_.empty(), std::memory_order_relaxed);
}

void memory_errors::clear() {
    std::lock_guard guard(lock_);
    wrong_.clear();
    any_.store(false, std::memory_order_relaxed);
}

void memory_errors::serialize(archive &a, uint32_t sram_bytes) {
    std::lock_guard guard(lock_);
    auto count = static_cast<uint32_t>(wrong_.size());
    a.below(count, capacity + 1);
    if (a.is_loading())
        return load(a, count, sram_bytes);
    for (auto &[granule, error] : wrong_) {
        uint32_t at = granule;
        a.values(at, error);
    }
}

void memory_errors::load(archive &a, uint32_t count, uint32_t sram_bytes) {
    wrong_.clear();
    for (uint32_t n = 0; n < count && a.good(); ++n) {
        uint32_t granule = 0;
        codeword error;
        a.below(granule, sram_bytes);
        a.value(error);
        a.require(granule % granule_bytes == 0 && error.is_valid() && !error.is_zero());
        if (a.good())
            wrong_.insert_or_assign(granule, error);
    }
    a.require(wrong_.size() == count);
    any_.store(!wrong_.empty(), std::memory_order_relaxed);
}

} // namespace groq::chip
