// SPDX-License-Identifier: MIT
#include "fashion-mnist/reference.hpp"

#include <algorithm>
#include <bit>
#include <cmath>
#include <fstream>
#include <iterator>
#include <limits>
#include <span>
#include <stdexcept>
#include <string>
#include <string_view>

namespace fashion_mnist {
namespace {

namespace fs = std::filesystem;

constexpr std::string_view magic{"MLPINT8\0", 8};
constexpr std::uint32_t version = 1;
constexpr std::uint32_t most_layers = 64;
constexpr std::int64_t largest_activation = 127;

// Takes little endian values from a weights file, front to back.
class weights_reader {
public:
    explicit weights_reader(const fs::path &file) : file_(file) {
        std::ifstream in(file, std::ios::binary);
        if (!in)
            fail("cannot open");
        data_.assign(std::istreambuf_iterator<char>(in), {});
    }

    [[noreturn]] void fail(const std::string &what) const {
        throw std::runtime_error(file_.string() + ": " + what);
    }

    std::string_view take(std::size_t bytes) {
        if (bytes > data_.size() - at_)
            fail("truncated weights file");
        at_ += bytes;
        return std::string_view(data_).substr(at_ - bytes, bytes);
    }

    std::uint32_t take_u32() {
        std::uint32_t value = 0;
        unsigned shift = 0;
        for (const char c : take(4)) {
            value |= std::uint32_t{static_cast<unsigned char>(c)} << shift;
            shift += 8;
        }
        return value;
    }

    std::size_t left() const { return data_.size() - at_; }

private:
    fs::path file_;
    std::string data_;
    std::size_t at_ = 0;
};

// The largest |acc| that row n can reach, over all inputs of -127..127.
std::int64_t accumulator_bound(const layer &l, std::size_t n) {
    std::int64_t bound = std::abs(std::int64_t{l.bias[n]});
    for (std::size_t k = 0; k < l.inputs; ++k)
        bound += largest_activation * std::abs(l.weights[n * l.inputs + k]);
    return bound;
}

void check_layer(const weights_reader &in, const layer &l) {
    if (!std::isfinite(l.scale) || l.scale <= 0)
        in.fail("a scale is not a positive number");
    for (std::size_t n = 0; n < l.outputs; ++n)
        if (accumulator_bound(l, n) > std::numeric_limits<std::int32_t>::max())
            in.fail("an accumulator can overflow: weights or bias too large");
}

layer take_layer(weights_reader &in, std::size_t expected_inputs) {
    layer l{in.take_u32(), in.take_u32(), std::bit_cast<float>(in.take_u32()), {}, {}};
    if (l.inputs != expected_inputs)
        in.fail("a layer takes " + std::to_string(l.inputs) + " inputs, but gets " +
                std::to_string(expected_inputs));
    if (l.outputs == 0)
        in.fail("a layer has no outputs");
    if (l.outputs > in.left() / (4 + l.inputs))
        in.fail("truncated weights file");
    for (std::size_t n = 0; n < l.outputs; ++n)
        l.bias.push_back(static_cast<std::int32_t>(in.take_u32()));
    const std::string_view weights = in.take(l.outputs * l.inputs);
    l.weights.assign(weights.begin(), weights.end());
    check_layer(in, l);
    return l;
}

std::vector<std::int32_t> accumulate(const layer &l, std::span<const std::int8_t> x) {
    std::vector<std::int32_t> acc = l.bias;
    for (std::size_t n = 0; n < l.outputs; ++n)
        for (std::size_t k = 0; k < l.inputs; ++k)
            acc[n] += l.weights[n * l.inputs + k] * x[k];
    return acc;
}

// ReLU is the lower bound of the clamp. nearbyint rounds half to even.
std::int8_t requantise(std::int32_t acc, float scale) {
    const float y = static_cast<float>(acc) * scale;
    return static_cast<std::int8_t>(std::clamp(std::nearbyint(y), 0.0F, 127.0F));
}

} // namespace

perceptron perceptron::load(const fs::path &file) {
    weights_reader in(file);
    if (in.take(magic.size()) != magic)
        in.fail("not a weights file");
    if (const std::uint32_t found = in.take_u32(); found != version)
        in.fail("weights file of version " + std::to_string(found) + ", expected " +
                std::to_string(version));
    const std::uint32_t count = in.take_u32();
    if (count == 0 || count > most_layers)
        in.fail("has " + std::to_string(count) + " layers");

    std::vector<layer> layers;
    std::size_t width = image_pixels;
    for (std::uint32_t i = 0; i < count; ++i)
        width = layers.emplace_back(take_layer(in, width)).outputs;
    if (width != class_count)
        in.fail("its last layer has " + std::to_string(width) + " outputs, not 10");
    if (in.left() != 0)
        in.fail(std::to_string(in.left()) + " bytes after the last layer");
    return perceptron(std::move(layers));
}

logits perceptron::run(image pixels) const {
    std::vector<std::int8_t> x;
    std::ranges::transform(pixels, std::back_inserter(x), activation);
    for (std::size_t i = 0; i + 1 < layers_.size(); ++i) {
        const layer &l = layers_[i];
        const std::vector<std::int32_t> acc = accumulate(l, x);
        x.clear();
        std::ranges::transform(acc, std::back_inserter(x),
                               [&](std::int32_t a) { return requantise(a, l.scale); });
    }
    logits out;
    std::ranges::copy(accumulate(layers_.back(), x), out.begin());
    return out;
}

std::size_t classify(const logits &values) {
    return static_cast<std::size_t>(std::ranges::max_element(values) - values.begin());
}

} // namespace fashion_mnist
