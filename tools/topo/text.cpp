// SPDX-License-Identifier: MIT
// Reports as a terminal shows them.
#include <algorithm>
#include <cstdarg>
#include <cstdio>

#include "topo/report.hpp"

namespace groq::topo {
namespace {

constexpr std::size_t most_shown_routes = 20;
constexpr std::size_t most_shown_hops = 8;

[[gnu::format(printf, 1, 2)]] std::string format(const char *how, ...) {
    va_list values;
    va_start(values, how);
    char line[256];
    std::vsnprintf(line, sizeof line, how, values);
    va_end(values);
    return line;
}

std::string counted(std::uint64_t count, const std::string &what) {
    return std::to_string(count) + ' ' + what + (count == 1 ? "" : "s");
}

std::string range(std::uint64_t least, std::uint64_t most) {
    return std::to_string(least) + (least == most ? "" : " to " + std::to_string(most));
}

std::string size_text(std::uint64_t bytes) {
    constexpr std::uint64_t ki = 1 << 10, mi = 1 << 20;
    if (bytes >= mi && bytes % mi == 0)
        return std::to_string(bytes / mi) + " MiB";
    if (bytes >= ki && bytes % ki == 0)
        return std::to_string(bytes / ki) + " KiB";
    return std::to_string(bytes) + " B";
}

std::string nanoseconds(double cycles) {
    return format("%.0f ns", seconds(cycles) * 1e9);
}

std::string cables_text(const report &shown) {
    const bool is_exact = shown.cut.least == shown.cut.most;
    const auto cut = is_exact ? range(shown.cut.least, shown.cut.least)
                              : "at least " + std::to_string(shown.cut.least) +
                                    ", at most " + std::to_string(shown.cut.most);
    return format("cards        %u, all alike one of the first %u\n", shown.of.cards(),
                  shown.seen.period) +
           format("cables       %zu, on %s links of a card\n", shown.of.cables().size(),
                  range(shown.least_links, shown.most_links).c_str()) +
           format("bisection    %s cables: %.1f GB/s%s each way\n", cut.c_str(),
                  double(shown.cut.least * links::bytes_per_s) / 1e9,
                  is_exact ? "" : " or more");
}

std::string pairs_text(std::uint64_t pairs) {
    return std::to_string(pairs) + " pairs";
}

std::string hops_text(const report &shown) {
    const auto &hops = shown.seen.hops;
    std::string all =
        format("hops         %u at most, mean %.3f", hops.diameter(), hops.mean());
    if (hops.without_route)
        all += ", no route for " + pairs_text(hops.without_route);
    for (std::size_t i = 1; i < hops.pairs.size() && i <= most_shown_hops; ++i)
        all += (i == 1 ? "\n             " : ", ") + std::to_string(i) + ": " +
               pairs_text(hops.pairs[i]);
    return all + (hops.diameter() > most_shown_hops ? " ...\n" : "\n");
}

std::string start_text(const report &shown) {
    if (!shown.start)
        return {};
    return "start        " + counted(shown.start->levels, "level") +
           format(" from card %u: ", shown.seen.hops.root) +
           counted(shown.start->epochs, "epoch") +
           format(" of %u cycles, ", links::hac_period) +
           nanoseconds(shown.start->cycles()) + '\n';
}

std::string way_text(const all_reduce &how) {
    switch (how.way) {
    case way::staged:
        return counted(how.stages, "stage");
    case way::tree:
        return "tree, " + counted(how.stages, "hop");
    default:
        return "scatter, gather";
    }
}

std::string reduced_text(const report &shown) {
    if (shown.reduced.empty())
        return {};
    std::string all = "\nall-reduce       cycles          time    bus GB/s  way\n";
    for (const auto &each : shown.reduced)
        all += format(
            "%10s %12.0f %10.0f ns %11.3f  %s\n", size_text(each.bytes).c_str(),
            each.how.cycles, seconds(each.how.cycles) * 1e9,
            each.bus_bytes_per_s(shown.of.cards()) / 1e9, way_text(each.how).c_str());
    return all;
}

// "X", the own links to that card, the hops to it, or "-".
std::string cell(const network &of, std::uint32_t card, std::uint32_t to,
                 std::uint32_t hops) {
    std::string own;
    for (std::uint32_t link = 0; link < links::per_chip; ++link)
        if (const auto peer = of.peer_of(card, link); peer && peer->card == to)
            own += (own.empty() ? "L" : ",") + std::to_string(link);
    if (card == to)
        return own.empty() ? "X" : own;
    if (!own.empty())
        return own;
    return hops == unreachable ? "-" : std::to_string(hops) + "h";
}

} // namespace

std::string matrix(const network &of) {
    if (of.cards() > most_matrix)
        return {};
    std::vector<std::string> cells;
    std::size_t width = 3;
    for (std::uint32_t card = 0; card < of.cards(); ++card) {
        const auto hops = hops_from(of, card);
        for (std::uint32_t to = 0; to < of.cards(); ++to) {
            cells.push_back(cell(of, card, to, hops[to]));
            width = std::max(width, cells.back().size());
        }
    }
    const auto padded = [&](const std::string &word) {
        return ' ' + std::string(width - word.size(), ' ') + word;
    };
    std::string all = "\ncard";
    for (std::uint32_t to = 0; to < of.cards(); ++to)
        all += padded(std::to_string(to));
    for (std::size_t i = 0; i < cells.size(); ++i)
        all +=
            (i % of.cards() ? "" : format("\n%4zu", i / of.cards())) + padded(cells[i]);
    return all + "\n\nX: itself; L0,1: by its links 0 and 1; 2h: in 2 hops; -: not at "
                 "all\n";
}

std::string text(const report &shown) {
    return shown.name + "\n\n" + cables_text(shown) + hops_text(shown) +
           start_text(shown) + reduced_text(shown) + matrix(shown.of);
}

std::string text(const route_report &shown) {
    const auto title = format("from card %u to card %u: ", shown.from, shown.to);
    if (shown.all.found.empty())
        return title + (shown.all.more ? "too far\n" : "no route\n");
    std::string all = title + counted(shown.all.found.size(), "route") +
                      (shown.all.more ? " or more\n" : "\n");
    const auto count = std::min(shown.all.found.size(), most_shown_routes);
    for (std::size_t i = 0; i < count; ++i)
        all += format("%4zu hops  ", shown.all.found[i].size()) +
               to_string(shown.of, shown.all.found[i]) + '\n';
    if (count < shown.all.found.size())
        all += "           ... (--json has them)\n";
    const auto bytes = shown.vectors * links::vector_bytes;
    return all +
           format("%s by the shortest: %.0f cycles, %s\n", size_text(bytes).c_str(),
                  shown.direct, nanoseconds(shown.direct).c_str()) +
           format("    spread over %zu that share no link: %.0f cycles, %s\n",
                  shown.apart.size(), shown.spread, nanoseconds(shown.spread).c_str());
}

} // namespace groq::topo
