// SPDX-License-Identifier: MIT
// Chips of the chip library, wired as a network says, that run the programs of cards:
// trained, aligned along the tree, with clocks that drift.
#pragma once

#include <cstring>
#include <vector>

#include "../chip/fabric.hpp"
#include "collectives/distributed_program.hpp"

namespace groq::collectives::test {

class wired_chips {
public:
    explicit wired_chips(const network &wires)
        : chips_(serials(wires.cards()), clocks(wires.cards())) {
        for (const cable &each : wires.cables())
            chips_.plug({each.a.card, each.a.link}, {each.b.card, each.b.link},
                        {sizeof(groq_cable), each.seed, each.latency,
                         each.spread_millicycles, each.lanes, 0, 0, 0});
        chips_.settle();
        align(wires);
    }

    void load(const std::vector<assembly::program> &programs) {
        programs_ = &programs;
        for (unsigned card = 0; card < programs.size(); ++card)
            for (const assembly::segment &each : programs[card].segments)
                std::memcpy(&byte(card, each.address), each.bytes.data(),
                            each.bytes.size());
    }

    std::uint8_t &byte(unsigned card, std::uint32_t address) {
        return chips_.card(card).sram.get()[address];
    }

    // The cycles that each took. The host runs the chips in an order of its own; with
    // a seed in another one.
    std::vector<std::uint64_t> run(std::uint32_t seed = 0) {
        for (unsigned card = 0; card < programs_->size(); ++card) {
            const assembly::entry_point &entry = (*programs_)[card].entries.at(0);
            chip::test::driver_queue &queue = chips_.card(card).queue;
            queue.last_index = queue.push(
                chip::test::run_command(entry.launch, entry.launch_count, 100'000'000));
            queue.ring();
        }
        seed == 0 ? chips_.settle() : chips_.settle_somehow(seed);
        std::vector<std::uint64_t> cycles;
        for (unsigned card = 0; card < programs_->size(); ++card) {
            cycles.push_back(chips_.result(card));
            EXPECT_EQ(chips_.last_status, GROQ_COMPLETION_OK)
                << "card " << card << " cause " << chips_.fault.cause << " unit "
                << chips_.fault.unit << " cycle " << chips_.fault.cycle;
        }
        return cycles;
    }

private:
    static std::vector<std::uint64_t> serials(unsigned cards) {
        std::vector<std::uint64_t> all;
        for (unsigned card = 0; card < cards; ++card)
            all.push_back(1000 + 17 * card);
        return all;
    }

    // The most that a card may have, either way.
    static std::vector<std::int32_t> clocks(unsigned cards) {
        std::vector<std::int32_t> all;
        for (unsigned card = 0; card < cards; ++card)
            all.push_back(card % 3 == 0 ? 200'000 : card % 3 == 1 ? -200'000 : 17);
        return all;
    }

    // From the root on, each to its parent.
    void align(const network &wires) {
        const auto tree = spanning_tree(wires, 0);
        for (std::uint32_t depth = 1; depth < tree.size(); ++depth)
            for (unsigned card = 0; card < tree.size(); ++card)
                if (tree[card].depth == depth)
                    align(card, tree[card].parent.link);
    }

    void align(unsigned card, unsigned link) {
        constexpr std::uint32_t samples = 1000;
        chips_.card(card).write32(GROQ_LINK_ALIGNMENT(link) + GROQ_LINK_ALIGN,
                                  samples | GROQ_LINK_ALIGN_ADJUST);
        chips_.settle();
        EXPECT_EQ(chips_.card(card).read32(GROQ_LINK(link) + GROQ_LINK_TEST_STATUS),
                  GROQ_LINK_TEST_DONE)
            << "card " << card << " link " << link;
    }

    chip::test::fabric chips_;
    const std::vector<assembly::program> *programs_ = nullptr;
};

} // namespace groq::collectives::test
