// SPDX-License-Identifier: MIT
#include "fashion-mnist/dataset.hpp"

#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <stdexcept>
#include <string>

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <unistd.h>
#include <zlib.h>

namespace fashion_mnist {
namespace {

namespace fs = std::filesystem;
using namespace std::string_literals;
using testing::AllOf;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::ThrowsMessage;

const fs::path sample = fs::path(FASHION_MNIST_SOURCE_DIR) / "sample";
constexpr auto images_name = "t10k-images-idx3-ubyte.gz";
constexpr auto labels_name = "t10k-labels-idx1-ubyte.gz";

std::string content(const fs::path &file) {
    std::ifstream in(file, std::ios::binary);
    return {std::istreambuf_iterator<char>(in), {}};
}

// A directory to write broken files to.
class idx_file : public testing::Test {
protected:
    idx_file() { fs::create_directory(directory_); }
    ~idx_file() override { fs::remove_all(directory_); }

    fs::path write(const std::string &name, const std::string &bytes) {
        std::ofstream(directory_ / name, std::ios::binary) << bytes;
        return directory_ / name;
    }

    void expect_refused(const std::string &bytes, const std::string &what) {
        const fs::path file = write("idx", bytes);
        EXPECT_THAT([&] { read_labels(file); },
                    ThrowsMessage<std::runtime_error>(
                        AllOf(HasSubstr(file.string()), HasSubstr(what))));
    }

    const fs::path directory_ =
        fs::temp_directory_path() / ("idx_file_" + std::to_string(getpid()));
};

const std::string three_labels = "\0\0\x8\x1\0\0\0\x3\x7\x0\x9"s;

TEST(sample_test, has_the_first_test_images) {
    const dataset set = read_test_set(sample);
    EXPECT_EQ(set.size(), 200U);
    EXPECT_EQ(set.pixels().size(), 200 * image_pixels);
    EXPECT_THAT(set.labels().first<5>(), ElementsAre(9, 2, 1, 1, 6));
    EXPECT_EQ(set.label(4), 6);
    EXPECT_EQ(set.image_at(199).data(), set.pixels().data() + 199 * image_pixels);
}

TEST_F(idx_file, may_be_plain) {
    EXPECT_THAT(read_labels(write("idx", three_labels)), ElementsAre(7, 0, 9));
}

TEST_F(idx_file, missing) {
    EXPECT_THAT([&] { read_test_set(directory_); },
                ThrowsMessage<std::runtime_error>(
                    AllOf(HasSubstr(images_name), HasSubstr("No such file"),
                          HasSubstr("FASHION_MNIST_DIR"))));
}

TEST_F(idx_file, truncated) {
    for (std::size_t size = 0; size < three_labels.size(); ++size)
        expect_refused(three_labels.substr(0, size),
                       size < 8 ? "truncated" : "promises");
    expect_refused(three_labels + "x", "promises 3 bytes, it has 4");
}

TEST_F(idx_file, truncated_gzip) {
    const std::string good = content(sample / labels_name);
    for (std::size_t size = 10; size < good.size(); ++size)
        expect_refused(good.substr(0, size), "truncated");
}

TEST_F(idx_file, corrupt_gzip) {
    const std::string good = content(sample / labels_name);
    for (std::size_t i = 10; i < good.size(); ++i) {
        std::string bad = good;
        bad[i] = static_cast<char>(bad[i] ^ 1); // other bits may be padding
        EXPECT_THROW(read_labels(write("idx", bad)), std::runtime_error) << i;
    }
}

TEST_F(idx_file, of_another_kind) {
    expect_refused("#!/bin/sh\nexit\n", "not an idx file");
    expect_refused("\0\0\xd\x1\0\0\0\0"s, "not an idx file");
    expect_refused(content(sample / images_name), "not an idx file");
    expect_refused("\0\0\x8\x1\0\0\0\x1\xa"s, "label above 9");
    EXPECT_THAT(
        [&] { read_images(write("idx", "\0\0\x8\x3\0\0\0\0\0\0\0\x1c\0\0\0\x1d"s)); },
        ThrowsMessage<std::runtime_error>(HasSubstr("not 28x28")));
}

TEST_F(idx_file, promising_more_than_there_is) {
    EXPECT_THAT(
        [&] {
            read_images(
                write("idx", "\0\0\x8\x3\xff\xff\xff\xff\0\0\0\x1c\0\0\0\x1c"s));
        },
        ThrowsMessage<std::runtime_error>(
            HasSubstr("promises 3367254359280 bytes, it has 0")));
}

TEST_F(idx_file, with_labels_of_another_set) {
    fs::copy(sample / images_name, directory_);
    write(labels_name, three_labels);
    EXPECT_THAT(
        [&] { read_test_set(directory_); },
        ThrowsMessage<std::runtime_error>(AllOf(HasSubstr(directory_.string()),
                                                HasSubstr("200 images but 3 labels"))));
}

TEST(class_names, are_ten) {
    EXPECT_EQ(class_name(0), "T-shirt/top");
    EXPECT_EQ(class_name(9), "Ankle boot");
    EXPECT_THROW(class_name(10), std::out_of_range);
}

TEST(directory, is_the_environments_or_debians) {
    ::setenv("FASHION_MNIST_DIR", "/elsewhere", 1);
    EXPECT_EQ(default_directory(), "/elsewhere");
    ::setenv("FASHION_MNIST_DIR", "", 1);
    EXPECT_EQ(default_directory(), "/usr/share/datasets/fashion-mnist");
    ::unsetenv("FASHION_MNIST_DIR");
    EXPECT_EQ(default_directory(), "/usr/share/datasets/fashion-mnist");
}

} // namespace
} // namespace fashion_mnist
