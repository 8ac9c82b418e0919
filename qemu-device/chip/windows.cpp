// SPDX-License-Identifier: MIT
#include "windows.hpp"

#include <algorithm>

#include "hw/groq_sram.h"

namespace groq::chip {

static bool is_valid(const window &w, uint32_t sram_bytes) {
    return w.size != 0 && w.base % GROQ_VECTOR_BYTES == 0 &&
           w.size % GROQ_VECTOR_BYTES == 0 && w.base < sram_bytes &&
           w.size <= sram_bytes - w.base;
}

granted_ranges::granted_ranges(const windows &all, uint32_t access,
                               uint32_t sram_bytes) {
    for (const window &w : all)
        if ((w.access & access) && is_valid(w, sram_bytes))
            ranges_[count_++] = {w.base, w.base + w.size};
    std::sort(ranges_.begin(), ranges_.begin() + count_,
              [](range a, range b) { return a.begin < b.begin; });
}

// In order of their beginnings, so that one pass follows a chain of neighbours.
uint64_t granted_ranges::first_denied(uint64_t begin, uint64_t end) const {
    for (uint32_t i = 0; i < count_ && begin < end; ++i)
        if (ranges_[i].begin <= begin && begin < ranges_[i].end)
            begin = ranges_[i].end;
    return std::min(begin, end);
}

range granted_ranges::around(uint32_t address) const {
    for (uint32_t i = 0; i < count_; ++i)
        if (ranges_[i].begin <= address && address < ranges_[i].end)
            return ranges_[i];
    return {0, 0};
}

} // namespace groq::chip
