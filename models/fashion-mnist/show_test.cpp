// SPDX-License-Identifier: MIT
#include "fashion-mnist/show.hpp"

#include <array>
#include <cstdlib>
#include <sstream>
#include <string>
#include <vector>

#include <fcntl.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <unistd.h>

namespace fashion_mnist {
namespace {

using testing::Each;
using testing::HasSubstr;
using testing::Not;
using testing::SizeIs;
using testing::StartsWith;

// Black but for its top left: white over white, white over black, grey 51 twice.
const std::vector<std::uint8_t> corner = [] {
    std::vector<std::uint8_t> pixels(image_pixels);
    pixels[0] = pixels[1] = pixels[image_side] = 255;
    pixels[2] = pixels[image_side + 2] = 51;
    return pixels;
}();

const picture right{image(corner), 9, 9};
const picture wrong{image(corner), 6, 2};

std::vector<std::string> lines(std::vector<picture> pictures, style how,
                               std::size_t columns) {
    std::stringstream text;
    show(text, pictures, how, columns);
    std::vector<std::string> all;
    for (std::string line; std::getline(text, line);)
        all.push_back(line);
    return all;
}

TEST(show_ascii, is_a_ramp_with_both_labels) {
    const auto text = lines({wrong}, style::ascii, 80);
    ASSERT_THAT(text, SizeIs(16));
    EXPECT_THAT(text, Each(SizeIs(28)));
    EXPECT_EQ(text[0], "@=." + std::string(25, ' '));
    EXPECT_EQ(text[1], std::string(28, ' '));
    EXPECT_THAT(text[14], StartsWith("predicted Shirt "));
    EXPECT_THAT(text[15], StartsWith("true      Pullover "));
}

TEST(show_ascii, wraps_at_the_last_column_that_fits) {
    EXPECT_THAT(lines({right, wrong, right}, style::ascii, 88), SizeIs(16));
    EXPECT_THAT(lines({right, wrong, right}, style::ascii, 87), SizeIs(2 * 16 + 1));
    EXPECT_THAT(lines({right, wrong, right}, style::ascii, 58), SizeIs(2 * 16 + 1));
    EXPECT_THAT(lines({right, wrong, right}, style::ascii, 57), SizeIs(3 * 16 + 2));
    EXPECT_THAT(lines({right, wrong, right}, style::ascii, 0), SizeIs(3 * 16 + 2));
    EXPECT_THAT(lines({}, style::ascii, 80), SizeIs(0));
}

TEST(show_ansi, has_two_greys_to_a_cell) {
    const auto text = lines({right}, style::ansi, 80);
    ASSERT_THAT(text, SizeIs(16));
    EXPECT_THAT(text[0], StartsWith("\x1b[38;5;231;48;5;231m▀\x1b[38;5;231;48;5;16m▀"
                                    "\x1b[38;5;236;48;5;236m▀\x1b[38;5;16;48;5;16m▀"));
    EXPECT_TRUE(text[0].ends_with("▀\x1b[0m"));
}

TEST(show_ansi, tells_right_from_wrong_by_colour) {
    const auto text = lines({right, wrong}, style::ansi, 80);
    EXPECT_THAT(text[14], HasSubstr("\x1b[32mpredicted Ankle boot "));
    EXPECT_THAT(text[14], HasSubstr("\x1b[31mpredicted Shirt "));
    EXPECT_THAT(text[15], Not(HasSubstr("\x1b")));
}

TEST(terminal, is_one_only_behind_a_tty) {
    std::array<int, 2> ends;
    ASSERT_EQ(pipe(ends.data()), 0);
    EXPECT_EQ(style_for(ends[1]), style::ascii);
    EXPECT_EQ(columns_of(ends[1]), 80U);
    close(ends[0]);
    close(ends[1]);
}

TEST(terminal, decides_by_what_it_knows) {
    const int terminal = posix_openpt(O_RDWR | O_NOCTTY);
    if (terminal < 0)
        GTEST_SKIP() << "no pseudo terminals here";
    ::setenv("TERM", "xterm-256color", 1);
    EXPECT_EQ(style_for(terminal), style::ansi);
    ::setenv("TERM", "dumb", 1);
    EXPECT_EQ(style_for(terminal), style::ascii);
    ::unsetenv("TERM");
    EXPECT_EQ(style_for(terminal), style::ascii);
    close(terminal);
}

} // namespace
} // namespace fashion_mnist
