// SPDX-License-Identifier: MIT
//
// Cards and the cables of their links, as data: what the simulator and QEMU are
// wired by, and what found links are compared with. docs/topology.md defines the file,
// the shapes and how they number links. Header-only, and needs no card.
#pragma once

#include <algorithm>
#include <cerrno>
#include <charconv>
#include <cstddef>
#include <cstdint>
#include <limits>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include <groq/cable.hpp>
#include <groq/detail/network_shapes.hpp>
#include <groq/detail/network_text.hpp>
#include <groq/error.hpp>

namespace groq {

// Never changes: any thread may use it. Every link of it has one cable at most, and no
// cable has both ends in one link; both ends may be on one card. Where a cable leads
// out of this process is known, but nobody is there as far as the network goes: all but
// outer_cables() is of cables that have both ends in it.
class network {
public:
    static constexpr std::uint32_t max_cards = detail::max_cards;
    static constexpr std::size_t max_text_bytes = 16 << 20;

    // @cards: 1..max_cards. errc::invalid names the cable, counted from 1, and why; the
    // outer ones come last.
    static result<network> make(std::uint32_t cards, std::span<const cable> cables,
                                std::span<const outer_cable> outer = {});
    // The text of a file. errc::invalid: "line 7: " and why. A cable without a seed
    // has its number, from 1; an outer one has 1.
    static result<network> parse(std::string_view text);
    // "node8", "ring8", "line4", "rotational8", "dragonfly264", "rack72": the number is
    // that of the cards. errc::not_found: no shape is called that; errc::invalid: it
    // cannot have so many cards.
    static result<network> by_name(std::string_view shape);
    // A shape, or else a file ("./node8" is always one). errc::system: it cannot be
    // read. Blocks for the file.
    static result<network> load(const std::string &file_or_shape);

    // What parse() makes the same network of.
    std::string to_text() const;

    std::uint32_t cards() const noexcept { return cards_; }
    std::span<const cable> cables() const noexcept { return cables_; }
    std::span<const outer_cable> outer_cables() const noexcept { return outer_; }

    // The other end of the cable. Nothing: no cable, or no such link.
    std::optional<link_end> peer_of(std::uint32_t card,
                                    std::uint32_t link) const noexcept {
        const auto half = half_at({card, link});
        if (half == no_cable)
            return std::nullopt;
        return half % 2 ? cables_[half / 2].a : cables_[half / 2].b;
    }
    // nullptr: no cable, or no such link. Valid as long as the network.
    const cable *cable_at(std::uint32_t card, std::uint32_t link) const noexcept {
        const auto half = half_at({card, link});
        return half == no_cable ? nullptr : &cables_[half / 2];
    }
    // How many links of the card have a cable.
    std::uint32_t degree(std::uint32_t card) const noexcept {
        std::uint32_t count = 0;
        for (std::uint32_t link = 0; link < links::per_chip; ++link)
            count += half_at({card, link}) != no_cable;
        return count;
    }

    friend bool operator==(const network &a, const network &b) {
        return a.cards_ == b.cards_ && a.cables_ == b.cables_ && a.outer_ == b.outer_;
    }

private:
    static constexpr std::uint32_t no_cable = std::numeric_limits<std::uint32_t>::max();
    static constexpr std::uint32_t outside = std::uint32_t{1} << 31;

    explicit network(std::uint32_t cards)
        : cards_(cards), halves_(std::size_t(cards) * links::per_chip, no_cable) {}

    static std::size_t place_of(link_end end) noexcept {
        return std::size_t(end.card) * links::per_chip + end.link;
    }
    // Twice the number of the cable, and 1 at its end b.
    std::uint32_t half_at(link_end end) const noexcept {
        const bool is_link = end.card < cards_ && end.link < links::per_chip;
        const auto half = is_link ? halves_[place_of(end)] : no_cable;
        return half < outside ? half : no_cable;
    }

    // Why not; empty when it was added.
    std::string add(const cable &added);
    std::string add(const outer_cable &added);
    std::string trouble_with(link_end end) const;

