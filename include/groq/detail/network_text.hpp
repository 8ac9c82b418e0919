// SPDX-License-Identifier: MIT
//
// The topology file, line by line: what network::parse and to_text are made of.
#pragma once

#include <algorithm>
#include <cerrno>
#include <charconv>
#include <cstdio>
#include <cstring>
#include <limits>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include <groq/cable.hpp>
#include <groq/error.hpp>

namespace groq::detail {

// What a file says, not yet known to fit together.
struct network_text {
    std::uint32_t cards = 0;
    std::vector<cable> cables;
    std::vector<std::size_t> lines; // of the cables, from 1
    std::vector<outer_cable> outer_cables;
    std::vector<std::size_t> outer_lines;
};

// For one text.
class network_reader {
public:
    result<network_text> read(std::string_view text) {
        while (!text.empty()) {
            const auto end = std::min(text.find('\n'), text.size());
            ++line_;
            words_ = text.substr(0, std::min(end, text.find('#')));
            if (auto why = line(); !why.empty())
                return error(errc::invalid,
                             "line " + std::to_string(line_) + ": " + why);
            text.remove_prefix(std::min(end + 1, text.size()));
        }
        if (read_.cards == 0)
            return error(errc::invalid, "line " + std::to_string(line_ + 1) +
                                            ": the file ends without \"cards N\"");
        return std::move(read_);
    }

private:
    // Each says what is wrong; nothing when all is well.
    std::string line() {
        const auto word = next();
        if (word.empty())
            return {};
        if (word == "cards")
            return cards();
        if (word == "cable")
            return cable_from_here();
        return quoted(word) + R"( is neither "cards" nor "cable")";
    }

    std::string cards() {
        if (read_.cards != 0)
            return R"("cards" is there a second time)";
        const auto count = number(next());
        if (!count || *count < 1 || *count > max_cards)
            return R"("cards" takes a number from 1 to )" + std::to_string(max_cards);
        read_.cards = std::uint32_t(*count);
        const auto more = next();
        return more.empty() ? "" : quoted(more) + " is too much after the number";
    }

    std::string cable_from_here() {
        if (read_.cards == 0)
            return R"("cards N" comes before the first cable)";
        const auto a = end_of(next());
        const auto other = next();
        const auto b = end_of(other);
        if (a && !b && leaves(other))
            return cable_to_outside(*a, other);
        if (!a || !b)
            return R"(a cable has two ends, card:link, as in "cable 0:0 1:3")";
        cable read{*a, *b};
        read.seed = read_.cables.size() + 1;
        if (auto why = settings(read); !why.empty())
            return why;
        read_.cables.push_back(read);
        read_.lines.push_back(line_);
        return {};
    }

    std::string cable_to_outside(link_end end, std::string_view word) {
        const auto to = outer_end_of(word);
        if (!to)
            return quoted(word) + " is no end of a cable: in another process they are "
                                  "tcp:HOST:PORT, tcp-listen:ADDRESS:PORT, unix:PATH "
                                  "and unix-listen:PATH, of 107 bytes at most";
        outer_cable read{end, *to};
        if (auto why = settings(read.numbers); !why.empty())
            return why;
        read_.outer_cables.push_back(std::move(read));
        read_.outer_lines.push_back(line_);
        return {};
    }

    std::string settings(cable &read) {
        seen_.clear();
        for (auto word = next(); !word.empty(); word = next())
            if (auto why = setting(read, word); !why.empty())
                return why;
        return {};
    }

    std::string setting(cable &read, std::string_view word) {
        const auto equals = std::min(word.find('='), word.size());
        const auto name = word.substr(0, equals);
        const auto value = word.substr(std::min(equals + 1, word.size()));
        if (std::ranges::find(seen_, name) != seen_.end())
            return quoted(name) + " is there a second time";
        seen_.push_back(name);
        if (name == "spread")
            return spread(read, value);
        if (name == "seed")
            return assign(read.seed, name, value);
        for (const auto &known : cable_settings)
            if (name == known.name)
                return assign(read.*known.value, name, value);
        return quoted(word) +
               " is no setting of a cable: they are latency= spread= "
               "lanes= seed= corrected-every= uncorrected-at= bit-errors=";
    }

    template <class Number>
    static std::string assign(Number &to, std::string_view name,
                              std::string_view value) {
        const auto read = number(value);
        if (!read || *read > std::numeric_limits<Number>::max())
            return std::string(name) + " takes a whole number, not " + quoted(value);
        to = Number(*read);
        return {};
    }

    // Cycles, with three decimals at most.
    static std::string spread(cable &read, std::string_view value) {
        const auto point = std::min(value.find('.'), value.size());
        const auto whole = number(value.substr(0, point));
        std::string decimals(value.substr(std::min(point + 1, value.size())));
        const bool has_decimals = !decimals.empty() || point == value.size();
        decimals.resize(std::max<std::size_t>(decimals.size(), 3), '0');
        const auto fraction = number(decimals);
        if (!whole || !fraction || !has_decimals || *whole > 65'535 ||
            *fraction > 999 || decimals.size() > 3)
            return "spread takes cycles with up to three decimals, as 4.1, not " +
                   quoted(value);
        read.spread_millicycles = std::uint32_t(*whole * 1000 + *fraction);
        return {};
    }

