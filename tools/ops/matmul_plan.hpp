// SPDX-License-Identifier: MIT
//
// How a matrix product is done: which tiles meet which rows on which engine and when,
// and where everything lies. Nothing is emitted here.
//
// A is cut into rows for the engines: row m belongs to engine m mod engines, which is
// the same row of `engines * K` columns for all of them. An engine takes up to 512 of
// its rows (its accumulators) through all tiles of B, a pass for each. All engines do
// the same at the same time, so that each hemisphere loads a tile once for both planes.
//
// Where B ends in a tile that is not full, its lanes would idle for all rows of A. The
// other way round is shorter when there are fewer such columns than rows: the rest of
// B becomes the vectors, A the weights, and the results come out transposed.
//
// SRAM of a hemisphere: slices 0.. the engines' vectors by byte plane, then their sums
// by byte plane, from 28 on weights, of which slice 28 + j feeds stream j.
#pragma once

#include <cstdint>
#include <vector>

#include "ops/engine.hpp"
#include "ops/transfers.hpp"

namespace groq::ops {

// C[rows][columns] = A[rows][inner] x B[inner][columns]
struct matmul_shape {
    unsigned rows;
    unsigned inner;
    unsigned columns;
    arithmetic numbers = i8_by_i8;
};

// What becomes of columns past the last full tile.
enum class edge_columns {
    PADDED,     // a tile of their own, the rest of it zero
    TRANSPOSED, // vectors for weights made of A
    SHORTER,    // whichever takes fewer cycles
};

// Vectors of `inner` elements by weights for `outputs` lanes of results.
struct product {
    bool transposed; // columns of B by rows of A
    unsigned rows;   // vectors of an engine
    unsigned inner;
    unsigned outputs;
    unsigned weight_word = 0; // where its words begin in weight slices,
    unsigned vector_word = 0; // runs of vectors,
    unsigned sum_word = 0;    // runs of sums

    // Hemispheres share out the vectors, or the tiles when transposed.
    unsigned first_output(unsigned hemisphere) const;
    unsigned outputs_of(unsigned hemisphere) const;
    // The share of the engine among those that share out the vectors.
    unsigned share(const engine &own, const arithmetic &numbers) const;
    unsigned shares(const arithmetic &numbers) const;
};

// Some vectors of each engine through one tile, all hemispheres alike.
struct pass {
    unsigned product; // index in the plan
    unsigned first;   // vector
    unsigned rows;
    unsigned output_tile; // of the hemisphere
    unsigned inner_tile;
    std::uint64_t load = 0;    // first LW
    std::uint64_t install = 0; // IW
    std::uint64_t start = 0;   // first ABC
};

class matmul_plan {
public:
    // Throws std::runtime_error that says what does not fit, and why.
    matmul_plan(const matmul_shape &shape, bool transposes_edge);

    const matmul_shape &shape() const { return shape_; }
    const arithmetic &numbers() const { return shape_.numbers; }
    const std::vector<product> &products() const { return products_; }
    const std::vector<pass> &passes() const { return passes_; }
    std::vector<engine> engines() const;
    // Of a run, from its first instruction to the end of the program.
    std::uint64_t cycles() const;
    // Columns of C that are not transposed: those before the others.
    unsigned straight_columns() const { return straight_columns_; }

    // Multiply-accumulates that are asked for, of those that the arrays could do in
    // the cycles of a run.
    double utilisation() const;

    // Of a tile in the weight slice of a stream; its blocks follow one another.
    word_place weights(const product &of, unsigned hemisphere, unsigned output_tile,
                       unsigned inner_tile, unsigned byte, unsigned stream) const;
    // Of the engine's vectors, or sums, for a tile; they follow one another.
    word_place vectors(const product &of, const engine &own, unsigned byte,
                       unsigned inner_tile) const;
    word_place sums(const product &of, const engine &own, unsigned byte,
                    unsigned output_tile) const;
    // From one byte of a sum to the next.
    unsigned slices_per_sum_byte() const { return sum_slices_; }
    // Slices from first_free_slice() to end_of_free_slices() - 1 of both hemispheres
    // are not in use.
    unsigned first_free_slice() const;
    static unsigned end_of_free_slices();

private:
    void add(product next);
    void share_out_slices();
    void schedule(unsigned number);
    void schedule(pass next);
    unsigned first_sum_slice() const;
    unsigned tile_words() const { return GROQ_TILES * numbers().operand_bytes; }

    matmul_shape shape_;
    unsigned straight_columns_;
    std::vector<product> products_;
    std::vector<pass> passes_;
    std::uint64_t end_ = 0;      // of the last pass: the next may start
    unsigned vector_slices_ = 0; // of a byte plane of an engine
    unsigned sum_slices_ = 0;
    unsigned weight_words_ = 0, vector_words_ = 0, sum_words_ = 0;
};

// Throws std::runtime_error that says what does not fit. U8 cannot be TRANSPOSED:
// weights have a sign.
matmul_plan plan_matmul(const matmul_shape &shape,
                        edge_columns edge = edge_columns::SHORTER);

} // namespace groq::ops
