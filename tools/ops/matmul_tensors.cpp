// SPDX-License-Identifier: MIT
#include <algorithm>
#include <functional>

#include "ops/matmul.hpp"
#include "ops/matmul_emitter.hpp"
#include "ops/tile.hpp"

namespace groq::ops {
namespace {

using namespace assembly;

class tensor_emitter {
public:
    tensor_emitter(program_builder &builder, const matmul_plan &plan)
        : builder_(builder), plan_(plan), numbers_(plan.numbers()) {}

    void emit() {
        for (const product &each : plan_.products())
            if (each.transposed)
                emit_transposed(each);
            else
                emit_straight(each);
    }

private:
    void emit_straight(const product &of) {
        add_vectors(of, "a");
        add_sums(of, "c");
    }

    void emit_transposed(const product &of) {
        add_weights(of, GROQ_WEST, "a.west");
        if (of.outputs_of(GROQ_EAST) != 0)
            add_weights(of, GROQ_EAST, "a.east");
        add_sums(of, "c.rest");
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
};

} // namespace

void emit_tensors(program_builder &builder, const matmul_plan &plan) {
    tensor_emitter(builder, plan).emit();
}

std::vector<tensor_bytes> split_a(const matmul_plan &plan,
                                  std::span<const std::byte> a) {
    const std::size_t row_bytes =
        std::size_t{plan.shape().inner} * plan.numbers().operand_bytes;
    std::vector<tensor_bytes> all;
    // Rows from `first` on, up to a multiple of so many.
    const auto add = [&](const char *name, std::size_t first, std::size_t rows,
                         std::size_t multiple) {
        const auto from = a.subspan(first * row_bytes, rows * row_bytes);
        std::vector<std::byte> bytes(from.begin(), from.end());
        bytes.resize((rows + multiple - 1) / multiple * multiple * row_bytes);
        all.push_back({name, std::move(bytes)});
    };
    for (const product &each : plan.products())
        if (!each.transposed) {
            add("a", 0, plan.shape().rows, plan.numbers().engines);
        } else {
            const unsigned west = each.outputs_of(GROQ_WEST);
            add("a.west", 0, west, GROQ_TILE_LANES);
            if (each.outputs_of(GROQ_EAST) != 0)
                add("a.east", west, each.outputs_of(GROQ_EAST), GROQ_TILE_LANES);
        }
    return all;
}

std::vector<std::byte> join_c(const matmul_plan &plan, std::span<const std::byte> c,
                              std::span<const std::byte> rest) {
    const matmul_shape &shape = plan.shape();
    const std::size_t straight = plan.straight_columns();
    std::vector<std::byte> joined(std::size_t{shape.rows} * shape.columns * sum_bytes);
    for (std::size_t m = 0; m < shape.rows; ++m) {
        std::byte *row = joined.data() + m * shape.columns * sum_bytes;
        std::copy_n(c.data() + m * straight * sum_bytes, straight * sum_bytes, row);
        for (std::size_t n = straight; n < shape.columns; ++n)
            std::copy_n(rest.data() + ((n - straight) * shape.rows + m) * sum_bytes,
                        sum_bytes, row + n * sum_bytes);
    }
    return joined;
}

} // namespace groq::ops
