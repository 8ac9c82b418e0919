// SPDX-License-Identifier: MIT
//
// Builds a program out of data, tensors, and instructions at their cycles. The text
// of the queues, their launch tables, the SRAM ranges and the cycle counts follow.
//
//   program_builder builder;
//   builder.add_data("ones", address_of(slice, 0), bytes);
//   schedule &main = builder.add_entry("main");
//   main.at(0, GROQ_ICU_MEM(GROQ_EAST, 3), make<GROQ_OPCODE_READ>({.stream =
//   east(0)}));
//   ...
//   write_file("a.groq", write_elf(builder.link()));
#pragma once

#include <cstddef>
#include <cstdint>
#include <list>
#include <optional>
#include <string>
#include <vector>

#include "asm/claims.hpp"
#include "asm/interval_set.hpp"
#include "asm/program.hpp"
#include "asm/queue_text.hpp"
#include "asm/schedule.hpp"

namespace groq::assembly {

class program_builder {
public:
    // What SRAM holds before a run.
    void add_data(std::string name, std::uint32_t address, std::vector<std::byte> bytes,
                  bool writable = false);
    // Sections that are taken as they are: text written out by hand, a launch table.
    void add_segment(segment section);
    // SRAM that the program uses and no segment or tensor covers: whole words.
    void reserve(std::uint32_t address, std::uint32_t bytes);
    void add_tensor(tensor description);
    void add_symbol(symbol name) { image_.symbols.push_back(std::move(name)); }

    // An entry point to be scheduled; the reference stays good.
    schedule &add_entry(std::string name, std::uint32_t kind = GROQ_ENTRY_MONOLITHIC);
    // One whose text and launch table are segments.
    void add_entry(entry_point finished) {
        image_.entries.push_back(std::move(finished));
    }

    // Where text may go; by default every slice, those that the entry point leaves
    // alone first.
    void set_text_slices(std::vector<unsigned> slices) {
        text_slices_ = std::move(slices);
    }
    // What the note says instead of what follows from the rest.
    void set_sram_bytes(std::uint64_t bytes) { image_.sram_bytes = bytes; }
    void add_range(groq_note_sram range) { image_.ranges.push_back(range); }

    // Once. Throws build_error: overlapping SRAM, no room for text, a queue that cannot
    // be fed. What else may be wrong, check.hpp finds.
    program link();

private:
    struct scheduled_entry {
        schedule plan;
        std::uint32_t kind;
    };

    void claim(std::uint64_t from, std::uint64_t to, const std::string &owner);
    void count_cycles();
    void link_entry(const scheduled_entry &entry);
    groq_launch link_queue(const schedule &plan, unsigned icu,
                           const std::vector<unsigned> &slices,
                           std::vector<interval_set> &ports);
    groq_launch add_text(const schedule &plan, unsigned icu, const queue_text &text,
                         std::uint32_t address);
    std::vector<unsigned> text_slices(const std::vector<interval_set> &ports) const;
    std::optional<std::uint32_t> place(unsigned words, unsigned slice);
    std::uint64_t limit_words(std::uint64_t end) const;
    std::uint32_t place_table(std::uint32_t bytes, const std::vector<unsigned> &slices);
    std::vector<groq_note_sram> ranges() const;

    program image_;
    std::list<scheduled_entry> scheduled_;
    claims claims_;
    interval_set used_; // words of the whole SRAM
    std::vector<unsigned> text_slices_;
};

} // namespace groq::assembly
