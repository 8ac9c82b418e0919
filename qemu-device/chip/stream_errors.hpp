// SPDX-License-Identifier: MIT
// ECC errors that wait for a stream to carry something: they befall the next
// value that is driven onto it, docs/hardware.md section 4.5. From any thread.
#ifndef GROQ_CHIP_STREAM_ERRORS_HPP
#define GROQ_CHIP_STREAM_ERRORS_HPP

#include <array>
#include <atomic>
#include <map>
#include <mutex>

#include "archive.hpp"
#include "hw/groq_sram.h"
#include "secded.hpp"

namespace groq::chip {

// Of the tiles of a value.
using vector_error = std::array<codeword, GROQ_TILES>;

class stream_errors {
public:
    bool any() const { return any_.load(std::memory_order_relaxed); }

    // Flips the bits of @error in tile @tile of the next value on @stream (bit
    // 5 direction, bits 4..0 number).
    void add(uint32_t stream, uint32_t tile, const codeword &error);
    void clear();

    // Bit per stream for which one waits.
    uint64_t streams() const;
    // What waits for @stream waits no longer.
    vector_error take(uint32_t stream);

    void serialize(archive &a);

private:
    using table = std::map<uint32_t, vector_error>;

    void load(archive &a, uint32_t count);

    mutable std::mutex lock_;
    table waiting_; // by stream
    std::atomic<bool> any_{false};
};

} // namespace groq::chip

#endif
