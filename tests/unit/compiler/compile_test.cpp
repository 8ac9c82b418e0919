// SPDX-License-Identifier: MIT
// Compiled perceptrons on the chip, against plain loops and against the reference of
// the Fashion-MNIST model.
#include "compiler/compile.hpp"

#include <cstring>
#include <string>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "../asm/chip_runner.hpp"
#include "asm/assembler.hpp"
#include "asm/disassembler.hpp"
#include "asm/elf_file.hpp"
#include "fashion-mnist/dataset.hpp"
#include "fashion-mnist/reference.hpp"
#include "perceptron.hpp"

namespace groq::compiler::test {
namespace {

using assembly::test::chip_runner;
using testing::HasSubstr;
using testing::ThrowsMessage;

std::vector<std::int32_t> run_on_chip(const assembly::program &image,
                                      const std::vector<std::int8_t> &rows) {
    chip_runner runner(image);
    runner.write("images", std::as_bytes(std::span(rows)));
    const auto end = runner.run();
    EXPECT_EQ(end.status, GROQ_COMPLETION_OK)
        << "cause " << end.fault.cause << " unit " << end.fault.unit << " cycle "
        << end.fault.cycle;
    EXPECT_EQ(end.cycles, image.entries[0].cycles);
    const auto bytes = runner.read("logits");
    std::vector<std::int32_t> logits(bytes.size() / sizeof(std::int32_t));
    std::memcpy(logits.data(), bytes.data(), bytes.size());
    return logits;
}

void expect_same_as_loops(const network &source, unsigned batch, std::mt19937 &random) {
    const auto rows = random_rows(batch, source.front().inputs, random);
    const auto logits = run_on_chip(compile(source, batch).image, rows);
    const std::size_t outputs = source.back().outputs;
    ASSERT_EQ(logits.size(), batch * outputs);
    for (std::size_t row = 0; row < batch; ++row) {
        const auto first = rows.begin() + row * source.front().inputs;
        const auto expected = infer(source, {first, first + source.front().inputs});
        const auto found = logits.begin() + row * outputs;
        ASSERT_EQ(std::vector<std::int32_t>(found, found + outputs), expected)
            << "row " << row;
    }
}

struct shape {
    const char *name;
    widths sizes;
    unsigned batch;
};

class random_perceptron : public testing::TestWithParam<shape> {};

TEST_P(random_perceptron, gives_what_plain_loops_give) {
    std::mt19937 random(7);
    expect_same_as_loops(random_network(GetParam().sizes, random), GetParam().batch,
                         random);
}

INSTANTIATE_TEST_SUITE_P(
    compile, random_perceptron,
    testing::Values(shape{"one_of_everything", {1, 1}, 1},
                    shape{"one_layer", {320, 320}, 64},
                    shape{"one_wide_layer", {1000, 700}, 9},
                    shape{"lanes_left_over", {321, 319, 641, 5}, 33},
                    shape{"wide_inside", {100, 1300, 1300, 40}, 50},
                    shape{"many_tiles", {1600, 1600, 1600, 100}, 100},
                    shape{"many_tiles_of_long_groups", {1300, 1300, 700}, 700},
                    shape{"deep", {64, 64, 64, 64, 64, 64, 64, 64, 64, 8}, 17},
                    shape{"odd_batch", {784, 320, 320, 10}, 77},
                    shape{
                        "longer_than_the_way_between_layers", {96, 640, 640, 16}, 900},
                    shape{"all_accumulators", {16, 32, 16}, 4096}),
    [](const auto &instance) { return instance.param.name; });

TEST(compile, works_for_every_small_batch) {
    std::mt19937 random(11);
    const network source = random_network({40, 350, 12}, random);
    for (unsigned batch = 1; batch <= 24; ++batch)
        expect_same_as_loops(source, batch, random);
}

// The dataset's sample, through as many runs as it takes.
TEST(compile, gives_the_logits_of_the_reference) {
    const std::filesystem::path folder = FASHION_MNIST_SOURCE_DIR;
    const auto reference = fashion_mnist::perceptron::load(folder / "weights.bin");
    const auto sample = fashion_mnist::read_test_set(folder / "sample");
    const network source = read_network(assembly::read_file(folder / "weights.bin"));
    std::vector<std::int8_t> rows;
    for (const std::uint8_t pixel : sample.pixels())
        rows.push_back(fashion_mnist::activation(pixel));
    const auto batch = static_cast<unsigned>(sample.size());
    const auto logits = run_on_chip(compile(source, batch).image, rows);
    for (std::size_t i = 0; i < sample.size(); ++i) {
        const fashion_mnist::logits expected = reference.run(sample.image_at(i));
        for (std::size_t n = 0; n < expected.size(); ++n)
            ASSERT_EQ(logits[i * expected.size() + n], expected[n]) << i << ' ' << n;
    }
}

TEST(compile, keeps_the_planes_busy) {
    const std::filesystem::path folder = FASHION_MNIST_SOURCE_DIR;
    const network source = read_network(assembly::read_file(folder / "weights.bin"));
    EXPECT_LT(compile(source, 500).cycles, 2 * 500U);
    EXPECT_LT(compile(source, 4000).cycles, 1.7 * 4000);
}

TEST(compile, is_the_same_every_time_and_survives_its_own_assembly) {
    std::mt19937 random(3);
    const network source = random_network({400, 330, 10}, random);
    const auto file = assembly::write_elf(compile(source, 40).image);
    EXPECT_EQ(assembly::write_elf(compile(source, 40).image), file);
    const auto again =
        assembly::assemble(assembly::disassemble(assembly::read_elf(file)));
    ASSERT_TRUE(again.image);
    EXPECT_EQ(assembly::write_elf(*again.image), file);
}

TEST(compile, refuses_what_does_not_fit) {
    std::mt19937 random(5);
    const auto refused = [&](const widths &sizes, unsigned batch, const char *why) {
        const network source = random_network(sizes, random);
        EXPECT_THAT([&] { compile(source, batch); },
                    ThrowsMessage<std::runtime_error>(HasSubstr(why)));
    };
    refused({10, 10}, 0, "the batch must be 1..4096");
    refused({10, 10}, 4097, "the batch must be 1..4096");
    refused({6600, 6600}, 1, "tiles of 320x320");
    refused({5500, 10}, 4096, "a batch of 4096 does not fit");
    refused({10, 5000, 10}, 4096, "do not fit into a bank");
}

std::vector<std::byte> weights_file() {
    return assembly::read_file(std::filesystem::path(FASHION_MNIST_SOURCE_DIR) /
                               "weights.bin");
}

TEST(network, is_read_from_the_committed_weights) {
    const network source = read_network(weights_file());
    ASSERT_EQ(source.size(), 3U);
    EXPECT_EQ(source[0].inputs, 784U);
    EXPECT_EQ(source[1].inputs, 320U);
    EXPECT_EQ(source[2].outputs, 10U);
}

TEST(network, is_refused_when_the_file_is_damaged) {
    auto file = weights_file();
    EXPECT_THROW(read_network({}), std::runtime_error);
    for (const std::size_t size : {7U, 11U, 15U, 23U, 27U, 1000U, 359'131U})
        EXPECT_ANY_THROW(read_network(std::span(file).first(size))) << size;
    const auto with_byte = [&](std::size_t at, unsigned value) {
        auto damaged = file;
        damaged[at] = static_cast<std::byte>(value);
        return damaged;
    };
    EXPECT_ANY_THROW(read_network(with_byte(0, 0)));     // magic
    EXPECT_ANY_THROW(read_network(with_byte(8, 2)));     // version
    EXPECT_ANY_THROW(read_network(with_byte(12, 0)));    // no layer
    EXPECT_ANY_THROW(read_network(with_byte(12, 4)));    // one layer more
    EXPECT_ANY_THROW(read_network(with_byte(16, 0x11))); // one input more
    EXPECT_ANY_THROW(read_network(with_byte(27, 0xff))); // negative scale
    file.push_back(std::byte{0});
    EXPECT_ANY_THROW(read_network(file));
}

} // namespace
} // namespace groq::compiler::test
