// SPDX-License-Identifier: MIT
// Fashion-MNIST as its authors distribute it: idx files, gzipped or plain.
#pragma once

#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <span>
#include <string_view>
#include <vector>

namespace fashion_mnist {

inline constexpr std::size_t image_side = 28;
inline constexpr std::size_t image_pixels = image_side * image_side;
inline constexpr std::size_t class_count = 10;

/// One 28x28 grey image, row by row, 0 black to 255 white.
using image = std::span<const std::uint8_t, image_pixels>;

/// Images in one block, with one label (0..9) for each.
class dataset {
public:
    /// Throws std::invalid_argument unless there is a label for every image.
    dataset(std::vector<std::uint8_t> pixels, std::vector<std::uint8_t> labels);

    std::size_t size() const { return labels_.size(); }
    image image_at(std::size_t i) const {
        return std::span(pixels_).subspan(i * image_pixels).first<image_pixels>();
    }
    std::uint8_t label(std::size_t i) const { return labels_[i]; }

    /// All images, one behind the other.
    std::span<const std::uint8_t> pixels() const { return pixels_; }
    std::span<const std::uint8_t> labels() const { return labels_; }

private:
    std::vector<std::uint8_t> pixels_;
    std::vector<std::uint8_t> labels_;
};

/// The pixels of an idx3 file of 28x28 images. All readers below throw
/// std::runtime_error, naming the file and what is wrong with it, when it is
/// missing, truncated, corrupt or of another kind.
std::vector<std::uint8_t> read_images(const std::filesystem::path &file);

/// The labels of an idx1 file, each below class_count.
std::vector<std::uint8_t> read_labels(const std::filesystem::path &file);

/// The 10,000 test images of a directory that holds the original file names.
dataset read_test_set(const std::filesystem::path &directory);

/// $FASHION_MNIST_DIR, or else where Debian's dataset-fashion-mnist puts it.
std::filesystem::path default_directory();

/// "T-shirt/top" for 0 to "Ankle boot" for 9; throws std::out_of_range.
std::string_view class_name(std::size_t label);

} // namespace fashion_mnist
