// SPDX-License-Identifier: MIT
//
// Several cards as one, on those that GROQ_TEST_SYSTEM names, by URIs separated by
// spaces; without it on simulated ones that no cable connects.
#include <groq/system.hpp>

#include <array>
#include <sstream>
#include <thread>

#include <gmock/gmock.h>

#include "card_under_test.hpp"

namespace groq::contract {
namespace {

using ::testing::HasSubstr;
using ::testing::SizeIs;

constexpr std::size_t chips = 3;
constexpr std::uint64_t tensor_bytes = 320;

std::vector<std::string> uris() {
    const char *chosen = std::getenv("GROQ_TEST_SYSTEM");
    std::istringstream words(chosen ? chosen : "sim:0 sim:1?chips=3 sim:2?chips=3");
    std::vector<std::string> uris;
    for (std::string word; words >> word;)
        uris.push_back(word);
    return uris;
}

class system_of_cards : public ::testing::Test {
protected:
    static network unwired(std::size_t cards = chips) {
        return network::make(std::uint32_t(cards), {}).value();
    }
    joint_job load(const std::vector<file> &files) {
        std::vector<program> programs;
        for (const auto &each : files)
            programs.push_back(load_program(each));
        return together.load(std::span<const program>(programs)).value();
    }
    static std::vector<std::byte> output(const joint_job &work, std::size_t chip) {
        std::vector<std::byte> out(tensor_bytes);
        work.chip(chip).get_output(1, out).value();
        return out;
    }

    groq::system together = groq::system::open(unwired(), uris()).value();
};

TEST_F(system_of_cards, gives_each_chip_its_program_and_its_tensors) {
    auto work = load({adder(1, 1), adder(1, 2), adder(1, 3)});
    for (std::size_t chip = 0; chip < chips; ++chip)
        work.chip(chip).set_input(0, filled(tensor_bytes, unsigned(chip))).value();
    const auto end = work.run(ample);
    ASSERT_TRUE(end) << end.error().message();
    EXPECT_THAT(end->chips, SizeIs(chips));
    EXPECT_FALSE(end->replayed_after);
    for (std::size_t chip = 0; chip < chips; ++chip) {
        EXPECT_TRUE(is_filled(output(work, chip), unsigned(2 * chip + 1))) << chip;
        EXPECT_GT(end->chips[chip].cycles, 0u);
        EXPECT_GE(end->cycles(), end->chips[chip].cycles);
    }
}

TEST_F(system_of_cards, runs_again_with_other_inputs) {
    auto work = load({adder(1, 1), adder(1, 1), adder(1, 1)});
    for (unsigned run = 0; run < 3; ++run) {
        work.chip(2).set_input(0, filled(tensor_bytes, run)).value();
        ASSERT_TRUE(work.run(ample));
        EXPECT_TRUE(is_filled(output(work, 2), run + 1));
    }
}

TEST_F(system_of_cards, ends_all_when_one_fails) {
    auto work = load({lengthy(), faulty(), lengthy()});
    const auto failed = work.run(ample);
    ASSERT_FALSE(failed);
    EXPECT_TRUE(failed.error() == errc::fault);
    EXPECT_THAT(failed.error().message(), HasSubstr(together.name_of(1) + ": "));
    ASSERT_TRUE(failed.error().fault());
    EXPECT_EQ(failed.error().fault()->cycle, fault_cycle);
}

TEST_F(system_of_cards, leaves_no_chip_in_work_after_its_deadline) {
    {
        auto slow = load({adder(1, 1), lengthy(), adder(1, 1)});
        const auto late = slow.run(std::chrono::milliseconds(1));
        ASSERT_FALSE(late);
        EXPECT_TRUE(late.error() == errc::timeout);
        EXPECT_THAT(late.error().message(), HasSubstr(together.name_of(1)));
    }
    auto work = load({adder(1, 1), adder(1, 1), adder(1, 1)});
    EXPECT_TRUE(work.run(ample));
}

TEST_F(system_of_cards, takes_jobs_of_several_threads_one_after_another) {
    std::vector<std::thread> threads;
    std::array<bool, 2> is_done{};
    for (auto &done : is_done)
        threads.emplace_back([&] {
            auto work = load({adder(1, 1), adder(1, 1), adder(1, 1)});
            done = true;
            for (unsigned run = 0; run < 20; ++run)
                done = done && work.run(ample);
        });
    for (auto &thread : threads)
        thread.join();
    EXPECT_TRUE(is_done[0] && is_done[1]);
}

TEST_F(system_of_cards, wants_a_program_for_each_chip) {
    const std::vector<std::string> none;
    const auto refused = together.load(std::span(none));
    ASSERT_FALSE(refused);
    EXPECT_THAT(refused.error().message(), HasSubstr("give one for each"));
}

TEST_F(system_of_cards, says_whose_program_does_not_fit) {
    std::vector<program> programs;
    for (const auto &each : {adder(1, 1), for_larger_card(), adder(1, 1)})
        programs.push_back(load_program(each));
    const auto refused = together.load(std::span<const program>(programs));
    ASSERT_FALSE(refused);
    EXPECT_THAT(refused.error().message(), HasSubstr(together.name_of(1) + ": "));
}

TEST_F(system_of_cards, holds_its_cards) {
    const auto taken = groq::system::open(unwired(), uris());
    ASSERT_FALSE(taken);
    EXPECT_TRUE(taken.error() == errc::held);
    EXPECT_EQ(taken.error().holder(), ::getpid());
}

TEST(system_of_too_few_cards, says_which_are_missing) {
    const auto refused =
        groq::system::open(network::make(chips + 1, {}).value(), uris());
    ASSERT_FALSE(refused);
    EXPECT_TRUE(refused.error() == errc::link);
    EXPECT_THAT(refused.error().message(),
                HasSubstr("card 3 of the network is not here: there are 3 cards"));
}

TEST(system_of_some_cards, leaves_the_others_free) {
    const auto one = groq::system::open(network::make(1, {}).value(), uris());
    ASSERT_TRUE(one) << one.error().message();
    EXPECT_TRUE(device::open(uris()[2]));
}

} // namespace
} // namespace groq::contract
