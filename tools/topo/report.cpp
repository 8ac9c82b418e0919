// SPDX-License-Identifier: MIT
#include "topo/report.hpp"

#include <algorithm>
#include <utility>

namespace groq::topo {
namespace {

std::vector<std::uint64_t> usual_sizes() {
    std::vector<std::uint64_t> sizes;
    for (std::uint64_t bytes = 32; bytes <= 16 << 20; bytes *= 2)
        sizes.push_back(bytes);
    return sizes;
}

void count_links(report &of) {
    of.least_links = links::per_chip;
    for (std::uint32_t card = 0; card < of.of.cards(); ++card) {
        of.least_links = std::min(of.least_links, of.of.degree(card));
        of.most_links = std::max(of.most_links, of.of.degree(card));
    }
}

} // namespace

double sized_all_reduce::bus_bytes_per_s(std::uint32_t cards) const {
    return double(bytes) * 2 * (cards - 1) / cards / seconds(how.cycles);
}

report make_report(std::string name, network of, std::vector<std::uint64_t> bytes) {
    report made{std::move(name), std::move(of), 0, 0, {}, {}, {}, {}, {}};
    count_links(made);
    made.seen = look_at(made.of);
    made.cut = bisect(made.of, made.seen);
    made.pace = pace_of(made.of);
    if (made.seen.is_joined() && made.of.cards() > 1)
        made.start = barrier_of(made.of, made.seen.hops.radius);
    const reducer reduces(made.of, made.seen);
    for (const auto each : bytes.empty() ? usual_sizes() : bytes)
        if (const auto how = reduces.run(each))
            made.reduced.push_back({each, *how});
    return made;
}

route_report make_route_report(network of, std::uint32_t from, std::uint32_t to,
                               std::uint32_t extra, std::uint64_t bytes) {
    route_report made{from, to, std::move(of), {}, {}, vectors_of(bytes)};
    made.all = find_routes(made.of, from, to, extra);
    made.apart = apart(made.all.found);
    if (made.apart.empty())
        return made;
    const auto pace = pace_of(made.of);
    made.direct = pace.transfer(made.apart.front(), made.vectors);
    made.spread = spread(pace, made.apart, made.vectors);
    return made;
}

} // namespace groq::topo
