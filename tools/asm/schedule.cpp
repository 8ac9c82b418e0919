// SPDX-License-Identifier: MIT
#include "asm/schedule.hpp"

#include <algorithm>

#include "asm/diagnostic.hpp"
#include "asm/queue.hpp"

namespace groq::assembly {
namespace {

constexpr std::uint32_t most = 65535; // of Repeat's fields

bool follows_from_the_rest(std::uint8_t opcode) {
    return opcode == GROQ_OPCODE_NOP || opcode == GROQ_OPCODE_REPEAT ||
           opcode == GROQ_OPCODE_IFETCH;
}

instruction without_steps(instruction code) {
    for (const stepping &s : steppings(*code.find_operation()))
        set(code, *s.step, 0);
    return code;
}

std::vector<burst> expand(std::span<const burst> bursts) {
    std::vector<burst> single;
    for (const burst &b : bursts)
        for (std::uint32_t i = 0; i <= b.again.times; ++i)
            single.push_back({b.cycle + std::uint64_t{i} * b.again.interval,
                              without_steps(*stepped(b.code, i)),
                              {}});
    std::ranges::stable_sort(single, {}, &burst::cycle);
    return single;
}

bool overlap(std::span<const burst> bursts) {
    const auto next = std::ranges::adjacent_find(
        bursts, [](const burst &a, const burst &b) { return a.last() >= b.cycle; });
    return next != bursts.end();
}

// Steps that lead from one instruction to the other, in the first; nothing when they
// differ in more than stepping fields.
std::optional<instruction> with_steps(const instruction &first,
                                      const instruction &second) {
    instruction result = first;
    instruction rest = second;
    if (first.opcode() != second.opcode())
        return {};
    for (const auto &[base, step] : steppings(*first.find_operation())) {
        const std::int64_t distance = get(second, *base) - get(first, *base);
        const std::int64_t half = std::int64_t{1} << (step->bits - 1);
        const bool is_signed = step->kind == field_kind::SINT;
        if (distance < (is_signed ? -half : 0) ||
            distance >= (is_signed ? half : 2 * half))
            return {};
        set(result, *step, distance);
        set(rest, *base, get(first, *base));
    }
    return rest == first ? std::optional(result) : std::nullopt;
}

// Read and write as the one instruction that does both; nothing for other pairs.
std::optional<instruction> combine(const instruction &a, const instruction &b) {
    if (a.opcode() == GROQ_OPCODE_WRITE && b.opcode() == GROQ_OPCODE_READ)
        return combine(b, a);
    if (a.opcode() != GROQ_OPCODE_READ || b.opcode() != GROQ_OPCODE_WRITE)
        return {};
    return make<GROQ_OPCODE_READ_WRITE>({.read_stream = get(a, "stream"),
                                         .read_word = get(a, "word"),
                                         .write_stream = get(b, "stream"),
                                         .write_word = get(b, "word")});
}

void combine_pairs(std::vector<burst> &single) {
    std::vector<burst> result;
    for (const burst &b : single) {
        if (!result.empty() && result.back().cycle == b.cycle)
            if (const auto both = combine(result.back().code, b.code)) {
                result.back().code = *both;
                continue;
            }
        result.push_back(b);
    }
    single = std::move(result);
}

// How many instructions from the first on form one equally spaced run.
std::size_t run_length(std::span<const burst> single, const instruction &code) {
    const std::uint64_t interval = single[1].cycle - single[0].cycle;
    std::size_t length = 2;
    while (length < single.size() && length <= most &&
           single[length].cycle - single[length - 1].cycle == interval &&
           single[length].again.times == 0 && stepped(code, length) &&
           without_steps(*stepped(code, length)) == single[length].code)
        ++length;
    return length;
}

// The run at the front as one burst, and its length; runs of two gain nothing.
std::pair<burst, std::size_t> fold(std::span<const burst> bursts) {
    const burst &first = bursts.front();
    if (bursts.size() < 3 || first.again.times != 0 || bursts[1].again.times != 0 ||
        !can_repeat(*first.code.find_operation()) ||
        bursts[1].cycle - first.cycle > most)
        return {first, 1};
    const auto code = with_steps(first.code, bursts[1].code);
    const std::size_t length = code ? run_length(bursts, *code) : 1;
    if (length < 3)
        return {first, 1};
    const auto interval = static_cast<std::uint32_t>(bursts[1].cycle - first.cycle);
    return {{first.cycle, *code, {static_cast<std::uint32_t>(length - 1), interval}},
            length};
}

// Whether the second is what the first would go on with.
bool continues(const burst &first, const burst &second) {
    return first.again.times != 0 && second.again.times != 0 &&
           first.again.interval == second.again.interval &&
           first.last() + first.again.interval == second.cycle &&
           first.again.times + second.again.times < most &&
           stepped(first.code, first.again.times + 1) == second.code;
}

} // namespace

void schedule::fail(unsigned icu, std::uint64_t cycle,
                    const std::string &message) const {
    throw build_error({{true, entry_, icu, cycle, message}});
}

void schedule::at(std::uint64_t cycle, unsigned icu, const instruction &code,
                  repetition again) {
    if (icu >= GROQ_ICUS_ALL)
        throw std::out_of_range("no instruction queue " + std::to_string(icu));
    if (auto reason = defect(code); !reason.empty())
        fail(icu, cycle, reason);
    if (auto reason = violation(code, icu); !reason.empty())
        fail(icu, cycle, reason);
    const operation &op = *code.find_operation();
    if (follows_from_the_rest(op.opcode))
        fail(icu, cycle, std::string(op.mnemonic) + " is not placed by hand");
    if (again.times != 0 && (!can_repeat(op) || again.times > most ||
                             again.interval == 0 || again.interval > most))
        fail(icu, cycle, std::string(op.mnemonic) + " cannot be repeated like this");
    if (cycle > most_cycle || burst{cycle, code, again}.last() > most_cycle)
        fail(icu, cycle,
             "issues after cycle " + std::to_string(most_cycle) +
                 ", the last that can be waited for");
    if (!stepped(code, again.times))
        fail(icu, cycle, std::string(op.mnemonic) + " steps out of its range");
    placed_[icu].push_back({cycle, code, again});
    if (op.opcode == GROQ_OPCODE_NOTIFY)
        notifies_.push_back(cycle);
}

std::vector<unsigned> schedule::queues() const {
    std::vector<unsigned> result;
    for (const auto &[icu, bursts] : placed_)
        result.push_back(icu);
    return result;
}

std::vector<burst> schedule::bursts(unsigned icu) const {
    std::vector<burst> ordered = placed_.at(icu);
    for (burst &b : ordered)
        if (b.again.times == 0)
            b.code = without_steps(b.code);
    std::ranges::stable_sort(ordered, {}, &burst::cycle);
    if (overlap(ordered)) {
        ordered = expand(ordered);
        combine_pairs(ordered);
    }
    const auto twice = std::ranges::adjacent_find(ordered, {}, &burst::cycle);
    if (twice != ordered.end())
        fail(icu, twice->cycle, "two instructions in one cycle");
    std::vector<burst> folded;
    for (std::size_t i = 0; i < ordered.size();) {
        const auto [next, length] = fold(std::span(ordered).subspan(i));
        if (!folded.empty() && continues(folded.back(), next))
            folded.back().again.times += next.again.times + 1;
        else
            folded.push_back(next);
        i += length;
    }
    return folded;
}

std::optional<std::uint64_t> schedule::release(std::uint64_t parked) const {
    std::optional<std::uint64_t> first;
    for (const std::uint64_t notify : notifies_)
        if (notify + GROQ_DELAY_SYNC > parked)
            first = std::min(first.value_or(~0ULL), notify + GROQ_DELAY_SYNC);
    return first;
}

} // namespace groq::assembly
