// SPDX-License-Identifier: MIT
//
// The cards of this machine through the C interface.
#include <memory>
#include <vector>

#include "discovery.hpp"
#include "drm_port.hpp"
#include "structure.hpp"

struct groq_device_list {
    std::vector<groq_device_info> cards;
};

namespace {

// Whoever may open the node learns more from the driver; nobody is in its way.
groq_device_info describe_closely(const groq::found_card &card) {
    auto info = groq::describe(card);
    if (!card.node.empty() && info.reason[0] == '\0')
        if (const auto port = groq::open_drm_port(card))
            (*port)->describe(info);
    return info;
}

} // namespace

int groq_device_list_create(struct groq_device_list **list) {
    return groq::guarded([&]() -> groq::result<void> {
        if (!list)
            return groq::missing_argument();
        const auto cards = groq::find_cards();
        if (!cards)
            return cards.error();
        auto made = std::make_unique<groq_device_list>();
        for (const auto &card : *cards)
            made->cards.push_back(describe_closely(card));
        *list = made.release();
        return {};
    });
}

size_t groq_device_list_count(const struct groq_device_list *list) {
    return list ? list->cards.size() : 0;
}

int groq_device_list_get(const struct groq_device_list *list, size_t index,
                         struct groq_device_info *info) {
    return groq::guarded([&]() -> groq::result<void> {
        if (!list || !info)
            return groq::missing_argument();
        if (index >= list->cards.size())
            return groq::fail(groq::errc::invalid, "there are %zu cards, no number %zu",
                              list->cards.size(), index);
        return groq::store(info, list->cards[index]);
    });
}

void groq_device_list_destroy(struct groq_device_list *list) {
    delete list;
}
