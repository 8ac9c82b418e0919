// SPDX-License-Identifier: MIT
#include "options.hpp"

#include <algorithm>
#include <array>
#include <charconv>
#include <string_view>

namespace groq::smi {
namespace {

struct option {
    std::string_view name;
    char letter;
    bool has_value;
};

constexpr std::array known_options{
    option{"--json", 'j', false},  option{"--device", 'i', true},
    option{"--watch", 'w', true},  option{"--count", 'n', true},
    option{"--expect", 'e', true}, option{"--links", 'l', false},
    option{"--help", 'h', false},  option{"--version", 'V', false},
};

// Throws usage_error; parse() returns it.
class command_line {
public:
    explicit command_line(std::span<const char *const> arguments) : rest_(arguments) {}

    options parse() {
        while (!rest_.empty()) {
            const std::string_view argument = take();
            if (argument.starts_with("--"))
                long_option(argument);
            else if (argument.size() > 1 && argument[0] == '-')
                letters(argument.substr(1));
            else
                word(argument);
        }
        if (options_.count && !options_.period)
            throw usage_error{"--count needs --watch"};
        if (options_.period && options_.action == options::action::doctor)
            throw usage_error{"doctor looks once: no --watch"};
        if (options_.json && options_.action == options::action::doctor)
            throw usage_error{"doctor has no --json; \"problems\" of a report tell it"};
        if (options_.action != options::action::topo &&
            (options_.links || !options_.expected.empty()))
            throw usage_error{"--expect and --links go with topo"};
        if (options_.action == options::action::decode &&
            (options_.period || !options_.cards.empty()))
            throw usage_error{"decode reads one file: no --watch, no --device"};
        return options_;
    }

private:
    std::string_view take() {
        const std::string_view argument = rest_.front();
        rest_ = rest_.subspan(1);
        return argument;
    }

    void word(std::string_view argument) {
        using action = enum options::action;
        if (options_.action == action::decode && options_.file.empty() &&
            !argument.empty())
            options_.file = argument;
        else if (options_.action == action::report && argument == "doctor")
            options_.action = action::doctor;
        else if (options_.action == action::report && argument == "topo")
            options_.action = action::topo;
        else if (options_.action == action::report && argument == "decode")
            options_.action = action::decode;
        else
            throw usage_error{"unknown argument " + std::string(argument)};
    }

    void long_option(std::string_view argument) {
        const auto equals = argument.find('=');
        const auto name = argument.substr(0, equals);
        const auto found = std::ranges::find(known_options, name, &option::name);
        if (found == known_options.end())
            throw usage_error{"unknown option " + std::string(name)};
        if (equals == argument.npos)
            return apply(*found, found->has_value ? value_of(*found) : "");
        if (!found->has_value)
            throw usage_error{std::string(name) + " takes no value"};
        apply(*found, argument.substr(equals + 1));
    }

    // "-j", "-i0", "-i 0", "-ji 0"
    void letters(std::string_view letters) {
        while (!letters.empty()) {
            const auto found =
                std::ranges::find(known_options, letters[0], &option::letter);
            if (found == known_options.end())
                throw usage_error{"unknown option -" + std::string(1, letters[0])};
            letters.remove_prefix(1);
            if (!found->has_value) {
                apply(*found, "");
                continue;
            }
            return apply(*found, letters.empty() ? value_of(*found) : letters);
        }
    }

    std::string_view value_of(const option &option) {
        if (rest_.empty())
            throw usage_error{std::string(option.name) + " needs a value"};
        return take();
    }

    void apply(const option &option, std::string_view value) {
        switch (option.letter) {
        case 'j':
            options_.json = true;
            break;
        case 'i':
            options_.cards.emplace_back(value);
            break;
        case 'w':
            options_.period = seconds(value);
            break;
        case 'n':
            options_.count = positive<long>(value, "--count");
            break;
        case 'e':
            options_.expected = not_empty(value, "--expect");
            break;
        case 'l':
            options_.links = true;
            break;
        case 'h':
            options_.action = options::action::help;
            break;
        case 'V':
            options_.action = options::action::version;
            break;
        }
    }

    static std::string not_empty(std::string_view text, std::string_view option) {
        if (text.empty())
            throw usage_error{std::string(option) + " needs a file or a shape"};
        return std::string(text);
    }

    template <class Number>
    static Number positive(std::string_view text, std::string_view option) {
        Number number{};
        const auto end = text.data() + text.size();
        const auto [stop, error] = std::from_chars(text.data(), end, number);
        if (error != std::errc() || stop != end || !(number > 0))
            throw usage_error{std::string(option) + " needs a number above 0, not \"" +
                              std::string(text) + "\""};
        return number;
    }

    static std::chrono::milliseconds seconds(std::string_view text) {
        constexpr double least = 0.01, most = 86400;
        const auto seconds = positive<double>(text, "--watch");
        if (seconds < least || seconds > most)
            throw usage_error{"--watch takes 0.01 to 86400 seconds"};
        return std::chrono::round<std::chrono::milliseconds>(
            std::chrono::duration<double>(seconds));
    }

    std::span<const char *const> rest_;
    options options_;
};

} // namespace

std::variant<options, usage_error> parse(std::span<const char *const> arguments) {
    try {
        return command_line(arguments).parse();
    } catch (usage_error &error) {
        return std::move(error);
    }
}

const char *const help_text =
    R"(usage: groq-smi [--json] [-i CARD]... [--watch SECONDS [--count N]]
       groq-smi doctor [-i CARD]...
       groq-smi topo [--json] [--links] [--expect FILE|SHAPE] [-i CARD]...
                [--watch SECONDS [--count N]]
       groq-smi decode [--json] [FILE]

Shows the Groq cards of this machine. Needs no rights and takes no card.

  doctor              go through everything from the bus to the sensors and say
                      what to do about what is wrong
  topo                which links of which cards are wired to each other
  decode [FILE]       tell what is in a core dump of the driver: FILE, - for
                      standard input, or else the newest that the kernel keeps
  -j, --json          for programs; groq-smi(1) documents the keys
  -i, --device CARD   only this card: N, a PCI address, or a URI
                      (accel:N pci:ADDRESS serial:HEX sim:); may be repeated
  -e, --expect FILE|SHAPE
                      topo: compare with a topology file, or a shape such as node8,
                      ring8, line4, and say which cable is missing or swapped
  -l, --links         topo: each link with its state and counters
  -w, --watch SECONDS again and again; with --json one object a line
  -n, --count N       stop after N reports
  -h, --help          this text
  -V, --version       the versions of this tool and of libgroq

exit status: 0 everything is known of every card, 1 the system refused
something, 2 wrong arguments, 3 no card, 4 less than everything is known of a
card (its reason says why), 5 doctor found something, 6 cables are not as expected
)";

} // namespace groq::smi
