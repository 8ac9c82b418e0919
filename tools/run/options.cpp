// SPDX-License-Identifier: MIT
#include "options.hpp"

#include <algorithm>
#include <charconv>
#include <string_view>

#include <getopt.h>

namespace groq::run {
namespace {

constexpr option long_options[] = {
    {"device", required_argument, nullptr, 'd'},
    {"entry", required_argument, nullptr, 'e'},
    {"output", required_argument, nullptr, 'o'},
    {"repeat", required_argument, nullptr, 'r'},
    {"timeout", required_argument, nullptr, 't'},
    {"trace", required_argument, nullptr, 'T'},
    {"json", no_argument, nullptr, 'j'},
    {"help", no_argument, nullptr, 'h'},
    {"version", no_argument, nullptr, 'V'},
    {},
};
constexpr const char *letters = ":d:e:o:r:t:T:jhV";

[[noreturn]] void refuse(const std::string &text) {
    throw problem{status::usage, text + " (groq-run --help)"};
}

unsigned long positive(std::string_view text, const char *option) {
    unsigned long value = 0;
    const auto *end = text.data() + text.size();
    const auto [stop, wrong] = std::from_chars(text.data(), end, value);
    if (wrong != std::errc{} || stop != end || value == 0 || value > 1000000000)
        refuse(std::string(option) + " wants a number from 1 to 1000000000, not " +
               std::string(text));
    return value;
}

assignment parse_assignment(std::string_view text) {
    const auto equals = text.find('=');
    if (equals == text.npos)
        return {{}, std::string(text)};
    return {std::string(text.substr(0, equals)), std::string(text.substr(equals + 1))};
}

void check_trace(const options &chosen) {
    const std::string device =
        chosen.devices.empty() ? default_device : chosen.devices[0];
    if (chosen.trace && !device.starts_with("sim:"))
        refuse("--trace cannot see into " + device +
               ": run it with --device sim:, or give the card of a virtual machine a "
               "file, -device groq-lpu,trace=FILE");
    if (chosen.trace && chosen.trace->empty())
        refuse("--trace wants a file");
}

void apply(options &chosen, int letter) {
    switch (letter) {
    case 'd':
        chosen.devices.push_back(optarg);
        break;
    case 'e':
        chosen.entry = optarg;
        break;
    case 'o':
        chosen.outputs.push_back(parse_assignment(optarg));
        break;
    case 'r':
        chosen.repeat = positive(optarg, "--repeat");
        break;
    case 't':
        chosen.timeout = std::chrono::seconds(positive(optarg, "--timeout"));
        break;
    case 'T':
        chosen.trace = optarg;
        break;
    case 'j':
        chosen.json = true;
        break;
    case 'h':
        chosen.action = options::action::help;
        break;
    case 'V':
        chosen.action = options::action::version;
        break;
    }
}

} // namespace

const char *const help_text =
    R"(usage: groq-run PROGRAM [INPUT=FILE ...] [--output OUTPUT=FILE ...] [option ...]

Runs a program on a Groq card: copies its inputs there, runs it, copies its outputs
back, and says how many cycles that took. PROGRAM may be a folder of groq-collective,
with a program for each card of a network: these run together, on cards that are wired
like that.

  INPUT=FILE              an input tensor: row major, exactly as long as the tensor;
                          FILE alone if the program has one input; - is standard input;
                          that of several cards: one card after another
  -o, --output OUTPUT=FILE
                          write an output tensor; FILE alone if there is one output;
                          without any, the first elements are shown
  -d, --device URI        accel:0 (default), pci:0000:01:00.0, serial:HEX, sim:,
                          record:FILE,URI, replay:FILE; of a folder: once for each card
                          to choose from (default: all there are), or sim: for all
  -e, --entry NAME        run this entry point alone
  -r, --repeat N          run N times
  -t, --timeout SECONDS   give up loading, or a run, after so long; default 60
  -T, --trace FILE        write what every instruction queue does, cycle by cycle, for
                          ui.perfetto.dev; of simulated cards only
  -j, --json              write JSON
  -h, --help              this text
  -V, --version

Environment: GROQ_PATH, how jobs get to the driver: ioctl, io_uring or sqpoll;
GROQ_TRACE, a file for the time line of host, driver and card.

Exit status: 0 done, 1 the run failed, 2 wrong usage or files, 3 no card or no driver,
4 the program is refused or does not fit. More: man groq-run
)";

options parse(std::span<const char *const> arguments) {
    std::vector<char *> words{const_cast<char *>("groq-run")};
    for (const char *word : arguments)
        words.push_back(const_cast<char *>(word));
    words.push_back(nullptr);
    const int count = int(words.size()) - 1;
    options chosen;
    optind = 0; // from the start, whoever was here before
    int letter = 0;
    while ((letter = ::getopt_long(count, words.data(), letters, long_options,
                                   nullptr)) != -1) {
        const std::string word = words[std::size_t(optind) - 1];
        if (letter == ':')
            refuse(word + " needs a value");
        if (letter == '?')
            refuse("unknown option " + word);
        apply(chosen, letter);
    }
    const std::span rest(words.data() + optind, words.data() + count);
    if (chosen.action != options::action::run)
        return chosen;
    if (rest.empty())
        refuse("no program given");
    check_trace(chosen);
    chosen.program = rest[0];
    for (const char *input : rest.subspan(1))
        chosen.inputs.push_back(parse_assignment(input));
    if (std::ranges::count(chosen.inputs, "-", &assignment::file) > 1)
        refuse("standard input, -, can be one input alone");
    return chosen;
}

} // namespace groq::run
