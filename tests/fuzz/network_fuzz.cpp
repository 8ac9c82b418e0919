// SPDX-License-Identifier: MIT
// Any bytes as the layers that groq-compile reads: they are refused with a reason, or
// are layers that fit each other, of which a small one compiles or is told why not.
#include <exception>

#include "compiler/compile.hpp"
#include "require.hpp"

namespace groq::compiler {
namespace {

constexpr std::size_t small = 1024; // inputs or outputs, for the time it takes

void require_whole(const network &layers) {
    require(!layers.empty());
    for (std::size_t i = 0; i < layers.size(); ++i) {
        const auto &each = layers[i];
        require(each.inputs > 0 && each.bias.size() == each.outputs &&
                each.weights.size() == each.inputs * each.outputs);
        require(i == 0 || layers[i - 1].outputs == each.inputs);
    }
}

bool is_small(const network &layers) {
    for (const auto &each : layers)
        if (each.inputs > small || each.outputs > small)
            return false;
    return layers.size() <= 3;
}

} // namespace
} // namespace groq::compiler

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t *data, std::size_t size) {
    using namespace groq::compiler;
    try {
        const auto layers = read_network(std::as_bytes(std::span(data, size)));
        require_whole(layers);
        if (is_small(layers))
            require(!compile(layers, 4).image.segments.empty());
    } catch (const std::exception &refusal) {
        require(*refusal.what() != '\0');
    }
    return 0;
}
