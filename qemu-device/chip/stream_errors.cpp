// SPDX-License-Identifier: MIT
#include "stream_errors.hpp"

namespace groq::chip {

constexpr uint32_t streams_both = 2 * GROQ_STREAMS;

void stream_errors::add(uint32_t stream, uint32_t tile, const codeword &error) {
    std::lock_guard guard(lock_);
    waiting_[stream][tile] ^= error;
    any_.store(true, std::memory_order_relaxed);
}

void stream_errors::clear() {
    std::lock_guard guard(lock_);
    waiting_.clear();
    any_.store(false, std::memory_order_relaxed);
}

uint64_t stream_errors::streams() const {
    std::lock_guard guard(lock_);
    uint64_t streams = 0;
    for (const auto &waiting : waiting_)
        streams |= uint64_t{1} << waiting.first;
    return streams;
}

vector_error stream_errors::take(uint32_t stream) {
    std::lock_guard guard(lock_);
    table::node_type taken = waiting_.extract(stream);
    any_.store(!waiting_.empty(), std::memory_order_relaxed);
    return taken ? taken.mapped() : vector_error();
}

void stream_errors::serialize(archive &a) {
    std::lock_guard guard(lock_);
    auto count = static_cast<uint32_t>(waiting_.size());
    a.below(count, streams_both + 1);
    if (a.is_loading())
        return load(a, count);
    for (auto &[stream, error] : waiting_) {
        uint32_t number = stream;
        a.values(number, error);
    }
}

void stream_errors::load(archive &a, uint32_t count) {
    waiting_.clear();
    for (uint32_t n = 0; n < count && a.good(); ++n) {
        uint32_t stream = 0;
        vector_error error;
        a.below(stream, streams_both);
        a.value(error);
        for (const codeword &tile : error)
            a.require(tile.is_valid());
        if (a.good())
            waiting_.insert_or_assign(stream, error);
    }
    a.require(waiting_.size() == count);
    any_.store(!waiting_.empty(), std::memory_order_relaxed);
}

} // namespace groq::chip
