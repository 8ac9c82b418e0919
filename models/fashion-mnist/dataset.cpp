// SPDX-License-Identifier: MIT
#include "fashion-mnist/dataset.hpp"

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstdlib>
#include <memory>
#include <stdexcept>
#include <string>
#include <system_error>
#include <utility>

#include <zlib.h>

namespace fashion_mnist {
namespace {

namespace fs = std::filesystem;

// Five times the unpacked training images: what is larger is no Fashion-MNIST.
constexpr std::size_t size_limit = std::size_t{256} << 20;

[[noreturn]] void fail(const fs::path &file, const std::string &what) {
    throw std::runtime_error(file.string() + ": " + what);
}

struct gz_closer {
    void operator()(gzFile file) const { gzclose_r(file); }
};
using gz_file = std::unique_ptr<gzFile_s, gz_closer>;

gz_file open(const fs::path &file) {
    errno = 0;
    gz_file gz{gzopen(file.c_str(), "rb")};
    if (!gz)
        fail(file, "cannot open: " + std::generic_category().message(errno) +
                       " (install dataset-fashion-mnist or set FASHION_MNIST_DIR)");
    return gz;
}

// gzread alone takes a file that ends in the middle for a short one; the
// pending Z_BUF_ERROR tells them apart.
void check_end(const fs::path &file, gzFile gz) {
    int status = Z_OK;
    const char *message = gzerror(gz, &status);
    if (status == Z_BUF_ERROR)
        fail(file, "truncated gzip data");
    if (status != Z_OK && status != Z_STREAM_END)
        fail(file, std::string("cannot unpack: ") + message);
}

// Everything in a file, unpacked where it is gzipped.
std::vector<std::uint8_t> unpack(const fs::path &file) {
    const gz_file gz = open(file);
    std::vector<std::uint8_t> data;
    std::array<std::uint8_t, 65536> chunk;
    int got;
    while ((got = gzread(gz.get(), chunk.data(), chunk.size())) > 0) {
        data.insert(data.end(), chunk.begin(), chunk.begin() + got);
        if (data.size() > size_limit)
            fail(file, "too large for a Fashion-MNIST file");
    }
    check_end(file, gz.get());
    return data;
}

std::uint32_t big_endian(const std::uint8_t *p) {
    return std::uint32_t{p[0]} << 24 | std::uint32_t{p[1]} << 16 |
           std::uint32_t{p[2]} << 8 | std::uint32_t{p[3]};
}

// The unpacked content of an idx file: bytes in an array of known dimensions.
struct idx_array {
    std::vector<std::uint32_t> shape;
    std::vector<std::uint8_t> values;
};

// idx: two zero bytes, element type (8: u8), rank, then a big endian u32 for
// each dimension, then the elements.
idx_array read_idx(const fs::path &file, std::uint8_t rank) {
    std::vector<std::uint8_t> data = unpack(file);
    const std::array<std::uint8_t, 4> magic{0, 0, 8, rank};
    const std::size_t header = magic.size() + 4 * std::size_t{rank};
    if (data.size() < header)
        fail(file, "truncated: shorter than its idx header");
    if (!std::equal(magic.begin(), magic.end(), data.begin()))
        fail(file,
             "not an idx file of bytes with " + std::to_string(rank) + " dimension(s)");
    idx_array array;
    for (std::size_t i = magic.size(); i < header; i += 4)
        array.shape.push_back(big_endian(&data[i]));
    array.values.assign(data.begin() + std::ptrdiff_t(header), data.end());
    return array;
}

void check_size(const fs::path &file, const idx_array &array, std::size_t element) {
    const std::size_t expected = array.shape[0] * element;
    if (array.values.size() != expected)
        fail(file, "its header promises " + std::to_string(expected) +
                       " bytes, it has " + std::to_string(array.values.size()));
}

} // namespace

dataset::dataset(std::vector<std::uint8_t> pixels, std::vector<std::uint8_t> labels)
    : pixels_(std::move(pixels)), labels_(std::move(labels)) {
    if (pixels_.size() != labels_.size() * image_pixels)
        throw std::invalid_argument(std::to_string(pixels_.size() / image_pixels) +
                                    " images but " + std::to_string(labels_.size()) +
                                    " labels: files of different sets?");
}

std::vector<std::uint8_t> read_images(const fs::path &file) {
    idx_array array = read_idx(file, 3);
    if (array.shape[1] != image_side || array.shape[2] != image_side)
        fail(file, "its images are not 28x28");
    check_size(file, array, image_pixels);
    return std::move(array.values);
}

std::vector<std::uint8_t> read_labels(const fs::path &file) {
    idx_array array = read_idx(file, 1);
    check_size(file, array, 1);
    if (std::ranges::any_of(array.values, [](auto v) { return v >= class_count; }))
        fail(file, "has a label above 9");
    return std::move(array.values);
}

dataset read_test_set(const fs::path &directory) {
    try {
        return {read_images(directory / "t10k-images-idx3-ubyte.gz"),
                read_labels(directory / "t10k-labels-idx1-ubyte.gz")};
    } catch (const std::invalid_argument &e) {
        fail(directory, e.what());
    }
}

fs::path default_directory() {
    const char *chosen = std::getenv("FASHION_MNIST_DIR");
    return chosen && *chosen ? chosen : "/usr/share/datasets/fashion-mnist";
}

std::string_view class_name(std::size_t label) {
    static constexpr std::array<std::string_view, class_count> names{
        "T-shirt/top", "Trouser", "Pullover", "Dress", "Coat",
        "Sandal",      "Shirt",   "Sneaker",  "Bag",   "Ankle boot"};
    return names.at(label);
}

} // namespace fashion_mnist
