// SPDX-License-Identifier: MIT
#include "asm/check.hpp"

#include "asm/queue.hpp"

namespace groq::assembly {
namespace {

constexpr unsigned plane_queues = GROQ_MXM_ICUS / GROQ_MXM_PLANES;

bool is_within(std::uint64_t cycles, const std::optional<std::uint64_t> &before,
               std::uint64_t now) {
    return before && now - *before < cycles;
}

} // namespace

void vector_check::visit(const issue &now) {
    const operation &op = *now.code.find_operation();
    if (op.queue != queue_kind::VXM)
        return;
    const unsigned type = get_unsigned(now.code, "type");
    for (const field &f : op.fields)
        if (f.kind == field_kind::OPERAND)
            check_operand(now, static_cast<unsigned>(get(now.code, f)),
                          type_bytes(type));
    alu_results &alu = alus_[now.icu - GROQ_ICU_VXM(0)];
    alu.newest = (alu.newest + 1) % history;
    const unsigned to = op.find("to") != nullptr ? get_unsigned(now.code, "to") : type;
    alu.results[alu.newest] = {now.cycle + GROQ_DELAY_VXM_OP, type_bytes(to)};
}

void vector_check::check_operand(const issue &now, unsigned operand, unsigned bytes) {
    if (!is_kind(operand, GROQ_OPERAND_ALU))
        return;
    const unsigned number = operand & GROQ_OPERAND_NUMBER;
    const alu_results &alu = alus_[number];
    const std::string name = "alu" + std::to_string(number);
    for (unsigned age = 0; age < history; ++age) {
        const result &r = alu.results[(alu.newest + history - age) % history];
        if (r.bytes == 0 || r.ready > now.cycle)
            continue;
        if (r.bytes != bytes)
            found_.fault(GROQ_FAULT_ILLEGAL, now.icu, now.cycle,
                         "the result of " + name + " has " +
                             std::to_string(8 * r.bytes) + " bits, the operation " +
                             std::to_string(8 * bytes));
        return;
    }
    found_.fault(GROQ_FAULT_OPERAND_EMPTY, now.icu, now.cycle,
                 name + " has no result yet");
}

void matrix_check::visit(const issue &now) {
    if (now.icu < GROQ_ICU_MXM(0, 0) || now.icu >= GROQ_ICU_C2C(0))
        return;
    const unsigned queue = now.icu - GROQ_ICU_MXM(0, 0);
    hemisphere &h = hemispheres_[queue / GROQ_MXM_ICUS];
    plane &p = h.planes[queue % GROQ_MXM_ICUS / plane_queues];
    switch (now.code.opcode()) {
    case GROQ_OPCODE_LW:
        return load(now);
    case GROQ_OPCODE_IW:
        return install(now, p);
    case GROQ_OPCODE_IW_STREAM:
        load(now);
        return install(now, p);
    case GROQ_OPCODE_ABC:
        return activate(now, h, p);
    case GROQ_OPCODE_ACC:
        return accumulate(now, p);
    default:
        return;
    }
}

void matrix_check::load(const issue &now) {
    const unsigned block = get_unsigned(now.code, "block");
    if (block >= GROQ_TILES)
        found_.fault(GROQ_FAULT_ADDRESS, now.icu, now.cycle,
                     "block " + std::to_string(block) + " of the weights, of which " +
                         "there are 20");
}

// Rows that are streamed in may follow each other, an iw wants the array for itself.
void matrix_check::install(const issue &now, plane &p) {
    const bool streams = now.code.opcode() == GROQ_OPCODE_IW_STREAM;
    const auto conflict = [&](const char *what, std::uint64_t cycle) {
        found_.fault(GROQ_FAULT_MXM_CONFLICT, now.icu, now.cycle,
                     std::string("the ") + what + " of cycle " + std::to_string(cycle) +
                         " is not done");
    };
    if (is_within(GROQ_DELAY_MXM_INSTALL, p.installed, now.cycle))
        conflict("iw", *p.installed);
    else if (!streams && is_within(GROQ_DELAY_MXM_INSTALL, p.streamed, now.cycle))
        conflict("iw.stream", *p.streamed);
    (streams ? p.streamed : p.installed) = now.cycle;
}

void matrix_check::activate(const issue &now, hemisphere &h, plane &p) {
    const bool pairs = get_unsigned(now.code, "type") == GROQ_TYPE_F16;
    if (is_within(GROQ_MXM_F16_CYCLES, h.paired, now.cycle))
        found_.fault(GROQ_FAULT_MXM_CONFLICT, now.icu, now.cycle,
                     "the abc of f16 in cycle " + std::to_string(*h.paired) +
                         " has both planes");
    if (pairs)
        h.paired = now.cycle;
    const unsigned type = pairs ? GROQ_TYPE_F32 : GROQ_TYPE_I32;
    p.results.push_back(
        {now.cycle + GROQ_DELAY_MXM_MULTIPLY, now.icu, now.cycle, type});
}

void matrix_check::accumulate(const issue &now, plane &p) {
    while (!p.results.empty() && p.results.front().cycle < now.cycle) {
        lose(p.results.front());
        p.results.pop_front();
    }
    if (p.results.empty() || p.results.front().cycle != now.cycle) {
        found_.fault(GROQ_FAULT_MXM_EMPTY, now.icu, now.cycle,
                     "no result leaves the array; the abc must be issued in cycle " +
                         std::to_string(static_cast<std::int64_t>(now.cycle) -
                                        GROQ_DELAY_MXM_MULTIPLY));
        return;
    }
    const unsigned type = p.results.front().type;
    if (get_unsigned(now.code, "type") != type)
        found_.fault(GROQ_FAULT_ILLEGAL, now.icu, now.cycle,
                     "the result that leaves the array is " +
                         std::string(type_name(type)));
    p.results.pop_front();
}

void matrix_check::finish() {
    for (hemisphere &h : hemispheres_)
        for (plane &p : h.planes)
            for (const leaving &result : p.results)
                lose(result);
}

// The queue that should have taken it is blamed.
void matrix_check::lose(const leaving &result) {
    const unsigned taker = result.icu + 1;
    diagnostic &lost =
        found_.fault(GROQ_FAULT_MXM_LOST, result.icu, result.issued,
                     "no acc of " + queue_name(taker) + " takes its result in cycle " +
                         std::to_string(result.cycle));
    lost.fault_icu = taker;
    lost.fault_cycle = result.cycle;
}

} // namespace groq::assembly
