// SPDX-License-Identifier: MIT
// What is wrong with SRAM, by granules: the 16 bytes of a tile that share their
// check bits, docs/isa.md section 5.6. SRAM itself holds the data as they were
// meant; the bits that are wrong lie here, apart.
//
// From any thread. Almost always there is nothing, and then any() is all that
// an access costs.
#ifndef GROQ_CHIP_MEMORY_ERRORS_HPP
#define GROQ_CHIP_MEMORY_ERRORS_HPP

#include <atomic>
#include <map>
#include <mutex>

#include "archive.hpp"
#include "hw/groq_sram.h"
#include "secded.hpp"

namespace groq::chip {

class memory_errors {
public:
    static constexpr uint32_t granule_bytes = GROQ_TILE_LANES;
    // As many granules can be wrong at once; one more stays right.
    static constexpr size_t capacity = 65536;

    static uint32_t granule_of(uint32_t address) {
        return address / granule_bytes * granule_bytes;
    }

    bool any() const { return any_.load(std::memory_order_relaxed); }

    // Granules are named by the address of their first byte.
    codeword at(uint32_t granule) const;
    // Flips the bits of @error in what is there.
    void add(uint32_t granule, const codeword &error);
    void set(uint32_t granule, const codeword &error);
    // The first wrong granule that has bytes in [begin, end), or @end.
    uint32_t first(uint32_t begin, uint32_t end) const;
    // Those that lie in [begin, end) whole have been written.
    void clear(uint32_t begin, uint32_t end);
    void clear();

    // @sram_bytes: where granules end.
    void serialize(archive &a, uint32_t sram_bytes);

private:
    using table = std::map<uint32_t, codeword>;

    codeword find(uint32_t granule) const;
    void put(uint32_t granule, const codeword &error);
    void load(archive &a, uint32_t count, uint32_t sram_bytes);

    mutable std::mutex lock_;
    table wrong_; // none of them zero
    std::atomic<bool> any_{false};
};

} // namespace groq::chip

#endif
