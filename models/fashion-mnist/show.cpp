// SPDX-License-Identifier: MIT
#include "fashion-mnist/show.hpp"

#include <algorithm>
#include <cstdint>
#include <cstdlib>
#include <ostream>
#include <string>
#include <string_view>

#include <sys/ioctl.h>
#include <unistd.h>

namespace fashion_mnist {
namespace {

constexpr std::string_view gap = "  ";
constexpr std::string_view reset = "\x1b[0m";
constexpr std::string_view green = "\x1b[32m";
constexpr std::string_view red = "\x1b[31m";
constexpr std::string_view ramp = " .:-=+*#%@";

// ANSI colours 232 to 255 are greys; 16 is black and 231 white.
std::string grey(std::uint8_t value) {
    const int level = (value * 25 + 127) / 255;
    return std::to_string(level == 0 ? 16 : level == 25 ? 231 : 231 + level);
}

// One character for two pixels, one above the other.
std::string cell(std::uint8_t upper, std::uint8_t lower, style how) {
    if (how == style::ascii)
        return {ramp[(upper + lower) * (ramp.size() - 1) / (2 * 255)]};
    return "\x1b[38;5;" + grey(upper) + ";48;5;" + grey(lower) + "m\u2580";
}

std::string pixel_line(const picture &p, std::size_t y, style how) {
    std::string line;
    for (std::size_t x = 0; x < image_side; ++x)
        line +=
            cell(p.pixels[y * image_side + x], p.pixels[(y + 1) * image_side + x], how);
    return how == style::ansi ? line.append(reset) : line;
}

std::string padded(std::string_view title, std::size_t label) {
    std::string text(title);
    text += class_name(label);
    text.resize(image_side, ' ');
    return text;
}

std::string predicted_line(const picture &p, style how) {
    const std::string text = padded("predicted ", p.predicted);
    if (how == style::ascii)
        return text;
    return std::string(p.predicted == p.label ? green : red).append(text).append(reset);
}

std::string label_line(const picture &p) {
    return padded("true      ", p.label);
}

// One line across a row of pictures; line_of gives each picture's part.
template <typename LineOf>
void write_line(std::ostream &out, std::span<const picture> row, LineOf line_of) {
    std::string_view before;
    for (const picture &p : row) {
        out << before << line_of(p);
        before = gap;
    }
    out << '\n';
}

void show_row(std::ostream &out, std::span<const picture> row, style how) {
    for (std::size_t y = 0; y < image_side; y += 2)
        write_line(out, row, [&](const picture &p) { return pixel_line(p, y, how); });
    write_line(out, row, [&](const picture &p) { return predicted_line(p, how); });
    write_line(out, row, label_line);
}

} // namespace

style style_for(int fd) {
    const char *term = std::getenv("TERM");
    const bool plain = !term || std::string_view(term) == "dumb";
    return !plain && isatty(fd) ? style::ansi : style::ascii;
}

std::size_t columns_of(int fd) {
    winsize size{};
    if (ioctl(fd, TIOCGWINSZ, &size) != 0 || size.ws_col == 0)
        return 80;
    return size.ws_col;
}

void show(std::ostream &out, std::span<const picture> pictures, style how,
          std::size_t columns) {
    const std::size_t width = image_side + gap.size();
    const std::size_t abreast =
        std::max<std::size_t>((columns + gap.size()) / width, 1);
    while (!pictures.empty()) {
        const std::size_t n = std::min(abreast, pictures.size());
        show_row(out, pictures.first(n), how);
        pictures = pictures.subspan(n);
        if (!pictures.empty())
            out << '\n';
    }
}

} // namespace fashion_mnist
