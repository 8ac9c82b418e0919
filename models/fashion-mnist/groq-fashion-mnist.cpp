// SPDX-License-Identifier: MIT
//
// groq-fashion-mnist: classifies the Fashion-MNIST test images on a card.
#include <getopt.h>
#include <unistd.h>
#include <zlib.h>

#include <algorithm>
#include <cerrno>
#include <cstdio>
#include <cstdlib>
#include <exception>
#include <filesystem>
#include <iostream>
#include <string>

#include "fashion-mnist/classifier.hpp"
#include "fashion-mnist/show.hpp"

namespace {

namespace fs = std::filesystem;
using namespace fashion_mnist;

constexpr int exit_wrong = 1;
constexpr int exit_usage = 2;
constexpr int exit_trouble = 3;

constexpr const char *usage = R"(usage: groq-fashion-mnist [options]

Classifies the Fashion-MNIST test images on a card, batch after batch, and compares
the answers with the labels and with a plain integer implementation of the model.

  -d, --device URI    card (default: accel:0; sim: needs neither card nor driver)
  -i, --images DIR    data set (default: $FASHION_MNIST_DIR, or Debian's)
  -n, --limit N       only the first N images
  -c, --check N       compare the logits of the first N images, bit by bit, with the
                      plain implementation on the host (default: 100)
  -s, --show N        show N images (default: 5)
      --program FILE  the compiled model (default: as installed)
      --weights FILE  its weights, for --check (default: as installed)
      --help          this text
      --version       version of the runtime

Exit status: 0 done, 1 an answer differs from the plain implementation's, 2 wrong
usage, 3 card, driver or file trouble.
)";

struct options {
    std::string device = "accel:0";
    fs::path images = default_directory();
    fs::path program, weights;
    std::size_t limit = SIZE_MAX, check = 100, show = 5;
};

[[noreturn]] void fail_usage(const std::string &message) {
    std::cerr << "groq-fashion-mnist: " << message << " (--help tells the usage)\n";
    std::exit(exit_usage);
}

std::size_t number(const char *text) {
    char *end = nullptr;
    errno = 0;
    const unsigned long value = std::strtoul(text, &end, 10);
    if (errno || end == text || *end || *text == '-')
        fail_usage("not a number: " + std::string(text));
    return value;
}

// share/groq of the installation this program is part of.
fs::path installed(const char *name) {
    return fs::read_symlink("/proc/self/exe").parent_path().parent_path() /
           "share/groq" / name;
}

options parse(int argc, char **argv) {
    enum { program = 256, weights, help, version };
    const option known[] = {
        {"device", 1, nullptr, 'd'},      {"images", 1, nullptr, 'i'},
        {"limit", 1, nullptr, 'n'},       {"check", 1, nullptr, 'c'},
        {"show", 1, nullptr, 's'},        {"program", 1, nullptr, program},
        {"weights", 1, nullptr, weights}, {"help", 0, nullptr, help},
        {"version", 0, nullptr, version}, {}};
    options result;
    for (int c; (c = getopt_long(argc, argv, "d:i:n:c:s:", known, nullptr)) != -1;)
        switch (c) {
        case 'd':
            result.device = optarg;
            break;
        case 'i':
            result.images = optarg;
            break;
        case 'n':
            result.limit = number(optarg);
            break;
        case 'c':
            result.check = number(optarg);
            break;
        case 's':
            result.show = number(optarg);
            break;
        case program:
            result.program = optarg;
            break;
        case weights:
            result.weights = optarg;
            break;
        case help:
            std::fputs(usage, stdout);
            std::exit(0);
        case version:
            std::puts(groq_library_version());
            std::exit(0);
        default:
            std::exit(exit_usage); // getopt said why
        }
    if (optind < argc)
        fail_usage("unexpected argument: " + std::string(argv[optind]));
    if (result.program.empty())
        result.program = installed("fashion-mnist.groq");
    if (result.weights.empty())
        result.weights = installed("fashion-mnist.weights");
    return result;
}

std::size_t count_right(const dataset &images, const outcome &outcome) {
    std::size_t right = 0;
    for (std::size_t i = 0; i < outcome.logits.size(); ++i)
        right += classify(outcome.logits[i]) == images.label(i);
    return right;
}

// As models/fashion-mnist/golden.txt has it: CRC-32 of i32le logits[n][10].
unsigned long checksum(const outcome &outcome) {
    const auto bytes = std::as_bytes(std::span(outcome.logits));
    return crc32_z(0, reinterpret_cast<const Bytef *>(bytes.data()), bytes.size());
}

void report(const dataset &images, const outcome &outcome, std::size_t batch) {
    const double n = static_cast<double>(outcome.logits.size());
    const std::size_t right = count_right(images, outcome);
    std::printf("images      %.0f in %zu batches of %zu\n", n, outcome.batches, batch);
    std::printf("accuracy    %.2f %% (%zu right)\n", 100 * right / n, right);
    std::printf("rate        %.0f images/s, host and transfers included\n",
                n / outcome.wall.count());
    std::printf("chip        %.2f cycles/image (%llu in all)\n",
                static_cast<double>(outcome.cycles) / n,
                static_cast<unsigned long long>(outcome.cycles));
    std::printf("logits      crc32 %08lx\n", checksum(outcome));
}

void show_some(const dataset &images, const outcome &outcome, std::size_t count) {
    std::vector<picture> pictures;
    for (std::size_t i = 0; i < std::min(count, outcome.logits.size()); ++i)
        pictures.push_back(
            {images.image_at(i), classify(outcome.logits[i]), images.label(i)});
    std::fflush(stdout);
    std::cout << '\n';
    show(std::cout, pictures, style_for(STDOUT_FILENO), columns_of(STDOUT_FILENO));
}

// False when an answer of the card is not the plain implementation's.
bool check(const dataset &images, const outcome &outcome, const options &options) {
    const std::size_t count = std::min(options.check, outcome.logits.size());
    if (count == 0)
        return true;
    const perceptron reference = perceptron::load(options.weights);
    for (std::size_t i = 0; i < count; ++i)
        if (reference.run(images.image_at(i)) != outcome.logits[i]) {
            std::fprintf(stderr,
                         "groq-fashion-mnist: the logits of image %zu are not those of "
                         "the plain implementation\n",
                         i);
            return false;
        }
    std::printf("reference   the first %zu images agree bit by bit\n", count);
    return true;
}

int run(const options &options) {
    const dataset images = read_test_set(options.images);
    const std::size_t count = std::min(options.limit, images.size());
    if (count == 0)
        fail_usage("no images to classify");
    const groq::program program(options.program.string());
    const groq::device card(options.device);
    classifier classifier(card, program);
    const outcome outcome = classifier.run(images.pixels().first(count * image_pixels));
    report(images, outcome, classifier.batch());
    const bool right = check(images, outcome, options);
    if (options.show)
        show_some(images, outcome, options.show);
    return right ? 0 : exit_wrong;
}

} // namespace

int main(int argc, char **argv) {
    try {
        return run(parse(argc, argv));
    } catch (const std::exception &trouble) {
        std::cerr << "groq-fashion-mnist: " << trouble.what() << '\n';
        return exit_trouble;
    }
}
