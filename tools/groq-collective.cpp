// SPDX-License-Identifier: MIT
//
// groq-collective: programs of the cards of a network that exchange data.
#include <array>
#include <cerrno>
#include <charconv>
#include <cstdlib>
#include <cstring>
#include <exception>
#include <filesystem>
#include <iomanip>
#include <iostream>
#include <optional>
#include <span>
#include <string>
#include <string_view>

#include "asm/elf_file.hpp"
#include "collectives/collective.hpp"

namespace {

namespace fs = std::filesystem;
using namespace groq;
using collectives::algorithm;
using collectives::operation;

constexpr int exit_refused = 1;
constexpr int exit_usage = 2;

constexpr const char *usage =
    R"(usage: groq-collective [options] OPERATION TOPOLOGY

Writes a program for each card of a network, which together do a collective operation
over the links between them: DIR/card0.groq and so on, and DIR/topology.

OPERATION is send, broadcast, all-gather, reduce-scatter or all-reduce. TOPOLOGY is a
shape such as node8 or ring72, or a file (groq-topo).

  -o DIR             where to write (default: no files, only the report)
  -n, --bytes SIZE   of each card's data, with K or M for 1024 or 1024 K (default 1M)
  -t, --type TYPE    i32 or f32; i8 and others where nothing is added (default f32)
  -a, --algorithm A  best, direct, exchange, tree, ring or three-stage (default best)
      --root CARD    where send and broadcast begin; of tree (default 0)
      --target CARD  where send ends (default: the last card)
  -q, --quiet        no report
  --help             this text
  --version          version of the tools

Exit status: 0 written, 1 refused, 2 wrong usage or file trouble.
)";

template <class T>
struct word {
    std::string_view name;
    T value;
};

constexpr std::array operations{
    word<operation>{"send", operation::SEND},
    word<operation>{"broadcast", operation::BROADCAST},
    word<operation>{"all-gather", operation::ALL_GATHER},
    word<operation>{"reduce-scatter", operation::REDUCE_SCATTER},
    word<operation>{"all-reduce", operation::ALL_REDUCE},
};
constexpr std::array algorithms{
    word<algorithm>{"best", algorithm::BEST},
    word<algorithm>{"direct", algorithm::DIRECT},
    word<algorithm>{"exchange", algorithm::EXCHANGE},
    word<algorithm>{"tree", algorithm::TREE},
    word<algorithm>{"ring", algorithm::RING},
    word<algorithm>{"three-stage", algorithm::THREE_STAGE},
};

struct arguments {
    std::optional<operation> what;
    std::string topology;
    fs::path directory;
    std::uint64_t bytes = 1 << 20;
    unsigned type = GROQ_TYPE_F32;
    algorithm how = algorithm::BEST;
    unsigned root = 0;
    std::optional<unsigned> target;
    bool quiet = false;
};

[[noreturn]] void fail_usage(const std::string &message) {
    std::cerr << "groq-collective: " << message << " (groq-collective --help)\n";
    std::exit(exit_usage);
}

// The status, unless the output got lost.
int finish(int status) {
    if (std::cout.flush())
        return status;
    std::cerr << "groq-collective: cannot write the output: " << std::strerror(errno)
              << '\n';
    return exit_refused;
}

template <class T, std::size_t N>
T value_of(const std::array<word<T>, N> &words, const std::string &name,
           const char *what) {
    for (const word<T> &each : words)
        if (each.name == name)
            return each.value;
    fail_usage(std::string("no such ") + what + ": " + name);
}

template <class T, std::size_t N>
std::string_view name_of(const std::array<word<T>, N> &words, T value) {
    for (const word<T> &each : words)
        if (each.value == value)
            return each.name;
    return {};
}

std::uint64_t parse_number(std::string_view text, std::uint64_t most) {
    std::uint64_t value = 0;
    const char *end = text.data() + text.size();
    const auto [stop, error] = std::from_chars(text.data(), end, value);
    if (error != std::errc() || stop != end || value > most)
        fail_usage("not a number, or too large: " + std::string(text));
    return value;
}

std::uint64_t parse_bytes(std::string_view text) {
    std::uint64_t unit = 1;
    if (text.ends_with('K') || text.ends_with('M')) {
        unit = text.ends_with('K') ? 1 << 10 : 1 << 20;
        text.remove_suffix(1);
    }
    const std::uint64_t value = parse_number(text, GROQ_SRAM_BYTES / unit) * unit;
    if (value == 0)
        fail_usage("there is nothing to transfer: 1 byte at least");
    return value;
}

