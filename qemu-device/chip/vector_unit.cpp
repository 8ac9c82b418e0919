// SPDX-License-Identifier: MIT
#include "vector_unit.hpp"

namespace groq::chip {

// The four formats of the VXM, seen as one.
struct operation {
    vector_operation kernel;
    uint32_t type;
    uint32_t to;
    uint32_t target;
    std::array<uint32_t, 3> operand; // the first again, where there are fewer
    uint32_t immediate;
};

static operation describe(const unary_fields &f, groq_opcode opcode) {
    return {vector_kernel(opcode, f.type),
            f.type,
            f.type,
            f.target,
            {f.a, f.a, f.a},
            f.immediate};
}

static operation describe(const binary_fields &f, groq_opcode opcode) {
    return {vector_kernel(opcode, f.type),
            f.type,
            f.type,
            f.target,
            {f.a, f.b, f.a},
            f.immediate};
}

static operation describe(const ternary_fields &f, groq_opcode opcode) {
    return {vector_kernel(opcode, f.type), f.type,     f.type, f.target,
            {f.a, f.b, f.condition},       f.immediate};
}

static operation describe(const convert_fields &f) {
    return {convert_kernel(f.type, f.to),
            f.type,
            f.to,
            f.target,
            {f.a, f.a, f.a},
            f.immediate};
}

static operation describe(const instruction &i) {
    switch (i.opcode) {
    case GROQ_OPCODE_CONVERT:
        return describe(i.convert);
    case GROQ_OPCODE_BLEND:
        return describe(i.ternary, i.opcode);
    case GROQ_OPCODE_COPY:
    case GROQ_OPCODE_NEG:
    case GROQ_OPCODE_RELU:
    case GROQ_OPCODE_TANH:
    case GROQ_OPCODE_EXP:
    case GROQ_OPCODE_RSQRT:
        return describe(i.unary, i.opcode);
    default:
        return describe(i.binary, i.opcode);
    }
}

void vector_unit::clear() {
    for (alu_state &alu : alus_)
        for (result &r : alu.results)
            r.width = 0;
}

trouble vector_unit::execute(uint32_t alu, const instruction &i, uint64_t cycle,
                             output &out) {
    operation op = describe(i);
    std::array<lanes, 3> scratch;
    std::array<const lanes *, 3> in{};
    for (size_t n = 0; n < in.size(); ++n) {
        in[n] = in[0];
        if (n > 0 && op.operand[n] == op.operand[0])
            continue;
        if (trouble t = fetch(op.operand[n], width_of(op.type), op.immediate, cycle,
                              scratch[n], in[n]))
            return t;
        consumer_.settle();
    }
    lanes &value = next_result(alu, cycle, width_of(op.to));
    op.kernel({in[0], in[1], in[2]}, value);
    out = {&value, width_of(op.to), op.target};
    return no_trouble;
}

trouble vector_unit::fetch(uint32_t operand, uint32_t width, uint32_t immediate,
                           uint64_t cycle, lanes &scratch, const lanes *&value) {
    uint32_t number = operand & GROQ_OPERAND_NUMBER;
    value = &scratch;
    switch (operand & GROQ_OPERAND_KIND) {
    case GROQ_OPERAND_ALU:
        return fetch_result(number, width, cycle, value);
    case GROQ_OPERAND_STREAM:
        return fetch_streams(number, width, cycle, scratch);
    default:
        splat(immediate, width, scratch);
        return no_trouble;
    }
}

trouble vector_unit::fetch_streams(uint32_t stream, uint32_t width, uint64_t cycle,
                                   lanes &out) {
    std::array<const uint8_t *, 4> bytes{};
    if (trouble t = consumer_.take(stream, std::span(bytes).first(width),
                                   GROQ_POSITION_VXM, cycle))
        return t;
    join_bytes(bytes.data(), width, out);
    return no_trouble;
}

// The newest result that is ready; younger ones are still in the ALU.
trouble vector_unit::fetch_result(uint32_t alu, uint32_t width, uint64_t cycle,
                                  const lanes *&value) const {
    const alu_state &state = alus_[alu];
    for (uint32_t age = 0; age < history; ++age) {
        const result &r = state.results[(state.newest + history - age) % history];
        if (r.width == 0 || r.ready > cycle)
            continue;
        value = &r.value;
        return r.width == width ? no_trouble
                                : trouble{GROQ_FAULT_ILLEGAL, alu, no_address};
    }
    return {GROQ_FAULT_OPERAND_EMPTY, alu, no_address};
}

// The oldest of the history makes room: since then a younger one is ready.
lanes &vector_unit::next_result(uint32_t alu, uint64_t cycle, uint32_t width) {
    alu_state &state = alus_[alu];
    state.newest = (state.newest + 1) % history;
    result &r = state.results[state.newest];
    r.ready = cycle + GROQ_DELAY_VXM_OP;
    r.width = width;
    return r.value;
}

void vector_unit::serialize(archive &a, uint64_t cycle) {
    for (alu_state &alu : alus_) {
        a.below(alu.newest, history);
        for (result &r : alu.results) {
            a.values(r.ready, r.width);
            a.require(r.width <= 4 && r.width != 3);
            if (a.good() && r.width)
                a.bytes(r.value.bytes, size_t{r.width} * GROQ_LANES);
        }
        a.require(!a.good() || is_possible(alu, cycle));
    }
}

// An ALU issues once per cycle: the older a result, the earlier it was ready.
bool vector_unit::is_possible(const alu_state &alu, uint64_t cycle) {
    for (uint32_t age = 0; age < history; ++age) {
        const result &r = alu.results[(alu.newest + history - age) % history];
        if (r.width && r.ready >= cycle + GROQ_DELAY_VXM_OP - age)
            return false;
    }
    return true;
}

} // namespace groq::chip
