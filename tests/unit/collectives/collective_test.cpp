// SPDX-License-Identifier: MIT
// Collectives, against plain loops.
#include "collectives/collective.hpp"

#include <numeric>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "adverse_fabric.hpp"
#include "asm/check.hpp"
#include "wired_chips.hpp"

namespace groq::collectives::test {
namespace {

using testing::HasSubstr;
using testing::ThrowsMessage;

using elements = std::vector<std::uint32_t>;

network named(const char *shape) {
    return network::by_name(shape).value();
}

// Bits of I32, or floats whose sums are rounded.
std::uint32_t element_at_random(unsigned type, std::mt19937 &random) {
    if (type != GROQ_TYPE_F32)
        return random();
    return std::bit_cast<std::uint32_t>(std::ldexp(
        static_cast<float>(static_cast<std::int32_t>(random())), random() % 20));
}

std::uint32_t add(unsigned type, std::uint32_t a, std::uint32_t b) {
    return type == GROQ_TYPE_F32
               ? std::bit_cast<std::uint32_t>(std::bit_cast<float>(a) +
                                              std::bit_cast<float>(b))
               : a + b;
}

// In the order in which the header says that terms are added.
std::uint32_t sum_of(const std::vector<elements> &x, std::size_t at, unsigned type,
                     const std::vector<unsigned> &order) {
    std::uint32_t sum = x[order[0]][at];
    for (std::size_t i = 1; i < order.size(); ++i)
        sum = add(type, sum, x[order[i]][at]);
    return sum;
}

struct collective_case {
    const char *name;
    const char *shape;
    collective_shape what;
};

class collective_run : public testing::TestWithParam<collective_case> {
protected:
    void SetUp() override {
        made_ = make_collective(wires_, GetParam().what);
        for (const program &each : made_.programs)
            for (const diagnostic &found : check(each))
                ADD_FAILURE() << to_text(found);
    }

    const collective_shape &shape() const { return GetParam().what; }

    // What the cards have as y when each has x.
    std::vector<elements> run(const std::vector<elements> &x, std::uint32_t seed) {
        adverse_fabric fabric(wires_, made_.programs, seed);
        give(fabric, x);
        fabric.run();
        return take(fabric);
    }

    template <class Cards>
    void give(Cards &cards, const std::vector<elements> &x) {
        for (unsigned card = 0; card < wires_.cards(); ++card)
            for_each_byte(
                made_.programs[card], "x", [&](std::size_t at, std::uint32_t address) {
                    cards.byte(card, address) =
                        static_cast<std::uint8_t>(x[card].at(at / 4) >> 8 * (at % 4));
                });
    }

    template <class Cards>
    std::vector<elements> take(Cards &cards) {
        std::vector<elements> y(wires_.cards());
        for (unsigned card = 0; card < wires_.cards(); ++card)
            for_each_byte(
                made_.programs[card], "y", [&](std::size_t at, std::uint32_t address) {
                    if (y[card].size() <= at / 4)
                        y[card].resize(at / 4 + 1);
                    y[card][at / 4] |= std::uint32_t{cards.byte(card, address)}
                                       << 8 * (at % 4);
                });
        return y;
    }

    std::vector<elements> anything(std::uint32_t seed) const {
        std::mt19937 random(seed);
        std::vector<elements> x(wires_.cards(),
                                elements(shape().rows * 320UL * wires_.cards()));
        for (elements &each : x)
            for (std::uint32_t &element : each)
                element = element_at_random(shape().type, random);
        return x;
    }

    std::vector<unsigned> order_of(std::size_t column) const {
        const auto ring = ring_of(wires_);
        std::vector<unsigned> order(wires_.cards());
        std::iota(order.begin(), order.end(), 0U);
        if (made_.how != algorithm::RING)
            return order;
        const auto owner = std::ranges::find(ring, column / GROQ_LANES) - ring.begin();
        for (std::size_t i = 0; i < ring.size(); ++i)
            order[i] = ring[(static_cast<std::size_t>(owner) + 1 + i) % ring.size()];
        return order;
    }

