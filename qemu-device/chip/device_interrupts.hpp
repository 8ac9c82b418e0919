// SPDX-License-Identifier: MIT
// Causes of the device vector, docs/hardware.md section 4.3.
#ifndef GROQ_CHIP_DEVICE_INTERRUPTS_HPP
#define GROQ_CHIP_DEVICE_INTERRUPTS_HPP

#include <mutex>

#include "archive.hpp"
#include "host.hpp"
#include "hw/groq_regs.h"

namespace groq::chip {

class device_interrupts {
public:
    explicit device_interrupts(const host &host) : host_(host) {}

    uint32_t status() const {
        std::lock_guard guard(lock_);
        return status_;
    }

    uint32_t enable() const {
        std::lock_guard guard(lock_);
        return enable_;
    }

    void raise(uint32_t causes) { change(causes, 0); }

    // W1C: what is still pending is sent again.
    void clear(uint32_t causes) {
        bool pending;
        {
            std::lock_guard guard(lock_);
            status_ &= ~causes;
            pending = status_ & enable_;
        }
        if (pending)
            host_.interrupt(GROQ_VECTOR_DEVICE);
    }

    void set_enable(uint32_t causes) { change(0, causes, GROQ_INTR_ALL); }

    void reset() {
        std::lock_guard guard(lock_);
        status_ = enable_ = 0;
    }

    void serialize(archive &a) {
        std::lock_guard guard(lock_);
        a.below(status_, GROQ_INTR_ALL + 1);
        a.below(enable_, GROQ_INTR_ALL + 1);
    }

private:
    void change(uint32_t status, uint32_t enable, uint32_t replace = 0) {
        bool rises;
        {
            std::lock_guard guard(lock_);
            bool was = status_ & enable_;
            status_ |= status;
            enable_ = (enable_ & ~replace) | (enable & replace);
            rises = !was && (status_ & enable_);
        }
        if (rises)
            host_.interrupt(GROQ_VECTOR_DEVICE);
    }

    const host &host_;
    mutable std::mutex lock_;
    uint32_t status_ = 0;
    uint32_t enable_ = 0;
};

} // namespace groq::chip

#endif
