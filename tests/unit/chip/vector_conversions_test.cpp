// SPDX-License-Identifier: MIT
// Conversions of the VXM from every type to every type: docs/isa.md section 5.3.
#include "vector_program.hpp"

namespace groq::chip::test {
namespace {

struct conversion : vector_program,
                    testing::WithParamInterface<std::tuple<uint32_t, uint32_t>> {
    uint32_t from = std::get<0>(GetParam());
    uint32_t to = std::get<1>(GetParam());

    void convert_all(const std::vector<uint32_t> &values) {
        queues.clear();
        for (uint32_t i = 0; i < values.size(); ++i)
            put(a, i, values[i]);
        stream_operands(vectors);
        add(GROQ_ICU_VXM(15),
            {nop(sampled), convert(from, to, result_stream, stream_of(a)),
             repeat(vectors - 1)});
        store_results(bits_of(to) / 8, vectors, sampled + GROQ_DELAY_VXM);
        ASSERT_EQ(run().status, GROQ_COMPLETION_OK);
        for (uint32_t i = 0; i < values.size(); ++i)
            ASSERT_EQ(result(i, to), expected_conversion(from, to, values[i]))
                << std::hex << values[i];
    }
};

TEST_P(conversion, rounds_and_saturates) {
    std::vector<uint32_t> values(vectors * lanes);
    for (uint32_t i = 0; i < values.size(); ++i)
        values[i] = i < special_values(from).size() ? special_value(from, i)
                                                    : random_value(from);
    convert_all(values);
}

TEST_P(conversion, does_so_to_every_value_of_up_to_16_bits) {
    uint32_t count = std::min(all_bits(from), 0xffffu) + 1;
    // Of wider types: the upper half, where floats have sign and exponent.
    uint32_t shift = bits_of(from) == 32 ? 16 : 0;
    std::vector<uint32_t> values(vectors * lanes);
    for (uint32_t first = 0; first < count; first += vectors * lanes) {
        for (uint32_t i = 0; i < values.size(); ++i)
            values[i] = (first + i) % count << shift;
        convert_all(values);
    }
}

INSTANTIATE_TEST_SUITE_P(every, conversion,
                         testing::Combine(testing::Range(0u, uint32_t{GROQ_TYPES}),
                                          testing::Range(0u, uint32_t{GROQ_TYPES})),
                         [](const auto &test) {
                             return std::string(type_names[std::get<0>(test.param)]) +
                                    "_to_" + type_names[std::get<1>(test.param)];
                         });

} // namespace
} // namespace groq::chip::test