    network wires_ = named(GetParam().shape);
    collective made_;
};

// A card's own, and then what its children have added up.
std::uint32_t sum_of_tree(const std::vector<elements> &x, std::size_t at, unsigned type,
                          const network &wires, const std::vector<tree_place> &tree,
                          unsigned card) {
    std::uint32_t sum = x[card][at];
    for (const unsigned link : tree[card].onward)
        sum =
            add(type, sum,
                sum_of_tree(x, at, type, wires, tree, wires.peer_of(card, link)->card));
    return sum;
}

std::uint32_t expected(const std::vector<elements> &x, const collective_shape &shape,
                       algorithm how, std::size_t at,
                       const std::vector<unsigned> &order) {
    if (how != algorithm::THREE_STAGE)
        return sum_of(x, at, shape.type, order);
    std::vector<elements> nodes;
    for (unsigned first = 0; first < x.size(); first += 8)
        nodes.push_back({sum_of(x, at, shape.type,
                                {first, first + 1, first + 2, first + 3, first + 4,
                                 first + 5, first + 6, first + 7})});
    std::vector<unsigned> all(nodes.size());
    std::iota(all.begin(), all.end(), 0U);
    return sum_of(nodes, 0, shape.type, all);
}

TEST_P(collective_run, gives_what_loops_give) {
    const unsigned cards = wires_.cards();
    const bool gathers = shape().what == operation::ALL_GATHER;
    const bool scatters = shape().what == operation::REDUCE_SCATTER;
    const std::size_t all_columns = gathers || scatters ? cards * 320 : shape().columns;
    const std::size_t x_columns = gathers ? 320 : all_columns;
    std::mt19937 random(1);
    std::vector<elements> x(cards, elements(shape().rows * x_columns));
    for (elements &each : x)
        for (std::uint32_t &element : each)
            element = element_at_random(shape().type, random);
    const auto y = run(x, 7);
    const std::size_t y_columns = scatters ? 320 : all_columns;
    for (unsigned card = 0; card < cards; ++card) {
        const bool gets = shape().what == operation::SEND ? card == shape().target
                          : shape().what == operation::BROADCAST ? card != shape().root
                                                                 : true;
        ASSERT_EQ(y[card].size(), gets ? shape().rows * y_columns : 0);
        for (std::size_t at = 0; at < y[card].size(); ++at) {
            const std::size_t row = at / y_columns;
            const std::size_t column = at % y_columns + (scatters ? card * 320 : 0);
            const std::size_t from = row * x_columns + column;
            const std::uint32_t right =
                gathers ? x[column / 320][row * 320 + column % 320]
                : shape().what == operation::SEND ||
                        shape().what == operation::BROADCAST
                    ? x[shape().root][from]
                : made_.how == algorithm::TREE
                    ? sum_of_tree(x, from, shape().type, wires_,
                                  spanning_tree(wires_, shape().root), shape().root)
                    : expected(x, shape(), made_.how, from, order_of(column));
            ASSERT_EQ(y[card][at], right) << "card " << card << " element " << at;
        }
    }
}

// Latencies change nothing, so long as they are in their range.
TEST_P(collective_run, gives_the_same_whatever_the_latencies) {
    const auto x = anything(2);
    const auto once = run(x, 1);
    for (std::uint32_t seed = 2; seed < 4; ++seed)
        EXPECT_TRUE(run(x, seed) == once);
}

// Nor how the host schedules the chips: the same bits, and the same cycles.
TEST_P(collective_run, gives_the_same_on_chips) {
    const auto x = anything(3);
    const auto y = run(x, 1);
    std::vector<std::uint64_t> cycles;
    for (const std::uint32_t order : {0U, 11U}) {
        wired_chips chips(wires_);
        chips.load(made_.programs);
        give(chips, x);
        const auto took = chips.run(order);
        EXPECT_TRUE(take(chips) == y);
        if (order == 0)
            cycles = took;
        EXPECT_EQ(took, cycles);
    }
}

using enum operation;
using enum algorithm;

INSTANTIATE_TEST_SUITE_P(
    collectives, collective_run,
    testing::Values(
        collective_case{
            "one_vector_to_a_neighbour",
            "node2",
            {.what = SEND, .type = GROQ_TYPE_I32, .columns = 8, .target = 1}},
        collective_case{"much_along_a_line",
                        "line4",
                        {.what = SEND, .rows = 50, .columns = 100, .target = 3}},
        collective_case{"broadcast_in_a_node",
                        "node8",
                        {.what = BROADCAST, .rows = 5, .columns = 400}},
        collective_case{"broadcast_along_a_line",
                        "line4",
                        {.what = BROADCAST, .rows = 30, .columns = 320}},
        collective_case{"broadcast_from_the_far_side_of_a_ring",
                        "ring24",
                        {.what = BROADCAST, .rows = 3, .root = 12}},
        collective_case{
            "all_gather_in_a_node", "node4", {.what = ALL_GATHER, .rows = 40}},
        collective_case{
            "all_gather_round_a_ring", "ring3", {.what = ALL_GATHER, .rows = 9}},
        collective_case{
            "reduce_scatter_in_a_node", "node8", {.what = REDUCE_SCATTER, .rows = 7}},
        collective_case{"reduce_scatter_round_a_ring",
                        "ring4",
                        {.what = REDUCE_SCATTER, .rows = 12}},
        collective_case{"direct_all_reduce_of_little",
                        "node8",
                        {.type = GROQ_TYPE_I32, .columns = 8, .how = DIRECT}},
        collective_case{"direct_all_reduce_of_two",
                        "node2",
                        {.rows = 3, .columns = 640, .how = DIRECT}},
        collective_case{"all_reduce_of_floats",
                        "node8",
                        {.rows = 30, .columns = 2560, .how = EXCHANGE}},
        collective_case{
            "all_reduce_of_integers",
            "node4",
            {.type = GROQ_TYPE_I32, .rows = 70, .columns = 1280, .how = EXCHANGE}},
        collective_case{"all_reduce_of_few_blocks",
                        "node8",
                        {.rows = 2, .columns = 700, .how = EXCHANGE}},
        collective_case{"all_reduce_of_two", "node2", {.rows = 100, .columns = 640}},
        collective_case{
            "all_reduce_round_a_ring", "ring5", {.rows = 8, .columns = 1600}},
        collective_case{"all_reduce_round_a_long_ring",
                        "ring12",
                        {.type = GROQ_TYPE_I32, .rows = 2, .columns = 3840}},
        collective_case{
            "all_reduce_along_a_line", "line4", {.rows = 30, .columns = 700}},
        collective_case{"all_reduce_of_little_round_a_ring",
                        "ring12",
                        {.columns = 8, .root = 5, .how = TREE}},
        collective_case{"all_reduce_to_a_card_with_seven_children",
                        "node8",
                        {.rows = 2, .columns = 640, .how = TREE}},
        collective_case{
            "all_reduce_in_three_stages", "dragonfly24", {.rows = 2, .columns = 320}}),
    [](const auto &instance) { return std::string(instance.param.name); });

TEST(collective, takes_little_more_than_the_wire) {
    const auto cycles = [](unsigned rows, algorithm how = BEST) {
        return make_collective(named("node8"),
                               {.rows = rows, .columns = 2560, .how = how})
            .cycles;
    };
    // 1,639 rows of 8 blocks of 4 bytes: 16 MB, of which 7/8 go out of each card twice.
    const double seconds = static_cast<double>(cycles(1639)) / links::clock_hz;
    const double bytes = 2.0 * 7 * 1639 * 4 * 320;
    EXPECT_GT(bytes / seconds, 0.97 * 7 * links::bytes_per_s * 320 / 328);
}

TEST(collective, takes_a_published_hop_for_little) {
    const auto made =
        make_collective(named("node8"), {.type = GROQ_TYPE_I32, .columns = 8});
    EXPECT_EQ(made.how, DIRECT);
    EXPECT_LT(made.cycles, 650U); // 722 ns [I22]
}

TEST(collective, takes_the_fastest_way) {
    for (const char *shape : {"node3", "node4", "node8"})
        for (unsigned columns = 320; columns <= named(shape).cards() * 320;
             columns += 320)
            for (const unsigned rows : {1U, 2U, 5U, 40U}) {
                const auto cycles = [&](algorithm how) {
                    return make_collective(
                               named(shape),
                               {.rows = rows, .columns = columns, .how = how})
                        .cycles;
                };
                EXPECT_EQ(cycles(BEST), std::min(cycles(DIRECT), cycles(EXCHANGE)))
                    << shape << ": " << rows << " x " << columns;
            }
}

TEST(collective, takes_the_faster_way_round_a_ring) {
    for (const unsigned columns : {8U, 320U, 640U, 1280U, 3840U}) {
        const auto made = [&](algorithm how) {
            return make_collective(named("ring12"), {.columns = columns, .how = how});
        };
        EXPECT_EQ(made(BEST).cycles, std::min(made(TREE).cycles, made(RING).cycles))
            << columns;
    }
    EXPECT_EQ(make_collective(named("ring12"), {.columns = 8}).how, TREE);
    EXPECT_EQ(make_collective(named("ring12"), {.columns = 3840}).how, RING);
}

TEST(collective, refuses_what_cannot_be) {
    const auto refused = [](const char *wires, collective_shape shape,
                            const char *why) {
        EXPECT_THAT([&] { make_collective(named(wires), shape); },
                    ThrowsMessage<std::runtime_error>(HasSubstr(why)));
    };
    refused("node1", {}, "two cards or more");
    refused("node2", {.rows = 0}, "at least 1");
    refused("node2", {.type = GROQ_TYPE_I8}, "i32 and f32");
    refused("node2", {.what = SEND, .target = 2}, "the last card is 1");
    refused("node2", {.columns = 641}, "take more rows");
    refused("line4", {.how = RING}, "no ring");
    refused("line4", {.what = ALL_GATHER}, "no ring");
    refused("node4", {.what = ALL_GATHER, .how = TREE}, "for all-reduce alone");
    refused("ring4", {.how = EXCHANGE}, "not every card is wired");
    refused("node4", {.how = THREE_STAGE}, "whole nodes of 8");
    refused("node2", {.rows = 7000, .columns = 640, .how = DIRECT}, "drift too far");
    refused("node2", {.rows = 200'000, .columns = 640}, "no slices left");
}

} // namespace
} // namespace groq::collectives::test