    std::uint32_t cards_;
    std::vector<cable> cables_;
    std::vector<outer_cable> outer_;
    // Of every link of every card; of an outer cable: outside, and its number.
    std::vector<std::uint32_t> halves_;
};

inline std::string network::trouble_with(link_end end) const {
    if (end.card >= cards_)
        return "there is no card " + std::to_string(end.card) + ": the last is " +
               std::to_string(cards_ - 1);
    if (end.link >= links::per_chip)
        return "there is no link " + to_string(end) + ": a chip has links 0 to " +
               std::to_string(links::per_chip - 1);
    const auto half = halves_[place_of(end)];
    if (half == no_cable)
        return {};
    return "link " + to_string(end) + " has a cable already, to " +
           (half < outside ? to_string(*peer_of(end.card, end.link))
                           : to_string(outer_[half - outside].to)) +
           ": a link takes one";
}

inline std::string network::add(const cable &added) {
    for (const auto end : {added.a, added.b})
        if (auto why = trouble_with(end); !why.empty())
            return why;
    if (added.a == added.b)
        return "both ends are in link " + to_string(added.a) + ": name another one";
    if (auto why = detail::trouble_with(added); !why.empty())
        return why;
    const auto half = std::uint32_t(cables_.size()) * 2;
    halves_[place_of(added.a)] = half;
    halves_[place_of(added.b)] = half + 1;
    cables_.push_back(added);
    return {};
}

inline std::string network::add(const outer_cable &added) {
    if (auto why = trouble_with(added.end); !why.empty())
        return why;
    if (auto why = detail::trouble_with(added.numbers); !why.empty())
        return why;
    halves_[place_of(added.end)] = outside + std::uint32_t(outer_.size());
    outer_.push_back(added);
    return {};
}

inline result<network> network::make(std::uint32_t cards, std::span<const cable> cables,
                                     std::span<const outer_cable> outer) {
    if (cards < 1 || cards > max_cards)
        return error(errc::invalid,
                     "a network has 1 to " + std::to_string(max_cards) + " cards");
    network made(cards);
    std::size_t number = 0;
    std::string why;
    const auto add = [&](const auto &cable) {
        ++number;
        return (why = made.add(cable)).empty();
    };
    if (std::all_of(cables.begin(), cables.end(), add) &&
        std::all_of(outer.begin(), outer.end(), add))
        return made;
    return error(errc::invalid, "cable " + std::to_string(number) + ": " + why);
}

inline result<network> network::parse(std::string_view text) {
    const auto read = detail::network_reader().read(text);
    if (!read)
        return read.error();
    network made(read->cards);
    std::size_t inner = 0, outer = 0; // as they come in the file
    while (inner < read->lines.size() || outer < read->outer_lines.size()) {
        const bool is_outer = outer < read->outer_lines.size() &&
                              (inner == read->lines.size() ||
                               read->outer_lines[outer] < read->lines[inner]);
        const auto line = is_outer ? read->outer_lines[outer] : read->lines[inner];
        const auto why = is_outer ? made.add(read->outer_cables[outer++])
                                  : made.add(read->cables[inner++]);
        if (!why.empty())
            return error(errc::invalid, "line " + std::to_string(line) + ": " + why);
    }
    return made;
}

inline result<network> network::by_name(std::string_view shape) {
    const auto digits = std::min(shape.find_first_of("0123456789"), shape.size());
    std::uint32_t cards = 0;
    const auto *end = shape.data() + shape.size();
    const auto [stop, wrong] = std::from_chars(shape.data() + digits, end, cards);
    const auto *known = detail::shape_of(shape.substr(0, digits));
    if (!known || stop != end || digits == shape.size())
        return error(errc::not_found,
                     "no shape has that name: there are " + detail::shape_names());
    if (wrong != std::errc{} || !known->can_have(cards))
        return error(errc::invalid, "a " + known->text());
    return make(cards, known->cables(cards));
}

inline result<network> network::load(const std::string &file_or_shape) {
    auto shape = by_name(file_or_shape);
    if (shape || !(shape.error() == errc::not_found))
        return shape;
    const auto text = detail::read_text(file_or_shape, max_text_bytes);
    if (!text && text.error().os_error() == ENOENT)
        return error(errc::system,
                     "there is no file " + file_or_shape + ", and the shapes are " +
                         detail::shape_names(),
                     ENOENT);
    if (!text)
        return text.error();
    auto read = parse(*text);
    if (!read)
        return error(errc::invalid, file_or_shape + ": " + read.error().message());
    return read;
}

inline std::string network::to_text() const {
    std::string text = "cards " + std::to_string(cards_) + '\n';
    for (std::size_t i = 0; i < cables_.size(); ++i)
        text += "cable " + to_string(cables_[i].a) + ' ' + to_string(cables_[i].b) +
                settings_text(cables_[i], i + 1) + '\n';
    for (const auto &each : outer_)
        text += "cable " + to_string(each.end) + ' ' + to_string(each.to) +
                settings_text(each.numbers, 1) + '\n';
    return text;
}

} // namespace groq
