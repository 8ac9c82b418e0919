// SPDX-License-Identifier: MIT
// The 64 streams. Nothing is ever shifted: a value that travels one position
// per cycle stays on one diagonal of (time, position), so that is where it is
// kept. Of the diagonals of a stream only as many can be alive as there are
// positions and cycles between issue and drive; they lie in a ring, and a
// diagonal whose key is not the one asked for is simply empty. Skipping time
// costs nothing.
#ifndef GROQ_CHIP_STREAMS_HPP
#define GROQ_CHIP_STREAMS_HPP

#include <array>
#include <bit>
#include <cstdint>
#include <map>
#include <memory>

#include "archive.hpp"
#include "hw/groq_isa.h"
#include "hw/groq_sram.h"
#include "issue.hpp"
#include "memory_errors.hpp"

namespace groq::chip {

// Two drives of one stream at one position in one cycle.
struct collision {
    static constexpr uint64_t never = ~uint64_t{0};

    uint64_t cycle = never;
    uint32_t stream = 0;
    origin by{}; // the later number of the two
};

class streams {
public:
    streams();
    // False: there was no memory for them.
    bool is_usable() const { return values_ != nullptr; }

    // Empties all streams; the next program counts its cycles from 0 again.
    void clear();

    // The vector that passes @position in @cycle, or null: nothing does.
    // @stream: bit 5 direction, bits 4..0 number. It stays valid until the
    // cycle is over.
    const uint8_t *sample(uint32_t stream, int32_t position, uint64_t cycle) const;

    // Where to put the vector that @by drives at @position in @cycle. When
    // something else is driven there and then, it goes nowhere and they collide.
    uint8_t *drive(uint32_t stream, int32_t position, uint64_t cycle, const origin &by);

    // Bits that are wrong in values, of sample() and of drive(). They go along
    // and are nobody's business but those who consume them.
    bool has_errors() const { return !errors_.empty(); }
    // @lanes: of a value, from the first of a tile on.
    codeword error_of(const uint8_t *lanes) const;
    // Flips those of @error too.
    void add_error(const uint8_t *lanes, const codeword &error);
    // The value that is driven first onto @stream in the cycles [from, to), or
    // null; of one cycle the one furthest upstream.
    const uint8_t *first_driven(uint32_t stream, uint64_t from, uint64_t to) const;

    // Of the collisions that are known the one that counts: the first to come,
    // of one cycle that of the lowest number.
    const collision &first_collision() const { return collision_; }
    // The last cycle in which something is driven.
    uint64_t last_drive() const { return last_drive_; }

    // @cycle: the next one.
    void serialize(archive &a, uint64_t cycle);

private:
    static constexpr size_t positions = GROQ_POSITIONS;
    static constexpr size_t streams_both = 2 * size_t{GROQ_STREAMS};
    // Keys alive at t: from t - 26 (sampled at the far end) to t + the longest
    // delay (driven at the near end).
    static constexpr size_t diagonals =
        std::bit_ceil<size_t>(positions + GROQ_DELAY_LONGEST);
    static constexpr size_t values_max = streams_both * diagonals * positions;
    static constexpr uint32_t none = ~uint32_t{0};
    // As many as in SRAM, docs/hardware.md section 4.5: it bounds host memory.
    static constexpr size_t errors_max = 65536;

    // Values of one diagonal, the one driven furthest downstream first.
    struct diagonal {
        uint64_t key = 0;
        uint32_t driven = 0; // bit per position along the flow
        uint32_t first = none;
    };

    struct alignas(64) value {
        uint8_t bytes[GROQ_VECTOR_BYTES];
        uint32_t next;
        uint32_t flow;
        origin by;
    };

    // Position along the flow, 0 at the edge where the stream begins.
    static uint32_t flow_of(uint32_t stream, int32_t position) {
        int32_t along = stream & GROQ_STREAM_IS_WEST ? -position : position;
        return static_cast<uint32_t>(along + GROQ_POSITION_MXM);
    }

    uint64_t key_of(uint32_t flow, uint64_t cycle) const {
        return epoch_ + positions + cycle - flow;
    }

    diagonal &slot(uint32_t stream, uint64_t key) {
        return ring_[stream * diagonals + key % diagonals];
    }
    const diagonal &slot(uint32_t stream, uint64_t key) const {
        return ring_[stream * diagonals + key % diagonals];
    }

    value &insert(diagonal &d, uint32_t flow);
    value &driven_at(const diagonal &d, uint32_t flow);
    void collide(value &with, uint32_t stream, uint64_t cycle, const origin &by);
    uint32_t allocate();
    void recycle(diagonal &d, uint64_t key);
    void forget_errors(const value &v);
    uint32_t count_live() const;
    void forget();
    void save_live(archive &a);
    void load_live(archive &a);
    void serialize_errors(archive &a, const uint8_t *bytes);
    void serialize_collision(archive &a, uint64_t cycle);

    std::array<diagonal, streams_both * diagonals> ring_{};
    std::unique_ptr<value[]> values_; // untouched ones cost no memory
    uint32_t free_ = none;            // recycled values
    uint32_t untouched_ = 0;          // values from here on were never used
    uint64_t epoch_ = 1;              // key of cycle 0, more or less
    uint64_t newest_ = 0;             // highest key driven
    uint64_t last_drive_ = 0;
    collision collision_;
    std::map<const uint8_t *, codeword> errors_; // by the lanes of a tile
    value nowhere_;                              // takes what cannot be driven
};

inline const uint8_t *streams::sample(uint32_t stream, int32_t position,
                                      uint64_t cycle) const {
    uint32_t flow = flow_of(stream, position);
    uint64_t key = key_of(flow, cycle);
    const diagonal &d = slot(stream, key);
    if (d.key != key)
        return nullptr;
    uint32_t i = d.first;
    while (i != none && values_[i].flow > flow)
        i = values_[i].next;
    return i == none ? nullptr : values_[i].bytes;
}

} // namespace groq::chip

#endif
