// SPDX-License-Identifier: MIT
#include <functional>
#include <string>
#include <vector>

#include "ops/matmul_emitter.hpp"
#include "ops/tile.hpp"

namespace groq::ops {
namespace {

using namespace assembly;

class data_emitter {
public:
    data_emitter(program_builder &builder, const matmul_plan &plan,
                 std::span<const std::byte> b)
        : builder_(builder), plan_(plan), numbers_(plan.numbers()), b_(b) {}

    void emit() {
        for (const product &each : plan_.products())
            if (each.transposed)
                emit_transposed(each);
            else
                emit_straight(each);
    }

private:
    // A byte of B, zero outside it.
    std::byte at(unsigned k, unsigned n, unsigned byte) const {
        const matmul_shape &shape = plan_.shape();
        if (k >= shape.inner || n >= shape.columns)
            return std::byte{0};
        return b_[(std::size_t{k} * shape.columns + n) * numbers_.operand_bytes + byte];
    }

    void emit_straight(const product &of) {
        for (const unsigned hemisphere : {GROQ_WEST, GROQ_EAST})
            for (unsigned stream = 0; stream < GROQ_TILE_LANES; ++stream)
                emit_weights(of, hemisphere, stream);
        add_vectors(of, "a");
        add_sums(of, "c");
    }

    void emit_transposed(const product &of) {
        for (const engine &own : plan_.engines())
            for (unsigned byte = 0; byte < numbers_.operand_bytes; ++byte)
                emit_vectors(of, own, byte);
        add_weights(of, GROQ_WEST, "a.west");
        if (of.outputs_of(GROQ_EAST) != 0)
            add_weights(of, GROQ_EAST, "a.east");
        add_sums(of, "c.rest");
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

    // Parts whose rows are words side by side.
    static void add_parts(tensor &to, unsigned byte, unsigned column, unsigned width,
                          const std::function<word_place(unsigned tile)> &place) {
        for (unsigned tile = 0; tile < tiles(width); ++tile)
            to.parts.push_back({byte, column + tile * GROQ_LANES, lanes_of(tile, width),
                                place(tile).address(), GROQ_VECTOR_BYTES});
    }

    void add_vectors(const product &of, const char *name) {
        tensor rows{name,
                    GROQ_TENSOR_INPUT,
                    numbers_.operand,
                    of.rows,
                    of.shares(numbers_) * of.inner,
                    {}};
        for (const engine &own : plan_.engines())
            for (unsigned byte = 0; byte < numbers_.operand_bytes; ++byte)
                add_parts(
                    rows, byte, of.share(own, numbers_) * of.inner, of.inner,
                    [&](unsigned tile) { return plan_.vectors(of, own, byte, tile); });
        builder_.add_tensor(rows);
    }

    void add_sums(const product &of, const char *name) {
        tensor sums{name,
                    GROQ_TENSOR_OUTPUT,
                    numbers_.sum,
                    of.rows,
                    of.shares(numbers_) * of.outputs,
                    {}};
        for (const engine &own : plan_.engines())
            for (unsigned byte = 0; byte < sum_bytes; ++byte)
                add_parts(sums, byte,
                          of.share(own, numbers_) * of.outputs +
                              of.first_output(own.hemisphere),
                          of.outputs_of(own.hemisphere), [&](unsigned tile) {
                              return plan_.sums(of, own, byte, tile);
                          });
        builder_.add_tensor(sums);
    }

    // Rows of A, 16 to a row of the tensor, as rows of tiles.
    void add_weights(const product &of, unsigned hemisphere, const char *name) {
        tensor rows{name,
                    GROQ_TENSOR_INPUT,
                    numbers_.operand,
                    blocks(of.outputs_of(hemisphere)),
                    GROQ_TILE_LANES * of.inner,
                    {}};
        for (unsigned stream = 0; stream < GROQ_TILE_LANES; ++stream)
            for (unsigned byte = 0; byte < numbers_.operand_bytes; ++byte)
                add_parts(rows, byte, stream * of.inner, of.inner, [&](unsigned tile) {
                    return plan_.weights(of, hemisphere, 0, tile, byte, stream);
                });
        builder_.add_tensor(rows);
    }

    program_builder &builder_;
    const matmul_plan &plan_;
    const arithmetic &numbers_;
    std::span<const std::byte> b_;
};

} // namespace

void emit_data(program_builder &builder, const matmul_plan &plan,
               std::span<const std::byte> b) {
    data_emitter(builder, plan, b).emit();
}

} // namespace groq::ops
