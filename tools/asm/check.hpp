// SPDX-License-Identifier: MIT
//
// What can be proved wrong with a program without running it: as all of it is decided
// before the first cycle, that is every fault but those of the card itself (ECC, other
// windows, a limit of cycles).
#pragma once

#include <vector>

#include "asm/diagnostic.hpp"
#include "asm/program.hpp"
#include "asm/timeline.hpp"

namespace groq::assembly {

// Errors: faults, by docs/isa.md section 6; SRAM ranges that overlap or do not hold
// what the program touches; values overwritten on their stream before anything used
// them. Warnings: values that nothing uses, words read that nothing has filled. Errors
// come first, those of an entry point in the order in which it would stop at them.
std::vector<diagnostic> check(const program &source);

// The parts of it. SRAM needs no timeline.
void check_layout(const program &source, std::vector<diagnostic> &found);
void check_streams(const timeline &run, const std::string &entry,
                   std::vector<diagnostic> &found);
void check_memory(const program &source, const timeline &run, const std::string &entry,
                  std::vector<diagnostic> &found);
void check_vector_unit(const timeline &run, const std::string &entry,
                       std::vector<diagnostic> &found);
void check_matrix_units(const timeline &run, const std::string &entry,
                        std::vector<diagnostic> &found);

// Which words hold something the program put there, through its entry points in turn.
class filled_words {
public:
    explicit filled_words(const program &source);

    void run(const timeline &run, const std::string &entry,
             std::vector<diagnostic> &found);
    void finish(const program &source, std::vector<diagnostic> &found) const;

private:
    void fill(std::uint64_t address);

    std::vector<bool> filled_;
};

} // namespace groq::assembly
