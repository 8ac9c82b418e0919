// SPDX-License-Identifier: MIT
//
// What libgroq-sim.so exports: simulated cards by number, each alive from its
// first open to its last close, or, if it has cables, to the last one of any.
#include <condition_variable>
#include <map>
#include <memory>
#include <mutex>

#include "../sim_library.hpp"
#include "node.hpp"
#include "port.hpp"

namespace groq::sim {
namespace {

class card_shelf {
public:
    result<std::shared_ptr<driver>> take(const sim_name &name) {
        std::shared_ptr<driver> there; // goes without the lock, when it is the last
        std::unique_lock lock(lock_);
        // What those have that go, files and addresses, may be asked for again.
        for (;; gone_.wait(lock)) {
            const auto found = cards_.find(name.card);
            if (found != cards_.end()) {
                if ((there = found->second.lock()))
                    return is_like(there->name(), name)
                               ? result<std::shared_ptr<driver>>(there)
                               : other_options(name.card);
                continue;
            }
            if (!name.topology)
                return make(name, there);
            const auto network = load(name);
            if (!network)
                return network.error();
            const auto first = cards_.begin();
            if (first == cards_.end() || first->first >= network->cards())
                return wire(name, *network, there);
            if (!first->second.expired())
                return other_options(first->first);
        }
    }

private:
    result<std::shared_ptr<driver>> make(const sim_name &name,
                                         std::shared_ptr<driver> &made) {
        auto card = driver::create(name);
        if (!card)
            return card;
        made = keep(std::move(*card), name.card, 1);
        cards_[name.card] = made;
        return made;
    }

    // All cards at once.
    result<std::shared_ptr<driver>> wire(const sim_name &name, const network &network,
                                         std::shared_ptr<driver> &made) {
        auto wired = node::create(name, network);
        if (!wired)
            return wired.error();
        const auto all = keep(std::move(*wired), 0, network.cards());
        made = node::card(all, name.card);
        for (unsigned each = 0; each < network.cards(); ++each)
            cards_[each] = node::card(all, each);
        return made;
    }

    // Cards from `first` on are on the shelf until their owner has gone.
    template <class Owner>
    std::shared_ptr<Owner> keep(std::shared_ptr<Owner> owner, unsigned first,
                                unsigned count) {
        auto *const kept = owner.get();
        return {kept, [this, owner = std::move(owner), first, count](Owner *) mutable {
                    owner.reset();
                    const std::lock_guard lock(lock_);
                    for (unsigned each = first; each < first + count; ++each)
                        cards_.erase(each);
                    gone_.notify_all();
                }};
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
    std::condition_variable gone_;
    std::map<unsigned, std::weak_ptr<driver>> cards_; // lock_
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
