// SPDX-License-Identifier: MIT
#include "ops/sweep.hpp"

#include <algorithm>
#include <array>
#include <bit>
#include <stdexcept>

namespace groq::ops {

using namespace assembly;

namespace {

// From the first read to the VXM: straight from the farthest slice, or by way of the
// SXM from the farthest of the other end.
constexpr unsigned farthest = GROQ_POSITION_MEM(GROQ_SLICES / GROQ_SLICES_PER_HOP - 1);
constexpr unsigned lead = GROQ_DELAY_MEM_READ + farthest * GROQ_DELAY_HOP;
constexpr unsigned from_sxm =
    GROQ_DELAY_SXM_PERMUTE + GROQ_POSITION_SXM * GROQ_DELAY_HOP;
constexpr unsigned lead_permuted = lead + from_sxm;

constexpr std::array operand_fields{"a", "b", "condition"};

// Streams of one direction, given out in aligned groups.
class stream_pool {
public:
    unsigned take(unsigned bytes) {
        next_ = (next_ + bytes - 1) / bytes * bytes;
        const unsigned first = next_;
        next_ += bytes;
        if (next_ > GROQ_STREAMS)
            throw std::length_error("the sweep needs more than 32 streams");
        return first;
    }

private:
    unsigned next_ = 0;
};

} // namespace

class sweep_emitter {
public:
    sweep_emitter(const sweep &source, schedule &out, std::uint64_t ready)
        : source_(source), out_(out), transfers_(out), places_(source.nodes_.size()) {
        const bool permutes =
            std::ranges::any_of(source.nodes_, [](const sweep::node &n) {
                return n.from == sweep::origin::LOAD_PERMUTED;
            });
        wanted_ = when_wanted(ready + (permutes ? lead_permuted : lead));
    }

    std::uint64_t emit() {
        for (std::size_t i = 0; i < source_.nodes_.size(); ++i)
            if (source_.nodes_[i].from == sweep::origin::OPERATION)
                emit_operation(i);
        return end_;
    }

private:
    // Where a value can be had: the operand, by the cycle.
    using taps = std::map<std::uint64_t, unsigned>;

    // The first cycle in which an operation takes each value, or, when it is only
    // stored, could take it: as late as can be, so that few values have to wait.
    std::vector<std::uint64_t> when_wanted(std::uint64_t start) const {
        const auto &nodes = source_.nodes_;
        std::vector<std::uint64_t> wanted(nodes.size(), start);
        for (std::size_t i = 0; i < nodes.size(); ++i)
            for (const std::size_t operand : nodes[i].operands)
                wanted[i] = std::max(wanted[i], wanted[operand] + GROQ_DELAY_VXM_OP);
        std::vector<bool> is_used(nodes.size());
        for (std::size_t i = nodes.size(); i-- > 0;)
            for (const std::size_t operand : nodes[i].operands) {
                const std::uint64_t issue = wanted[i] - GROQ_DELAY_VXM_OP;
                wanted[operand] =
                    is_used[operand] ? std::min(wanted[operand], issue) : issue;
                is_used[operand] = true;
            }
        return wanted;
    }

    void emit_operation(std::size_t number) {
        const sweep::node &node = source_.nodes_[number];
        const std::uint64_t cycle = wanted_[number] - GROQ_DELAY_VXM_OP;
        instruction code{static_cast<std::uint64_t>(node.opcode), 0};
        set(code, "type", node.operand_type);
        if (node.opcode == GROQ_OPCODE_CONVERT)
            set(code, "to", node.type);
        for (std::size_t i = 0; i < node.operands.size(); ++i)
            set_operand(code, operand_fields[i], node.operands[i], cycle);
        places_[number].emplace(wanted_[number],
                                issue(cycle, code, emit_stores(node, cycle)));
    }

    void set_operand(instruction &code, const char *field, std::size_t number,
                     std::uint64_t cycle) {
        const sweep::node &node = source_.nodes_[number];
        if (node.from == sweep::origin::CONSTANT) {
            set(code, field, GROQ_OPERAND_IMMEDIATE);
            set(code, "immediate", node.immediate);
        } else {
            set(code, field, find(number, cycle));
        }
    }

    // The operand that has the value in this cycle: after the first it waits in ALUs.
    unsigned find(std::size_t number, std::uint64_t cycle) {
        taps &known = places_[number];
        if (known.empty())
            known.emplace(wanted_[number],
                          load(source_.nodes_[number], wanted_[number]));
        auto last = std::prev(known.upper_bound(cycle));
        while (last->first < cycle) {
            const unsigned copied =
                issue(last->first,
                      make<GROQ_OPCODE_COPY>(
                          {.type = source_.nodes_[number].type, .a = last->second}),
                      GROQ_OPERAND_NONE);
            last = known.emplace(last->first + GROQ_DELAY_VXM_OP, copied).first;
        }
        return last->second;
    }

