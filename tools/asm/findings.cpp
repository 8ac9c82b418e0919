// SPDX-License-Identifier: MIT
#include "asm/findings.hpp"

#include <algorithm>
#include <iterator>
#include <tuple>

namespace groq::assembly {
namespace {

struct named_fault {
    std::uint32_t cause;
    std::string_view name;
};

// In the order in which they are looked for in one cycle of one queue.
constexpr named_fault faults[] = {
    {GROQ_FAULT_STREAM_CONFLICT, "STREAM_CONFLICT"},
    {GROQ_FAULT_TEXT_OVERFLOW, "TEXT_OVERFLOW"},
    {GROQ_FAULT_STARVED, "STARVED"},
    {GROQ_FAULT_POWER, "POWER"},
    {GROQ_FAULT_ILLEGAL, "ILLEGAL"},
    {GROQ_FAULT_ADDRESS, "ADDRESS"},
    {GROQ_FAULT_ACCESS, "ACCESS"},
    {GROQ_FAULT_BANK, "BANK"},
    {GROQ_FAULT_STREAM_EMPTY, "STREAM_EMPTY"},
    {GROQ_FAULT_OPERAND_EMPTY, "OPERAND_EMPTY"},
    {GROQ_FAULT_MXM_CONFLICT, "MXM_CONFLICT"},
    {GROQ_FAULT_MXM_EMPTY, "MXM_EMPTY"},
    {GROQ_FAULT_MXM_LOST, "MXM_LOST"},
    {GROQ_FAULT_DEADLOCK, "DEADLOCK"},
};

const named_fault *find(std::uint32_t cause) {
    return std::ranges::find(faults, cause, &named_fault::cause);
}

// Of one cycle by queue. What an earlier instruction left to happen comes first, but
// that nothing takes a result shows only at the end.
auto order(const diagnostic &each) {
    const bool is_left = each.cycle < each.fault_cycle;
    const bool is_last = each.cause == GROQ_FAULT_MXM_LOST;
    return std::tuple(each.fault_cycle, each.fault_icu, is_last, !is_left,
                      find(each.cause));
}

} // namespace

std::string_view fault_name(std::uint32_t cause) {
    const named_fault *found = find(cause);
    return found == std::end(faults) ? "" : found->name;
}

diagnostic &findings::add(std::vector<diagnostic> &to, diagnostic each) {
    if (to.size() < most)
        return to.emplace_back(std::move(each));
    return surplus_ = std::move(each);
}

diagnostic &findings::fault(std::uint32_t cause, unsigned icu, std::uint64_t cycle,
                            const std::string &message) {
    return add(errors_, {true, entry_, icu, cycle,
                         std::string(fault_name(cause)) + ": " + message, cause});
}

void findings::error(unsigned icu, std::uint64_t cycle, const std::string &message) {
    add(errors_, {true, entry_, icu, cycle, message});
}

void findings::warn(unsigned icu, std::uint64_t cycle, const std::string &message) {
    add(warnings_, {false, entry_, icu, cycle, message});
}

std::uint64_t findings::first_fault() const {
    std::uint64_t first = never;
    for (const diagnostic &each : errors_)
        if (each.cause != GROQ_FAULT_NONE)
            first = std::min(first, each.fault_cycle);
    return first;
}

std::vector<diagnostic> findings::take(std::uint64_t end) && {
    std::ranges::stable_sort(errors_, {}, order);
    std::ranges::stable_sort(warnings_, {}, order);
    std::ranges::move(warnings_, std::back_inserter(errors_));
    std::erase_if(errors_,
                  [&](const diagnostic &each) { return each.fault_cycle > end; });
    return std::move(errors_);
}

} // namespace groq::assembly
