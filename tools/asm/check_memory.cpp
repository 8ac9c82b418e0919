// SPDX-License-Identifier: MIT
#include "asm/check.hpp"

#include <algorithm>
#include <tuple>

#include "asm/effect.hpp"
#include "asm/interval_set.hpp"
#include "asm/queue.hpp"

namespace groq::assembly {
namespace {

constexpr std::uint64_t all_words = std::uint64_t{slice_count} * GROQ_SLICE_WORDS;

struct access {
    std::uint64_t cycle;
    word_use use;
    unsigned icu;
    std::uint64_t issued;

    std::uint64_t word() const {
        return std::uint64_t{use.slice} * GROQ_SLICE_WORDS + use.word;
    }
};

class memory_check {
public:
    memory_check(const program &source, const std::string &entry,
                 std::vector<diagnostic> &found)
        : entry_(entry), found_(found) {
        for (const groq_note_sram &range : source.ranges)
            ranges_.take(range.address / GROQ_VECTOR_BYTES,
                         (std::uint64_t{range.address} + range.size) /
                             GROQ_VECTOR_BYTES);
    }

    void check(const timeline &run) {
        for (const issue &i : run.issues)
            for (const word_use &use : word_uses(i.icu, i.code))
                accesses_.push_back({i.cycle + use.delay, use, i.icu, i.cycle});
        for (const access &a : accesses_)
            check_place(a);
        std::ranges::sort(accesses_, {}, [](const access &a) {
            return std::tuple(a.use.slice, a.cycle, a.icu);
        });
        for (std::size_t i = 0; i < accesses_.size(); ++i)
            for (std::size_t j = i; j-- > 0 && same_port(accesses_[j], accesses_[i]);)
                check_pair(accesses_[j], accesses_[i]);
    }

private:
    static bool same_port(const access &a, const access &b) {
        return a.use.slice == b.use.slice && a.cycle == b.cycle;
    }

    void check_place(const access &a) {
        if (a.use.slice >= slice_count)
            report(a, "ADDRESS: there is no SRAM there");
        else if (ranges_.is_free(a.word(), a.word() + a.use.count))
            report(a, std::string("ACCESS: ") +
                          (a.use.is_known() ? "word " : "no word from word ") +
                          std::to_string(a.use.word) +
                          (a.use.is_known() ? " of " : " on of ") +
                          slice_name(a.use.slice) +
                          (a.use.is_known() ? " is not" : " is") +
                          " in the SRAM of this program");
    }

    // Whether the first and the last word it may be are in the same bank.
    static bool has_one_bank(const word_use &use) {
        return bank_of(use.word) == bank_of(use.word + use.count - 1);
    }

    static bool share_bank(const word_use &a, const word_use &b) {
        return has_one_bank(a) && has_one_bank(b) && bank_of(a.word) == bank_of(b.word);
    }

    void check_pair(const access &first, const access &second) {
        const std::string other = queue_name(first.icu) + " (issued in cycle " +
                                  std::to_string(first.issued) + ")";
        if (first.use.write == second.use.write)
            report(second, std::string("BANK: a second ") +
                               (second.use.write ? "write" : "read") + " of " +
                               slice_name(second.use.slice) + " beside that of " +
                               other);
        else if (share_bank(first.use, second.use))
            report(second, "BANK: reads and writes one bank of " +
                               slice_name(second.use.slice) + " at once, with " +
                               other);
    }

    void report(const access &a, const std::string &message) {
        found_.push_back({true, entry_, a.icu, a.issued, message, a.cycle});
    }

    const std::string &entry_;
    std::vector<diagnostic> &found_;
    interval_set ranges_;
    std::vector<access> accesses_;
};

} // namespace

void check_memory(const program &source, const timeline &run, const std::string &entry,
                  std::vector<diagnostic> &found) {
    memory_check(source, entry, found).check(run);
}

} // namespace groq::assembly