    // Returns the operand of the result.
    unsigned issue(std::uint64_t cycle, instruction code, unsigned target) {
        if (alus_ == GROQ_VXM_ALUS)
            throw std::length_error("the sweep needs more than 16 ALUs");
        set(code, "target", target);
        out_.at(cycle, GROQ_ICU_VXM(alus_), code, again());
        return alu(alus_++);
    }

    repetition again() const { return {source_.run_.count - 1, 1}; }

    unsigned take(unsigned direction, unsigned bytes) {
        return direction == GROQ_EAST ? east(eastward_.take(bytes))
                                      : west(westward_.take(bytes));
    }

    unsigned load(const sweep::node &node, std::uint64_t cycle) {
        if (node.from == sweep::origin::LOAD_PERMUTED)
            return load_permuted(node, cycle);
        const unsigned inward =
            node.area.hemisphere() == GROQ_EAST ? GROQ_WEST : GROQ_EAST;
        const unsigned stream = take(inward, node.area.bytes());
        read(node.area, stream, {GROQ_POSITION_VXM, cycle},
             node.from == sweep::origin::LOAD_SAME);
        return stream;
    }

    void read(const vector_area &from, unsigned stream, passage to, bool same) {
        for (unsigned byte = 0; byte < from.bytes(); ++byte)
            if (same)
                transfers_.read_same(from.plane(byte), source_.run_, stream + byte, to);
            else
                transfers_.read(from.plane(byte), source_.run_, stream + byte, to);
    }

    unsigned load_permuted(const sweep::node &node, std::uint64_t cycle) {
        const passage at_sxm{GROQ_POSITION_SXM, cycle - from_sxm};
        const unsigned from = take(GROQ_EAST, node.area.bytes());
        const unsigned map = take(GROQ_EAST, node.map.bytes());
        const unsigned to = take(GROQ_WEST, node.area.bytes());
        read(node.area, from, at_sxm, false);
        read(node.map, map, at_sxm, true);
        out_.at(at_sxm.cycle, GROQ_ICU_SXM(GROQ_EAST, GROQ_SXM_QUEUE_PERMUTE),
                make<GROQ_OPCODE_PERMUTE>(
                    {.from = from, .map = map, .to = to, .type = node.type}),
                again());
        return to;
    }

    // Returns the target.
    unsigned emit_stores(const sweep::node &node, std::uint64_t cycle) {
        if (node.stores.empty())
            return GROQ_OPERAND_NONE;
        const unsigned stream =
            take(node.stores.front().hemisphere(), type_bytes(node.type));
        const passage driven{GROQ_POSITION_VXM, cycle + GROQ_DELAY_VXM};
        for (const vector_area &to : node.stores)
            for (unsigned byte = 0; byte < to.bytes(); ++byte)
                transfers_.write(to.plane(byte), source_.run_, stream + byte, driven);
        end_ = std::max(end_, driven.cycle + farthest + source_.run_.count - 1 +
                                  GROQ_DELAY_MEM_WRITE);
        return stream;
    }

    const sweep &source_;
    schedule &out_;
    transfers transfers_;
    std::vector<taps> places_;          // of the nodes
    std::vector<std::uint64_t> wanted_; // likewise
    std::uint64_t end_ = 0;
    unsigned alus_ = 0;
    stream_pool eastward_, westward_;
};

sweep::value sweep::add(node next) {
    nodes_.push_back(std::move(next));
    return {nodes_.size() - 1};
}

sweep::value sweep::load(const vector_area &from) {
    return add({origin::LOAD, from.type, from});
}

sweep::value sweep::load_same(const vector_area &from) {
    return add({origin::LOAD_SAME, from.type, from});
}

sweep::value sweep::load_permuted(const vector_area &from, const vector_area &map) {
    return add({origin::LOAD_PERMUTED, from.type, from, map});
}

sweep::value sweep::constant(float number) {
    return add({.from = origin::CONSTANT,
                .type = GROQ_TYPE_F32,
                .immediate = std::bit_cast<std::uint32_t>(number)});
}

sweep::value sweep::apply(groq_opcode opcode, std::initializer_list<value> operands) {
    node next{.from = origin::OPERATION,
              .type = nodes_[operands.begin()->node].type,
              .opcode = opcode};
    next.operand_type = next.type;
    for (const value &operand : operands)
        next.operands.push_back(operand.node);
    return add(std::move(next));
}

sweep::value sweep::convert(value from, unsigned type) {
    const value result = apply(GROQ_OPCODE_CONVERT, {from});
    nodes_[result.node].type = type;
    return result;
}

void sweep::store(value result, std::initializer_list<vector_area> to) {
    if (nodes_[result.node].from != origin::OPERATION)
        result = apply(GROQ_OPCODE_COPY, {result});
    nodes_[result.node].stores.insert(nodes_[result.node].stores.end(), to);
}

std::uint64_t sweep::emit(schedule &out, std::uint64_t ready) const {
    return sweep_emitter(*this, out, ready).emit();
}

} // namespace groq::ops
