// SPDX-License-Identifier: MIT
#include "wiring.hpp"

#include <nlohmann/json.hpp>

#include "quantity.hpp"

namespace groq::smi {
namespace {

using value = nlohmann::ordered_json;

constexpr int schema_version = 1;

value or_null(number number) {
    return number ? value(*number) : value(nullptr);
}

value peer(const topology &seen, link_end end, const link_info &link) {
    if (!is_up(link))
        return nullptr;
    const auto there = seen.peer_of(end);
    return {
        {"card", there ? value(seen.cards()[there->card].info.uri) : value(nullptr)},
        {"serial", serial_number(link.peer_serial)},
        {"link", link.peer_link}};
}

value describe(const topology &seen, link_end end, const link_info &link) {
    const auto state = state_of(link);
    return {{"link", end.link},
            {"state",
             state == link_state::unknown ? value(nullptr) : value(name_of(state))},
            {"peer", peer(seen, end, link)},
            {"lanes", or_null(known(link.lanes))},
            {"rate_mbps", or_null(known(link.rate_mbps))},
            {"sent_vectors", or_null(known(link.sent))},
            {"received_vectors", or_null(known(link.received))},
            {"corrected_vectors", or_null(known(link.corrected))},
            {"uncorrected_vectors", or_null(known(link.uncorrected))},
            {"downs", or_null(known(link.downs))}};
}

value describe(const wiring &wiring, std::uint32_t number) {
    const auto &card = wiring.seen.cards()[number];
    const auto node = wiring.numa_nodes[number];
    auto links = value::array();
    for (std::uint32_t link = 0; link < card.links.links.size(); ++link)
        links.push_back(describe(wiring.seen, {number, link}, card.links.links[link]));
    const auto serial = known(card.info.serial);
    return {{"uri", card.info.uri},
            {"serial", serial ? value(serial_number(serial)) : value(nullptr)},
            {"numa_node", node ? value(*node) : value(nullptr)},
            {"reason", card.reason.empty() ? value(nullptr) : value(card.reason)},
            {"generation", card.links.generation},
            {"links", std::move(links)}};
}

value describe(const topology &seen, link_end end) {
    return {{"card", seen.cards()[end.card].info.uri}, {"link", end.link}};
}

value expected(const wiring &wiring) {
    if (!wiring.expected)
        return nullptr;
    const auto &[name, placed] = *wiring.expected;
    auto cards = value::array();
    for (const auto card : placed.cards)
        cards.push_back(card ? value(wiring.seen.cards()[*card].info.uri)
                             : value(nullptr));
    return {{"name", name},
            {"is_right", placed.is_right()},
            {"cards", std::move(cards)},
            {"faults", placed.faults}};
}

} // namespace

std::string json(const wiring &wiring, layout layout) {
    auto cards = value::array(), cables = value::array();
    for (std::uint32_t card = 0; card < wiring.seen.cards().size(); ++card)
        cards.push_back(describe(wiring, card));
    for (const auto &[a, b] : wiring.seen.cables())
        cables.push_back({describe(wiring.seen, a), describe(wiring.seen, b)});
    const value root = {
        {"schema_version", schema_version},  {"time", timestamp(wiring.time)},
        {"library_version", wiring.version}, {"cards", std::move(cards)},
        {"cables", std::move(cables)},       {"expected", expected(wiring)}};
    const int indent = layout == layout::indented ? 2 : -1;
    return root.dump(indent, ' ', false, value::error_handler_t::replace) + "\n";
}

} // namespace groq::smi
