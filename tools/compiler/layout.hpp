// SPDX-License-Identifier: MIT
//
// Where a perceptron lies on the chip.
//
// The batch is shared out over the four planes of the MXM: each takes a run of rows
// through all layers, so that weights are the only thing the planes have in common. A
// tensor's rows lie at one stride from row to row; the stride is chosen such that it
// leads from one plane's slice to the next plane's.
//
// Slices (w west, e east):
//   w.42 w.43 e.0 e.1   input rows of planes 0..3
//   .4 ..  .7           activations: two row groups for each plane of the hemisphere
//   .24 .. .39          weights, in both hemispheres; slice 24 + j feeds stream j
//   w.8 .. w.19         biases: four bytes for each chain of the VXM
//   e.8 .. e.23         results: byte b of plane p in e.(8 + 4b + p)
//
// Streams towards the MXM: 0..15 weights, 16 + plane activations, from 20 results of
// chains. Towards the VXM: 4 * plane results of the MXM, from e8 biases of chains.
#pragma once

#include <cstddef>
#include <cstdint>
#include <vector>

#include "asm/queue.hpp"
#include "compiler/network.hpp"
#include "hw/groq_sram.h"

namespace groq::compiler {

inline constexpr unsigned plane_count = GROQ_HEMISPHERES * GROQ_MXM_PLANES;
inline constexpr unsigned group_count = 2; // at most, of the rows of a plane
inline constexpr unsigned chain_count = 3; // of the VXM, five ALUs each
inline constexpr unsigned chain_alus = 5;
inline constexpr unsigned tile_words = GROQ_TILES; // of a tile in each weight slice
inline constexpr unsigned accumulator_bytes = 4;

// Tiles of 320 that a width takes.
constexpr unsigned tiles(std::size_t width) {
    return static_cast<unsigned>((width + GROQ_LANES - 1) / GROQ_LANES);
}

// A plane of the MXM: 0 and 1 west, 2 and 3 east.
struct plane {
    unsigned number;

    unsigned hemisphere() const { return number / GROQ_MXM_PLANES; }
    unsigned within() const { return number % GROQ_MXM_PLANES; }
    unsigned queue(unsigned first) const { // GROQ_MXM_QUEUE_*(0)
        return GROQ_ICU_MXM(hemisphere(), first + within() * 3);
    }
    // Streams away from and towards the VXM.
    unsigned outward(unsigned stream) const {
        return hemisphere() == GROQ_WEST ? assembly::west(stream)
                                         : assembly::east(stream);
    }
    unsigned inward(unsigned stream) const {
        return hemisphere() == GROQ_WEST ? assembly::east(stream)
                                         : assembly::west(stream);
    }
};

// Neighbouring rows of the batch that go through a layer together.
struct row_group {
    unsigned plane;
    unsigned number; // 0 or 1 in its plane
    unsigned first;  // row of the batch
    unsigned rows;
};

class layout {
public:
    // Throws std::runtime_error that says which of the network or the batch is too
    // large for what. `groups`: 1 or 2, for each plane.
    layout(const network &source, unsigned batch, unsigned groups);

    unsigned batch() const { return batch_; }
    // Words from row to row of the input and of the result.
    unsigned stride() const { return stride_; }
    const std::vector<row_group> &groups() const { return groups_; }

    // Words of a row of the input; its tiles follow one another.
    unsigned input_slice(unsigned plane_number) const { return 42 + plane_number; }
    unsigned result_slice(unsigned byte, unsigned plane_number) const {
        return GROQ_ICU_MEM(GROQ_EAST, 8 + 4 * byte + plane_number);
    }
    // Of a row in its slice, in input and result alike.
    unsigned row_word(unsigned row) const { return row * stride_ % GROQ_SLICE_WORDS; }

    // Output tile of a hidden layer of a group: rows follow one another.
    unsigned activation_slice(const row_group &group) const;
    unsigned activation_word(const row_group &group, std::size_t layer,
                             unsigned tile) const;

    unsigned weight_slice(unsigned hemisphere, unsigned stream) const {
        return GROQ_ICU_MEM(hemisphere, 24 + stream);
    }
    // The number of a tile, of its words over 20.
    unsigned tile(std::size_t layer, unsigned output_tile, unsigned input_tile) const;
    unsigned tile_count() const { return tile_count_; }

    unsigned bias_slice(unsigned chain, unsigned byte) const {
        return GROQ_ICU_MEM(GROQ_WEST, 8 + 4 * chain + byte);
    }
    unsigned bias_word(std::size_t layer, unsigned output_tile) const;
    unsigned bias_count() const { return bias_count_; }

private:
    void share_out(const network &source, unsigned groups);
    void split(unsigned plane_number, unsigned first, unsigned rows, unsigned groups);

    struct layer_place {
        unsigned first_tile;
        unsigned first_bias;
        unsigned input_tiles;
    };

    unsigned batch_;
    unsigned stride_ = 0;
    std::vector<row_group> groups_;
    std::vector<layer_place> layers_;
    unsigned tile_count_ = 0;
    unsigned bias_count_ = 0;
};

} // namespace groq::compiler
