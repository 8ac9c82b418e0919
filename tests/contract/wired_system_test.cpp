// SPDX-License-Identifier: MIT
//
// Cards with cables between them: who is wired to whom, how long cables are, and
// programs that need them. GROQ_TEST_NODE names those of a node, by URIs separated by
// spaces; without it they are simulated, as are those that are wired otherwise.
#include <groq/system.hpp>

#include <array>
#include <cstdlib>
#include <sstream>

#include <asm/assembler.hpp>
#include <asm/elf_file.hpp>
#include <collectives/collective.hpp>
#include <gmock/gmock.h>

#include "card_under_test.hpp"
#include "support/temporary_file.hpp"

namespace groq::contract {
namespace {

using ::testing::HasSubstr;
using ::testing::SizeIs;

// Of a shape, or of a file.
std::vector<std::string> cards_of(const std::string &topology, std::size_t count) {
    std::vector<std::string> uris;
    for (std::size_t card = 0; card < count; ++card)
        uris.push_back("sim:" + std::to_string(card) + "?topology=" + topology);
    return uris;
}

std::vector<device> open_all(const std::vector<std::string> &uris) {
    std::vector<device> devices;
    for (const auto &uri : uris)
        devices.push_back(device::open(uri).value());
    return devices;
}

// A file with what is written there.
class topology_file {
public:
    explicit topology_file(const std::string &text) {
        file_.write(std::as_bytes(std::span(text)));
    }
    const std::string &path() const { return file_.path(); }

private:
    test::temporary_file file_{test::temporary_file::where::disk};
};

program opens_link_0() {
    const auto made = assembly::assemble(
        ".text e.2\n.entry main\n.queue c2c.0\ntransmit\n", {.checked = false});
    return load_program(assembly::write_elf(made.image.value()));
}

std::vector<std::string> cards_under_test() {
    const char *chosen = std::getenv("GROQ_TEST_NODE");
    std::istringstream words(chosen ? chosen : "");
    std::vector<std::string> uris;
    for (std::string word; words >> word;)
        uris.push_back(word);
    return chosen ? uris : cards_of("node4", 4);
}

class cards_of_a_node : public ::testing::Test {
protected:
    const std::vector<std::string> uris = cards_under_test();
    const std::size_t count = uris.size();
    const network wires = network::load("node" + std::to_string(count)).value();

    // That adds up, row by row, the int32 numbers that all cards have.
    static joint_job load_sum(groq::system &together, const network &wires) {
        const auto made = collectives::make_collective(
            wires, {.what = collectives::operation::ALL_REDUCE, .type = GROQ_TYPE_I32});
        std::vector<program> programs;
        for (const auto &each : made.programs)
            programs.push_back(load_program(assembly::write_elf(each)));
        return together.load(std::span<const program>(programs)).value();
    }

