// SPDX-License-Identifier: MIT
//
// groq-objdump: what is in a program file.
#include <cerrno>
#include <cstdlib>
#include <cstring>
#include <exception>
#include <iomanip>
#include <iostream>
#include <string>

#include <nlohmann/json.hpp>

#include "asm/check.hpp"
#include "asm/disassembler.hpp"
#include "asm/elf_file.hpp"
#include "asm/instruction_text.hpp"
#include "asm/queue.hpp"

namespace {

using namespace groq::assembly;
using nlohmann::ordered_json;

constexpr int exit_errors = 1;
constexpr int exit_usage = 2;

constexpr const char *usage = R"(usage: groq-objdump [options] PROGRAM

Shows what is in a program file; without options, -h.

  -h, --headers     target, SRAM, entry points, tensors, sections
  -d, --disassemble the text of every queue, with the cycle of each first issue
  -s, --source      everything, as assembly that groq-as turns into the same file
  -t, --symbols     symbols
  -c, --check       what can be proved wrong with the program
  --json            the same as JSON (not with -s)
  --help            this text
  --version         version of the tools

Exit status: 0 done, 1 the file is no good program, 2 wrong usage or file trouble.
)";

struct arguments {
    std::string program;
    bool headers = false;
    bool disassemble = false;
    bool source = false;
    bool symbols = false;
    bool check = false;
    bool json = false;
};

[[noreturn]] void fail_usage(const std::string &message) {
    std::cerr << "groq-objdump: " << message << " (groq-objdump --help)\n";
    std::exit(exit_usage);
}

// The status, unless the output got lost.
int finish(int status) {
    if (std::cout.flush())
        return status;
    std::cerr << "groq-objdump: cannot write the output: " << std::strerror(errno)
              << '\n';
    return exit_errors;
}

// Short options may be joined: "-hd".
void parse_option(arguments &result, const std::string &argument) {
    if (argument.size() > 2 && argument[1] != '-') {
        for (const char letter : argument.substr(1))
            parse_option(result, std::string("-") + letter);
        return;
    }
    if (argument == "-h" || argument == "--headers")
        result.headers = true;
    else if (argument == "-d" || argument == "--disassemble")
        result.disassemble = true;
    else if (argument == "-s" || argument == "--source")
        result.source = true;
    else if (argument == "-t" || argument == "--symbols")
        result.symbols = true;
    else if (argument == "-c" || argument == "--check")
        result.check = true;
    else if (argument == "--json")
        result.json = true;
    else
        fail_usage("unknown option " + argument);
}

arguments parse(int argc, char **argv) {
    arguments result;
    bool options_ended = false;
    for (int i = 1; i < argc; ++i) {
        const std::string argument = argv[i];
        const bool is_option = !options_ended && argument.starts_with('-');
        if (is_option && argument == "--") {
            options_ended = true;
            continue;
        }
        if (is_option && (argument == "--help" || argument == "--version")) {
            std::cout << (argument == "--help" ? usage
                                               : "groq-objdump " GROQ_VERSION "\n");
            std::exit(finish(0));
        }
        if (is_option)
            parse_option(result, argument);
        else if (result.program.empty())
            result.program = argument;
        else
            fail_usage("more than one program");
    }
    if (result.program.empty())
        fail_usage("no program");
    if (result.json && result.source)
        fail_usage("--json and -s exclude each other");
    const bool nothing =
        !result.disassemble && !result.source && !result.symbols && !result.check;
    result.headers |= nothing;
    return result;
}

constexpr std::array entry_kinds{"monolithic", "input", "compute", "output"};
constexpr std::array directions{"input", "output"};

std::uint64_t reserved_bytes(const program &source) {
    std::uint64_t bytes = 0;
    for (const groq_note_sram &range : source.ranges)
        bytes += range.size;
    return bytes;
}

std::string flags_of(const segment &s) {
    return std::string("r") + (s.writable ? "w" : "-") + (s.text ? "x" : "-");
}

void print_headers(const program &source) {
    std::cout << "target    instruction set 1, " << source.sram_bytes
              << " bytes of SRAM\nreserves  " << reserved_bytes(source) << " bytes:";
    for (const groq_note_sram &range : source.ranges)
        std::cout << ' ' << address_text(range.address) << '+'
                  << range.size / GROQ_VECTOR_BYTES;
    std::cout << '\n';
    for (const entry_point &e : source.entries)
        std::cout << "entry     " << e.name << " (" << entry_kinds.at(e.kind)
                  << "): " << e.launch_count << " queues, " << e.cycles << " cycles\n";
    for (const tensor &t : source.tensors)
        std::cout << "tensor    " << t.name << " (" << directions.at(t.direction)
                  << "): " << type_name(t.element) << " [" << t.rows << "]["
                  << t.columns << "], " << t.parts.size() << " parts\n";
    std::cout << "\nsections\n";
    for (const segment &s : source.segments)
        std::cout << "  " << std::left << std::setw(28) << s.name << ' '
                  << std::setw(12) << address_text(s.address) << ' ' << std::right
                  << std::setw(9) << s.memory_bytes << "  " << flags_of(s) << '\n';
}

