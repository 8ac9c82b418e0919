// SPDX-License-Identifier: MIT
#include "ops/matmul_plan.hpp"

#include <stdexcept>
#include <string>

#include "ops/tile.hpp"

namespace groq::ops {
namespace {

constexpr unsigned first_weight_slice = GROQ_SLICES - GROQ_TILE_LANES;
// Queues get text in idle cycles, 40 instructions at a time: every load leaves one,
// and so do all queues after this many passes.
constexpr unsigned idle = 1;
constexpr unsigned passes_between_idle = 8;
// Weights that are read in cycle 0 are at the MXM from here on.
constexpr unsigned first_load =
    GROQ_DELAY_MEM_READ +
    GROQ_DELAY_HOP * (GROQ_POSITION_MXM -
                      GROQ_POSITION_MEM(first_weight_slice / GROQ_SLICES_PER_HOP));

[[noreturn]] void refuse(const std::string &what) {
    throw std::runtime_error(what);
}

std::string counted(std::uint64_t count, const char *what) {
    return std::to_string(count) + " " + what;
}

void check(const matmul_shape &shape) {
    constexpr unsigned most = 1 << 20; // keeps all products below in range
    for (const unsigned size : {shape.rows, shape.inner, shape.columns})
        if (size == 0 || size > most)
            refuse("rows, inner and columns must be 1.." + std::to_string(most));
}

} // namespace

unsigned product::first_output(unsigned hemisphere) const {
    if (!transposed || hemisphere == GROQ_WEST)
        return 0;
    return std::min(outputs, divide_up(tiles(outputs), GROQ_HEMISPHERES) * GROQ_LANES);
}

unsigned product::outputs_of(unsigned hemisphere) const {
    if (!transposed)
        return outputs;
    const unsigned split = first_output(GROQ_EAST);
    return hemisphere == GROQ_WEST ? split : outputs - split;
}

unsigned product::shares(const arithmetic &numbers) const {
    return transposed ? numbers.engines_of_hemisphere() : numbers.engines;
}

unsigned product::share(const engine &own, const arithmetic &numbers) const {
    return transposed ? own.plane
                      : own.hemisphere * numbers.engines_of_hemisphere() + own.plane;
}

matmul_plan::matmul_plan(const matmul_shape &shape, bool transposes_edge)
    : shape_(shape), straight_columns_(shape.columns) {
    check(shape);
    if (transposes_edge)
        straight_columns_ -= shape.columns % GROQ_LANES;
    if (straight_columns_ != 0)
        add({false, shape.rows, shape.inner, straight_columns_});
    if (const unsigned rest = shape.columns - straight_columns_; rest != 0)
        add({true, rest, shape.inner, shape.rows});
    share_out_slices();
    for (unsigned number = 0; number < products_.size(); ++number)
        schedule(number);
}

void matmul_plan::add(product next) {
    next.rows = divide_up(next.rows, next.shares(numbers()));
    next.weight_word = weight_words_;
    next.vector_word = vector_words_;
    next.sum_word = sum_words_;
    const unsigned output_tiles = tiles(next.outputs_of(GROQ_WEST));
    weight_words_ += output_tiles * tiles(next.inner) * tile_words();
    vector_words_ += next.rows * tiles(next.inner);
    sum_words_ += next.rows * output_tiles;
    products_.push_back(next);
}

void matmul_plan::share_out_slices() {
    if (weight_words_ > GROQ_SLICE_WORDS)
        refuse("the weights take " + counted(weight_words_ / tile_words(), "tiles") +
               " of 320x320, there is room for " +
               std::to_string(GROQ_SLICE_WORDS / tile_words()));
    vector_slices_ = divide_up(vector_words_, GROQ_SLICE_WORDS);
    sum_slices_ = divide_up(sum_words_, GROQ_SLICE_WORDS);
    if (first_free_slice() > first_weight_slice)
        refuse("vectors and sums take " + counted(first_free_slice(), "slices") +
               " of each hemisphere, there is room for " +
               std::to_string(first_weight_slice) + "; take fewer rows at a time");
}

void matmul_plan::schedule(unsigned number) {
    const product &of = products_[number];
    const unsigned parts = divide_up(of.rows, GROQ_MXM_ACCUMULATORS);
    for (unsigned part = 0; part < parts; ++part) {
        const unsigned first = of.rows * part / parts;
        const unsigned rows = of.rows * (part + 1) / parts - first;
        for (unsigned n = 0; n < tiles(of.outputs_of(GROQ_WEST)); ++n)
            for (unsigned k = 0; k < tiles(of.inner); ++k)
                schedule({number, first, rows, n, k});
    }
}

// As early as the buffer, the array, and the vectors before it allow.
void matmul_plan::schedule(pass next) {
    next.load = passes_.empty() ? first_load : passes_.back().install + 1 + idle;
    next.install = next.load + tile_words();
    if (end_ > next.install + GROQ_DELAY_MXM_INSTALL)
        next.install = end_ - GROQ_DELAY_MXM_INSTALL;
    next.start = std::max(next.install + GROQ_DELAY_MXM_INSTALL, end_);
    passes_.push_back(next);
    end_ = next.start + std::uint64_t{next.rows} * numbers().row_cycles;
    if (passes_.size() % passes_between_idle == 0)
        end_ += idle;
}

std::vector<engine> matmul_plan::engines() const {
    std::vector<engine> all;
    for (const unsigned hemisphere : {GROQ_WEST, GROQ_EAST})
        for (unsigned plane = 0; plane < numbers().engines_of_hemisphere(); ++plane)
            all.push_back({hemisphere, plane});
    return all;
}

// The last sum is on its way through all tiles when the program ends.
std::uint64_t matmul_plan::cycles() const {
    const pass &last = passes_.back();
    const std::uint64_t written = last.start +
                                  std::uint64_t{last.rows - 1} * numbers().row_cycles +
                                  GROQ_DELAY_MXM_MULTIPLY + GROQ_DELAY_MXM_ACCUMULATE;
    const product &of = products_[last.product];
    unsigned farthest = 0;
    for (const engine &own : engines())
        if (last.output_tile < tiles(of.outputs_of(own.hemisphere)))
            for (unsigned byte = 0; byte < sum_bytes; ++byte) {
                const word_place to = sums(of, own, byte, last.output_tile) +
                                      (last.first + last.rows - 1);
                farthest =
                    std::max(farthest, assembly::hops(own.position(),
                                                      assembly::position_of(to.slice)));
            }
    return written + farthest + 1 + GROQ_DELAY_DRAIN;
}

double matmul_plan::utilisation() const {
    const double asked = 1.0 * shape_.rows * shape_.inner * shape_.columns;
    const double possible = 1.0 * GROQ_LANES * GROQ_LANES * numbers().engines /
                            numbers().row_cycles * static_cast<double>(cycles());
    return asked / possible;
}

unsigned matmul_plan::first_sum_slice() const {
    return numbers().engines_of_hemisphere() * numbers().operand_bytes * vector_slices_;
}

unsigned matmul_plan::first_free_slice() const {
    return first_sum_slice() +
           numbers().engines_of_hemisphere() * sum_bytes * sum_slices_;
}

unsigned matmul_plan::end_of_free_slices() {
    return first_weight_slice;
}

word_place matmul_plan::weights(const product &of, unsigned hemisphere,
                                unsigned output_tile, unsigned inner_tile,
                                unsigned byte, unsigned stream) const {
    const unsigned output_tiles = tiles(of.outputs_of(GROQ_WEST));
    const unsigned words =
        ((inner_tile * numbers().operand_bytes + byte) * output_tiles + output_tile) *
        GROQ_TILES;
    return word_place{GROQ_ICU_MEM(hemisphere, first_weight_slice + stream),
                      of.weight_word} +
           words;
}

word_place matmul_plan::vectors(const product &of, const engine &own, unsigned byte,
                                unsigned inner_tile) const {
    const unsigned slice =
        (own.plane * numbers().operand_bytes + byte) * vector_slices_;
    return word_place{GROQ_ICU_MEM(own.hemisphere, slice), of.vector_word} +
           inner_tile * of.rows;
}

word_place matmul_plan::sums(const product &of, const engine &own, unsigned byte,
                             unsigned output_tile) const {
    const unsigned slice =
        first_sum_slice() + (own.plane * sum_bytes + byte) * sum_slices_;
    return word_place{GROQ_ICU_MEM(own.hemisphere, slice), of.sum_word} +
           output_tile * of.rows;
}

matmul_plan plan_matmul(const matmul_shape &shape, edge_columns edge) {
    const bool can_transpose = shape.numbers != u8_by_i8;
    if (edge == edge_columns::TRANSPOSED && !can_transpose)
        refuse("u8 cannot be the weights of transposed columns; choose PADDED");
    if (edge == edge_columns::TRANSPOSED)
        return {shape, true};
    matmul_plan padded(shape, false);
    if (edge == edge_columns::PADDED || !can_transpose)
        return padded;
    try {
        matmul_plan transposed(shape, true);
        return transposed.cycles() < padded.cycles() ? transposed : padded;
    } catch (const std::runtime_error &) {
        return padded; // which needs less room
    }
}

} // namespace groq::ops