    static void expect_sums(joint_job &work) {
        std::vector<std::uint32_t> numbers(320);
        for (std::size_t chip = 0; chip < work.size(); ++chip) {
            std::fill(numbers.begin(), numbers.end(), 10u << chip);
            work.chip(chip).set_input(0, std::as_bytes(std::span(numbers))).value();
        }
        const auto end = work.run(ample);
        ASSERT_TRUE(end) << end.error().message();
        for (std::size_t chip = 0; chip < work.size(); ++chip) {
            work.chip(chip)
                .get_output(1, std::as_writable_bytes(std::span(numbers)))
                .value();
            EXPECT_EQ(numbers[0], (10u << work.size()) - 10) << chip;
            EXPECT_EQ(numbers[319], numbers[0]) << chip;
        }
    }
};

// Simulated ones in any case.
class cards_wired_otherwise : public cards_of_a_node {};

TEST_F(cards_of_a_node, say_who_they_are_wired_to) {
    const auto devices = open_all(uris);
    const auto seen = topology::read(std::span<const device>(devices)).value();
    EXPECT_THAT(seen.cables(), SizeIs(wires.cables().size()));
    for (const auto &cable : wires.cables())
        EXPECT_EQ(seen.peer_of(cable.a), cable.b);
    EXPECT_THAT(seen.outside(), ::testing::IsEmpty());
    const auto placed = place(seen, wires);
    EXPECT_TRUE(placed.is_right()) << placed.text();
}

TEST_F(cards_of_a_node, tell_rate_and_lanes) {
    const auto devices = open_all(uris);
    for (const auto &cable : wires.cables()) {
        const auto links = devices[cable.a.card].read_links().value().links;
        EXPECT_EQ(state_of(links[cable.a.link]), link_state::up);
        EXPECT_EQ(links[cable.a.link].lanes, 4);
        EXPECT_EQ(links[cable.a.link].rate_mbps, 100'000);
        EXPECT_EQ(links[cable.a.link].uncorrected, 0);
    }
}

// Half of the way there and back: published are 216.9 in the mean, 2.9 of deviation,
// from 209 to 228.
TEST_F(cards_of_a_node, are_as_far_from_each_other_as_was_published) {
    auto together = groq::system::open(wires, uris).value();
    const auto tree = together.align(10'000).value();
    ASSERT_THAT(tree, SizeIs(count - 1));
    for (const auto &[child, parent, found] : tree) {
        EXPECT_EQ(parent.card, 0u) << "each card is next to the root";
        EXPECT_EQ(found.samples, 10'000u);
        EXPECT_NEAR(found.latency_mean, 217, 0.5);
        EXPECT_NEAR(found.latency_deviation, 2.9, 0.2);
        EXPECT_GE(found.latency_min, 202);
        EXPECT_LE(found.latency_max, 231);
    }
}

TEST_F(cards_of_a_node, stay_aligned) {
    auto together = groq::system::open(wires, uris).value();
    ASSERT_TRUE(together.align(1000));
    const auto again = together.align(1000).value();
    for (const auto &each : again)
        EXPECT_LE(std::abs(each.alignment.offset), 2) << each.child.card;
}

TEST_F(cards_of_a_node, add_up_what_they_have) {
    auto together = groq::system::open(wires, uris).value();
    ASSERT_TRUE(together.align());
    auto work = load_sum(together, wires);
    expect_sums(work);
    expect_sums(work);
}

TEST_F(cards_of_a_node, take_the_same_cycles_each_time) {
    std::vector<std::uint64_t> cycles;
    for (int run = 0; run < 2; ++run) {
        auto together = groq::system::open(wires, uris).value();
        ASSERT_TRUE(together.align());
        auto work = load_sum(together, wires);
        const auto end = work.run(ample);
        ASSERT_TRUE(end) << end.error().message();
        for (const auto &chip : end->chips)
            cycles.push_back(chip.cycles);
    }
    for (std::size_t chip = 0; chip < count; ++chip)
        EXPECT_EQ(cycles[chip], cycles[count + chip]) << chip;
}

TEST_F(cards_of_a_node, count_what_goes_by_their_links) {
    auto together = groq::system::open(wires, uris).value();
    ASSERT_TRUE(together.align());
    auto work = load_sum(together, wires);
    expect_sums(work);
    for (const auto &cable : wires.cables()) {
        const auto here = together.chip(cable.a.card).read_links().value().links;
        const auto there = together.chip(cable.b.card).read_links().value().links;
        EXPECT_GT(here[cable.a.link].sent, 0);
        EXPECT_EQ(here[cable.a.link].sent, there[cable.b.link].received);
    }
}

TEST_F(cards_wired_otherwise, do_it_once_more_after_a_link_error) {
    const topology_file file("cards 2\ncable 0:0 1:0 uncorrected-at=2\n");
    const auto pair = network::load(file.path()).value();
    auto together = groq::system::open(pair, cards_of(file.path(), 2)).value();
    ASSERT_TRUE(together.align());
    auto work = load_sum(together, pair);
    const auto end = work.run(ample);
    ASSERT_TRUE(end) << end.error().message();
    ASSERT_TRUE(end->replayed_after);
    EXPECT_THAT(end->replayed_after->message(), HasSubstr("LINK_ERROR"));
    EXPECT_THAT(end->replayed_after->message(),
                HasSubstr("at the other end of link 0"));
    expect_sums(work);
}

TEST_F(cards_wired_otherwise, are_refused_where_cables_are_swapped) {
    const topology_file file("cards 4\n"
                             "cable 0:0 3:2\ncable 2:0 1:2\n" // 0:0 1:2, 2:0 3:2
                             "cable 0:1 2:1\ncable 0:2 3:0\n"
                             "cable 1:0 2:2\ncable 1:1 3:1\n");
    const auto refused =
        groq::system::open(network::load("node4").value(), cards_of(file.path(), 4));
    ASSERT_FALSE(refused);
    EXPECT_TRUE(refused.error() == errc::link);
    EXPECT_THAT(refused.error().message(), HasSubstr("swap the plugs in"));
    EXPECT_EQ(refused.error().message().find('\n'), std::string::npos)
        << refused.error().message();
}

TEST_F(cards_wired_otherwise, are_refused_where_one_is_missing) {
    const topology_file file("cards 2\ncable 0:0 1:0\n");
    const std::vector<cable> wanted{{{0, 0}, {1, 0}}, {{0, 1}, {1, 1}}};
    const auto refused =
        groq::system::open(network::make(2, wanted).value(), cards_of(file.path(), 2));
    ASSERT_FALSE(refused);
    EXPECT_THAT(refused.error().message(), HasSubstr("no cable leads from sim:0"));
    EXPECT_THAT(refused.error().message(), HasSubstr("link 1 (down)"));
}

TEST_F(cards_of_a_node, cannot_be_measured_where_nothing_is_plugged) {
    auto devices = open_all(uris);
    const auto refused = devices[0].measure_link(10, 100);
    ASSERT_FALSE(refused);
    EXPECT_TRUE(refused.error() == errc::link);
    EXPECT_THAT(
        refused.error().message(),
        HasSubstr("link 10 of " + uris[0].substr(0, uris[0].find('?')) + " is not up"));
    EXPECT_TRUE(devices[0].measure_link(11, 100).error() == errc::invalid);
}

TEST_F(cards_of_a_node, tell_which_chip_waits_for_which) {
    const topology_file file("cards 2\ncable 0:0 1:3\n");
    const auto pair = network::load(file.path()).value();
    auto together = groq::system::open(pair, cards_of(file.path(), 2)).value();
    const std::array programs{opens_link_0(), load_program(adder(1, 1))};
    auto work = together.load(std::span<const program>(programs)).value();
    const auto late = work.run(std::chrono::milliseconds(50));
    ASSERT_FALSE(late);
    EXPECT_TRUE(late.error() == errc::timeout) << late.error().message();
    EXPECT_THAT(late.error().message(),
                HasSubstr("chip 0 (sim:0) waits for chip 1 (sim:1) by link 0"));
}

// A chip alone waits in its cycle 0 for its peers.
TEST_F(cards_of_a_node, can_be_taken_back_from_a_wait_for_peers) {
    auto together = groq::system::open(wires, uris).value();
    auto work = load_sum(together, wires);
    queue own(together.chip(1));
    const auto number = own.submit(work.chip(1)).value();
    EXPECT_TRUE(own.wait(number, now).error() == errc::timeout);
    ASSERT_TRUE(own.cancel(number));
    EXPECT_TRUE(own.wait(number, ample).error() == errc::canceled);
}

} // namespace
} // namespace groq::contract
