// SPDX-License-Identifier: MIT
// Reports for programs; groq-topo(1) documents the keys.
#include <nlohmann/json.hpp>

#include "topo/published.hpp"
#include "topo/report.hpp"

namespace groq::topo {
namespace {

using nlohmann::ordered_json;

std::string dump(const ordered_json &json) {
    return json.dump(2, ' ', false, ordered_json::error_handler_t::replace) + '\n';
}

ordered_json start_json(const std::optional<barrier> &start, std::uint32_t root) {
    if (!start)
        return nullptr;
    return {{"root", root},
            {"levels", start->levels},
            {"epochs", start->epochs},
            {"cycles", start->cycles()}};
}

constexpr const char *ways[] = {"staged", "tree", "scattered"};

ordered_json reduced_json(const report &shown) {
    ordered_json all = ordered_json::array();
    for (const auto &each : shown.reduced)
        all.push_back({{"bytes", each.bytes},
                       {"cycles", each.how.cycles},
                       {"seconds", seconds(each.how.cycles)},
                       {"bus_bytes_per_s", each.bus_bytes_per_s(shown.of.cards())},
                       {"stages", each.how.stages},
                       {"way", ways[std::size_t(each.how.way)]}});
    return all;
}

} // namespace

std::string json(const report &shown) {
    return dump({{"schema_version", 1},
                 {"name", shown.name},
                 {"cards", shown.of.cards()},
                 {"cables", shown.of.cables().size()},
                 {"least_links", shown.least_links},
                 {"most_links", shown.most_links},
                 {"period", shown.seen.period},
                 {"diameter", shown.seen.hops.diameter()},
                 {"mean_hops", shown.seen.hops.mean()},
                 {"pairs_by_hops", shown.seen.hops.pairs},
                 {"pairs_without_route", shown.seen.hops.without_route},
                 {"bisection_least", shown.cut.least},
                 {"bisection_most", shown.cut.most},
                 {"latest_arrival_cycles", shown.pace.arrival},
                 {"packet_cycles", shown.pace.packet},
                 {"start", start_json(shown.start, shown.seen.hops.root)},
                 {"all_reduce", reduced_json(shown)}});
}

std::string json(const route_report &shown) {
    ordered_json routes = ordered_json::array();
    for (const auto &each : shown.all.found) {
        ordered_json ends = ordered_json::array();
        for (const auto &end : each)
            ends.push_back(groq::to_string(end));
        routes.push_back(ends);
    }
    return dump({{"schema_version", 1},
                 {"from", shown.from},
                 {"to", shown.to},
                 {"routes", routes},
                 {"more_routes", shown.all.more},
                 {"hops_apart", shown.apart},
                 {"bytes", shown.vectors * links::vector_bytes},
                 {"direct_cycles", shown.direct},
                 {"spread_cycles", shown.spread}});
}

std::string json(const std::vector<published_row> &rows) {
    ordered_json all = ordered_json::array();
    for (const auto &row : rows)
        all.push_back({{"source", row.source},
                       {"what", row.what},
                       {"published", row.published},
                       {"computed", row.computed},
                       {"agree", row.agree},
                       {"why", row.why}});
    return dump({{"schema_version", 1}, {"rows", all}});
}

} // namespace groq::topo
