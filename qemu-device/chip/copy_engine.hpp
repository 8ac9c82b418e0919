// SPDX-License-Identifier: MIT
// The engine of NOP, COPY_IN, COPY_OUT and FILL, docs/hardware.md section 9.
//
// A copy passes over its scatter list twice: first every entry is checked, so
// that a bad one is found before anything changes; then the bytes move, each
// entry checked again, since the list lies in memory that the host may change.
// A list that fits the buffer is read once.
//
// What has ECC errors moves by itself, in pieces of 16 bytes that share their
// check bits; no other piece ends within such 16 bytes, unless its entry does.
#ifndef GROQ_CHIP_COPY_ENGINE_HPP
#define GROQ_CHIP_COPY_ENGINE_HPP

#include <array>
#include <optional>

#include "counters.hpp"
#include "queue_set.hpp"
#include "sram.hpp"

namespace groq::chip {

class copy_engine {
public:
    copy_engine(const host &host, queue_set &queues, sram &sram, counters &counters,
                const failures &failures)
        : host_(host), queues_(queues), sram_(sram), counters_(counters),
          failures_(failures) {}

    // Moves about @budget bytes. False: nothing left to do.
    bool work(uint64_t budget);
    // After a reset: forgets the job.
    void let_go();
    void serialize(archive &a);

private:
    enum class phase : uint8_t { taken, check, move };
    static constexpr uint64_t phases = 3;

    // Entries in the buffer, and the most bytes of one call to the host, so
    // that an abort is noticed soon.
    static constexpr uint32_t buffer_entries = 256;
    static constexpr uint32_t piece_bytes = 256 * 1024;

    bool take();
    bool is_held_up();
    void begin();
    void prepare();
    // Each returns the work done, in bytes.
    uint64_t step(uint64_t budget);
    uint64_t proceed(uint64_t budget);
    uint64_t check_entries();
    // Bytes of SRAM that move at once.
    struct piece {
        uint32_t at;
        uint32_t bytes;
        bool is_wrong; // one granule, or a part of it, that has an ECC error
    };

    uint64_t move_piece(uint64_t budget);
    uint64_t fill_piece(uint64_t budget);

    bool is_inbound() const { return job_->command.opcode == GROQ_OP_COPY_IN; }
    bool is_buffered() const {
        return entry_ >= buffer_first_ && entry_ - buffer_first_ < buffer_count_;
    }
    bool load_entries();
    groq_fault check_buffer() const;
    groq_fault check_entry(uint32_t index, const groq_scatter &entry) const;
    piece next_piece(uint32_t at, uint32_t left, uint64_t budget) const;
    bool transfer(const groq_scatter &entry, const piece &p);
    bool receive(uint64_t host, const piece &p);
    bool send(uint64_t host, const piece &p);
    void write_pattern(const piece &p, uint32_t pattern);
    bool check(const piece &p);
    void advance(uint32_t bytes, uint32_t of);
    const granted_ranges &granted() const;
    // Ends the job and returns false.
    bool fail(const groq_fault &fault);
    void finish(const groq_fault &fault);
    bool is_consistent() const;
    bool is_copy_consistent() const;
    void serialize_progress(archive &a);

    const host &host_;
    queue_set &queues_;
    sram &sram_;
    counters &counters_;
    const failures &failures_;

    std::optional<job> job_;
    grants grants_;
    phase phase_ = phase::taken;
    uint32_t entry_ = 0;  // of the list
    uint32_t offset_ = 0; // bytes of the entry, or of the fill, already done
    uint64_t moved_ = 0;

    std::array<groq_scatter, buffer_entries> buffer_;
    uint32_t buffer_first_ = 0;
    uint32_t buffer_count_ = 0;

    std::array<uint8_t, memory_errors::granule_bytes> consumed_; // by check()
};

} // namespace groq::chip

#endif
