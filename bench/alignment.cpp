// SPDX-License-Identifier: MIT
//
// Latencies of all links of a simulated node of 8 cards, as the alignment of the
// hardware-aligned counters measures them: half of the way there and back, in cycles.
//
//   min/A-B, mean/A-B, max/A-B, deviation/A-B   of the cable from link A to B
//   min/all ..                                  of all samples of all links
//   min/published ..                            [I22 Table 2]
//   offset/C      what card C's counter was off when it was aligned once more
#include <algorithm>
#include <cmath>
#include <cstdlib>
#include <iostream>
#include <span>
#include <string>
#include <vector>

#include <groq/system.hpp>

#include "sample.hpp"

namespace {

struct statistics {
    double min, mean, max, deviation;
};
constexpr statistics published{209, 216.9, 228, 2.9};

void print(const std::string &name, const statistics &of) {
    bench::print_sample("min" + name, "cycles", of.min);
    bench::print_sample("mean" + name, "cycles", of.mean);
    bench::print_sample("max" + name, "cycles", of.max);
    bench::print_sample("deviation" + name, "cycles", of.deviation);
}

// Sums over samples; every link has as many.
class all_links {
public:
    void add(const statistics &of) {
        min_ = std::min(min_, of.min);
        max_ = std::max(max_, of.max);
        means_ += of.mean;
        squares_ += of.deviation * of.deviation + of.mean * of.mean;
        ++links_;
    }
    statistics result() const {
        const double mean = means_ / links_;
        return {min_, mean, max_, std::sqrt(squares_ / links_ - mean * mean)};
    }

private:
    double min_ = INFINITY, max_ = 0, means_ = 0, squares_ = 0;
    unsigned links_ = 0;
};

void measure_cables(const groq::network &wires, std::span<groq::device> cards,
                    std::uint32_t samples) {
    all_links all;
    for (const auto &cable : wires.cables()) {
        const auto found =
            cards[cable.b.card].measure_link(cable.b.link, samples).value();
        const statistics of{found.latency_min, found.latency_mean, found.latency_max,
                            found.latency_deviation};
        all.add(of);
        print("/" + to_string(cable.a) + "-" + to_string(cable.b), of);
    }
    print("/all", all.result());
    print("/published", published);
}

void measure(std::uint32_t samples) {
    const auto wires = groq::network::by_name("node8").value();
    std::vector<groq::device> cards;
    for (unsigned card = 0; card < wires.cards(); ++card)
        cards.emplace_back("sim:" + std::to_string(card) + "?topology=node8");
    measure_cables(wires, cards, samples);
    auto together = groq::system::of(wires, std::move(cards)).value();
    together.align(samples).value();
    for (const auto &each : together.align(samples).value())
        bench::print_sample("offset/" + std::to_string(each.child.card), "cycles",
                            double(each.alignment.offset));
}

} // namespace

int main(int argc, char **argv) {
    if (argc != 2) {
        std::cerr << "usage: alignment SAMPLES\n";
        return 2;
    }
    try {
        measure(std::uint32_t(std::strtoul(argv[1], nullptr, 10)));
    } catch (const std::exception &error) {
        std::cerr << "alignment: " << error.what() << '\n';
        return 1;
    }
}
