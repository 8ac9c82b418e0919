// SPDX-License-Identifier: MIT
// Who does what when in a program that is being made: queues, streams, slices and
// ALU results, so that what is added does not collide with what is there.
#ifndef GROQ_TESTS_CONFORMANCE_SCHEDULE_HPP
#define GROQ_TESTS_CONFORMANCE_SCHEDULE_HPP

#include <functional>
#include <set>

#include "program.hpp"

namespace groq::conformance {

// How often an instruction issues after the first time, and how many cycles apart.
struct rhythm {
    int times = 0;
    int interval = 1;
};

class schedule {
public:
    // Asked at a collision: whether to go on as if there were none. Only two
    // instructions of one queue in one cycle are never overlooked.
    std::function<bool()> overlook = [] { return false; };

    struct slot {
        encoded word;
        rhythm r;
    };

    // Each books one thing for an instruction's issues at @t, @t + interval, ...
    // and is false if that collides.
    bool issue(unsigned icu, int t, const encoded &word, rhythm r);
    // A value appears on @stream at @position.
    bool drive(int position, unsigned stream, int t, rhythm r);
    // The value that is driven at @from arrives at @to in cycle @t as it is.
    bool keep(int from, int to, unsigned stream, int t, rhythm r);
    // The slice's word @word is read or written.
    bool use(unsigned slice, bool is_write, int word, int step, int t, rhythm r);
    bool use_both_banks(unsigned slice, bool is_write, int t, rhythm r);
    // ALU @alu computes something of @bytes per lane.
    bool compute(unsigned alu, unsigned bytes, int t, rhythm r);
    // The ALU's result of @bytes as an operand at @t; false if there is none.
    bool take_result(unsigned alu, unsigned bytes, int t, rhythm r);
    // Takes a unit (any number that says which) for the cycles @t..@t+length-1.
    bool occupy(unsigned unit, int t, int length, rhythm r = {});

    const std::map<unsigned, std::map<int, slot>> &queues() const { return queues_; }

private:
    struct slice_cycle {
        bool read = false, write = false;
        std::set<int> read_banks, write_banks;
    };

    template <class F>
    bool every_time(int t, rhythm r, F &&book) const;
    bool use_banks(unsigned slice, bool is_write, std::set<int> banks, int t);

    // A stream's values by where they would have been in cycle 0.
    using diagonal = std::pair<unsigned, int>;
    static diagonal diagonal_of(unsigned stream, int position, int t);
    // Grows in the direction in which @stream runs.
    static int along(unsigned stream, int position);

    std::map<unsigned, std::map<int, slot>> queues_;
    std::map<diagonal, std::set<int>> driven_;                  // where
    std::map<diagonal, std::vector<std::pair<int, int>>> kept_; // from, to
    std::map<std::pair<unsigned, int>, slice_cycle> slices_;
    std::map<unsigned, std::map<int, unsigned>> results_;        // ALU: issue, bytes
    std::map<unsigned, std::vector<std::pair<int, int>>> taken_; // ALU: issue, use
    std::set<std::pair<unsigned, int>> occupied_;
};

} // namespace groq::conformance

#endif
