// SPDX-License-Identifier: MIT
#include "topo/options.hpp"

#include <algorithm>
#include <array>
#include <charconv>
#include <string_view>
#include <utility>

namespace groq::topo {
namespace {

using action = enum options::action;

constexpr std::uint64_t most_bytes = std::uint64_t{1} << 40;
constexpr std::uint64_t most_extra = 8;

struct option {
    std::string_view name;
    char letter;
    bool has_value;
};

constexpr std::array known_options{
    option{"--json", 'j', false},    option{"--published", 'p', false},
    option{"--route", 'r', true},    option{"--extra", 'e', true},
    option{"--bytes", 'b', true},    option{"--dot", 'd', false},
    option{"--svg", 's', true},      option{"--file", 'f', false},
    option{"--qemu", 'q', false},    option{"--help", 'h', false},
    option{"--version", 'V', false},
};

std::uint64_t number(std::string_view text, std::string_view name, std::uint64_t least,
                     std::uint64_t most) {
    std::uint64_t value = 0;
    const auto *end = text.data() + text.size();
    const auto [stop, wrong] = std::from_chars(text.data(), end, value);
    if (wrong != std::errc{} || stop != end || value < least || value > most)
        throw usage_error{std::string(name) + " takes a number from " +
                          std::to_string(least) + " to " + std::to_string(most) +
                          ", not \"" + std::string(text) + '"'};
    return value;
}

class command_line {
public:
    explicit command_line(std::span<const char *const> arguments) : rest_(arguments) {}

    options parse() {
        while (!rest_.empty()) {
            const std::string_view argument = take();
            if (!options_ended_ && argument == "--")
                options_ended_ = true;
            else if (!options_ended_ && argument.starts_with("--"))
                long_option(argument);
            else if (!options_ended_ && argument.size() > 1 && argument[0] == '-')
                letters(argument.substr(1));
            else if (options_.network.empty() && !argument.empty())
                options_.network = argument;
            else
                throw usage_error{"more than one network: \"" + std::string(argument) +
                                  '"'};
        }
        check();
        return options_;
    }

private:
    void check() const {
        const auto wanted = options_.action;
        if (wanted == action::help || wanted == action::version)
            return;
        if ((wanted == action::published) != options_.network.empty())
            throw usage_error{wanted == action::published
                                  ? "--published has its own networks: name none"
                                  : "no network: name a shape or a file"};
        if (options_.json && wanted != action::report && wanted != action::route &&
            wanted != action::published)
            throw usage_error{"--json is of the report, --route and --published"};
        if (has_extra_ && wanted != action::route)
            throw usage_error{"--extra needs --route"};
        if (!options_.bytes.empty() && wanted != action::route &&
            wanted != action::report)
            throw usage_error{"--bytes is of the report and of --route"};
    }

    std::string_view take() {
        const std::string_view argument = rest_.front();
        rest_ = rest_.subspan(1);
        return argument;
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

    // "-j", "-r0,3", "-r 0,3", "-jr 0,3"
    void letters(std::string_view letters) {
        while (!letters.empty()) {
            const auto found =
                std::ranges::find(known_options, letters[0], &option::letter);
            if (found == known_options.end())
                throw usage_error{"unknown option -" + std::string(1, letters[0])};
            letters.remove_prefix(1);
            if (found->has_value)
                return apply(*found, letters.empty() ? value_of(*found) : letters);
            apply(*found, "");
        }
    }

    std::string_view value_of(const option &option) {
        if (rest_.empty())
            throw usage_error{std::string(option.name) + " needs a value"};
        return take();
    }

    void act(action wanted, std::string_view name) {
        if (options_.action != action::report && options_.action != wanted)
            throw usage_error{std::string(name) + " and another output: take one"};
        options_.action = wanted;
    }

    void apply(const option &option, std::string_view value) {
        switch (option.letter) {
        case 'j':
            options_.json = true;
            break;
        case 'b':
            options_.bytes.push_back(number(value, option.name, 1, most_bytes));
            break;
        case 'e':
            options_.extra = std::uint32_t(number(value, option.name, 0, most_extra));
            has_extra_ = true;
            break;
        case 'r':
            cards(value);
            act(action::route, option.name);
            break;
        case 's':
            if (value.empty())
                throw usage_error{"--svg needs a file"};
            options_.svg = value;
            act(action::svg, option.name);
            break;
        default:
            plain(option);
        }
    }

    void plain(const option &option) {
        constexpr std::array actions{
            std::pair{'p', action::published}, std::pair{'d', action::dot},
            std::pair{'f', action::file},      std::pair{'q', action::qemu},
            std::pair{'h', action::help},      std::pair{'V', action::version}};
        for (const auto &[letter, wanted] : actions)
            if (letter == option.letter)
                act(wanted, option.name);
    }

    void cards(std::string_view value) {
        const auto comma = value.find(',');
        if (comma == value.npos)
            throw usage_error{"--route takes two cards, as 0,3"};
        constexpr std::uint64_t any = ~std::uint32_t{0};
        options_.from =
            std::uint32_t(number(value.substr(0, comma), "--route", 0, any));
        options_.to = std::uint32_t(number(value.substr(comma + 1), "--route", 0, any));
    }

    std::span<const char *const> rest_;
    options options_;
    bool options_ended_ = false, has_extra_ = false;
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
    R"(usage: groq-topo [--json] [--bytes N]... NETWORK
       groq-topo --route A,B [--extra N] [--bytes N] [--json] NETWORK
       groq-topo --dot | --svg FILE | --file | --qemu NETWORK
       groq-topo --published [--json]

Calculates what a network of Groq cards does: hops, bisection, start in step,
all-reduce, routes. NETWORK is a topology file, or a shape whose number is that
of its cards: node8 ring8 line4 rotational8 dragonfly264 rack72 ... rack10440.

  -r, --route A,B   routes from card A to card B
  -e, --extra N     of up to N hops more than the shortest, 0..8 (default 1)
  -b, --bytes N     of tensors of N bytes; may be repeated (--route: once; 8192)
  -p, --published   the published figures beside the computed ones
  -j, --json        for programs; groq-topo(1) documents the keys
  -d, --dot         for Graphviz: neato -n2
  -s, --svg FILE    drawn by Graphviz
  -f, --file        as a topology file, for sim: and QEMU
  -q, --qemu        the options that wire QEMU's devices card0, card1 ...
  -h, --help        this text
  -V, --version     the version

exit status: 0 done, 1 the network is refused or the output cannot be made,
2 wrong arguments
)";

} // namespace groq::topo
