// SPDX-License-Identifier: MIT
#include "asm/check.hpp"

#include <algorithm>

#include "asm/queue.hpp"

namespace groq::assembly {
namespace {

constexpr std::uint64_t milli = 1000;

bool takes_wire(const instruction &code) {
    return code.opcode() == GROQ_OPCODE_SEND || code.opcode() == GROQ_OPCODE_TRANSMIT;
}

// What queues may do while another one aligns the chip.
bool keeps_out(const instruction &code) {
    return code.find_operation()->queue == queue_kind::ANY || aligns(code.opcode()) ||
           code.opcode() == GROQ_OPCODE_TRANSMIT;
}

} // namespace

void link_check::visit(const issue &now) {
    if (takes_wire(now.code))
        take_wire(now);
    check_alignment(now);
}

// With all its lanes: a link that has lost some is slower, which only the chip sees.
void link_check::take_wire(const issue &now) {
    std::uint64_t &wire = free_[now.icu - GROQ_ICU_C2C(0)];
    const std::uint64_t begin = std::max(wire, now.cycle * milli);
    if (begin >= (now.cycle + 1) * milli)
        found_.fault(GROQ_FAULT_LINK_BUSY, now.icu, now.cycle,
                     "the wire is taken until cycle " + std::to_string(wire / milli) +
                         ": vectors follow at cycles 0, 23, 47, 70, 94 ...");
    wire = begin + GROQ_LINK_PACKET_MILLICYCLES;
}

// Until a notify that comes after it has released the others.
void link_check::check_alignment(const issue &now) {
    if (end_ && now.cycle >= *end_) {
        aligning_.reset();
        end_.reset();
    }
    if (aligns(now.code.opcode()) && !aligning_)
        aligning_ = now;
    else if (aligning_ && !end_ && now.code.opcode() == GROQ_OPCODE_NOTIFY)
        end_ = now.cycle + GROQ_DELAY_SYNC;
    else if (aligning_ && !keeps_out(now.code))
        found_.warn(now.icu, now.cycle,
                    "issues while " + queue_name(aligning_->icu) +
                        " aligns since cycle " + std::to_string(aligning_->cycle) +
                        ": how the two compare is not known; let it sync before, and "
                        "be notified after that");
}

} // namespace groq::assembly
