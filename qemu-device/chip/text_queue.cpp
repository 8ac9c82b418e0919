// SPDX-License-Identifier: MIT
#include "text_queue.hpp"

namespace groq::chip {

void text_queue::serialize(archive &a, uint64_t position, bool takes_text) {
    a.below(head_, ring_size);
    a.below(held_, GROQ_TEXT_CAPACITY + 1);
    a.below(fetched_, fetches_max);
    a.below(first_fetch_, fetches_max);
    a.require((head_ + held_) % block_size == 0);
    for (pending &p : fetches_)
        a.values(p.arrival, p.address, p.fetched_by);
    for (block &b : blocks_)
        a.values(b.words, b.address);
    a.require(!a.good() || !takes_text || is_on_its_way(position));
}

// Whether what was fetched arrives from @position on, one Ifetch after the other.
bool text_queue::is_on_its_way(uint64_t position) const {
    uint64_t earliest = position;
    for (uint32_t i = 0; i < fetched_; ++i) {
        uint64_t arrival = fetches_[(first_fetch_ + i) % fetches_max].arrival;
        if (arrival < earliest || arrival - position >= GROQ_DELAY_IFETCH)
            return false;
        earliest = arrival + 1;
    }
    return true;
}

} // namespace groq::chip
