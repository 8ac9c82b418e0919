// SPDX-License-Identifier: MIT
#include "ops/split_matmul.hpp"

#include <algorithm>
#include <stdexcept>

#include "ops/tile.hpp"

namespace groq::ops {
namespace {

// Whole units of so many columns, each chip as many as the others or one more.
std::vector<column_share> share_units(const matmul_shape &shape, unsigned chips,
                                      unsigned unit) {
    const unsigned units = divide_up(shape.columns, unit);
    chips = std::min(chips, units);
    std::vector<column_share> shares;
    for (unsigned chip = 0; chip < chips; ++chip) {
        const auto bound = [&](std::uint64_t number) {
            return std::min(shape.columns,
                            static_cast<unsigned>(units * number / chips) * unit);
        };
        matmul_shape own = shape;
        own.columns = bound(chip + 1) - bound(chip);
        shares.push_back({bound(chip), own.columns, plan_matmul(own)});
    }
    return shares;
}

// Some bytes of each row, from and to rows of other widths.
void copy_rows(std::byte *to, std::size_t to_width, const std::byte *from,
               std::size_t from_width, std::size_t bytes, std::size_t rows) {
    for (std::size_t row = 0; row < rows; ++row)
        std::copy_n(from + row * from_width, bytes, to + row * to_width);
}

} // namespace

std::vector<column_share> share_columns(const matmul_shape &shape, unsigned chips) {
    if (chips == 0)
        throw std::runtime_error("a product takes one chip at least");
    auto even = share_units(shape, chips, 1);
    auto in_tiles = share_units(shape, chips, GROQ_LANES);
    return cycles_of(in_tiles) <= cycles_of(even) ? in_tiles : even;
}

std::uint64_t cycles_of(std::span<const column_share> shares) {
    std::uint64_t most = 0;
    for (const column_share &each : shares)
        most = std::max(most, each.plan.cycles());
    return most;
}

std::vector<std::byte> columns_of_b(const matmul_shape &shape,
                                    const column_share &share,
                                    std::span<const std::byte> b) {
    const std::size_t element = shape.numbers.operand_bytes;
    const std::size_t width = shape.columns * element, bytes = share.columns * element;
    if (b.size() != width * shape.inner)
        throw std::invalid_argument("B has another size than the plan");
    std::vector<std::byte> own(bytes * shape.inner);
    copy_rows(own.data(), bytes, b.data() + share.first * element, width, bytes,
              shape.inner);
    return own;
}

std::vector<std::byte> join_columns(const matmul_shape &shape,
                                    std::span<const column_share> shares,
                                    std::span<const std::vector<std::byte>> parts) {
    const std::size_t width = std::size_t{shape.columns} * sum_bytes;
    std::vector<std::byte> c(width * shape.rows);
    for (std::size_t i = 0; i < shares.size(); ++i) {
        const std::size_t bytes = std::size_t{shares[i].columns} * sum_bytes;
        if (parts[i].size() != bytes * shape.rows)
            throw std::invalid_argument("a part of C has another size than planned");
        copy_rows(c.data() + std::size_t{shares[i].first} * sum_bytes, width,
                  parts[i].data(), bytes, bytes, shape.rows);
    }
    return c;
}

} // namespace groq::ops
