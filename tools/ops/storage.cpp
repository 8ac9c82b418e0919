// SPDX-License-Identifier: MIT
#include "ops/storage.hpp"

#include <algorithm>
#include <stdexcept>

#include "ops/tile.hpp"

namespace groq::ops {

using namespace assembly;

vector_area storage::take(unsigned hemisphere, unsigned type, std::uint64_t vectors) {
    if (vectors == 0)
        throw std::runtime_error("a matrix without rows or columns");
    const unsigned first = next_[hemisphere];
    const unsigned most = (end_ - first) / type_bytes(type); // slices per byte
    if (vectors > std::uint64_t{most} * GROQ_SLICE_WORDS)
        throw std::runtime_error("no slices left for " + std::to_string(vectors) +
                                 " vectors; take fewer rows at a time");
    const unsigned slices = divide_up(static_cast<unsigned>(vectors), GROQ_SLICE_WORDS);
    next_[hemisphere] += slices * type_bytes(type);
    return {type, {GROQ_ICU_MEM(hemisphere, first), 0}, slices};
}

vector_area storage::scratch(unsigned hemisphere, unsigned type,
                             std::uint64_t vectors) {
    const vector_area area = take(hemisphere, type, vectors);
    for (unsigned byte = 0; byte < area.bytes(); ++byte)
        builder_.reserve(area.plane(byte).address(),
                         static_cast<std::uint32_t>(vectors * GROQ_VECTOR_BYTES));
    return area;
}

row_matrix storage::scratch_matrix(unsigned hemisphere, unsigned type, unsigned rows,
                                   unsigned columns) {
    return {rows, columns,
            scratch(hemisphere, type, std::uint64_t{rows} * tiles(columns))};
}

row_matrix storage::tensor(unsigned hemisphere, const std::string &name,
                           std::uint32_t direction, unsigned type, unsigned rows,
                           unsigned columns) {
    const row_matrix matrix{
        rows, columns, take(hemisphere, type, std::uint64_t{rows} * tiles(columns))};
    assembly::tensor description{name, direction, type, rows, columns, {}};
    for (unsigned byte = 0; byte < matrix.area.bytes(); ++byte)
        for (unsigned tile = 0; tile < tiles(columns); ++tile)
            description.parts.push_back(
                {byte, tile * GROQ_LANES, lanes_of(tile, columns),
                 matrix.tile(tile).plane(byte).address(), GROQ_VECTOR_BYTES});
    builder_.add_tensor(std::move(description));
    return matrix;
}

vector_area storage::constant(unsigned hemisphere, const std::string &name,
                              unsigned type, std::span<const std::byte> elements) {
    const unsigned bytes = type_bytes(type);
    const std::size_t vectors = elements.size() / (std::size_t{bytes} * GROQ_LANES);
    const vector_area area = take(hemisphere, type, vectors);
    for (unsigned byte = 0; byte < bytes; ++byte) {
        std::vector<std::byte> plane;
        for (std::size_t at = byte; at < elements.size(); at += bytes)
            plane.push_back(elements[at]);
        builder_.add_data(name + "." + std::to_string(byte), area.plane(byte).address(),
                          std::move(plane));
    }
    return area;
}

row_matrix storage::constant_row(unsigned hemisphere, const std::string &name,
                                 std::span<const float> row) {
    const auto columns = static_cast<unsigned>(row.size());
    std::vector<float> lanes(row.begin(), row.end());
    lanes.resize(std::size_t{tiles(columns)} * GROQ_LANES);
    return {1, columns, constant(hemisphere, name, GROQ_TYPE_F32, lanes)};
}

vector_area storage::lane_mask(unsigned hemisphere, unsigned lanes) {
    std::vector<std::uint32_t> mask(GROQ_LANES);
    std::fill_n(mask.begin(), lanes, ~std::uint32_t{0});
    return constant(hemisphere, "lanes." + std::to_string(lanes), GROQ_TYPE_F32, mask);
}

} // namespace groq::ops
