// SPDX-License-Identifier: MIT
#include "text_queue.hpp"

namespace groq::chip {

void text_queue::serialize(archive &a) {
    a.below(head_, ring_size);
    a.below(held_, GROQ_TEXT_CAPACITY + 1);
    a.below(fetched_, fetches_max);
    a.below(first_fetch_, fetches_max);
    a.require((head_ + held_) % block_size == 0);
    for (pending &p : fetches_)
        a.values(p.arrival, p.address, p.fetched_by);
    for (block &b : blocks_)
        a.values(b.words, b.address);
}

} // namespace groq::chip
