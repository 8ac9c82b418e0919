// SPDX-License-Identifier: MIT
#include "fashion-mnist/reference.hpp"

#include <bit>
#include <cstdint>
#include <filesystem>
#include <fstream>
#include <iomanip>
#include <iterator>
#include <limits>
#include <sstream>
#include <stdexcept>
#include <string>
#include <vector>

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <unistd.h>
#include <zlib.h>

namespace fashion_mnist {
namespace {

namespace fs = std::filesystem;
using testing::HasSubstr;
using testing::ThrowsMessage;

const fs::path source_dir = FASHION_MNIST_SOURCE_DIR;

std::string content(const fs::path &file) {
    std::ifstream in(file, std::ios::binary);
    return {std::istreambuf_iterator<char>(in), {}};
}

void append_u32(std::string &bytes, std::uint32_t value) {
    for (unsigned shift = 0; shift < 32; shift += 8)
        bytes += static_cast<char>(value >> shift & 0xff);
}

std::string hex(std::uint32_t value) {
    std::ostringstream out;
    out << std::hex << std::setw(8) << std::setfill('0') << value;
    return out.str();
}

std::uint32_t crc(const std::string &bytes) {
    return static_cast<std::uint32_t>(
        crc32(0, reinterpret_cast<const Bytef *>(bytes.data()), bytes.size()));
}

// A line of golden.txt, as check.py writes it.
std::string golden_line(const std::string &name, const perceptron &net,
                        const dataset &set) {
    std::string bytes;
    std::size_t correct = 0;
    for (std::size_t i = 0; i < set.size(); ++i) {
        const logits values = net.run(set.image_at(i));
        for (const std::int32_t value : values)
            append_u32(bytes, static_cast<std::uint32_t>(value));
        correct += classify(values) == set.label(i);
    }
    return name + " " + std::to_string(set.size()) + " " + hex(crc(bytes)) + " " +
           std::to_string(correct) + "\n";
}

TEST(golden, is_of_the_committed_weights) {
    const std::string bytes = content(source_dir / "weights.bin");
    EXPECT_THAT(content(source_dir / "golden.txt"),
                HasSubstr("weights " + hex(crc(bytes)) + "\n"));
}

TEST(golden, logits_of_the_sample_equal_numpys) {
    const auto net = perceptron::load(source_dir / "weights.bin");
    const dataset sample = read_test_set(source_dir / "sample");
    EXPECT_THAT(content(source_dir / "golden.txt"),
                HasSubstr(golden_line("sample", net, sample)));
}

TEST(golden, logits_of_the_whole_test_set_equal_numpys) {
    if (!fs::exists(default_directory()))
        GTEST_SKIP() << default_directory() << " is not there; the sample is tested";
    const auto net = perceptron::load(source_dir / "weights.bin");
    const dataset test_set = read_test_set(default_directory());
    EXPECT_THAT(content(source_dir / "golden.txt"),
                HasSubstr(golden_line("test", net, test_set)));
}

// One weights file of two layers, 784-10-10, that is good until a test breaks it.
struct small_network {
    std::uint32_t version = 1;
    std::uint32_t layer_count = 2;
    std::uint32_t second_inputs = 10;
    std::uint32_t outputs = 10;
    float scale = 0.5F;
    std::vector<std::int32_t> bias = std::vector<std::int32_t>(10);
    std::string tail = {};

    std::string bytes() const {
        std::string data("MLPINT8\0", 8);
        append_u32(data, version);
        append_u32(data, layer_count);
        append_layer(data, image_pixels, 10, bias, 0);
        append_layer(data, second_inputs, outputs, std::vector<std::int32_t>(outputs),
                     1);
        return data + tail;
    }

private:
    // `diagonal` on w[n][n], 0 elsewhere.
    void append_layer(std::string &data, std::uint32_t k, std::uint32_t n,
                      const std::vector<std::int32_t> &biases, char diagonal) const {
        append_u32(data, k);
        append_u32(data, n);
        append_u32(data, std::bit_cast<std::uint32_t>(scale));
        for (const std::int32_t b : biases)
            append_u32(data, static_cast<std::uint32_t>(b));
        for (std::uint32_t row = 0; row < n; ++row)
            for (std::uint32_t column = 0; column < k; ++column)
                data += row == column ? diagonal : '\0';
    }
};

class weights_file : public testing::Test {
protected:
    ~weights_file() override { fs::remove(file_); }

