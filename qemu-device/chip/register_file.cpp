// SPDX-License-Identifier: MIT
#include "register_file.hpp"

#include "hw/groq_queue.h"

namespace groq::chip {

struct register_policy {
    uint32_t offset;
    uint32_t words;
    uint32_t writable;
    uint32_t reset;
};

constexpr uint32_t message_words = sizeof(groq_mailbox_message) / 4;

constexpr uint32_t features = GROQ_FEATURE_ECC_INJECT | GROQ_FEATURE_UNIT_COUNTERS |
                              GROQ_FEATURE_ABORT_MATCH | GROQ_FEATURE_LINKS;

constexpr register_policy policies[] = {
    {GROQ_ID, 1, 0, GROQ_ID_MAGIC},
    {GROQ_VERSION, 1, 0, 1 << 16 | 2},
    {GROQ_FEATURES, 1, 0, features},
    {GROQ_QUEUE_COUNT, 1, 0, GROQ_QUEUES},
    {GROQ_VECTOR_COUNT, 1, 0, GROQ_VECTORS},
    {GROQ_SCRATCH, 1, ~0u, 0},
    {GROQ_ECC_INJECT_ADDRESS, 1, ~0u, 0},
    {GROQ_ECC_INJECT_BITS, 1, GROQ_ECC_INJECT_FIRST | GROQ_ECC_INJECT_SECOND, 0},
    {GROQ_MAILBOX_STATUS, 1, 0, 0},
    {GROQ_MAILBOX_REQUEST, message_words, ~0u, 0},
    {GROQ_MAILBOX_RESPONSE, message_words, 0, 0},
};

static const register_policy *policy_of(uint32_t offset) {
    for (const register_policy &p : policies)
        if (offset >= p.offset && offset < p.offset + 4 * p.words)
            return &p;
    return nullptr;
}

uint32_t register_file::read(uint32_t offset) const {
    return offset < bytes ? words_[offset / 4].load(std::memory_order_relaxed) : 0;
}

void register_file::write(uint32_t offset, uint32_t value) {
    const register_policy *policy = policy_of(offset);
    if (policy)
        set(offset, (read(offset) & ~policy->writable) | (value & policy->writable));
}

void register_file::set(uint32_t offset, uint32_t value) {
    words_[offset / 4].store(value, std::memory_order_relaxed);
}

void register_file::set64(uint32_t offset, uint64_t value) {
    set(offset, static_cast<uint32_t>(value));
    set(offset + 4, static_cast<uint32_t>(value >> 32));
}

void register_file::reset() {
    for (const register_policy &p : policies)
        for (uint32_t i = 0; i < p.words; ++i)
            set(p.offset + 4 * i, p.reset);
}

void register_file::serialize(archive &a) {
    for (const register_policy &p : policies) {
        for (uint32_t i = 0; i < p.words; ++i) {
            uint32_t word = read(p.offset + 4 * i);
            a.value(word);
            if (a.is_loading() && a.good())
                set(p.offset + 4 * i, word);
        }
    }
}

} // namespace groq::chip
