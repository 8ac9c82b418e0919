// SPDX-License-Identifier: MIT
//
// The cards of this machine through the C interface.
#include <memory>
#include <vector>

#include "discovery.hpp"
#include "structure.hpp"

struct groq_device_list {
    std::vector<groq_device_info> cards;
};

int groq_device_list_create(struct groq_device_list **list) {
    return groq::guarded([&]() -> groq::result<void> {
        if (!list)
            return groq::missing_argument();
        const auto cards = groq::find_cards();
        if (!cards)
            return cards.error();
        auto made = std::make_unique<groq_device_list>();
        for (const auto &card : *cards)
            made->cards.push_back(groq::describe(card));
        *list = made.release();
        return {};
    });
}

size_t groq_device_list_count(const struct groq_device_list *list) {
    return list->cards.size();
}

int groq_device_list_get(const struct groq_device_list *list, size_t index,
                         struct groq_device_info *info) {
    return groq::guarded([&]() -> groq::result<void> {
        if (!list || !info)
            return groq::missing_argument();
        if (index >= list->cards.size())
            return groq::fail(groq::errc::invalid, "there are %zu cards, no number %zu",
                              list->cards.size(), index);
        groq::store(info, list->cards[index]);
        return {};
    });
}

void groq_device_list_destroy(struct groq_device_list *list) {
    delete list;
}
