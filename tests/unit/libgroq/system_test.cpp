// SPDX-License-Identifier: MIT
//
// Several cards as one: which they are, how they begin and how they end.
#include <groq/system.hpp>

#include <array>

#include <gmock/gmock.h>

#include "card_fixture.hpp"

namespace groq {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::SizeIs;

constexpr std::uint32_t link_down = 33, link_empty = 35, link_error = 37;

// A line of three cards, in an order that is not theirs.
class system_of_three : public ::testing::Test {
protected:
    static constexpr std::array<std::size_t, 3> order{2, 0, 1}; // card of each chip

    system_of_three() {
        for (std::size_t i = 0; i < cards.size(); ++i) {
            cards[i].uri = "accel:" + std::to_string(i);
            cards[i].serial = std::int64_t(100 + i);
            cards[i].links.links.resize(11);
            cards[i].alignments.resize(11);
            for (auto &link : cards[i].links.links)
                link.state = DRM_GROQ_LINK_DOWN;
        }
        for (const auto &cable : line.cables())
            plug(cable.a, cable.b);
    }

    test::fake_card &chip(std::size_t number) { return cards[order[number]]; }
    void lead(link_end from, link_end to) {
        auto &link = chip(from.card).links.links[from.link];
        link.state = DRM_GROQ_LINK_UP;
        link.peer_serial = std::uint64_t(chip(to.card).serial);
        link.peer_link = to.link;
    }
    void plug(link_end a, link_end b) {
        lead(a, b);
        lead(b, a);
    }
    void pull(link_end end) {
        chip(end.card).links.links[end.link].state = DRM_GROQ_LINK_DOWN;
        const auto peer = *line.peer_of(end.card, end.link);
        chip(peer.card).links.links[peer.link].state = DRM_GROQ_LINK_DOWN;
    }

    std::vector<device> open() {
        std::vector<device> devices;
        for (auto &card : cards)
            devices.emplace_back(groq_device::publish(
                groq_device::attach(std::make_unique<test::fake_port>(card), false)
                    .value()));
        return devices;
    }
    groq::system make() { return groq::system::of(line, open()).value(); }

    static joint_job load(groq::system &of) {
        const auto bytes = test::program_file().write();
        std::vector<program> programs;
        for (std::size_t i = 0; i < of.size(); ++i)
            programs.push_back(program::load(bytes, "a.groq").value());
        return of.load(std::span<const program>(programs)).value();
    }

    // The next run of that chip, and no other, stops with `cause` at its link.
    void fail_once(std::size_t number, std::uint32_t cause, std::uint32_t link) {
        chip(number).on_run = [&card = chip(number), cause,
                               link](const auto &, drm_groq_result &result) {
            result.status = DRM_GROQ_STATUS_FAULT;
            result.fault_cause = cause;
            result.fault_unit = 144 + link;
            card.on_run = {};
        };
    }
    std::size_t runs(std::size_t number) { return chip(number).log.size() - loads; }

