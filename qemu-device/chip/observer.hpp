// SPDX-License-Identifier: MIT
// Who watches programs; mostly nobody, which costs a test. See groq_chip.h.
#ifndef GROQ_CHIP_OBSERVER_HPP
#define GROQ_CHIP_OBSERVER_HPP

#include "../groq_chip.h"
#include "fault.hpp"
#include "instruction_queue.hpp"

namespace groq::chip {

class observer {
public:
    // NULL: nobody.
    void attach(const groq_observer *callbacks, void *opaque) {
        is_attached_ = callbacks != nullptr;
        callbacks_ = callbacks ? *callbacks : groq_observer{};
        opaque_ = opaque;
    }

    void began(const groq_program_run &run) const {
        if (is_attached_)
            callbacks_.began(opaque_, &run);
    }

    // What @q is at, in queue @icu.
    void issued(const instruction_queue &q, uint32_t icu, uint64_t cycle) const {
        if (is_attached_) [[unlikely]]
            tell_issued(q, icu, cycle);
    }

    void released(uint32_t icu, uint64_t cycle) const {
        if (is_attached_) [[unlikely]]
            callbacks_.released(opaque_, icu, cycle);
    }

    void ended(uint64_t cycles, const groq_fault &fault) const {
        if (is_attached_)
            callbacks_.ended(opaque_, cycles,
                             fault.cause == GROQ_FAULT_NONE ? nullptr : &fault);
    }

private:
    void tell_issued(const instruction_queue &q, uint32_t icu, uint64_t cycle) const;

    bool is_attached_ = false;
    groq_observer callbacks_{};
    void *opaque_ = nullptr;
};

} // namespace groq::chip

#endif