    perceptron load(const std::string &bytes) {
        std::ofstream(file_, std::ios::binary) << bytes;
        return perceptron::load(file_);
    }

    // Loading fails, and the message has both the file's name and `what`.
    void expect_refused(const std::string &bytes, const std::string &what) {
        EXPECT_THAT([&] { load(bytes); },
                    ThrowsMessage<std::runtime_error>(
                        testing::AllOf(HasSubstr(file_.string()), HasSubstr(what))));
    }

private:
    fs::path file_ =
        fs::temp_directory_path() / ("weights_file_" + std::to_string(getpid()));
};

// The second layer is the identity: the logits are the requantised biases.
TEST_F(weights_file, rounds_half_to_even_and_clamps_between_layers) {
    small_network file;
    file.bias = {1, 3, 5, 252, 253, 254, 255, 2147483647, -1, -2147483647};
    const std::vector<std::uint8_t> black(image_pixels);
    const logits expected{0, 2, 2, 126, 126, 127, 127, 127, 0, 0};
    EXPECT_EQ(load(file.bytes()).run(image(black)), expected);
}

// The exact products, 49.4999971 and 52.5000029, would round to 49 and 53.
TEST_F(weights_file, converts_the_accumulator_to_float32_before_it_multiplies) {
    small_network file;
    file.scale = 0x1.8p-19F;
    file.bias[0] = 17301503;
    file.bias[1] = 18350081;
    const std::vector<std::uint8_t> black(image_pixels);
    EXPECT_EQ(load(file.bytes()).run(image(black)), (logits{50, 52}));
}

// 25 * 0.1F is above 2.5 but the nearest float32 is 2.5.
TEST_F(weights_file, rounds_the_product_to_float32) {
    small_network file;
    file.scale = 0.1F;
    file.bias[0] = 25;
    const std::vector<std::uint8_t> black(image_pixels);
    EXPECT_EQ(load(file.bytes()).run(image(black)), (logits{2}));
}

TEST_F(weights_file, refuses_every_truncation) {
    const std::string good = small_network{}.bytes();
    EXPECT_NO_THROW(load(good));
    for (const std::size_t size : {0, 7, 8, 15, 16, 27, 28, 67, 68, 7907, 7908, 7959})
        expect_refused(good.substr(0, size), "truncated");
    expect_refused(good.substr(0, good.size() - 1), "truncated");
}

TEST_F(weights_file, refuses_another_kind_version_or_shape) {
    std::string other = small_network{}.bytes();
    other[0] = 'm';
    expect_refused(other, "not a weights file");
    expect_refused(small_network{.version = 2}.bytes(), "version 2, expected 1");
    expect_refused(small_network{.layer_count = 0}.bytes(), "0 layers");
    expect_refused(small_network{.second_inputs = 9}.bytes(),
                   "takes 9 inputs, but gets 10");
    expect_refused(small_network{.outputs = 0}.bytes(), "no outputs");
    expect_refused(small_network{.outputs = 9}.bytes(), "9 outputs, not 10");
    expect_refused(small_network{.tail = "x"}.bytes(), "1 bytes after");
}

TEST_F(weights_file, refuses_numbers_the_arithmetic_cannot_take) {
    for (const float scale : {0.0F, -1.0F, std::numeric_limits<float>::infinity(),
                              std::numeric_limits<float>::quiet_NaN()})
        expect_refused(small_network{.scale = scale}.bytes(), "scale");
    small_network file;
    file.bias[3] = std::numeric_limits<std::int32_t>::min();
    expect_refused(file.bytes(), "can overflow");
}

TEST_F(weights_file, missing) {
    EXPECT_THAT([] { perceptron::load("/nonexistent/weights.bin"); },
                ThrowsMessage<std::runtime_error>(HasSubstr("cannot open")));
}

TEST(perceptron_test, takes_the_lowest_of_equal_logits) {
    EXPECT_EQ(classify({-5, -1, -3, -1, -2, -9, -9, -9, -9, -1}), 1U);
    EXPECT_EQ(classify({}), 0U);
}

TEST(perceptron_test, halves_pixels) {
    EXPECT_EQ(activation(0), 0);
    EXPECT_EQ(activation(1), 0);
    EXPECT_EQ(activation(128), 64);
    EXPECT_EQ(activation(255), 127);
}

} // namespace
} // namespace fashion_mnist
