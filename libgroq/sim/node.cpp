// SPDX-License-Identifier: MIT
#include "node.hpp"

namespace groq::sim {
result<std::shared_ptr<node>> node::create(const sim_name &name,
                                           const network &network) {
    if (name.trace)
        return fail(errc::invalid,
                    "trace= shows a card that has no cables: give the context the "
                    "trace of cards that have some");
    auto made = std::make_shared<node>();
    if (const auto done = made->make_cards(name, network.cards()); !done)
        return done.error();
    for (const auto &cable : network.cables())
        if (const auto done = made->plug(cable); !done)
            return done.error();
    for (const auto &cable : network.cables())
        for (const auto end : {cable.a, cable.b})
            if (const auto up = made->cards_[end.card]->links().wait_for(end.link); !up)
                return up.error();
    for (const auto &cable : network.outer_cables())
        if (const auto done = made->plug(cable); !done)
            return done.error();
    made->outer_.start();
    return made;
}

result<void> node::make_cards(const sim_name &name, unsigned count) {
    auto each = name;
    each.cards = count;
    for (each.card = 0; each.card < count; ++each.card) {
        auto card = driver::create(each);
        if (!card)
            return card.error();
        cards_.push_back(std::move(*card));
    }
    return {};
}

result<void> node::plug(const cable &cable) {
    auto &a = cards_[cable.a.card]->hardware();
    auto &b = cards_[cable.b.card]->hardware();
    if (!card::plug(a, cable.a.link, b, cable.b.link, chip_cable(cable)))
        return no_cable(cable.a, to_string(cable.b));
    return {};
}

// Nobody needs to be at the other end.
result<void> node::plug(const outer_cable &cable) {
    auto &card = cards_[cable.end.card]->hardware();
    if (cable.end.link >= card.read32(GROQ_LINK_COUNT))
        return no_cable(cable.end, to_string(cable.to));
    return outer_.add(card, cable);
}

error node::no_cable(link_end from, const std::string &to) const {
    return fail(errc::invalid,
                "no cable from %s to %s: the cards have %u links, from 0 on; links= "
                "brings out up to 16",
                to_string(from).c_str(), to.c_str(),
                cards_[from.card]->hardware().read32(GROQ_LINK_COUNT));
}

// Before the first card goes nothing is under way to it any more.
node::~node() {
    outer_.stop();
    for (const auto &card : cards_)
        card->hardware().unplug();
}

} // namespace groq::sim
