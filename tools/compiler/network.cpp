// SPDX-License-Identifier: MIT
#include "compiler/network.hpp"

#include <algorithm>
#include <cmath>
#include <cstring>
#include <stdexcept>
#include <string>
#include <string_view>

#include "asm/bytes.hpp"

namespace groq::compiler {
namespace {

using namespace std::string_view_literals;

constexpr auto magic = "MLPINT8\0"sv;
constexpr std::uint32_t version = 1;

class network_reader {
public:
    explicit network_reader(std::span<const std::byte> file) : file_(file) {}

    network read() && {
        if (file_.size() < magic.size() ||
            std::memcmp(file_.data(), magic.data(), magic.size()) != 0)
            throw std::runtime_error("not a file of quantised layers");
        at_ = magic.size();
        if (const auto found = take<std::uint32_t>("version"); found != version)
            throw std::runtime_error("version " + std::to_string(found) +
                                     " of the file is not known");
        network result(count_layers());
        for (layer &each : result)
            each = take_layer();
        for (std::size_t i = 1; i < result.size(); ++i)
            if (result[i].inputs != result[i - 1].outputs)
                throw std::runtime_error("layer " + std::to_string(i) + " takes " +
                                         std::to_string(result[i].inputs) +
                                         " inputs and gets " +
                                         std::to_string(result[i - 1].outputs));
        if (at_ != file_.size())
            throw std::runtime_error("bytes after the last layer");
        return result;
    }

private:
    template <class T>
    T take(const char *what) {
        const T value = assembly::read<T>(file_, at_, what);
        at_ += sizeof(T);
        return value;
    }

    std::size_t count_layers() {
        const auto count = take<std::uint32_t>("number of layers");
        if (count == 0 || count > file_.size())
            throw std::runtime_error(std::to_string(count) + " layers");
        return count;
    }

    layer take_layer() {
        layer result;
        result.inputs = take<std::uint32_t>("inputs");
        result.outputs = take<std::uint32_t>("outputs");
        result.scale = take<float>("scale");
        if (result.inputs == 0 || result.outputs == 0)
            throw std::runtime_error("a layer without inputs or outputs");
        if (!std::isfinite(result.scale) || result.scale <= 0)
            throw std::runtime_error("a scale is not a positive number");
        take_array(result.bias, result.outputs, "bias");
        take_array(result.weights, result.outputs * result.inputs, "weights");
        return result;
    }

    template <class T>
    void take_array(std::vector<T> &values, std::size_t count, const char *what) {
        if (count > (file_.size() - at_) / sizeof(T))
            throw std::out_of_range(std::string(what) + " beyond the end of the file");
        values.resize(count);
        std::memcpy(values.data(), file_.data() + at_, count * sizeof(T));
        at_ += count * sizeof(T);
    }

    std::span<const std::byte> file_;
    std::size_t at_ = 0;
};

} // namespace

network read_network(std::span<const std::byte> file) {
    return network_reader(file).read();
}

} // namespace groq::compiler
