// SPDX-License-Identifier: MIT
#include "matrix_array.hpp"

#include <algorithm>

namespace groq::chip {

void matrix_array::clear() {
    loaded_.reset();
    is_stale_ = {true, true};
    active_ = streamed_count_ = 0;
    swap_due_ = next_due_ = never;
    note_change_of_all();
}

void matrix_array::load(uint32_t block, const uint8_t *const *rows) {
    pack_block(rows, buffer_.block[block]);
    loaded_.set(block);
}

// Inputs lie in groups of 4 of every output; tiles are whole groups.
static void clear_inputs(matrix_weights::rows &rows, uint32_t from) {
    size_t bytes_of_input = rows.size() / GROQ_LANES;
    std::fill(rows.begin() + from * bytes_of_input, rows.end(), 0);
}

trouble matrix_array::install(uint64_t cycle, uint32_t powered) {
    if (next_due_ != never)
        return {GROQ_FAULT_MXM_CONFLICT, 0, no_address};
    for (uint32_t b = 0; b < blocks; ++b) {
        if (loaded_[b])
            next_array().block[b] = buffer_.block[b];
        else
            next_array().block[b].fill(0);
        clear_inputs(next_array().block[b], powered);
    }
    is_stale_[1 - active_] = false;
    swap_due_ = next_due_ = cycle + GROQ_DELAY_MXM_INSTALL;
    return no_trouble;
}

trouble matrix_array::install_block(uint64_t cycle, uint32_t block,
                                    const uint8_t *const *rows) {
    if (swap_due_ != never)
        return {GROQ_FAULT_MXM_CONFLICT, 0, no_address};
    streamed_block &s = streamed_[streamed_count_++];
    pack_block(rows, s.rows);
    s.block = block;
    s.due = cycle + GROQ_DELAY_MXM_INSTALL;
    find_next_due();
    return no_trouble;
}

void matrix_array::settle(uint64_t cycle) {
    if (swap_due_ <= cycle)
        swap_arrays();
    while (streamed_count_ && streamed_[0].due <= cycle)
        store_first_block();
    find_next_due();
}

void matrix_array::swap_arrays() {
    active_ = 1 - active_;
    swap_due_ = never;
    note_change_of_all();
}

void matrix_array::store_first_block() {
    const streamed_block &first = streamed_[0];
    (void)weights(); // the other rows are not to be stale
    arrays_[active_].block[first.block] = first.rows;
    note_change(first.block);
    std::move(streamed_.begin() + 1, streamed_.begin() + streamed_count_,
              streamed_.begin());
    --streamed_count_;
}

const matrix_weights &matrix_array::weights() {
    if (is_stale_[active_])
        arrays_[active_].block = {};
    is_stale_[active_] = false;
    return arrays_[active_];
}

void matrix_array::note_change(uint32_t block) {
    block_version_[block] = ++version_;
}

void matrix_array::note_change_of_all() {
    block_version_.fill(++version_);
}

void matrix_array::find_next_due() {
    next_due_ = std::min(swap_due_, streamed_count_ ? streamed_[0].due : never);
}

void matrix_array::serialize(archive &a, uint64_t cycle) {
    auto loaded = static_cast<uint32_t>(loaded_.to_ulong());
    a.below(loaded, 1u << blocks);
    loaded_ = loaded;
    a.below(active_, 2);
    a.values(is_stale_[0], is_stale_[1], swap_due_);
    a.require(swap_due_ == never || swap_due_ < cycle + GROQ_DELAY_MXM_INSTALL);
    serialize_weights(a);
    serialize_streamed(a, cycle);
    if (!a.is_loading())
        return;
    find_next_due();
    note_change_of_all();
}

void matrix_array::serialize_weights(archive &a) {
    for (uint32_t b = 0; b < blocks; ++b)
        if (loaded_[b])
            a.value(buffer_.block[b]);
    for (uint32_t i = 0; i < arrays_.size(); ++i)
        if (!is_stale_[i])
            a.value(arrays_[i].block);
}

// They issue in different cycles, each before @cycle; of those that settle()
// leaves there is always one less than there is room for.
void matrix_array::serialize_streamed(archive &a, uint64_t cycle) {
    a.below(streamed_count_, streamed_max + 1);
    for (uint32_t i = 0; i < streamed_count_ && a.good(); ++i) {
        streamed_block &s = streamed_[i];
        a.values(s.due, s.rows);
        a.below(s.block, blocks);
        a.require(s.due < cycle + GROQ_DELAY_MXM_INSTALL &&
                  (i == 0 || s.due > streamed_[i - 1].due));
    }
}

} // namespace groq::chip
