// SPDX-License-Identifier: MIT
#include "memory.hpp"

#include <algorithm>

#include "hw/groq_isa.h"

namespace groq::reference {

vector memory::read(uint32_t address) const {
    auto found = words_.find(address);
    return found == words_.end() ? vector{} : found->second;
}

void memory::write(uint32_t address, const vector &value, unsigned superlanes) {
    vector &word = words_[address];
    for (unsigned tile = 0; tile < superlanes; ++tile) {
        for (unsigned lane = 0; lane < GROQ_TILE_LANES; ++lane)
            word.lanes[tile * GROQ_TILE_LANES + lane] =
                value.lanes[tile * GROQ_TILE_LANES + lane];
        word.errors.erase(tile);
        if (value.errors.contains(tile))
            word.errors[tile] = value.errors.at(tile);
    }
}

void memory::load(uint32_t address, const std::vector<uint8_t> &data) {
    for (size_t n = 0; n < data.size(); ++n) {
        uint32_t at = address + static_cast<uint32_t>(n);
        uint32_t lane = at % GROQ_VECTOR_BYTES;
        words_[at - lane].lanes[lane] = data[n];
    }
}

void memory::inject(uint32_t address, unsigned first, unsigned second) {
    uint32_t lane = address % GROQ_VECTOR_BYTES;
    wrong_bits &wrong = words_[address - lane].errors[lane / GROQ_TILE_LANES];
    wrong.flip(first);
    if (second != first)
        wrong.flip(second);
}

bool windows_allow(const std::vector<window> &windows, const memory &sram,
                   uint64_t address, uint64_t bytes, uint32_t access) {
    auto grants = [&](const window &w, uint64_t byte) {
        bool sound = w.base % GROQ_VECTOR_BYTES == 0 &&
                     w.size % GROQ_VECTOR_BYTES == 0 &&
                     uint64_t{w.base} + w.size <= sram.bytes();
        return sound && (w.access & access) == access && byte >= w.base &&
               byte - w.base < w.size;
    };
    for (uint64_t byte = address; byte < address + bytes; ++byte)
        if (std::none_of(windows.begin(), windows.end(),
                         [&](const window &w) { return grants(w, byte); }))
            return false;
    return true;
}

void stream_registers::shift() {
    for (unsigned east = 0; east < GROQ_STREAMS; ++east) {
        unsigned west = GROQ_STREAM_WEST(east);
        for (int p = GROQ_POSITION_MXM; p > -GROQ_POSITION_MXM; --p)
            cells_[index(p)][east] = cells_[index(p - 1)][east];
        for (int p = -GROQ_POSITION_MXM; p < GROQ_POSITION_MXM; ++p)
            cells_[index(p)][west] = cells_[index(p + 1)][west];
        cells_[index(-GROQ_POSITION_MXM)][east] = nullptr;
        cells_[index(GROQ_POSITION_MXM)][west] = nullptr;
    }
    driven_ = {};
}

bool stream_registers::drive(int position, unsigned stream, value what) {
    bool &taken = driven_[index(position)][stream];
    if (taken)
        return false;
    taken = true;
    cells_[index(position)][stream] = std::move(what);
    return true;
}

} // namespace groq::reference
