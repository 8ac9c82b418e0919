// SPDX-License-Identifier: MIT
#include "uri.hpp"

#include <charconv>
#include <cstdio>

namespace groq {
namespace {

std::optional<std::uint64_t> number(std::string_view text, int base) {
    std::uint64_t value = 0;
    const auto *end = text.data() + text.size();
    const auto [stop, wrong] = std::from_chars(text.data(), end, value, base);
    if (wrong != std::errc{} || stop != end)
        return std::nullopt;
    return value;
}

std::optional<unsigned> index(std::string_view text) {
    const auto value = number(text, 10);
    return value && *value < 65536 ? std::optional<unsigned>(*value) : std::nullopt;
}

// "0000:01:00.0" of that or of "01:00.0".
std::optional<std::string> pci_address(const std::string &text) {
    unsigned domain = 0, bus = 0, slot = 0, function = 0;
    int end = -1;
    std::sscanf(text.c_str(), "%8x:%2x:%2x.%1x%n", &domain, &bus, &slot, &function,
                &end);
    if (end != int(text.size())) {
        domain = 0;
        end = -1;
        std::sscanf(text.c_str(), "%2x:%2x.%1x%n", &bus, &slot, &function, &end);
    }
    if (end != int(text.size()) || slot > 31 || function > 7)
        return std::nullopt;
    char address[32];
    std::snprintf(address, sizeof address, "%04x:%02x:%02x.%x", domain, bus, slot,
                  function);
    return address;
}

// Splits `text` at the first `at`; without one the rest is empty.
std::string_view cut(std::string_view &text, char at) {
    const auto end = text.find(at);
    const auto head = text.substr(0, end);
    text = end == text.npos ? std::string_view{} : text.substr(end + 1);
    return head;
}

// With %XX for the bytes that would end it.
std::optional<std::string> decoded(std::string_view text) {
    std::string all;
    while (!text.empty()) {
        const bool is_code = text.front() == '%';
        const auto code = number(text.size() < 3 ? "" : text.substr(1, 2), 16);
        if (is_code && code.value_or(0) == 0)
            return std::nullopt;
        all += is_code ? char(*code) : text.front();
        text.remove_prefix(is_code ? 3 : 1);
    }
    return all.empty() ? std::nullopt : std::optional(all);
}

constexpr std::string_view record_scheme = "record:";

class uri_parser {
public:
    explicit uri_parser(std::string_view text) : text_(text) {}

    result<device_uri> parse() {
        if (text_.starts_with(record_scheme))
            return parse_record(text_.substr(record_scheme.size()));
        auto options = text_;
        auto name = cut(options, '?');
        if (name.find(':') == name.npos)
            return malformed(
                "a name is like accel:0, pci:0000:01:00.0, serial:1234abcd "
                "or sim:");
        const auto scheme = cut(name, ':');
        if (const auto done = parse_name(scheme, name); !done)
            return done.error();
        while (!options.empty())
            if (const auto done = parse_option(cut(options, '&')); !done)
                return done.error();
        return check();
    }

private:
    error malformed(const char *why) const {
        return fail(errc::invalid, "cannot make sense of the device \"%.*s\": %s",
                    int(text_.size()), text_.data(), why);
    }

    result<void> parse_name(std::string_view scheme, std::string_view name) {
        if (scheme == "accel")
            return parse_accel(name);
        if (scheme == "pci")
            return parse_pci(name);
        if (scheme == "serial")
            return parse_serial(name);
        if (scheme == "sim")
            return parse_sim(name);
        if (scheme == "replay")
            return parse_replay(name);
        return malformed("it begins with none of accel: pci: serial: sim: record: "
                         "replay:");
    }

    // Options are those of the card.
    result<device_uri> parse_record(std::string_view card) {
        auto file = decoded(cut(card, ','));
        if (!file || card.empty())
            return malformed("record: wants a file and a card, like "
                             "record:FILE,accel:0; %2c in FILE stands for a comma, %25 "
                             "for %");
        const auto recorded = parse_uri(card);
        if (!recorded)
            return recorded.error();
        uri_.name = record_name{std::move(*file), std::string(card)};
        uri_.shared = recorded->shared;
        return std::move(uri_);
    }

    result<void> parse_replay(std::string_view name) {
        auto file = decoded(name);
        if (!file)
            return malformed("replay: wants a file; %3f in it stands for ?, %25 for %");
        uri_.name = replay_name{std::move(*file)};
        return {};
    }

    result<void> parse_accel(std::string_view name) {
        const auto which = index(name);
        if (!which)
            return malformed("accel: wants the number of a card, like accel:0");
        uri_.name = accel_name{*which};
        return {};
    }

    result<void> parse_pci(std::string_view name) {
        auto address = pci_address(std::string(name));
        if (!address)
            return malformed("pci: wants an address like 0000:01:00.0");
        uri_.name = pci_name{std::move(*address)};
        return {};
    }

    result<void> parse_serial(std::string_view name) {
        const auto serial = number(name, 16);
        if (!serial)
            return malformed("serial: wants a number in hexadecimal");
        uri_.name = serial_name{*serial};
        return {};
    }

    result<void> parse_sim(std::string_view name) {
        const auto card = name.empty() ? 0u : index(name);
        if (!card)
            return malformed("sim: wants nothing, or the number of a card");
        uri_.name = sim_name{.card = *card};
        return {};
    }

    result<void> parse_option(std::string_view option) {
        auto value = option;
        const auto key = cut(value, '=');
        auto *sim = std::get_if<sim_name>(&uri_.name);
        if (option == "shared")
            uri_.shared = true;
        else if (!sim || !parse_sim_option(*sim, key, value))
            return malformed(
                sim ? "options are shared, chips=N, topology=FILE_OR_SHAPE, "
                      "sram=BYTES, links=N, serial=HEX, trace=FILE"
                    : "the only option is shared");
        return {};
    }

    bool parse_sim_option(sim_name &sim, std::string_view key, std::string_view value) {
        if (key == "chips") {
            says_chips_ = true;
            sim.cards = index(value).value_or(0);
            return sim.cards > 0;
        }
        if (key == "topology")
            return (sim.topology = decoded(value)).has_value();
        if (key == "sram")
            return (sim.sram_bytes = number(value, 10)).has_value();
        if (key == "links")
            return (sim.links = number(value, 10)).has_value();
        if (key == "serial")
            return (sim.serial = number(value, 16)).has_value();
        if (key == "trace")
            return (sim.trace = decoded(value)).has_value();
        return false;
    }

    result<device_uri> check() {
        auto *sim = std::get_if<sim_name>(&uri_.name);
        if (sim && sim->topology && !says_chips_)
            sim->cards = 0;
        else if (sim && sim->card >= sim->cards)
            return malformed("there are fewer chips");
        return std::move(uri_);
    }

    std::string_view text_;
    device_uri uri_;
    bool says_chips_ = false;
};

} // namespace

result<device_uri> parse_uri(std::string_view text) {
    return uri_parser(text).parse();
}

} // namespace groq
