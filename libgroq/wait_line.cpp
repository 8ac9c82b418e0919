// SPDX-License-Identifier: MIT
#include "wait_line.hpp"

namespace groq {

void wait_line::advance(std::uint64_t point) {
    if (point == last_)
        return;
    last_ = point;
    for (auto *each = first_; each; each = each->next)
        if (each->point <= last_)
            each->wake.notify_one();
}

void wait_line::enter(waiter &self) {
    self.next = first_;
    first_ = &self;
}

// Who was woken may have been the one to sleep in the kernel next: that is passed on.
void wait_line::leave(waiter &self) {
    auto **link = &first_;
    while (*link != &self)
        link = &(*link)->next;
    *link = self.next;
    if (is_led_)
        return;
    for (auto *each = first_; each; each = each->next)
        if (each->point > last_)
            return each->wake.notify_one();
}

} // namespace groq
