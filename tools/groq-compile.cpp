// SPDX-License-Identifier: MIT
//
// groq-compile: a quantised perceptron to a program file.
#include <cerrno>
#include <charconv>
#include <cstdlib>
#include <cstring>
#include <exception>
#include <filesystem>
#include <iomanip>
#include <iostream>
#include <string>

#include "asm/elf_file.hpp"
#include "compiler/compile.hpp"

namespace {

namespace fs = std::filesystem;
using namespace groq;

constexpr int exit_refused = 1;
constexpr int exit_usage = 2;
constexpr unsigned planes = 4;

constexpr const char *usage = R"(usage: groq-compile [options] WEIGHTS

Compiles a quantised multi-layer perceptron (models/fashion-mnist/README.md has the
file format) to a program that takes a whole batch: "images", I8 [batch][inputs], to
"logits", I32 [batch][outputs].

  -b, --batch N     rows of a run, 1..4096 (default 1000)
  -o FILE           program file (default: WEIGHTS with the suffix .groq)
  -q, --quiet       no report
  --help            this text
  --version         version of the tools

Exit status: 0 written, 1 refused, 2 wrong usage or file trouble.
)";

struct arguments {
    fs::path weights;
    fs::path output;
    unsigned batch = 1000;
    bool quiet = false;
};

[[noreturn]] void fail_usage(const std::string &message) {
    std::cerr << "groq-compile: " << message << " (groq-compile --help)\n";
    std::exit(exit_usage);
}

// The status, unless the output got lost.
int finish(int status) {
    if (std::cout.flush())
        return status;
    std::cerr << "groq-compile: cannot write the output: " << std::strerror(errno)
              << '\n';
    return exit_refused;
}

unsigned parse_batch(const std::string &text) {
    unsigned value = 0;
    const char *end = text.data() + text.size();
    const auto [stop, error] = std::from_chars(text.data(), end, value);
    if (error != std::errc() || stop != end)
        fail_usage("not a batch size: " + text);
    return value;
}

arguments parse(int argc, char **argv) {
    arguments result;
    const auto value_of = [&](int &i) -> std::string {
        if (++i == argc)
            fail_usage(std::string(argv[i - 1]) + " needs a value");
        return argv[i];
    };
    for (int i = 1; i < argc; ++i) {
        const std::string argument = argv[i];
        if (argument == "--help" || argument == "--version") {
            std::cout << (argument == "--help" ? usage
                                               : "groq-compile " GROQ_VERSION "\n");
            std::exit(finish(0));
        } else if (argument == "-b" || argument == "--batch") {
            result.batch = parse_batch(value_of(i));
        } else if (argument == "-o") {
            result.output = value_of(i);
        } else if (argument == "-q" || argument == "--quiet") {
            result.quiet = true;
        } else if (argument.starts_with('-')) {
            fail_usage("unknown option " + argument);
        } else if (!result.weights.empty()) {
            fail_usage("more than one file of weights");
        } else {
            result.weights = argument;
        }
    }
    if (result.weights.empty())
        fail_usage("no file of weights");
    if (result.output.empty())
        result.output = fs::path(result.weights).replace_extension(".groq");
    if (assembly::would_overwrite(result.output, result.weights))
        fail_usage(result.output.string() + " has the weights: -o names another file");
    return result;
}

void report(const arguments &options, const compiler::network &source,
            const compiler::compilation &result) {
    std::cout << source.front().inputs;
    for (const compiler::layer &each : source)
        std::cout << '-' << each.outputs;
    const auto cycles = static_cast<double>(result.cycles);
    std::cout << ", batch " << options.batch << ": " << result.cycles << " cycles, "
              << std::fixed << std::setprecision(2) << cycles / options.batch
              << " per image; the four planes multiply in "
              << static_cast<double>(result.row_cycles) * 100 / (planes * cycles)
              << " % of them\n";
}

int run(const arguments &options) {
    const auto file = assembly::read_file(options.weights);
    try {
        const compiler::network source = compiler::read_network(file);
        const compiler::compilation result = compiler::compile(source, options.batch);
        assembly::write_file(options.output, assembly::write_elf(result.image));
        if (!options.quiet)
            report(options, source, result);
        return 0;
    } catch (const std::system_error &) {
        throw;
    } catch (const std::exception &error) {
        std::cerr << options.weights.string() << ": " << error.what() << '\n';
        return exit_refused;
    }
}

} // namespace

int main(int argc, char **argv) {
    try {
        return finish(run(parse(argc, argv)));
    } catch (const std::exception &error) {
        std::cerr << "groq-compile: " << error.what() << '\n';
        return exit_usage;
    }
}
