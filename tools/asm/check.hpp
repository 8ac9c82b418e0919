// SPDX-License-Identifier: MIT
//
// What can be proved wrong with a program without running it: as all of it is decided
// before the first cycle, that is every fault but those that hang on data (MAP, the
// addresses of gather and scatter), on the card itself (ECC, other windows, a limit of
// cycles) and on other chips (what comes by links, and when).
#pragma once

#include <array>
#include <cstdint>
#include <deque>
#include <optional>
#include <string>
#include <vector>

#include "asm/diagnostic.hpp"
#include "asm/effect.hpp"
#include "asm/interval_set.hpp"
#include "asm/program.hpp"
#include "asm/timeline.hpp"

namespace groq::assembly {

// Errors: faults, by docs/isa.md section 6; SRAM ranges that overlap or do not hold
// what the program touches; values overwritten on their stream before anything used
// them. Warnings: values that nothing uses, words read that nothing has filled. Errors
// come first, those of an entry point in the order in which it would stop at them.
std::vector<diagnostic> check(const program &source);

// The parts of it. SRAM and launch tables need no timeline.
void check_layout(const program &source, std::vector<diagnostic> &found);

// Why a loader would refuse a tensor, or a name of one or of an entry point, whatever
// else the program holds. Empty when it would not.
std::string tensor_defect(const tensor &source);
std::string name_defect(const std::string &name);

// The others look at the issues of one entry point in turn.

// Values on the streams. Each stays on one diagonal of position and cycle: of the
// drives on it a sample sees the last one that lies before it.
class stream_check {
public:
    explicit stream_check(findings &found);

    // Whether everything that it samples is there.
    bool visit(const issue &now);
    // After the last issue of a run that was followed to its end.
    void finish();

private:
    static constexpr unsigned positions = 2 * GROQ_POSITION_MXM + 1;
    // More than there can be between the oldest and the newest value under way.
    static constexpr unsigned diagonals = 128;
    static_assert(diagonals > 2 * positions + GROQ_DELAY_LONGEST);
    static constexpr unsigned streams_both = 2 * GROQ_STREAMS;

    struct place {
        unsigned icu = 0;
        std::uint64_t cycle = 0;
    };
    // What one instruction drives: onto one or more streams.
    struct value {
        place from;
        unsigned alive = 0; // streams that carry it
        bool used = false;
        std::optional<place> overwritten_by;
    };
    struct diagonal {
        std::int64_t key = -1;    // cycle at which it passes position 0
        std::uint32_t driven = 0; // bit per position, in the stream's direction
        std::array<std::uint32_t, positions> values;
    };

    diagonal &diagonal_of(unsigned stream, std::uint64_t cycle, int along);
    void drive(const issue &now, const stream_use &use);
    void drive(std::uint32_t index, unsigned stream, std::uint64_t cycle, int along);
    bool sample(const issue &now, const stream_use &use);
    void report_conflict(const place &loser, const place &other, unsigned stream,
                         std::uint64_t cycle);
    void retire(diagonal &old);
    void release(std::uint32_t index);
    std::uint32_t allocate(const issue &now);

    findings &found_;
    std::vector<diagonal> ring_;
    std::vector<value> values_;
    std::vector<std::uint32_t> free_;
};

// Words and ports of SRAM.
class memory_check {
public:
    memory_check(const program &source, findings &found);

    // Without its map a gather or scatter has no word to go to.
    void visit(const issue &now, bool has_map);

private:
    struct access {
        std::uint64_t cycle;
        word_use use;
        unsigned icu;
        std::uint64_t issued;
    };
    struct port {
        std::uint64_t cycle = 0;
        std::vector<access> accesses; // in that cycle
    };

    void check_place(const access &a);
    void check_port(const access &a);
    void check_pair(const access &first, const access &second);
    void report(std::uint32_t cause, const access &a, const std::string &message);

    findings &found_;
    interval_set ranges_;
    std::vector<port> ports_; // two of each slice, for even and odd cycles
};

// Results of the ALUs.
class vector_check {
public:
    explicit vector_check(findings &found) : found_(found) {}

    void visit(const issue &now);

private:
    struct result {
        std::uint64_t ready = 0;
        unsigned bytes = 0; // 0: none yet
    };
    // An older one than the last that is ready is never looked at.
    static constexpr unsigned history = GROQ_DELAY_VXM_OP + 1;
    struct alu_results {
        std::array<result, history> results;
        unsigned newest = 0;
    };

    void check_operand(const issue &now, unsigned operand, unsigned bytes);

    findings &found_;
    std::array<alu_results, GROQ_VXM_ALUS> alus_;
};

// The wires of the links, and what a chip does before it has aligned itself.
class link_check {
public:
    explicit link_check(findings &found) : found_(found) {}

    void visit(const issue &now);

private:
    void take_wire(const issue &now);
    void check_alignment(const issue &now);

    findings &found_;
    // When the wire is free, in 1/1000 cycles.
    std::array<std::uint64_t, GROQ_LINKS> free_{};
    std::optional<issue> aligning_;    // since then
    std::optional<std::uint64_t> end_; // of it, when a notify is under way
};

// The planes of the MXM, whose parts may be out of step.
class matrix_check {
public:
    explicit matrix_check(findings &found) : found_(found) {}

    void visit(const issue &now);
    void finish();

private:
    struct leaving {
        std::uint64_t cycle;
        unsigned icu; // of the abc
        std::uint64_t issued;
        unsigned type; // of the result
    };
    struct plane {
        std::deque<leaving> results;
        std::optional<std::uint64_t> installed; // by iw, last
        std::optional<std::uint64_t> streamed;  // by iw.stream
    };
    struct hemisphere {
        std::array<plane, GROQ_MXM_PLANES> planes;
        std::optional<std::uint64_t> paired; // both planes taken by an abc of F16
    };

    void load(const issue &now);
    void install(const issue &now, plane &p);
    void activate(const issue &now, hemisphere &h, plane &p);
    void accumulate(const issue &now, plane &p);
    void lose(const leaving &result);

    findings &found_;
    std::array<hemisphere, GROQ_HEMISPHERES> hemispheres_;
};

// Which words hold something the program put there, through its entry points in turn.
class filled_words {
public:
    explicit filled_words(const program &source);

    void visit(const issue &now, findings &found);
    // What the outputs lack at the end.
    void finish(const program &source, std::vector<diagnostic> &found) const;

private:
    void fill(std::uint64_t address);

    std::vector<bool> filled_;
};

} // namespace groq::assembly
