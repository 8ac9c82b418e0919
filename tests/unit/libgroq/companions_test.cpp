// SPDX-License-Identifier: MIT
//
// A system of two processes, here threads: what each has the other one knows, and they
// come to the same end.
#include <groq/system.hpp>

#include <array>
#include <atomic>
#include <condition_variable>
#include <functional>
#include <thread>

#include <gmock/gmock.h>

#include "card_fixture.hpp"

namespace groq {
namespace {

using ::testing::HasSubstr;
using ::testing::SizeIs;
using ::testing::StartsWith;

constexpr std::uint32_t illegal = 16, link_error = 37;

// Where they meet.
struct meeting {
    std::mutex lock;
    std::condition_variable all_said;
    std::vector<std::string> saying{2}, said; // by rank
    std::array<bool, 2> is_called_off{};
    unsigned arrived = 0, rounds = 0;
};

class thread_companions final : public companions {
public:
    thread_companions(meeting &with, std::size_t rank) : with_(with), rank_(rank) {}

    std::size_t rank() const override { return rank_; }
    std::size_t size() const override { return 2; }
    std::string name() const override { return "rank " + std::to_string(rank_); }

    std::vector<std::string> exchange(const std::string &own) override {
        std::unique_lock lock(with_.lock);
        with_.saying[rank_] = own;
        const auto round = with_.rounds;
        if (++with_.arrived == size()) {
            with_.said = with_.saying;
            with_.is_called_off = {};
            with_.arrived = 0;
            ++with_.rounds;
            with_.all_said.notify_all();
        }
        with_.all_said.wait(lock, [&] { return with_.rounds != round; });
        return with_.said;
    }

    void call_off() override {
        const std::lock_guard lock(with_.lock);
        with_.is_called_off[1 - rank_] = true;
    }
    bool is_called_off() override {
        const std::lock_guard lock(with_.lock);
        return with_.is_called_off[rank_];
    }

private:
    meeting &with_;
    std::size_t rank_;
};

// A card each, and a cable between them.
class system_of_two_processes : public ::testing::Test {
protected:
    system_of_two_processes() {
        for (std::size_t i = 0; i < cards.size(); ++i) {
            cards[i].uri = "accel:" + std::to_string(i);
            cards[i].serial = std::int64_t(100 + i);
            cards[i].links.links.resize(11);
            cards[i].alignments.resize(11);
            for (auto &link : cards[i].links.links)
                link.state = DRM_GROQ_LINK_DOWN;
        }
        lead({0, 0}, {1, 1});
        lead({1, 1}, {0, 0});
    }

    void lead(link_end from, link_end to) {
        auto &link = cards[from.card].links.links[from.link];
        link.state = DRM_GROQ_LINK_UP;
        link.peer_serial = std::uint64_t(cards[to.card].serial);
        link.peer_link = to.link;
    }

    result<groq::system> open(std::size_t rank) {
        std::vector<device> devices;
        devices.emplace_back(groq_device::publish(
            groq_device::attach(std::make_unique<test::fake_port>(cards[rank]), false)
                .value()));
        return groq::system::of(line, std::move(devices),
                                std::make_shared<thread_companions>(with, rank));
    }

    static joint_job load(groq::system &of) {
        const auto bytes = test::program_file().write();
        std::vector<program> programs;
        for (std::size_t i = 0; i < of.size(); ++i)
            programs.push_back(program::load(bytes, "a.groq").value());
        return of.load(std::span<const program>(programs)).value();
    }

    // The next run of that card stops with `cause` at its link.
    void fail_once(std::size_t rank, std::uint32_t cause) {
        cards[rank].on_run = [&card = cards[rank], cause,
                              rank](const auto &, drm_groq_result &result) {
            result.status = DRM_GROQ_STATUS_FAULT;
            result.fault_cause = cause;
            result.fault_unit = std::uint32_t(144 + rank);
            card.on_run = {};
        };
    }
    std::size_t runs(std::size_t rank) { return cards[rank].log.size() - 1; }

