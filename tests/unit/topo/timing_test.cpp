// SPDX-License-Identifier: MIT
// Times: sums that isa.md and hardware.md give, and what must follow from them.
#include <cmath>

#include <gtest/gtest.h>

#include "hw/groq_isa.h"
#include "shape.hpp"
#include "topo/published.hpp"
#include "topo/report.hpp"
#include "topo/timing.hpp"

namespace groq::topo {
namespace {

double reduced(const std::string &name, std::uint64_t bytes) {
    const auto of = shape(name);
    return reducer(of, look_at(of)).run(bytes)->cycles;
}

TEST(chip, has_the_delays_of_the_instruction_set) {
    EXPECT_EQ(chip::receive, unsigned(GROQ_DELAY_LINK_RECEIVE));
    EXPECT_EQ(chip::vxm_enter, unsigned(GROQ_DELAY_VXM_ENTER));
    EXPECT_EQ(chip::vxm_add, unsigned(GROQ_DELAY_VXM_OP));
    EXPECT_EQ(chip::across, 2 * chip::to_vxm * GROQ_DELAY_HOP);
}

TEST(latest_arrival, is_that_of_hardware_md_for_the_usual_cable) {
    EXPECT_EQ(latest_arrival(cable()), 231u);
    cable exact;
    exact.spread_millicycles = 0;
    EXPECT_EQ(latest_arrival(exact), 217u);
}

TEST(pace, is_that_of_the_worst_cable) {
    const auto of = network::parse("cards 3\ncable 0:0 1:0 latency=300 spread=0\n"
                                   "cable 1:1 2:0 lanes=1\n")
                        .value();
    EXPECT_DOUBLE_EQ(pace_of(of).arrival, 300);
    EXPECT_DOUBLE_EQ(pace_of(of).packet, 4 * 23.616);
}

TEST(transfer, of_one_vector_takes_the_cable_and_of_more_the_wire) {
    const link_pace pace{231, 23.616};
    EXPECT_DOUBLE_EQ(pace.transfer(1, 1), 231);
    EXPECT_DOUBLE_EQ(pace.transfer(1, 11), 231 + 236.16);
    EXPECT_DOUBLE_EQ(pace.transfer(2, 1), 231 + 1 + 26 + 231);
}

TEST(reduce, adds_as_a_tree_in_the_vxm) {
    const link_pace pace{231, 23.616};
    EXPECT_DOUBLE_EQ(pace.reduce(2), 231 + 1 + 13 + 7 + 13);
    EXPECT_DOUBLE_EQ(pace.reduce(8), 231 + 1 + 13 + 4 + 3 * 3 + 13);
}

TEST(all_reduce, of_a_vector_takes_a_hop_in_a_node_and_three_in_a_dragonfly) {
    const auto hop = pace_of(shape("node8")).reduce(8);
    EXPECT_DOUBLE_EQ(reduced("node8", 32), hop);
    EXPECT_DOUBLE_EQ(reduced("node8", 320), hop);
    EXPECT_GT(reduced("node8", 321), hop);
    EXPECT_DOUBLE_EQ(reduced("dragonfly256", 320), 3 * hop);
    EXPECT_DOUBLE_EQ(reduced("rack72", 320), 3 * hop);
}

TEST(all_reduce, goes_up_and_down_a_tree_where_stages_do_not_lead_everywhere) {
    const link_pace pace = pace_of(shape("line5"));
    const auto line = reducer(shape("line5"), look_at(shape("line5"))).run(640);
    EXPECT_EQ(line->way, way::tree);
    EXPECT_EQ(line->stages, 4u);
    EXPECT_DOUBLE_EQ(line->cycles,
                     2 * pace.reduce(17) + pace.forward() + pace.arrival + pace.packet);
    EXPECT_LT(reduced("rack10440", 320), 14 * pace.reduce(17));
}

TEST(all_reduce, never_takes_less_for_more) {
    for (const auto *name : {"node2", "node8", "ring8", "dragonfly64", "rack720"}) {
        const auto of = shape(name);
        const reducer reduces(of, look_at(of));
        double before = 0;
        for (std::uint64_t bytes = 1; bytes <= 1 << 24; bytes = bytes * 5 / 3 + 1) {
            const auto cycles = reduces.run(bytes)->cycles;
            EXPECT_GE(cycles, before) << name << ' ' << bytes;
            before = cycles;
        }
    }
}

// Of 12.5 GB/s 320 of 328 bytes are payload.
TEST(all_reduce, saturates_the_seven_links_of_a_card) {
    const auto shown = make_report("node8", shape("node8"), {1 << 30});
    const auto most = 7 * 12.5e9 * 320 / 328;
    const auto rate = shown.reduced.at(0).bus_bytes_per_s(8);
    EXPECT_LT(rate, most);
    EXPECT_GT(rate, 0.999 * most);
}

TEST(all_reduce, is_none_where_cards_are_not_joined) {
    const auto parted = network::parse("cards 3\ncable 0:0 1:0\n").value();
    EXPECT_FALSE(reducer(parted, look_at(parted)).run(32));
    EXPECT_FALSE(reducer(shape("line1"), look_at(shape("line1"))).run(32));
}

TEST(three_stages, need_whole_eights_and_a_cable_between_every_two) {
    EXPECT_TRUE(has_three_stages(shape("dragonfly264")));
    EXPECT_TRUE(has_three_stages(shape("rack72")));
    EXPECT_FALSE(has_three_stages(shape("rack144")));
    EXPECT_FALSE(has_three_stages(shape("node8")));
    EXPECT_FALSE(has_three_stages(shape("ring16")));
    const auto whole = shape("dragonfly264");
    for (const std::size_t missing : {std::size_t{0}, whole.cables().size() - 1}) {
        auto cables = std::vector(whole.cables().begin(), whole.cables().end());
        cables.erase(cables.begin() + std::ptrdiff_t(missing));
        EXPECT_FALSE(has_three_stages(network::make(264, cables).value())) << missing;
    }
}

TEST(barrier, takes_one_epoch_a_level_or_more_on_long_cables) {
    EXPECT_EQ(barrier_of(shape("line4"), 3).epochs, 3u);
    EXPECT_DOUBLE_EQ(barrier_of(shape("line4"), 3).cycles(), 3 * 252);
    const auto far =
        network::parse("cards 2\ncable 0:0 1:0 latency=504 spread=0\n").value();
    EXPECT_EQ(barrier_of(far, 1).epochs, 3u);
}

TEST(spread, is_the_transfer_when_there_is_one_route) {
    const link_pace pace{231, 23.616};
    const std::uint32_t direct[] = {1};
    EXPECT_NEAR(spread(pace, direct, 100), pace.transfer(1, 100), 0.1);
}

TEST(spread, gains_from_the_least_size_that_is_worth_it) {
    const link_pace pace{231, 23.616};
    const std::uint32_t routes[] = {1, 2, 2, 2, 2, 2, 2};
    const auto vectors =
        least_worth_spreading(pace.forward(), pace.packet) / links::vector_bytes;
    const auto gain = [&](std::uint64_t count) {
        return pace.transfer(1, count) - spread(pace, routes, count);
    };
    EXPECT_NEAR(gain(vectors - 1), 0, 0.1);
    EXPECT_GT(gain(vectors), 1);
}

TEST(published, differs_where_it_is_known_to) {
    const auto rows = published();
    EXPECT_EQ(rows.size(), 22u);
    for (const auto &row : rows) {
        const bool differs = row.what == "most chips: hops" ||
                             row.what == "all-reduce: a pipelined hop" ||
                             row.what == "all-reduce: 256 chips" ||
                             row.what == "spreading gains nothing below";
        EXPECT_EQ(row.agree, !differs) << row.what << ": " << row.computed;
        EXPECT_EQ(row.why.empty(), row.agree) << row.what;
        EXPECT_EQ(row.source, "I22");
    }
}

} // namespace
} // namespace groq::topo