    const network line = network::by_name("line3").value();
    std::array<test::fake_card, 3> cards;
    std::size_t loads = 1; // submissions that a load takes
};

TEST_F(system_of_three, finds_which_card_is_which) {
    auto three = make();
    EXPECT_EQ(three.size(), 3u);
    EXPECT_EQ(three.name_of(0), "chip 0 (accel:2)");
    EXPECT_EQ(three.name_of(1), "chip 1 (accel:0)");
    EXPECT_EQ(three.name_of(2), "chip 2 (accel:1)");
}

TEST_F(system_of_three, is_not_made_of_cards_that_are_wired_otherwise) {
    pull(line.cables()[1].a);
    const auto refused = groq::system::of(line, open());
    ASSERT_FALSE(refused);
    EXPECT_TRUE(refused.error() == errc::link);
    EXPECT_THAT(refused.error().message(), HasSubstr("no cable leads from accel:"));
    for (const auto &card : cards)
        EXPECT_EQ(card.contexts, 0u) << "a lease is left";
}

TEST_F(system_of_three, closes_cards_that_it_does_not_need) {
    const auto pair = network::make(2, std::array{line.cables()[0]}).value();
    const auto two = groq::system::of(pair, open()).value();
    EXPECT_EQ(cards[0].contexts + cards[1].contexts + cards[2].contexts, 2u);
}

TEST_F(system_of_three, aligns_children_to_parents) {
    for (auto &card : cards)
        for (auto &alignment : card.alignments)
            alignment.round_sum = 434 * 10;
    auto three = make();
    const auto tree = three.align(10).value();
    ASSERT_THAT(tree, SizeIs(2));
    EXPECT_EQ(tree[0].parent.card, 0u);
    EXPECT_EQ(tree[0].child.card, 1u);
    EXPECT_EQ(tree[1].parent.card, 1u);
    EXPECT_EQ(tree[1].child.card, 2u);
    EXPECT_EQ(tree[1].alignment.latency_mean, 217);
    EXPECT_EQ(line.peer_of(tree[1].child.card, tree[1].child.link), tree[1].parent);
    EXPECT_EQ(chip(0).adjusted, 0);
    EXPECT_EQ(chip(1).adjusted, 1);
    EXPECT_EQ(chip(2).adjusted, 1);
}

TEST_F(system_of_three, says_whose_link_cannot_be_aligned) {
    chip(2).alignments.clear();
    auto three = make();
    const auto refused = three.align();
    EXPECT_TRUE(refused.error() == errc::link);
    EXPECT_THAT(refused.error().message(), HasSubstr("chip 2 (accel:1): "));
}

TEST_F(system_of_three, wants_a_program_for_each_chip) {
    auto three = make();
    const auto refused = three.load(std::span<const std::string>());
    ASSERT_FALSE(refused);
    EXPECT_TRUE(refused.error() == errc::invalid);
    EXPECT_THAT(refused.error().message(), HasSubstr("0 programs for 3 chips"));
}

TEST_F(system_of_three, runs_on_all_chips) {
    auto three = make();
    auto work = load(three);
    const auto end = work.run(forever).value();
    EXPECT_THAT(end.chips, SizeIs(3));
    EXPECT_EQ(end.replayed_after, std::nullopt);
    for (std::size_t i = 0; i < 3; ++i)
        EXPECT_EQ(runs(i), 1u);
}

TEST_F(system_of_three, cancels_the_others_when_one_fails) {
    auto three = make();
    auto work = load(three);
    chip(0).holds_back = chip(2).holds_back = true;
    chip(0).ends_canceled = chip(2).ends_canceled = true;
    fail_once(1, 16, 0);
    const auto failed = work.run(forever);
    ASSERT_FALSE(failed);
    EXPECT_TRUE(failed.error() == errc::fault);
    EXPECT_THAT(failed.error().message(), HasSubstr("chip 1 (accel:0): ILLEGAL"));
    EXPECT_THAT(chip(0).held, IsEmpty());
    EXPECT_THAT(chip(2).held, IsEmpty());
}

TEST_F(system_of_three, names_the_peer_of_a_link_that_failed) {
    auto three = make();
    auto work = load(three);
    const auto cable = line.cables()[1];
    fail_once(cable.a.card, 36, cable.a.link);
    const auto failed = work.run(forever);
    ASSERT_FALSE(failed);
    EXPECT_THAT(failed.error().message(),
                HasSubstr("at the other end of link " + std::to_string(cable.a.link) +
                          " is " + three.name_of(cable.b.card) + " link " +
                          std::to_string(cable.b.link)));
}

TEST_F(system_of_three, tells_of_the_failure_that_began_it) {
    auto three = make();
    auto work = load(three);
    fail_once(0, link_empty, 0);
    fail_once(1, link_down, 0);
    fail_once(2, 16, 0);
    EXPECT_THAT(work.run(forever).error().message(), HasSubstr("chip 2 "));
}

TEST_F(system_of_three, says_which_cable_was_pulled) {
    auto three = make();
    auto work = load(three);
    const auto cable = line.cables()[0];
    pull(cable.a);
    fail_once(cable.a.card, link_down, cable.a.link);
    const auto failed = work.run(forever);
    ASSERT_FALSE(failed);
    EXPECT_THAT(failed.error().message(), HasSubstr("no cable leads from accel:"));
}

TEST_F(system_of_three, replays_once_after_a_link_error) {
    auto three = make();
    auto work = load(three);
    fail_once(1, link_error, 0);
    const auto end = work.run(forever).value();
    ASSERT_TRUE(end.replayed_after);
    EXPECT_THAT(end.replayed_after->message(),
                HasSubstr("chip 1 (accel:0): LINK_ERROR"));
    for (std::size_t i = 0; i < 3; ++i)
        EXPECT_EQ(runs(i), 2u);
}

TEST_F(system_of_three, replays_no_more_than_once) {
    auto three = make();
    auto work = load(three);
    chip(1).on_run = [](const auto &, drm_groq_result &result) {
        result.status = DRM_GROQ_STATUS_FAULT;
        result.fault_cause = link_error;
        result.fault_unit = 144;
    };
    const auto failed = work.run(forever);
    ASSERT_FALSE(failed);
    EXPECT_TRUE(failed.error().fault()->is_link_error());
    EXPECT_EQ(runs(1), 2u);
}

TEST_F(system_of_three, replays_nothing_that_must_not_be) {
    auto three = make();
    auto work = load(three);
    work.allow_replay(false);
    fail_once(1, link_error, 0);
    EXPECT_FALSE(work.run(forever));
    EXPECT_EQ(runs(1), 1u);
}

TEST_F(system_of_three, has_one_deadline) {
    auto three = make();
    auto work = load(three);
    chip(1).holds_back = chip(1).ends_canceled = true;
    const auto late = work.run(std::chrono::milliseconds(1));
    ASSERT_FALSE(late);
    EXPECT_TRUE(late.error() == errc::timeout);
    EXPECT_THAT(late.error().message(), HasSubstr("deadline: chip 1 (accel:0)"));
    chip(1).holds_back = false;
    EXPECT_TRUE(work.run(forever)) << "a chip was left in work";
}

TEST_F(system_of_three, says_which_card_was_lost) {
    auto three = make();
    auto work = load(three);
    chip(2).failure = error(errc::device_lost, {});
    chip(2).fail_at = chip(2).calls; // its submission
    const auto failed = work.run(forever);
    ASSERT_FALSE(failed);
    EXPECT_TRUE(failed.error() == errc::device_lost);
    EXPECT_THAT(failed.error().message(), HasSubstr("chip 2 (accel:1): the card"));
}

TEST_F(system_of_three, outlives_its_name) {
    auto work = [&] {
        auto three = make();
        return load(three);
    }();
    EXPECT_TRUE(work.run(forever));
}

TEST(spanning_tree, takes_the_shortest_ways) {
    const auto ring = network::by_name("ring8").value();
    const auto tree = detail::spanning_tree(ring);
    std::array<unsigned, 8> depth{};
    for (const auto &[child, parent] : tree)
        depth[child.card] = depth[parent.card] + 1;
    EXPECT_THAT(tree, SizeIs(7));
    EXPECT_THAT(depth, ElementsAre(0, 1, 2, 3, 4, 3, 2, 1));
}

TEST(spanning_tree, has_a_root_in_each_part) {
    EXPECT_THAT(detail::spanning_tree(network::make(3, {}).value()), IsEmpty());
}

} // namespace
} // namespace groq
