// SPDX-License-Identifier: MIT
//
// The layouts against the formula of program_format.h, byte by byte.
#include "tensor.hpp"

#include <algorithm>

#include <gtest/gtest.h>

#include "support/program_file.hpp"

namespace groq {
namespace {

struct shape {
    std::uint32_t element;
    std::uint32_t rows;
    std::uint32_t columns;
};

void PrintTo(const shape &shape, std::ostream *out) {
    *out << "element " << shape.element << ", " << shape.rows << " x " << shape.columns;
}

class tensor_layout : public ::testing::TestWithParam<shape> {
protected:
    // Parts in an order of their own, as a file may have them.
    program_tensor make() const {
        program_tensor tensor{"t",
                              GROQ_TENSOR_INPUT,
                              GetParam().element,
                              GetParam().rows,
                              GetParam().columns,
                              {}};
        for (std::uint32_t plane = tensor.element_bytes(); plane-- > 0;)
            for (std::uint32_t column = 0; column < tensor.columns;
                 column += vector_bytes)
                tensor.parts.push_back({plane, column,
                                        std::min(vector_bytes, tensor.columns - column),
                                        0, 0});
        return tensor;
    }

    // Where the byte that the host has at `at` is in the packed layout.
    static std::size_t packed_place(const program_tensor &tensor, std::size_t at) {
        const auto size = tensor.element_bytes();
        const auto plane = at % size, column = at / size % tensor.columns,
                   row = at / size / tensor.columns;
        for (std::size_t i = 0; i < tensor.parts.size(); ++i) {
            const auto &part = tensor.parts[i];
            if (part.plane == plane && column - part.column < part.lanes)
                return (i * tensor.rows + row) * vector_bytes + column - part.column;
        }
        return ~std::size_t{0};
    }
};

TEST_P(tensor_layout, puts_every_byte_in_its_place_and_zero_elsewhere) {
    const auto tensor = make();
    const auto host = test::filled(tensor.bytes());
    test::bytes packed(tensor.packed_bytes(), std::byte{0xee});
    pack(tensor, host, packed);
    test::bytes expected(packed.size());
    for (std::size_t at = 0; at < host.size(); ++at)
        expected[packed_place(tensor, at)] = host[at];
    EXPECT_EQ(packed, expected);
}

TEST_P(tensor_layout, comes_back_whatever_the_unused_lanes_hold) {
    const auto tensor = make();
    const auto host = test::filled(tensor.bytes());
    test::bytes packed(tensor.packed_bytes(), std::byte{0xee});
    for (std::size_t at = 0; at < host.size(); ++at)
        packed[packed_place(tensor, at)] = host[at];
    test::bytes back(host.size());
    unpack(tensor, packed, back);
    EXPECT_EQ(back, host);
}

INSTANTIATE_TEST_SUITE_P(
    shapes, tensor_layout,
    ::testing::Values(shape{GROQ_ELEMENT_I8, 1, 1}, shape{GROQ_ELEMENT_U8, 3, 784},
                      shape{GROQ_ELEMENT_I8, 5, 320}, shape{GROQ_ELEMENT_I16, 4, 321},
                      shape{GROQ_ELEMENT_F16, 2, 640}, shape{GROQ_ELEMENT_I32, 7, 10},
                      shape{GROQ_ELEMENT_F32, 2, 1000}));

} // namespace
} // namespace groq
