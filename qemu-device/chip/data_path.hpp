// SPDX-License-Identifier: MIT
// The functional units and the streams between them: executes instructions of
// MEM, MXM and VXM, each in its cycle, docs/isa.md section 5.
#ifndef GROQ_CHIP_DATA_PATH_HPP
#define GROQ_CHIP_DATA_PATH_HPP

#include <array>
#include <atomic>
#include <span>

#include "decoder.hpp"
#include "matrix_unit.hpp"
#include "memory_slices.hpp"
#include "streams.hpp"
#include "trouble.hpp"
#include "vector_unit.hpp"

namespace groq::chip {

class data_path {
public:
    explicit data_path(sram &sram) : memory_(sram), vectors_(streams_) {}

    bool is_usable() const { return streams_.is_usable(); }
    void start(const grants &grants);

    // @i issues in queue @icu in @cycle, for the @repetition-th time after the
    // first. Within a cycle the order does not matter: whatever is driven
    // arrives later, and SRAM is written by end_cycle().
    trouble execute(const instruction &i, uint32_t icu, uint64_t cycle,
                    uint32_t repetition);
    // Commits the writes of the cycle; not called when it ended in a fault.
    void end_cycle();

    // One half of an Ifetch: the word at @address.
    trouble fetch(uint32_t address, uint64_t cycle) {
        return memory_.fetch(address, cycle);
    }
    const uint8_t *text(uint32_t address) const { return memory_.at(address); }

    // Queue @icu (results of a plane) leaves a result lie that is there.
    bool loses_result(uint32_t icu, uint64_t cycle) const;
    // Results that are still in the arrays.
    uint32_t results_under_way() const { return results_under_way_; }
    // The last cycle in which something is driven.
    uint64_t last_drive() const { return last_drive_; }

    // @cycle: the next one. What is under way must lie in its future.
    void serialize(archive &a, const grants &grants, uint64_t cycle);

private:
    struct pending_write {
        uint8_t *to;
        const uint8_t *from;
    };

    // Streams about to be driven, and the first that something else drives.
    struct driven {
        std::array<uint8_t *, 4> bytes;
        trouble conflict;
    };

    trouble sample(uint32_t stream, std::span<const uint8_t *> values, int32_t position,
                   uint64_t cycle) const;
    trouble read(uint32_t slice, uint32_t stream, int32_t word, uint64_t cycle);
    trouble write(uint32_t slice, uint32_t stream, int32_t word, uint64_t cycle);
    trouble read_and_write(uint32_t slice, const memory_pair_fields &f, uint64_t cycle,
                           uint32_t repetition);
    trouble load_weights(uint32_t icu, const instruction &i, uint64_t cycle,
                         uint32_t repetition);
    trouble activate(uint32_t icu, const activate_fields &f, uint64_t cycle);
    trouble accumulate(uint32_t icu, const accumulate_fields &f, uint64_t cycle,
                       uint32_t repetition);
    trouble compute(uint32_t icu, const instruction &i, uint64_t cycle);
    driven drive(uint32_t stream, uint32_t width, int32_t position, uint64_t cycle,
                 uint32_t delay);
    matrix_unit &mxm_of(uint32_t icu) {
        return mxms_[icu >= GROQ_ICU_MXM(GROQ_EAST, 0)];
    }

    streams streams_;
    memory_slices memory_;
    std::array<matrix_unit, GROQ_HEMISPHERES> mxms_;
    vector_unit vectors_;

    std::array<pending_write, memory_slices::slices> pending_;
    uint32_t writes_ = 0;
    uint32_t results_under_way_ = 0;
    uint64_t last_drive_ = 0;
    uint8_t nowhere_[GROQ_VECTOR_BYTES]; // takes what cannot be driven
};

} // namespace groq::chip

#endif