unsigned parse_type(const std::string &text) {
    if (const auto type = assembly::parse_type(text))
        return *type;
    fail_usage("no such type: " + text);
}

void take_positional(arguments &result, const std::string &argument) {
    if (!result.what)
        result.what = value_of(operations, argument, "operation");
    else if (result.topology.empty())
        result.topology = argument;
    else
        fail_usage("one operation and one topology, not " + argument + " too");
}

void print_and_exit(const std::string &argument) {
    std::cout << (argument == "--help" ? usage : "groq-collective " GROQ_VERSION "\n");
    std::exit(finish(0));
}

arguments parse(int argc, char **argv) {
    arguments result;
    constexpr unsigned most_cards = network::max_cards;
    for (int i = 1; i < argc; ++i) {
        const std::string argument = argv[i];
        const auto value = [&]() -> std::string {
            if (++i == argc)
                fail_usage(argument + " needs a value");
            return argv[i];
        };
        if (argument == "--help" || argument == "--version")
            print_and_exit(argument);
        else if (argument == "-o")
            result.directory = value();
        else if (argument == "-n" || argument == "--bytes")
            result.bytes = parse_bytes(value());
        else if (argument == "-t" || argument == "--type")
            result.type = parse_type(value());
        else if (argument == "-a" || argument == "--algorithm")
            result.how = value_of(algorithms, value(), "algorithm");
        else if (argument == "--root")
            result.root = static_cast<unsigned>(parse_number(value(), most_cards));
        else if (argument == "--target")
            result.target = static_cast<unsigned>(parse_number(value(), most_cards));
        else if (argument == "-q" || argument == "--quiet")
            result.quiet = true;
        else if (argument.starts_with('-') && argument.size() > 1)
            fail_usage("unknown option " + argument);
        else
            take_positional(result, argument);
    }
    if (result.topology.empty())
        fail_usage("an operation and a topology are needed");
    return result;
}

collectives::collective_shape shape_for(const network &wires,
                                        const arguments &options) {
    auto shape =
        collectives::shape_of(wires, *options.what, options.type, options.bytes);
    shape.root = options.root;
    shape.target = options.target.value_or(wires.cards() - 1);
    shape.how = options.how;
    return shape;
}

void write(const fs::path &directory, const network &wires,
           const collectives::collective &made) {
    fs::create_directories(directory);
    for (std::size_t card = 0; card < made.programs.size(); ++card)
        assembly::write_file(directory / ("card" + std::to_string(card) + ".groq"),
                             assembly::write_elf(made.programs[card]));
    const std::string text = wires.to_text();
    assembly::write_file(directory / "topology", std::as_bytes(std::span(text)));
}

void report(const arguments &options, const network &wires,
            const collectives::collective &made) {
    const double seconds =
        static_cast<double>(made.cycles) / static_cast<double>(links::clock_hz);
    std::cout << name_of(operations, *options.what) << " of " << options.bytes
              << " bytes on " << wires.cards() << " cards";
    if (made.how != algorithm::BEST)
        std::cout << ", " << name_of(algorithms, made.how);
    std::cout << ": " << made.cycles << " cycles, " << std::fixed
              << std::setprecision(2) << seconds * 1e6 << " us, "
              << static_cast<double>(options.bytes) / seconds / 1e9 << " GB/s\n";
}

int run(const arguments &options) {
    const auto wires = network::load(options.topology);
    if (!wires) {
        std::cerr << "groq-collective: " << wires.error().message() << '\n';
        return exit_usage;
    }
    try {
        const auto made =
            collectives::make_collective(*wires, shape_for(*wires, options));
        if (!options.directory.empty())
            write(options.directory, *wires, made);
        if (!options.quiet)
            report(options, *wires, made);
        return 0;
    } catch (const std::system_error &) {
        throw;
    } catch (const std::exception &error) {
        std::cerr << "groq-collective: " << options.topology << ": " << error.what()
                  << '\n';
        return exit_refused;
    }
}

} // namespace

int main(int argc, char **argv) {
    try {
        return finish(run(parse(argc, argv)));
    } catch (const std::exception &error) {
        std::cerr << "groq-collective: " << error.what() << '\n';
        return exit_usage;
    }
}
