// SPDX-License-Identifier: MIT
// Classified images as text: two pixels to a character cell.
#pragma once

#include <cstddef>
#include <iosfwd>
#include <span>

#include "fashion-mnist/dataset.hpp"

namespace fashion_mnist {

/// An image with the class found and the class it has, both 0..9.
struct picture {
    image pixels;
    std::size_t predicted;
    std::size_t label;
};

enum class style {
    ansi,  ///< half blocks (UTF-8) in the greys of the 256 ANSI colours
    ascii, ///< a ramp of plain characters, for files and pipes
};

/// ansi for a terminal that knows more than plain text ($TERM), else ascii.
style style_for(int fd);

/// Width of the terminal behind fd, 80 where that is unknown.
std::size_t columns_of(int fd);

/// Writes the pictures side by side, as many abreast as fit in `columns` (at
/// least one), each 28 columns wide with its prediction and label under it.
void show(std::ostream &out, std::span<const picture> pictures, style how,
          std::size_t columns = 80);

} // namespace fashion_mnist