    // What each of them does, at once.
    static void both(const std::function<void(std::size_t rank)> &work) {
        std::thread other([&] { work(1); });
        work(0);
        other.join();
    }
    // What each of them is told.
    std::array<error, 2> failures(const std::function<void(joint_job &)> &prepare = {},
                                  std::array<deadline, 2> deadlines = {forever,
                                                                       forever}) {
        std::array<error, 2> told;
        both([&](std::size_t rank) {
            auto two = open(rank).value();
            auto work = load(two);
            if (prepare)
                prepare(work);
            const auto end = work.run(deadlines[rank]);
            told[rank] = end ? error() : end.error();
        });
        return told;
    }

    const network line = network::by_name("line2").value();
    std::array<test::fake_card, 2> cards;
    meeting with;
};

TEST_F(system_of_two_processes, knows_whose_each_card_is) {
    both([&](std::size_t rank) {
        const auto two = open(rank).value();
        EXPECT_EQ(two.size(), 2u);
        EXPECT_EQ(two.name_of(0), "chip 0 (accel:0 of rank 0)");
        EXPECT_EQ(two.name_of(1), "chip 1 (accel:1 of rank 1)");
        for (std::size_t chip = 0; chip < 2; ++chip) {
            EXPECT_EQ(two.is_here(chip), chip == rank);
            EXPECT_EQ(two.rank_of(chip), chip);
            EXPECT_EQ(two.chip(chip).info().has_value(), chip == rank);
        }
    });
}

TEST_F(system_of_two_processes, is_not_made_of_cards_that_cannot_be_told_apart) {
    cards[1].serial = cards[0].serial;
    both([&](std::size_t rank) {
        const auto refused = open(rank);
        ASSERT_FALSE(refused);
        EXPECT_EQ(
            refused.error().message(),
            "accel:0 of rank 0 and accel:1 of rank 1 have one serial number: give "
            "simulated cards others by serial= in their URI");
    });
}

TEST_F(system_of_two_processes, waits_for_a_cable_and_names_the_one_that_is_missing) {
    cards[0].links.links[0].state = cards[1].links.links[1].state = DRM_GROQ_LINK_DOWN;
    both([&](std::size_t rank) {
        const auto refused = open(rank);
        ASSERT_FALSE(refused);
        EXPECT_TRUE(refused.error() == errc::link);
        EXPECT_THAT(refused.error().message(),
                    StartsWith("no cable leads from accel:0 of rank 0 link 0 (down) to "
                               "accel:1 of rank 1 link 1 (down)"));
    });
}

TEST_F(system_of_two_processes, is_refused_at_both_when_one_has_no_card) {
    both([&](std::size_t rank) {
        const auto refused =
            rank == 0
                ? open(0)
                : groq::system::open(line, {"sim:nonsense"},
                                     std::make_shared<thread_companions>(with, 1));
        ASSERT_FALSE(refused);
        EXPECT_TRUE(refused.error() == errc::invalid);
        EXPECT_THAT(refused.error().message(), StartsWith("rank 1: "));
    });
}

TEST_F(system_of_two_processes, aligns_the_child_where_it_is) {
    for (auto &card : cards)
        for (auto &alignment : card.alignments)
            alignment.round_sum = 434 * 10;
    both([&](std::size_t rank) {
        auto two = open(rank).value();
        const auto tree = two.align(10).value();
        ASSERT_THAT(tree, SizeIs(1));
        EXPECT_EQ(tree[0].child, (link_end{1, 1}));
        EXPECT_EQ(tree[0].alignment.latency_mean, 217);
    });
    EXPECT_EQ(cards[0].adjusted, 0);
    EXPECT_EQ(cards[1].adjusted, 1);
}

TEST_F(system_of_two_processes, says_at_both_whose_program_does_not_fit) {
    cards[1].sram_limit = 0;
    both([&](std::size_t rank) {
        auto two = open(rank).value();
        const auto bytes = test::program_file().write();
        std::vector<program> programs;
        for (std::size_t i = 0; i < two.size(); ++i)
            programs.push_back(program::load(bytes, "a.groq").value());
        const auto refused = two.load(std::span<const program>(programs));
        ASSERT_FALSE(refused);
        EXPECT_TRUE(refused.error() == errc::sram);
        EXPECT_THAT(refused.error().message(), StartsWith(two.name_of(1) + ": "));
    });
}

TEST_F(system_of_two_processes, knows_the_ends_of_all_chips) {
    for (std::size_t rank = 0; rank < 2; ++rank)
        cards[rank].on_run = [rank](const auto &, drm_groq_result &result) {
            result.value = 100 + rank;
        };
    both([&](std::size_t rank) {
        auto two = open(rank).value();
        const auto end = load(two).run(forever).value();
        ASSERT_THAT(end.chips, SizeIs(2));
        EXPECT_EQ(end.chips[0].cycles, 100u);
        EXPECT_EQ(end.chips[1].cycles, 101u);
    });
}

TEST_F(system_of_two_processes, cancels_what_waits_for_a_chip_that_failed) {
    cards[0].holds_back = cards[0].ends_canceled = true;
    fail_once(1, illegal);
    const auto told = failures();
    EXPECT_TRUE(told[0] == errc::fault);
    EXPECT_THAT(told[0].message(), StartsWith("chip 1 (accel:1 of rank 1): ILLEGAL"));
    EXPECT_EQ(told[0].message(), told[1].message());
    ASSERT_TRUE(told[0].fault());
    EXPECT_EQ(told[0].fault()->cause, illegal);
    EXPECT_TRUE(cards[0].held.empty());
}

TEST_F(system_of_two_processes, has_the_deadline_that_passes_first) {
    for (auto &card : cards)
        card.holds_back = card.ends_canceled = true;
    const auto told = failures({}, {forever, std::chrono::milliseconds(1)});
    for (const auto &each : told) {
        EXPECT_TRUE(each == errc::timeout);
        EXPECT_THAT(each.message(), HasSubstr("chip 0 (accel:0 of rank 0), chip 1"));
    }
}

TEST_F(system_of_two_processes, replays_at_both) {
    fail_once(1, link_error);
    both([&](std::size_t rank) {
        auto two = open(rank).value();
        const auto end = load(two).run(forever).value();
        ASSERT_TRUE(end.replayed_after);
        EXPECT_THAT(end.replayed_after->message(),
                    HasSubstr("at the other end of link 1 is chip 0"));
    });
    EXPECT_EQ(runs(0), 2u);
    EXPECT_EQ(runs(1), 2u);
}

TEST_F(system_of_two_processes, replays_nothing_that_one_of_them_forbids) {
    fail_once(1, link_error);
    std::atomic<bool> is_allowed = true;
    const auto told = failures(
        [&](joint_job &work) { work.allow_replay(is_allowed.exchange(false)); });
    for (std::size_t rank = 0; rank < 2; ++rank) {
        EXPECT_TRUE(told[rank].fault() && told[rank].fault()->is_link_error());
        EXPECT_EQ(runs(rank), 1u);
    }
}

// Whoever was lost at its submission ends it for the other.
TEST_F(system_of_two_processes, says_at_both_which_card_was_lost) {
    cards[0].holds_back = cards[0].ends_canceled = true;
    cards[1].failure = error(errc::device_lost, {});
    const auto told = failures([&](joint_job &work) {
        if (work.chip(1).native())
            cards[1].fail_at = cards[1].calls; // its submission
    });
    for (const auto &each : told) {
        EXPECT_TRUE(each == errc::device_lost);
        EXPECT_THAT(each.message(), StartsWith("chip 1 (accel:1 of rank 1): "));
    }
}

} // namespace
} // namespace groq