    std::string_view next() {
        constexpr std::string_view space = " \t\r\v\f";
        const auto from = std::min(words_.find_first_not_of(space), words_.size());
        words_.remove_prefix(from);
        const auto word = words_.substr(0, words_.find_first_of(space));
        words_.remove_prefix(word.size());
        return word;
    }

    static std::optional<std::uint64_t> number(std::string_view text) {
        std::uint64_t value = 0;
        const auto *end = text.data() + text.size();
        const auto [stop, wrong] = std::from_chars(text.data(), end, value);
        return wrong == std::errc{} && stop == end ? std::optional(value)
                                                   : std::nullopt;
    }

    static std::optional<link_end> end_of(std::string_view word) {
        const auto colon = word.find(':');
        if (colon == word.npos)
            return std::nullopt;
        const auto card = number(word.substr(0, colon));
        const auto link = number(word.substr(colon + 1));
        if (!card || !link || std::max(*card, *link) > any_number)
            return std::nullopt;
        return link_end{std::uint32_t(*card), std::uint32_t(*link)};
    }

    static bool leaves(std::string_view word) {
        return word.starts_with("tcp") || word.starts_with("unix");
    }

    static std::optional<outer_end> outer_end_of(std::string_view word) {
        const auto colon = std::min(word.find(':'), word.size());
        const auto scheme = word.substr(0, colon);
        const auto rest = word.substr(std::min(colon + 1, word.size()));
        outer_end read;
        read.is_awaited = scheme.ends_with("-listen");
        if (scheme == "tcp" || scheme == "tcp-listen")
            return with_port(read, rest);
        constexpr std::size_t most_path = 107; // what the kernel has room for
        if ((scheme != "unix" && scheme != "unix-listen") || rest.empty() ||
            rest.size() > most_path)
            return std::nullopt;
        read.path = rest;
        return read;
    }

    // "10.0.0.2:7007", "[::1]:7007"
    static std::optional<outer_end> with_port(outer_end read, std::string_view text) {
        const auto colon = text.rfind(':');
        if (colon == text.npos)
            return std::nullopt;
        auto host = text.substr(0, colon);
        if (host.starts_with('[') && host.ends_with(']'))
            host = host.substr(1, host.size() - 2);
        else if (host.find(':') != host.npos)
            return std::nullopt;
        const auto port = number(text.substr(colon + 1));
        if (host.empty() || !port || *port < 1 || *port > 65'535)
            return std::nullopt;
        read.host = host;
        read.port = std::uint16_t(*port);
        return read;
    }

    // Of a stranger: short, and nothing that a terminal would obey.
    static std::string quoted(std::string_view word) {
        std::string clean(word.substr(0, 40));
        std::ranges::replace_if(
            clean, [](char c) { return c < ' ' || c > '~'; }, '?');
        return '"' + clean + (word.size() > 40 ? "...\"" : "\"");
    }

    std::size_t line_ = 0;
    std::string_view words_; // of the line, not yet taken
    std::vector<std::string_view> seen_;
    network_text read_;
};

inline result<std::string> read_text(const std::string &path, std::size_t most) {
    const auto failure = [&](const std::string &what) {
        return error(errc::system, path + ": " + what, errno);
    };
    const std::unique_ptr<std::FILE, int (*)(std::FILE *)> file(
        std::fopen(path.c_str(), "re"), std::fclose);
    if (!file)
        return failure(std::strerror(errno));
    std::string text(most + 1, '\0');
    text.resize(std::fread(text.data(), 1, text.size(), file.get()));
    if (std::ferror(file.get()))
        return failure(std::strerror(errno));
    if (text.size() > most)
        return error(errc::invalid, path + ": too long for a topology file");
    return text;
}

} // namespace groq::detail

namespace groq {

// What of a cable is not as usual, as in the file, with a space before each. @seed: the
// usual one.
inline std::string settings_text(const cable &cable, std::uint64_t seed) {
    static const groq::cable usual;
    std::string text;
    for (const auto &[name, value, least, most] : detail::cable_settings)
        if (cable.*value != usual.*value)
            text += ' ' + std::string(name) + '=' + std::to_string(cable.*value);
    if (cable.spread_millicycles != usual.spread_millicycles) {
        char spread[32];
        std::snprintf(spread, sizeof spread, " spread=%u.%03u",
                      cable.spread_millicycles / 1000, cable.spread_millicycles % 1000);
        text += spread;
    }
    return cable.seed == seed ? text : text + " seed=" + std::to_string(cable.seed);
}

} // namespace groq