void print_text(const program &source) {
    const issue_cycles cycles = first_issues(source);
    for (const segment &s : source.segments)
        if (s.text)
            std::cout << disassemble(source, s, cycles) << '\n';
}

void print_symbols(const program &source) {
    for (const symbol &s : source.symbols)
        std::cout << std::left << std::setw(14) << address_text(s.address) << ' '
                  << std::right << std::setw(9) << s.bytes << ' '
                  << (s.function ? "function " : "object   ") << s.name << '\n';
}

bool print_check(const std::vector<diagnostic> &found) {
    bool good = true;
    for (const diagnostic &each : found) {
        std::cout << (each.error ? "error: " : "warning: ") << to_text(each) << '\n';
        good &= !each.error;
    }
    return good;
}

ordered_json header_json(const program &source) {
    ordered_json json{{"sram_bytes", source.sram_bytes},
                      {"ranges", ordered_json::array()},
                      {"entries", ordered_json::array()},
                      {"tensors", ordered_json::array()},
                      {"sections", ordered_json::array()}};
    for (const groq_note_sram &range : source.ranges)
        json["ranges"].push_back({{"address", range.address}, {"bytes", range.size}});
    for (const entry_point &e : source.entries)
        json["entries"].push_back({{"name", e.name},
                                   {"kind", entry_kinds.at(e.kind)},
                                   {"queues", e.launch_count},
                                   {"cycles", e.cycles}});
    for (const tensor &t : source.tensors)
        json["tensors"].push_back({{"name", t.name},
                                   {"direction", directions.at(t.direction)},
                                   {"element", type_name(t.element)},
                                   {"rows", t.rows},
                                   {"columns", t.columns},
                                   {"parts", t.parts.size()}});
    for (const segment &s : source.segments)
        json["sections"].push_back({{"name", s.name},
                                    {"address", s.address},
                                    {"bytes", s.memory_bytes},
                                    {"flags", flags_of(s)}});
    return json;
}

ordered_json text_json(const program &source) {
    timeline time(source);
    ordered_json json = ordered_json::array();
    for (const entry_point &entry : source.entries) {
        findings found(entry.name);
        time.follow(entry, found, [&](const issue &each) {
            json.push_back({{"entry", entry.name},
                            {"cycle", each.cycle},
                            {"queue", queue_name(each.icu)},
                            {"text", each.text},
                            {"instruction", to_text(each.code)}});
        });
    }
    return json;
}

ordered_json symbol_json(const program &source) {
    ordered_json json = ordered_json::array();
    for (const symbol &s : source.symbols)
        json.push_back({{"name", s.name},
                        {"address", s.address},
                        {"bytes", s.bytes},
                        {"kind", s.function ? "function" : "object"}});
    return json;
}

ordered_json check_json(const std::vector<diagnostic> &found) {
    ordered_json json = ordered_json::array();
    for (const diagnostic &each : found)
        json.push_back({{"error", each.error}, {"message", to_text(each)}});
    return json;
}

int print_json(const arguments &options, const program &source) {
    ordered_json json;
    if (options.headers)
        json = header_json(source);
    if (options.disassemble)
        json["issues"] = text_json(source);
    if (options.symbols)
        json["symbols"] = symbol_json(source);
    if (options.check)
        json["check"] = check_json(check(source));
    std::cout << json.dump(2, ' ', false, ordered_json::error_handler_t::replace)
              << '\n';
    return 0;
}

int run(const arguments &options) {
    const program source = read_elf(read_file(options.program));
    if (options.json)
        return print_json(options, source);
    if (options.source)
        std::cout << disassemble(source);
    if (options.headers)
        print_headers(source);
    if (options.disassemble)
        print_text(source);
    if (options.symbols)
        print_symbols(source);
    return options.check && !print_check(check(source)) ? exit_errors : 0;
}

} // namespace

int main(int argc, char **argv) {
    try {
        const arguments options = parse(argc, argv);
        try {
            return finish(run(options));
        } catch (const std::system_error &) {
            throw;
        } catch (const std::exception &error) {
            std::cerr << options.program << ": " << error.what() << '\n';
            return exit_errors;
        }
    } catch (const std::exception &error) {
        std::cerr << "groq-objdump: " << error.what() << '\n';
        return exit_usage;
    }
}
