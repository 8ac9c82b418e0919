// SPDX-License-Identifier: MIT
#include <string>
#include <vector>

#include "ops/matmul_emitter.hpp"
#include "ops/tile.hpp"

namespace groq::ops {
namespace {

using namespace assembly;

class right_emitter {
public:
    right_emitter(program_builder &builder, const matmul_plan &plan,
                  std::span<const std::byte> b)
        : builder_(builder), plan_(plan), numbers_(plan.numbers()), b_(b) {}

    void emit() {
        for (const product &each : plan_.products())
            if (each.transposed)
                emit_as_vectors(each);
            else
                emit_as_weights(each);
    }

private:
    // A byte of B, zero outside it.
    std::byte at(unsigned k, unsigned n, unsigned byte) const {
        const matmul_shape &shape = plan_.shape();
        if (k >= shape.inner || n >= shape.columns)
            return std::byte{0};
        return b_[(std::size_t{k} * shape.columns + n) * numbers_.operand_bytes + byte];
    }

    void emit_as_weights(const product &of) {
        for (const unsigned hemisphere : {GROQ_WEST, GROQ_EAST})
            for (unsigned stream = 0; stream < GROQ_TILE_LANES; ++stream)
                emit_weights(of, hemisphere, stream);
    }

    void emit_as_vectors(const product &of) {
        for (const engine &own : plan_.engines())
            for (unsigned byte = 0; byte < numbers_.operand_bytes; ++byte)
                emit_vectors(of, own, byte);
    }

    // What the slice of a stream holds: row 16 b + stream of every tile.
    void emit_weights(const product &of, unsigned hemisphere, unsigned stream) {
        const word_place first = plan_.weights(of, hemisphere, 0, 0, 0, stream);
        std::vector<std::byte> bytes;
        for (unsigned k = 0; k < tiles(of.inner); ++k)
            for (unsigned byte = 0; byte < numbers_.operand_bytes; ++byte)
                for (unsigned n = 0; n < tiles(of.outputs); ++n)
                    for (unsigned block = 0; block < GROQ_TILES; ++block)
                        append_column(bytes, k,
                                      n * GROQ_LANES + block * GROQ_TILE_LANES + stream,
                                      byte);
        builder_.add_data("weights." + slice_name(first.slice), first.address(),
                          std::move(bytes));
    }

    // A tile's piece of a column of B as a word.
    void append_column(std::vector<std::byte> &to, unsigned inner_tile, unsigned n,
                       unsigned byte) const {
        for (unsigned lane = 0; lane < GROQ_LANES; ++lane)
            to.push_back(at(inner_tile * GROQ_LANES + lane, n, byte));
    }

    // The engine's columns of B.
    void emit_vectors(const product &of, const engine &own, unsigned byte) {
        const word_place first = plan_.vectors(of, own, byte, 0);
        std::vector<std::byte> bytes;
        for (unsigned k = 0; k < tiles(of.inner); ++k)
            for (unsigned row = 0; row < of.rows; ++row)
                append_column(bytes, k,
                              plan_.straight_columns() + row * of.shares(numbers_) +
                                  of.share(own, numbers_),
                              byte);
        builder_.add_data("vectors." + slice_name(first.slice), first.address(),
                          std::move(bytes));
    }

    program_builder &builder_;
    const matmul_plan &plan_;
    const arithmetic &numbers_;
    std::span<const std::byte> b_;
};

} // namespace

void emit_right(program_builder &builder, const matmul_plan &plan,
                std::span<const std::byte> b) {
    right_emitter(builder, plan, b).emit();
}

} // namespace groq::ops
