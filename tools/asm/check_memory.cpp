// SPDX-License-Identifier: MIT
#include "asm/check.hpp"

#include "asm/queue.hpp"

namespace groq::assembly {
namespace {

// Whether the first and the last word it may be are in the same bank.
bool has_one_bank(const word_use &use) {
    return bank_of(use.word) == bank_of(use.word + use.count - 1);
}

bool share_bank(const word_use &a, const word_use &b) {
    return has_one_bank(a) && has_one_bank(b) && bank_of(a.word) == bank_of(b.word);
}

} // namespace

memory_check::memory_check(const program &source, findings &found)
    : found_(found), ports_(2 * slice_count) {
    for (const groq_note_sram &range : source.ranges)
        ranges_.take(range.address / GROQ_VECTOR_BYTES,
                     (std::uint64_t{range.address} + range.size) / GROQ_VECTOR_BYTES);
}

void memory_check::visit(const issue &now, bool has_map) {
    for (const word_use &use : word_uses(now.icu, now.code)) {
        if (!use.is_known() && !has_map)
            continue;
        const access a{now.cycle + use.delay, use, now.icu, now.cycle};
        check_place(a);
        if (use.slice < slice_count)
            check_port(a);
    }
}

void memory_check::check_place(const access &a) {
    const std::string word = std::to_string(a.use.word);
    if (a.use.slice >= slice_count)
        report(GROQ_FAULT_ADDRESS, a, "there is no SRAM there");
    else if (!ranges_.is_free(a.use.first(), a.use.first() + a.use.count))
        return;
    else if (a.use.is_known())
        report(GROQ_FAULT_ACCESS, a,
               "word " + word + " of " + slice_name(a.use.slice) +
                   " is not in the SRAM of this program");
    else
        report(GROQ_FAULT_ACCESS, a,
               "no word of " + slice_name(a.use.slice) + " from " + word +
                   " on is in the SRAM of this program");
}

// A fetch has its second access in the cycle after its issue, when others of that cycle
// have not been seen yet.
void memory_check::check_port(const access &a) {
    port &p = ports_[2 * a.use.slice + a.cycle % 2];
    if (p.cycle != a.cycle)
        p.accesses.clear();
    p.cycle = a.cycle;
    for (const access &other : p.accesses)
        if (other.icu <= a.icu)
            check_pair(other, a);
        else
            check_pair(a, other);
    p.accesses.push_back(a);
}

void memory_check::check_pair(const access &first, const access &second) {
    const std::string other = queue_name(first.icu) + " (issued in cycle " +
                              std::to_string(first.issued) + ")";
    const std::string slice = slice_name(second.use.slice);
    if (first.use.write == second.use.write)
        report(GROQ_FAULT_BANK, second,
               std::string("a second ") + (second.use.write ? "write" : "read") +
                   " of " + slice + " beside that of " + other);
    else if (share_bank(first.use, second.use))
        report(GROQ_FAULT_BANK, second,
               "reads and writes one bank of " + slice + " at once, with " + other);
}

void memory_check::report(std::uint32_t cause, const access &a,
                          const std::string &message) {
    found_.fault(cause, a.icu, a.issued, message).fault_cycle = a.cycle;
}

} // namespace groq::assembly
