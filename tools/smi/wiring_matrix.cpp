// SPDX-License-Identifier: MIT
#include "wiring.hpp"

#include <cinttypes>
#include <cstdio>

#include "grid.hpp"
#include "health.hpp"
#include "quantity.hpp"

namespace groq::smi {
namespace {

const char *const legend =
    "X    the card itself\n"
    "A-B  link A of the row's card leads to link B of the column's\n"
    ".    no cable\n";

std::string count_of(std::size_t number, const char *one, const char *many) {
    return std::to_string(number) + " " + (number == 1 ? one : many);
}

std::string join(std::string text, const std::string &more, const char *between) {
    return text.empty() ? more : std::move(text) + between + more;
}

std::string cell(const topology &seen, std::uint32_t row, std::uint32_t column) {
    std::string text = row == column ? "X" : "";
    for (std::uint32_t link = 0; link < seen.cards()[row].links.links.size(); ++link)
        if (const auto peer = seen.peer_of({row, link}); peer && peer->card == column)
            text = join(text, std::to_string(link) + "-" + std::to_string(peer->link),
                        ",");
    return text.empty() ? "." : text;
}

std::string numa_node(const wiring &wiring, std::size_t card) {
    const auto node = wiring.numa_nodes[card];
    return node ? std::to_string(*node) : "-";
}

grid cards_by_cards(const wiring &wiring) {
    const auto cards = wiring.seen.cards();
    std::vector<std::string> heading{""};
    for (const auto &card : cards)
        heading.push_back(card.name());
    heading.insert(heading.end(), {"NUMA", "SERIAL"});
    grid matrix(heading);
    for (std::uint32_t row = 0; row < cards.size(); ++row) {
        std::vector<std::string> cells{cards[row].name()};
        for (std::uint32_t column = 0; column < cards.size(); ++column)
            cells.push_back(cell(wiring.seen, row, column));
        cells.push_back(numa_node(wiring, row));
        cells.push_back(serial_number(known(cards[row].info.serial)));
        matrix.add(std::move(cells));
    }
    return matrix;
}

std::string peer_text(const topology &seen, link_end end, const link_info &link) {
    if (!is_up(link))
        return "-";
    if (const auto peer = seen.peer_of(end))
        return seen.name_of(*peer);
    return serial_number(link.peer_serial) + " link " + std::to_string(link.peer_link);
}

grid link_by_link(const topology &seen) {
    grid table({"LINK", "STATE", "LEADS TO", "LANES", "MBIT/S", "SENT", "RECEIVED",
                "CORRECTED", "UNCORRECTED", "DOWNS"});
    for (std::uint32_t card = 0; card < seen.cards().size(); ++card)
        for (std::uint32_t number = 0; number < seen.cards()[card].links.links.size();
             ++number) {
            const auto &link = seen.cards()[card].links.links[number];
            std::vector<std::string> row{seen.name_of({card, number}),
                                         name_of(state_of(link)),
                                         peer_text(seen, {card, number}, link)};
            for (const auto value :
                 {link.lanes, link.rate_mbps, link.sent, link.received, link.corrected,
                  link.uncorrected, link.downs})
                row.push_back(count(known(value)));
            table.add(std::move(row));
        }
    return table;
}

// Of each card: what is not known, and where else its links lead.
std::string remarks(const topology &seen) {
    std::string text;
    for (const auto &card : seen.cards())
        if (!card.reason.empty())
            text += card.name() + ": links are not known: " + card.reason + "\n";
    for (const auto end : seen.outside()) {
        const auto &link = *seen.cards()[end.card].find(end.link);
        text += seen.name_of(end) + " leads to link " + std::to_string(link.peer_link) +
                " of a card that is not here, serial " +
                serial_number(link.peer_serial) + "\n";
    }
    for (const auto &card : seen.cards())
        if (const auto found = links(card.links); !found.good)
            text += card.name() + " links: " + found.text + ": " + found.advice + "\n";
    return text;
}

std::string verdict(const topology &seen, const expectation &expected) {
    const auto &placed = expected.placement;
    if (!placed.is_right())
        return "NOT wired like " + expected.name + ":\n" + placed.text() + "\n";
    std::string order;
    for (const auto card : placed.cards)
        order = join(order, seen.cards()[*card].name(), " ");
    return "wired like " + expected.name + "; its cards, in order: " + order + "\n";
}

} // namespace

std::string matrix(const wiring &wiring, bool has_links) {
    const auto &seen = wiring.seen;
    const auto title = "groq-smi " + wiring.version;
    if (seen.cards().empty())
        return title + "\n" + no_card_text + "\n";
    auto text = title + ", " + count_of(seen.cards().size(), "card", "cards") + ", " +
                count_of(seen.cables().size(), "cable", "cables") + "\n\n" +
                cards_by_cards(wiring).text() + "\n" + legend;
    if (has_links)
        text += "\n" + link_by_link(seen).text();
    if (const auto notes = remarks(seen); !notes.empty())
        text += "\n" + notes;
    if (wiring.expected)
        text += "\n" + verdict(seen, *wiring.expected);
    return text;
}

} // namespace groq::smi
