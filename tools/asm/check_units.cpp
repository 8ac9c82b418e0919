// SPDX-License-Identifier: MIT
//
// ALUs that have no result yet, MXM planes whose parts are out of step.
#include "asm/check.hpp"

#include <algorithm>
#include <array>
#include <optional>
#include <unordered_map>
#include <unordered_set>

#include "asm/queue.hpp"

namespace groq::assembly {
namespace {

unsigned value(const instruction &code, const char *field_name) {
    return static_cast<unsigned>(get(code, field_name));
}

struct alu_result {
    std::uint64_t issued;
    unsigned bytes;
};

class vector_check {
public:
    vector_check(const std::string &entry, std::vector<diagnostic> &found)
        : entry_(entry), found_(found) {}

    void check(const issue &now) {
        const operation &op = *now.code.find_operation();
        const unsigned type = value(now.code, "type");
        for (const field &f : op.fields)
            if (f.kind == field_kind::OPERAND)
                check_operand(now, static_cast<unsigned>(get(now.code, f)),
                              type_bytes(type));
        const unsigned result = op.find("to") != nullptr ? value(now.code, "to") : type;
        results_[now.icu - GROQ_ICU_VXM(0)].push_back({now.cycle, type_bytes(result)});
    }

private:
    void check_operand(const issue &now, unsigned operand, unsigned bytes) {
        if ((operand & GROQ_OPERAND_KIND) != GROQ_OPERAND_ALU)
            return;
        const unsigned number = operand & GROQ_OPERAND_NUMBER;
        const auto &results = results_[number];
        auto last = results.rbegin();
        while (last != results.rend() && last->issued + GROQ_DELAY_VXM_OP > now.cycle)
            ++last;
        const std::string name = "alu" + std::to_string(number);
        if (last == results.rend())
            report(now, "OPERAND_EMPTY: " + name + " has no result yet");
        else if (last->bytes != bytes)
            report(now, "ILLEGAL: the result of " + name + " has " +
                            std::to_string(8 * last->bytes) + " bits, the operation " +
                            std::to_string(8 * bytes));
    }

    void report(const issue &now, const std::string &message) {
        found_.push_back({true, entry_, now.icu, now.cycle, message});
    }

    const std::string &entry_;
    std::vector<diagnostic> &found_;
    std::array<std::vector<alu_result>, GROQ_VXM_ALUS> results_;
};

// The weights, activations and results queues of one plane.
class plane_check {
public:
    plane_check(const std::string &entry, std::vector<diagnostic> &found)
        : entry_(entry), found_(found) {}

    void check(const issue &now) {
        switch (now.code.opcode()) {
        case GROQ_OPCODE_LW:
            if (value(now.code, "block") >= GROQ_TILES)
                report(now, "ADDRESS: block " +
                                std::to_string(value(now.code, "block")) +
                                " of the weight buffer, which has 20");
            break;
        case GROQ_OPCODE_IW:
            if (installed_ && *installed_ + GROQ_DELAY_MXM_INSTALL > now.cycle)
                report(now, "MXM_CONFLICT: the iw of cycle " +
                                std::to_string(*installed_) + " is not done");
            installed_ = now.cycle;
            break;
        case GROQ_OPCODE_ABC:
            leaving_.emplace(now.cycle + GROQ_DELAY_MXM_MULTIPLY, now);
            break;
        case GROQ_OPCODE_ACC:
            check_accumulate(now);
            break;
        default:
            break;
        }
    }

    void finish() {
        for (const auto &[cycle, from] : leaving_)
            found_.push_back(
                {true, entry_, from.icu, from.cycle,
                 "MXM_LOST: no acc takes its result in cycle " + std::to_string(cycle),
                 cycle});
    }

private:
    void check_accumulate(const issue &now) {
        if (leaving_.erase(now.cycle) == 0)
            report(now,
                   "MXM_EMPTY: no result leaves the array; the abc must be issued in "
                   "cycle " +
                       std::to_string(static_cast<std::int64_t>(now.cycle) -
                                      GROQ_DELAY_MXM_MULTIPLY));
    }

    void report(const issue &now, const std::string &message) {
        found_.push_back({true, entry_, now.icu, now.cycle, message});
    }

    const std::string &entry_;
    std::vector<diagnostic> &found_;
    std::optional<std::uint64_t> installed_;
    std::unordered_map<std::uint64_t, issue> leaving_; // by cycle: the abc
};

} // namespace

void check_vector_unit(const timeline &run, const std::string &entry,
                       std::vector<diagnostic> &found) {
    vector_check unit(entry, found);
    for (const issue &now : run.issues)
        if (now.code.find_operation()->queue == queue_kind::VXM)
            unit.check(now);
}

void check_matrix_units(const timeline &run, const std::string &entry,
                        std::vector<diagnostic> &found) {
    constexpr unsigned plane_queues = GROQ_MXM_ICUS / GROQ_MXM_PLANES;
    std::vector<plane_check> planes(GROQ_HEMISPHERES * GROQ_MXM_PLANES,
                                    plane_check(entry, found));
    for (const issue &now : run.issues)
        if (now.icu >= GROQ_ICU_MXM(0, 0) && now.icu < GROQ_ICU_C2C(0))
            planes[(now.icu - GROQ_ICU_MXM(0, 0)) / plane_queues].check(now);
    for (plane_check &plane : planes)
        plane.finish();
}

} // namespace groq::assembly
