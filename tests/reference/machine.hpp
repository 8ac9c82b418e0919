// SPDX-License-Identifier: MIT
// The chip as docs/isa.md tells it, cycle by cycle: every cycle the streams move one
// position, what is due takes effect, and every queue that is due issues, in the
// order of ICU numbers. Nothing here is fast and nothing is shared with the model
// under test.
#ifndef GROQ_TESTS_REFERENCE_MACHINE_HPP
#define GROQ_TESTS_REFERENCE_MACHINE_HPP

#include <deque>
#include <functional>
#include <iosfwd>
#include <optional>
#include <set>

#include "encoding.hpp"
#include "hw/groq_queue.h"
#include "memory.hpp"

namespace groq::reference {

struct fault_record {
    uint32_t cause = GROQ_FAULT_NONE;
    uint32_t unit = GROQ_FAULT_NO_UNIT;
    uint64_t cycle = 0;
    uint64_t address = ~uint64_t{0};
    uint32_t text = ~uint32_t{0};
    uint32_t detail = 0;
    encoded instruction{};

    bool operator==(const fault_record &) const = default;
};

struct outcome {
    fault_record fault;                  // cause NONE: the program ended well
    uint64_t cycles = 0;                 // of a program that ended well
    std::map<unsigned, uint64_t> issues; // of units' instructions, by ICU
    uint64_t ecc_corrected = 0;
    uint64_t ecc_uncorrected = 0;

    bool operator==(const outcome &) const = default;
};

struct launch {
    unsigned icu;
    uint32_t text;
    uint32_t count;
};

// For tests of the tests: a machine that is wrong in one place.
struct mistake {
    // Added to the delay of instructions with this opcode.
    unsigned opcode = 0;
    int delay = 0;
    // Changes what an instruction is about to drive.
    std::function<void(const instruction &, vector &)> spoil;
    unsigned text_capacity = GROQ_TEXT_CAPACITY;
    unsigned bank_words = GROQ_BANK_WORDS;
    unsigned sync = GROQ_DELAY_SYNC;
    bool accumulators_always_add = false;
};

using lanes32 = std::array<uint32_t, GROQ_LANES>;

class machine {
public:
    machine(memory &sram, std::vector<window> windows, mistake wrong = {});

    // From the start to the end of one program.
    outcome run(const std::vector<launch> &table, uint64_t max_cycles);
    // Errors for the first value that is driven onto @stream.
    void inject(unsigned stream, unsigned tile, unsigned first, unsigned second);
    // Whether some of them still wait.
    bool injections_wait() const { return !injected_.empty(); }
    // Whether several values were driven onto such a stream in the cycle in question
    // (which of them is the first, no document says), or one had more than two wrong
    // bits in a tile then: what is made of them is the code's affair.
    bool injection_is_ambiguous() const { return ambiguous_; }
    // Every cycle's issues and streams go to @out.
    void print_to(std::ostream *out) { out_ = out; }

private:
    // What stops a program; the rest of the record is known where it is caught.
    struct trap {
        uint32_t cause;
        uint64_t address = ~uint64_t{0};
        uint32_t detail = 0;
    };

    struct text_entry {
        encoded word;
        uint32_t address;
    };

    // One instruction in one cycle.
    struct issue {
        unsigned icu = 0;
        text_entry text{};
        instruction what;
        int64_t repetition = 0;
        unsigned superlanes = GROQ_TILES;

        int64_t at(std::string_view name) const { return what.at(name); }
        unsigned operator[](std::string_view name) const {
            return what.unsigned_at(name);
        }
        int64_t stepped(std::string_view name, std::string_view step) const {
            return at(name) + repetition * at(step);
        }
        bool powers(unsigned lane) const { return lane < superlanes * GROQ_TILE_LANES; }
    };

    struct fetched_text {
        uint64_t issues_from;
        std::vector<text_entry> text;
    };

    struct queue {
        unsigned icu = 0;
        std::deque<text_entry> text;
        std::deque<fetched_text> arriving;
        std::optional<issue> fetch; // whose second word is read in this cycle
        uint64_t remaining = 0;     // of the launch entry's count
        uint64_t next = 0;          // cycle of the next issue
        bool parked = false;
        unsigned superlanes = GROQ_TILES;
        std::optional<issue> before; // the last issue
        int64_t repetitions = 0;     // still to issue
        uint64_t interval = 0;

        bool finished() const { return remaining == 0 && repetitions == 0 && !parked; }
    };

    struct event {
        issue by;
        std::function<void()> act;
    };

    struct error_count {
        uint64_t corrected = 0, uncorrected = 0;
    };

    struct slice_use {
        unsigned reads = 0, writes = 0;
        std::set<unsigned> read_banks, write_banks;
    };

    struct product {
        lanes32 values;
        unsigned type;
        issue by;
    };

    struct plane {
        using rows = std::vector<std::array<uint8_t, GROQ_LANES>>;
        rows buffer = rows(GROQ_LANES), array = rows(GROQ_LANES);
        std::map<unsigned, lanes32> accumulators;
        std::optional<product> leaving; // the array in this cycle
        std::optional<uint64_t> installed, streamed, half_activated; // last, at cycle
    };

