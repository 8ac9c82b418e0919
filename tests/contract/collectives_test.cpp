// SPDX-License-Identifier: MIT
//
// All-reduce on cards that are wired to one another, as applications run it.
#include "collectives_cards.hpp"

#include <optional>

#include <asm/elf_file.hpp>
#include <collectives/collective.hpp>

namespace groq::contract {
namespace {

using numbers = std::vector<std::uint32_t>;

struct all_reduce_case {
    const char *name;
    const char *topology; // of simulated cards
    unsigned cards;
    unsigned rows, columns;
    collectives::algorithm how = collectives::algorithm::BEST;
};

// As the links say.
network wiring_of(std::span<const device> devices) {
    std::vector<cable> cables;
    for (const auto &[a, b] : topology::read(devices).value().cables())
        cables.push_back({.a = a, .b = b});
    return network::make(std::uint32_t(devices.size()), cables).value();
}

class collectives_contract : public ::testing::TestWithParam<all_reduce_case> {
protected:
    void SetUp() override {
        auto devices = open_wired(GetParam().topology, GetParam().cards);
        if (devices.empty())
            GTEST_SKIP() << "GROQ_TEST_LINKED names fewer cards";
        const auto wires = wiring_of(devices);
        const auto made = collectives::make_collective(wires, {.type = GROQ_TYPE_I32,
                                                               .rows = rows(),
                                                               .columns = columns(),
                                                               .how = GetParam().how});
        for (const auto &each : made.programs)
            programs_.push_back(load_program(assembly::write_elf(each)));
        together_ = groq::system::of(wires, std::move(devices)).value();
        ASSERT_TRUE(together_->align());
        work_ = together_->load(std::span<const program>(programs_)).value();
    }

    // Checks the sums on every card; the cycles of each.
    std::vector<std::uint64_t> run(std::uint32_t seed) {
        numbers sums(count());
        for (std::size_t card = 0; card < work_->size(); ++card)
            give(card, seed, sums);
        const auto end = work_->run(ample).value();
        std::vector<std::uint64_t> cycles;
        for (std::size_t card = 0; card < work_->size(); ++card) {
            EXPECT_TRUE(take(card) == sums) << card;
            cycles.push_back(end.chips[card].cycles);
        }
        return cycles;
    }

private:
    static unsigned rows() { return GetParam().rows; }
    static unsigned columns() { return GetParam().columns; }
    static std::size_t count() { return std::size_t{rows()} * columns(); }

    // Others for each card and run.
    void give(std::size_t card, std::uint32_t seed, numbers &sums) {
        numbers x(count());
        for (std::size_t i = 0; i < x.size(); ++i) {
            x[i] = std::uint32_t(i + 1) * 2654435761U ^ std::uint32_t(card + 1) * seed;
            sums[i] += x[i];
        }
        const auto tensor = programs_[card].find_tensor("x").value();
        work_->chip(card).set_input(tensor, std::as_bytes(std::span(x))).value();
    }

    numbers take(std::size_t card) {
        numbers y(count());
        const auto tensor = programs_[card].find_tensor("y").value();
        work_->chip(card)
            .get_output(tensor, std::as_writable_bytes(std::span(y)))
            .value();
        return y;
    }

    std::vector<program> programs_;
    std::optional<groq::system> together_;
    std::optional<joint_job> work_;
};

TEST_P(collectives_contract, add_up_what_all_cards_have) {
    run(1);
    run(0x1234567);
}

TEST_P(collectives_contract, take_the_same_cycles_whatever_is_added) {
    if (std::getenv("GROQ_TEST_LINKED"))
        GTEST_SKIP() << "cards that others use have counters that are anywhere";
    const auto once = run(1);
    EXPECT_EQ(run(2), once);
}

INSTANTIATE_TEST_SUITE_P(
    all_reduce, collectives_contract,
    testing::Values(all_reduce_case{"little_on_2_cards", "node2", 2, 1, 8},
                    all_reduce_case{"little_on_4_cards", "node4", 4, 1, 8},
                    all_reduce_case{"little_on_8_cards", "node8", 8, 1, 8},
                    all_reduce_case{"much_on_2_cards", "node2", 2, 200, 640},
                    all_reduce_case{"much_on_4_cards", "node4", 4, 100, 1280},
                    all_reduce_case{"much_on_8_cards", "node8", 8, 50, 2560}),
    [](const auto &instance) { return std::string(instance.param.name); });

// A rack's worth of cards in one process.
INSTANTIATE_TEST_SUITE_P(
    rack, collectives_contract,
    testing::Values(all_reduce_case{"round_a_ring_of_72", "ring72", 72, 1, 72 * 320,
                                    collectives::algorithm::RING},
                    all_reduce_case{"both_ways_round_a_ring_of_72", "ring72", 72, 1, 8,
                                    collectives::algorithm::TREE}),
    [](const auto &instance) { return std::string(instance.param.name); });

} // namespace
} // namespace groq::contract
