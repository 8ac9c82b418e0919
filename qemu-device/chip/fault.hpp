// SPDX-License-Identifier: MIT
// Why a command did not end OK: the record the driver gets to see.
#ifndef GROQ_CHIP_FAULT_HPP
#define GROQ_CHIP_FAULT_HPP

#include <cstdint>

#include "hw/groq_queue.h"

namespace groq::chip {

constexpr uint64_t no_address = ~uint64_t{0};
constexpr uint32_t no_text = ~uint32_t{0};

// A fault of the command itself; one of its program adds the place.
inline groq_fault make_fault(uint32_t cause, uint32_t detail = 0,
                             uint64_t address = no_address) {
    groq_fault fault{};
    fault.cause = cause;
    fault.unit = GROQ_FAULT_NO_UNIT;
    fault.address = address;
    fault.text = no_text;
    fault.detail = detail;
    return fault;
}

// What the completion says where the record has @cause.
inline uint16_t completion_status(uint32_t cause) {
    switch (cause) {
    case GROQ_FAULT_NONE:
        return GROQ_COMPLETION_OK;
    case GROQ_FAULT_BAD_OPCODE:
        return GROQ_COMPLETION_BAD_OPCODE;
    case GROQ_FAULT_BAD_FIELD:
        return GROQ_COMPLETION_BAD_FIELD;
    case GROQ_FAULT_WINDOW:
        return GROQ_COMPLETION_BAD_WINDOW;
    case GROQ_FAULT_DMA:
        return GROQ_COMPLETION_BAD_DMA;
    case GROQ_FAULT_ABORTED:
        return GROQ_COMPLETION_ABORTED;
    default:
        return GROQ_COMPLETION_FAULT;
    }
}

} // namespace groq::chip

#endif
