// SPDX-License-Identifier: MIT
#include "compiler/layout.hpp"

#include <algorithm>
#include <stdexcept>
#include <string>

namespace groq::compiler {
namespace {

[[noreturn]] void refuse(const std::string &what) {
    throw std::runtime_error(what);
}

// Whether no row of `words` words at the stride crosses from slice to slice.
bool rows_stay_in_slices(unsigned batch, unsigned stride, unsigned words) {
    for (unsigned row = 0; row < batch; ++row)
        if (row * stride % GROQ_SLICE_WORDS + words > GROQ_SLICE_WORDS)
            return false;
    return true;
}

// The largest stride at which the rows fit into one slice per plane.
unsigned choose_stride(unsigned batch, unsigned words) {
    const unsigned most =
        std::min<unsigned>(plane_count * GROQ_SLICE_WORDS / batch, GROQ_SLICE_WORDS);
    for (unsigned stride = most; stride >= words; --stride)
        if (rows_stay_in_slices(batch, stride, words))
            return stride;
    refuse("a batch of " + std::to_string(batch) + " does not fit: each row takes " +
           std::to_string(words) + " words of the " +
           std::to_string(plane_count * GROQ_SLICE_WORDS) + " there are for rows");
}

} // namespace

layout::layout(const network &source, unsigned batch, unsigned groups) : batch_(batch) {
    if (batch == 0 || batch > plane_count * group_count * GROQ_MXM_ACCUMULATORS)
        refuse("the batch must be 1.." +
               std::to_string(plane_count * group_count * GROQ_MXM_ACCUMULATORS));
    for (const layer &each : source) {
        layers_.push_back({tile_count_, bias_count_, tiles(each.inputs)});
        tile_count_ += tiles(each.inputs) * tiles(each.outputs);
        bias_count_ += tiles(each.outputs);
    }
    constexpr unsigned most_tiles = GROQ_SLICE_WORDS / tile_words;
    if (tile_count_ > most_tiles)
        refuse("the weights take " + std::to_string(tile_count_) +
               " tiles of 320x320, there is room for " + std::to_string(most_tiles));
    stride_ = choose_stride(
        batch, std::max(tiles(source.front().inputs), tiles(source.back().outputs)));
    share_out(source, groups);
}

// Rows belong to the plane in whose slice they lie.
void layout::share_out(const network &source, unsigned groups) {
    const auto plane_of = [&](unsigned row) {
        return row * stride_ / GROQ_SLICE_WORDS;
    };
    for (unsigned first = 0; first < batch_;) {
        unsigned end = first;
        while (end < batch_ && plane_of(end) == plane_of(first))
            ++end;
        split(plane_of(first), first, end - first, groups);
        first = end;
    }
    for (std::size_t i = 0; i + 1 < source.size(); ++i)
        for (const row_group &group : groups_)
            if (group.rows * tiles(source[i].outputs) > GROQ_BANK_WORDS)
                refuse("layer " + std::to_string(i) + " has " +
                       std::to_string(source[i].outputs) +
                       " outputs: " + std::to_string(group.rows) +
                       " rows of them do not fit into a bank; choose a smaller batch");
}

void layout::split(unsigned plane_number, unsigned first, unsigned rows,
                   unsigned groups) {
    const unsigned count = std::min(rows, groups);
    for (unsigned g = 0; g < count; ++g) {
        const unsigned begin = rows * g / count;
        const unsigned end = rows * (g + 1) / count;
        if (end - begin > GROQ_MXM_ACCUMULATORS)
            refuse(std::to_string(end - begin) + " rows at once for a plane that has " +
                   std::to_string(GROQ_MXM_ACCUMULATORS) + " accumulators");
        groups_.push_back({plane_number, g, first + begin, end - begin});
    }
}

unsigned layout::activation_slice(const row_group &group) const {
    const plane own{group.plane};
    return GROQ_ICU_MEM(own.hemisphere(),
                        4 + group_count * own.within() + group.number);
}

// Layers alternate between the banks: one is read while the other is written.
unsigned layout::activation_word(const row_group &group, std::size_t layer,
                                 unsigned tile) const {
    return static_cast<unsigned>(layer % 2) * GROQ_BANK_WORDS + tile * group.rows;
}

unsigned layout::tile(std::size_t layer, unsigned output_tile,
                      unsigned input_tile) const {
    const layer_place &place = layers_[layer];
    return place.first_tile + output_tile * place.input_tiles + input_tile;
}

unsigned layout::bias_word(std::size_t layer, unsigned output_tile) const {
    return layers_[layer].first_bias + output_tile;
}

} // namespace groq::compiler
