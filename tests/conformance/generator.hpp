// SPDX-License-Identifier: MIT
// Random programs. An operation is put into a schedule together with the reads that
// bring its operands and the writes that keep its results, so that most programs
// run to their end; some are then damaged.
#ifndef GROQ_TESTS_CONFORMANCE_GENERATOR_HPP
#define GROQ_TESTS_CONFORMANCE_GENERATOR_HPP

#include <optional>
#include <random>

#include "schedule.hpp"

namespace groq::conformance {

class generator {
public:
    explicit generator(uint64_t seed);

    // Tries to add @opcode once with all around it; false if there was no room.
    // @type and @to: as the fields of that name; nothing: any that is allowed.
    bool add(unsigned opcode, std::optional<unsigned> type = std::nullopt,
             std::optional<unsigned> to = std::nullopt);
    // Whether add() knows @opcode at all.
    static bool knows(unsigned opcode);
    // What the operations make together.
    program finish();
    // From here on collisions and wrong maps happen now and then.
    void be_careless();

    // A number of operations of any kind, and damage now and then.
    static program random_program(uint64_t seed);

private:
    // What a word of SRAM holds, so that maps are maps and floats mostly numbers.
    enum class content {
        NOISE,
        SMALL,
        EDGES,
        FLOATS,
        HALVES,
        SELECT,
        DISTRIBUTE,
        PERMUTE,
        WORDS,
        TAME_HIGH
    };

    struct stream_operand {
        unsigned stream;
        unsigned streams;
        content of;
    };

    unsigned below(unsigned limit) { return static_cast<unsigned>(random_() % limit); }
    bool one_in(unsigned n) { return below(n) == 0; }
    template <class T>
    T one_of(std::initializer_list<T> all) {
        return all.begin()[below(static_cast<unsigned>(all.size()))];
    }

    // generator.cpp: what brings operands and takes results
    bool supply(int position, int t, rhythm r, stream_operand o);
    bool supply_byte(int position, int t, rhythm r, unsigned stream, content of,
                     unsigned byte, unsigned variant);
    // The value that is driven at @position in cycle @t; mostly it is written.
    bool produce(int position, int t, rhythm r, unsigned stream, unsigned streams);
    bool keep_byte(int position, int t, rhythm r, unsigned stream);
    std::optional<unsigned> some_slice(int position, unsigned stream, bool upstream);
    unsigned some_stream(unsigned streams);
    unsigned stream_to(int position, unsigned streams);
    rhythm some_rhythm();
    int some_time();
    unsigned some_type(unsigned opcode);
    content content_for(unsigned type);

    // operations.cpp: each adds one operation to the schedule
    bool add_once(unsigned opcode, std::optional<unsigned> type,
                  std::optional<unsigned> to);
    bool add_control(unsigned opcode);
    bool add_fetch();
    bool add_copy(rhythm r);
    bool add_read_write();
    bool add_indirect(unsigned opcode);
    bool add_vector(unsigned opcode, unsigned type, unsigned to);
    std::optional<unsigned> vector_operand(unsigned type, int t, rhythm r);
    bool add_matrix(unsigned type, bool straight);
    bool add_weights(unsigned icu, content of, bool straight, int t, rhythm r);
    bool add_results(unsigned icu, unsigned type, int t, rhythm r);
    bool add_switch(unsigned opcode, unsigned type);

    // words.cpp: what lies in SRAM
    static unsigned word_of(content of, unsigned byte, unsigned variant);
    std::vector<uint8_t> bytes_of_word(unsigned slice, unsigned word);
    void need_word(unsigned slice, unsigned word);

    // finish.cpp
    std::vector<encoded> body_of(unsigned icu, int start);
    void damage(program &p);
    void damage_text(program &p);
    void close_windows(program &p);
    void add_errors(program &p);

    uint64_t seed_;
    std::mt19937_64 random_;
    schedule now_;
    std::set<std::pair<unsigned, unsigned>> needed_; // slices and words
    std::vector<unsigned> slices_;                   // those that take part
    uint32_t immediate_ = 0;                         // of the operation being added
    bool immediate_used_ = false;
    unsigned superlanes_ = GROQ_TILES;
    bool with_sync_ = false;
    bool with_fetch_ = false;
    bool careless_ = false;
    int span_; // cycles within which operations begin
};

} // namespace groq::conformance

#endif