    // machine.cpp
    void launch_all(const std::vector<launch> &table);
    void refuse_links(const std::vector<launch> &table);
    void step(queue &q);
    void take_effects();
    void look_for_lost_results();
    void look_for_deadlock();
    void count();
    void count_errors_of(unsigned icu);
    bool is_finished() const;
    outcome end_at_fault();
    outcome end_at_limit();
    void record(const issue &by, const trap &why);
    fault_record first_fault() const;
    void schedule(const issue &by, unsigned delay, std::function<void()> act);
    void print() const;

    // control.cpp
    void load(const launch &entry);
    std::vector<text_entry> instructions_at(uint32_t address);
    void issue_next(queue &q);
    void issue_repetition(queue &q);
    text_entry take_text(queue &q);
    void begin(queue &q, const text_entry &text);
    void repeat(queue &q, const issue &i);
    void control(queue &q, const issue &i);
    void fetch_first_word(queue &q, const issue &i);
    void fetch_second_word(queue &q);
    void fetch_word(uint32_t address);
    void notify(const issue &i);
    void execute(const issue &i);

    // operands.cpp: what an instruction takes from and gives to the streams
    void need(const issue &i, unsigned stream, unsigned streams = 1) const;
    bool carries(const issue &i, unsigned stream, unsigned streams) const;
    vector take(const issue &i, unsigned stream);
    lanes32 take_typed(const issue &i, unsigned stream, unsigned bytes);
    void check_errors(const vector &v, unsigned superlanes, uint64_t address,
                      uint32_t detail);
    void need_correct();
    void drive(const issue &i, unsigned stream, std::vector<vector> values);
    void make_errors(unsigned stream, vector &value);
    void drive_typed(const issue &i, unsigned stream, unsigned bytes,
                     const lanes32 &values);
    unsigned delay_of(const issue &i) const;

    // memory_instructions.cpp
    void execute_memory(const issue &i);
    void read(const issue &i, int64_t word, unsigned stream);
    void write(const issue &i, int64_t word, unsigned stream);
    void gather(const issue &i);
    void scatter(const issue &i);
    std::vector<uint32_t> words_of_map(const issue &i, uint32_t access);
    uint32_t locate(const issue &i, int64_t word, uint32_t access,
                    std::optional<unsigned> tile = std::nullopt) const;
    void use_slice(uint32_t address, bool is_write, std::set<unsigned> banks);
    unsigned bank_of(uint32_t address) const;
    void store(const issue &i, std::function<void()> act);

    // vector_instructions.cpp
    void execute_vector(const issue &i);
    void need_operand(const issue &i, unsigned operand, unsigned bytes) const;
    lanes32 take_operand(const issue &i, unsigned operand, unsigned bytes);

    // matrix_instructions.cpp
    void execute_matrix(const issue &i);
    void load_weights(const issue &i, plane &p);
    std::vector<vector> take_rows(const issue &i);
    void install(const issue &i, plane &p);
    void stream_weights(const issue &i, plane &p);
    void activate(const issue &i, plane &p);
    void accumulate(const issue &i, plane &p);
    plane &plane_of(unsigned icu, unsigned number);

    // switch_instructions.cpp
    void execute_switch(const issue &i);
    void shift(const issue &i, int north);
    void select(const issue &i);
    void permute(const issue &i);
    void distribute(const issue &i);
    void rotate(const issue &i);
    void transpose(const issue &i);

    memory &sram_;
    std::vector<window> windows_;
    mistake wrong_;
    std::ostream *out_ = nullptr;

    uint64_t cycle_ = 0;
    uint64_t last_effect_ = 0;
    stream_registers streams_;
    std::map<unsigned, queue> queues_; // in the order of ICU numbers
    std::map<uint64_t, std::vector<event>> events_;
    std::map<unsigned, slice_use> used_; // slices, in this cycle
    std::map<unsigned, std::pair<unsigned, wrong_bits>> injected_; // by stream
    std::map<unsigned, uint64_t> hit_; // streams by injections, in cycle
    bool ambiguous_ = false;
    error_count errors_;                               // of the queue that has its turn
    std::optional<trap> uncorrectable_;                // the first of them
    std::map<unsigned, error_count> errors_of_queues_; // in this cycle
    std::set<unsigned> consumed_;         // streams, by the instruction that issues
    unsigned notifies_ = 0;               // under way
    std::map<unsigned, lanes32> results_; // of ALUs, bit patterns
    std::map<unsigned, unsigned> result_bytes_; // and their width
    std::map<unsigned, plane> planes_;          // hemisphere * 2 + plane
    std::vector<fault_record> faults_;          // of this cycle
    std::vector<unsigned> issued_;              // queues, in this cycle
    outcome outcome_;
};

// Where the unit of a queue stands.
int position_of(unsigned icu);

} // namespace groq::reference

#endif
