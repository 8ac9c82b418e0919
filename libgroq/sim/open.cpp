// SPDX-License-Identifier: MIT
//
// What libgroq-sim.so exports: simulated cards by number, each alive from its
// first open to its last close.
#include <map>
#include <mutex>

#include "../sim_library.hpp"
#include "port.hpp"

namespace groq::sim {
namespace {

class card_shelf {
public:
    result<std::shared_ptr<driver>> take(const sim_name &name) {
        const std::lock_guard lock(lock_);
        if (auto there = cards_[name.card].lock())
            return is_like(there->name(), name) ? result<std::shared_ptr<driver>>(there)
                                                : other_options(name);
        auto made = driver::create(name);
        if (made)
            cards_[name.card] = *made;
        return made;
    }

private:
    // What is asked for, if anything, is what there is.
    static bool is_like(const sim_name &there, const sim_name &asked) {
        const auto agree = [](const auto &a, const auto &b) { return !b || a == b; };
        return agree(there.sram_bytes, asked.sram_bytes) &&
               agree(there.links, asked.links) && agree(there.serial, asked.serial) &&
               agree(there.trace, asked.trace);
    }

    static error other_options(const sim_name &name) {
        return fail(errc::invalid, "sim:%u is open already, with other options",
                    name.card);
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
