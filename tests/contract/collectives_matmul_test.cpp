// SPDX-License-Identifier: MIT
//
// A matrix product that several cards share gives the bits of one card.
#include "collectives_cards.hpp"

#include <random>

#include <asm/elf_file.hpp>
#include <ops/split_matmul.hpp>

namespace groq::contract {
namespace {

using bytes = std::vector<std::byte>;

bytes any_bytes(std::size_t count) {
    std::mt19937 random(static_cast<std::uint32_t>(count));
    bytes made(count);
    for (auto &each : made)
        each = static_cast<std::byte>(random());
    return made;
}

bytes output(const joint_job &work, std::size_t chip, const program &of,
             const char *name) {
    const auto tensor = of.find_tensor(name);
    if (!tensor)
        return {};
    bytes out(of.tensor(*tensor).value().bytes);
    work.chip(chip).get_output(*tensor, out).value();
    return out;
}

// C, by all of the cards.
bytes multiply(std::vector<device> devices, const ops::matmul_shape &shape,
               const bytes &a, const bytes &b) {
    const auto count = std::uint32_t(devices.size());
    const auto shares = ops::share_columns(shape, count);
    std::vector<program> programs;
    for (const auto &each : shares)
        programs.push_back(load_program(assembly::write_elf(
            ops::make_matmul(each.plan, ops::columns_of_b(shape, each, b)))));
    auto together =
        groq::system::of(network::make(count, {}).value(), std::move(devices)).value();
    auto work = together.load(std::span<const program>(programs)).value();
    for (std::size_t chip = 0; chip < count; ++chip)
        for (const auto &[name, part] : ops::split_a(shares[chip].plan, a)) {
            const auto tensor = programs[chip].find_tensor(name).value();
            work.chip(chip).set_input(tensor, part).value();
        }
    EXPECT_EQ(work.run(ample).value().cycles(), ops::cycles_of(shares));
    std::vector<bytes> parts;
    for (std::size_t chip = 0; chip < count; ++chip)
        parts.push_back(ops::join_c(shares[chip].plan,
                                    output(work, chip, programs[chip], "c"),
                                    output(work, chip, programs[chip], "c.rest")));
    return ops::join_columns(shape, shares, parts);
}

class collectives_contract_matmul : public ::testing::TestWithParam<unsigned> {};

TEST_P(collectives_contract_matmul, gives_the_bits_of_one_card) {
    constexpr ops::matmul_shape shape{70, 650, 2600};
    const auto a = any_bytes(shape.rows * shape.inner),
               b = any_bytes(shape.inner * shape.columns);
    const auto topology = "node" + std::to_string(GetParam());
    auto devices = open_wired(topology, GetParam());
    if (devices.empty())
        GTEST_SKIP() << "GROQ_TEST_LINKED names fewer cards";
    const auto c = multiply(std::move(devices), shape, a, b);
    EXPECT_TRUE(c == multiply(open_wired(topology, 1), shape, a, b));
}

INSTANTIATE_TEST_SUITE_P(cards, collectives_contract_matmul,
                         testing::Values(2U, 4U, 8U),
                         testing::PrintToStringParamName());

} // namespace
} // namespace groq::contract
