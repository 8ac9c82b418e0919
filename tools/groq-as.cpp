// SPDX-License-Identifier: MIT
//
// groq-as: text assembly to a program file.
#include <cerrno>
#include <cstdlib>
#include <cstring>
#include <exception>
#include <filesystem>
#include <iostream>
#include <string>

#include "asm/assembler.hpp"
#include "asm/elf_file.hpp"

namespace {

namespace fs = std::filesystem;
using namespace groq::assembly;

constexpr int exit_errors = 1;
constexpr int exit_usage = 2;
constexpr unsigned most_diagnostics = 50;

constexpr const char *usage = R"(usage: groq-as [options] SOURCE

Assembles SOURCE ("-": standard input) to a program file. The language is
described in docs/assembly.md.

  -o FILE           program file (default: SOURCE with the suffix .groq)
  --no-check        write the program even if it is known to fault
  --no-warnings     report errors alone
  --help            this text
  --version         version of the tools

Exit status: 0 written, 1 errors in the source, 2 wrong usage or file trouble.
)";

struct arguments {
    std::string source;
    fs::path output;
    bool checked = true;
    bool warnings = true;
};

[[noreturn]] void fail_usage(const std::string &message) {
    std::cerr << "groq-as: " << message << " (groq-as --help)\n";
    std::exit(exit_usage);
}

// The status, unless the output got lost.
int finish(int status) {
    if (std::cout.flush())
        return status;
    std::cerr << "groq-as: cannot write the output: " << std::strerror(errno) << '\n';
    return exit_errors;
}

arguments parse(int argc, char **argv) {
    arguments result;
    bool options_ended = false;
    for (int i = 1; i < argc; ++i) {
        const std::string argument = argv[i];
        if (options_ended || argument == "-" || !argument.starts_with('-')) {
            if (!result.source.empty())
                fail_usage("more than one source");
            result.source = argument;
        } else if (argument == "--") {
            options_ended = true;
        } else if (argument == "--help") {
            std::cout << usage;
            std::exit(finish(0));
        } else if (argument == "--version") {
            std::cout << "groq-as " GROQ_VERSION "\n";
            std::exit(finish(0));
        } else if (argument == "-o") {
            if (++i == argc)
                fail_usage("-o needs a file");
            result.output = argv[i];
        } else if (argument == "--no-check") {
            result.checked = false;
        } else if (argument == "--no-warnings") {
            result.warnings = false;
        } else {
            fail_usage("unknown option " + argument);
        }
    }
    if (result.source.empty())
        fail_usage("no source");
    if (result.output.empty()) {
        if (result.source == "-")
            fail_usage("-o is needed for standard input");
        result.output = fs::path(result.source).replace_extension(".groq");
    }
    if (would_overwrite(result.output, result.source))
        fail_usage(result.output.string() + " is the source: -o names another file");
    return result;
}

std::string read_source(const std::string &name) {
    if (name == "-")
        return {std::istreambuf_iterator<char>(std::cin), {}};
    const auto bytes = read_file(name);
    return {reinterpret_cast<const char *>(bytes.data()), bytes.size()};
}

void print(const arguments &options, const source_diagnostic &each) {
    std::cerr << options.source;
    if (each.line != 0)
        std::cerr << ':' << each.line;
    if (each.column != 0)
        std::cerr << ':' << each.column;
    std::cerr << (each.error ? ": error: " : ": warning: ") << each.message << '\n';
}

void print_all(const arguments &options, const std::vector<source_diagnostic> &all) {
    unsigned printed = 0;
    unsigned left_out = 0;
    for (const bool errors : {true, false})
        for (const source_diagnostic &each : all)
            if (each.error == errors && (errors || options.warnings)) {
                if (printed++ < most_diagnostics)
                    print(options, each);
                else
                    ++left_out;
            }
    if (left_out != 0)
        std::cerr << options.source << ": and " << left_out << " more\n";
}

int run(const arguments &options) {
    const std::string source = read_source(options.source);
    assembly_options how;
    how.checked = options.checked;
    if (options.source != "-")
        how.directory = fs::path(options.source).parent_path();
    const assembly_result result = assemble(source, how);
    print_all(options, result.diagnostics);
    if (!result.image)
        return exit_errors;
    write_file(options.output, write_elf(*result.image));
    return 0;
}

} // namespace

int main(int argc, char **argv) {
    try {
        return run(parse(argc, argv));
    } catch (const std::exception &error) {
        std::cerr << "groq-as: " << error.what() << '\n';
        return exit_usage;
    }
}
