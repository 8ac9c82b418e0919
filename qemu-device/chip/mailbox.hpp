// SPDX-License-Identifier: MIT
// The mailbox of the management controller, docs/hardware.md section 6, and
// the built-in controller that answers it: at once, so BUSY is never seen.
#ifndef GROQ_CHIP_MAILBOX_HPP
#define GROQ_CHIP_MAILBOX_HPP

#include <mutex>

#include "device_interrupts.hpp"
#include "hw/groq_queue.h"
#include "register_file.hpp"
#include "telemetry.hpp"
#include "uptime.hpp"

namespace groq::chip {

class mailbox {
public:
    mailbox(register_file &registers, telemetry &telemetry, const uptime &uptime,
            device_interrupts &interrupts)
        : registers_(registers), telemetry_(telemetry), uptime_(uptime),
          interrupts_(interrupts) {}

    // The doorbell: what stands in the request registers is answered, if the
    // controller lives.
    void ring();
    // The controller was started anew: a request that waited is lost.
    void restart();

private:
    using message = groq_mailbox_message;

    message answer(const message &request);
    message read_request() const;
    void write_response(const message &response);

    register_file &registers_;
    telemetry &telemetry_;
    const uptime &uptime_;
    device_interrupts &interrupts_;
    std::mutex lock_; // one request at a time
};

} // namespace groq::chip

#endif
