// SPDX-License-Identifier: MIT
// The functional units and the streams between them: executes instructions of
// MEM, MXM, VXM, SXM and C2C, each in its cycle, docs/isa.md section 5.
#ifndef GROQ_CHIP_DATA_PATH_HPP
#define GROQ_CHIP_DATA_PATH_HPP

#include <array>
#include <span>

#include "consumer.hpp"
#include "decoder.hpp"
#include "issue.hpp"
#include "lane_exchange.hpp"
#include "link_unit.hpp"
#include "matrix_unit.hpp"
#include "memory_slices.hpp"
#include "stream_errors.hpp"
#include "streams.hpp"
#include "trouble.hpp"
#include "vector_unit.hpp"

namespace groq::chip {

class data_path {
public:
    data_path(sram &sram, stream_errors &waiting, link_unit &links, tally &tally)
        : waiting_(waiting), links_(links), consumer_(streams_, tally),
          memory_(sram, tally), vectors_(consumer_), exchange_(consumer_, streams_) {}

    bool is_usable() const { return streams_.is_usable(); }
    void start(const grants &grants);

    // Within a cycle the order does not matter: whatever is driven arrives
    // later, and SRAM is written by end_cycle().
    trouble execute(const instruction &i, const issue &at);
    // ECC errors that wait for a stream befall what is driven in [from, to).
    void disturb(uint64_t from, uint64_t to) {
        if (waiting_.any()) [[unlikely]]
            befall_driven(from, to);
    }
    // Commits the writes of the cycle; not called when it ended in a fault.
    void end_cycle();

    // One half of an Ifetch: the word at @address.
    trouble fetch(uint32_t address, uint64_t cycle) {
        return memory_.fetch(address, cycle);
    }
    trouble check_text(uint32_t address) { return memory_.check_text(address); }
    const uint8_t *text(uint32_t address) { return memory_.text(address); }

    // Queue @icu (results of a plane) leaves a result lie that is there.
    bool loses_result(uint32_t icu, uint64_t cycle) const {
        return results_under_way_ && has_result(icu, cycle);
    }
    // Results that are still in the arrays.
    uint32_t results_under_way() const { return results_under_way_; }
    uint64_t last_drive() const { return streams_.last_drive(); }
    // A drive that will collide with another, if any.
    const collision &first_collision() const { return streams_.first_collision(); }

    // @cycle: the next one. What is under way must lie in its future.
    void serialize(archive &a, const grants &grants, uint64_t cycle);

private:
    struct pending_write {
        uint8_t *to;
        const uint8_t *from;
        uint32_t bytes;
    };

    using targets = std::array<uint8_t *, 4>;

    trouble read(uint32_t stream, uint32_t first, int32_t step, const issue &at);
    trouble write(uint32_t stream, uint32_t first, int32_t step, const issue &at);
    trouble read_and_write(const memory_pair_fields &f, const issue &at);
    trouble gather(const indirect_fields &f, const issue &at);
    trouble scatter(const indirect_fields &f, const issue &at);
    trouble load_weights(const instruction &i, const issue &at);
    trouble activate(const activate_fields &f, const issue &at);
    trouble accumulate(const accumulate_fields &f, const issue &at);
    trouble send(const link_stream_fields &f, const issue &at);
    trouble receive(const link_stream_fields &f, const issue &at);
    trouble compute(const instruction &i, const issue &at);
    trouble dispatch(const instruction &i, const issue &at);
    void carry_errors(const uint8_t *to, const uint8_t *from, uint32_t bytes);
    void store_errors(const pending_write &w);
    void befall_driven(uint64_t from, uint64_t to);
    bool has_result(uint32_t icu, uint64_t cycle) const;
    targets drive(uint32_t stream, uint32_t width, int32_t position, const issue &at,
                  groq_opcode opcode);
    matrix_unit &mxm_of(uint32_t icu) {
        return mxms_[icu >= GROQ_ICU_MXM(GROQ_EAST, 0)];
    }

    stream_errors &waiting_;
    link_unit &links_;
    streams streams_;
    consumer consumer_;
    memory_slices memory_;
    std::array<matrix_unit, GROQ_HEMISPHERES> mxms_;
    vector_unit vectors_;
    lane_exchange exchange_;

    std::array<pending_write, memory_slices::slices * GROQ_TILES> pending_;
    uint32_t writes_ = 0;
    uint32_t results_under_way_ = 0;
};

} // namespace groq::chip

#endif
