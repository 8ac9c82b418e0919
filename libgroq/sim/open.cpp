// SPDX-License-Identifier: MIT
//
// What libgroq-sim.so exports: simulated cards by number, each alive from its
// first open to its last close, or, if it has cables, to the last one of any.
#include <map>
#include <mutex>

#include "../sim_library.hpp"
#include "node.hpp"
#include "port.hpp"

namespace groq::sim {
namespace {

class card_shelf {
public:
    result<std::shared_ptr<driver>> take(const sim_name &name) {
        const std::lock_guard lock(lock_);
        if (auto there = cards_[name.card].lock())
            return is_like(there->name(), name) ? result<std::shared_ptr<driver>>(there)
                                                : other_options(name.card);
        if (name.topology)
            return wire(name);
        auto made = driver::create(name);
        if (made)
            cards_[name.card] = *made;
        return made;
    }

private:
    // All cards at once.
    result<std::shared_ptr<driver>> wire(const sim_name &name) {
        const auto network = load(name);
        if (!network)
            return network.error();
        for (unsigned each = 0; each < network->cards(); ++each)
            if (!cards_[each].expired())
                return other_options(each);
        const auto made = node::create(name, *network);
        if (!made)
            return made.error();
        for (unsigned each = 0; each < network->cards(); ++each)
            cards_[each] = node::card(*made, each);
        return node::card(*made, name.card);
    }

    static result<network> load(const sim_name &name) {
        const char *topology = name.topology->c_str();
        auto loaded = network::load(*name.topology);
        if (!loaded)
            return fail(errc(loaded.error().code().value()), "topology=%s: %s",
                        topology, loaded.error().message().c_str());
        if (name.cards && name.cards != loaded->cards())
            return fail(errc::invalid, "topology=%s has %u cards, not chips=%u",
                        topology, loaded->cards(), name.cards);
        if (name.card >= loaded->cards())
            return fail(errc::invalid, "there is no sim:%u: topology=%s has %u cards",
                        name.card, topology, loaded->cards());
        return loaded;
    }

    // What is asked for, if anything, is what there is.
    static bool is_like(const sim_name &there, const sim_name &asked) {
        const auto agree = [](const auto &a, const auto &b) { return !b || a == b; };
        return agree(there.sram_bytes, asked.sram_bytes) &&
               agree(there.links, asked.links) && agree(there.serial, asked.serial) &&
               agree(there.topology, asked.topology) && agree(there.trace, asked.trace);
    }

    static error other_options(unsigned card) {
        return fail(errc::invalid, "sim:%u is open already, with other options", card);
    }

    std::mutex lock_;
    std::map<unsigned, std::weak_ptr<driver>> cards_;
};

// Never destroyed: cards may be open when the process exits.
card_shelf &shelf() {
    static auto &only = *new card_shelf;
    return only;
}

} // namespace
} // namespace groq::sim

extern "C" {

#pragma GCC visibility push(default)

extern const char groq_sim_build[];
const char groq_sim_build[] = GROQ_LIBRARY_BUILD;

groq::sim_open_function groq_sim_open;
void groq_sim_open(const groq::sim_name &name, groq::opened_sim &opened) {
    auto driver = groq::sim::shelf().take(name);
    if (driver)
        opened = std::make_unique<groq::sim::port>(std::move(*driver));
    else
        opened = driver.error();
}

#pragma GCC visibility pop
}
