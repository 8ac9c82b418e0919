// SPDX-License-Identifier: MIT
#include "mailbox.hpp"

#include <cstring>

namespace groq::chip {

using words = std::array<uint32_t, sizeof(groq_mailbox_message) / 4>;

void mailbox::ring() {
    bool was_over_cap = telemetry_.is_over_cap(uptime_.ns());
    {
        std::lock_guard guard(lock_);
        if (!telemetry_.is_alive())
            return registers_.set(GROQ_MAILBOX_STATUS, GROQ_MAILBOX_BUSY);
        write_response(answer(read_request()));
        registers_.set(GROQ_MAILBOX_STATUS, GROQ_MAILBOX_DONE);
    }
    interrupts_.raise(GROQ_INTR_MAILBOX);
    if (!was_over_cap && telemetry_.is_over_cap(uptime_.ns()))
        interrupts_.raise(GROQ_INTR_ALARM);
}

void mailbox::restart() {
    std::lock_guard guard(lock_);
    registers_.set(GROQ_MAILBOX_STATUS, 0);
}

mailbox::message mailbox::answer(const message &request) {
    message response = request;
    response.status = GROQ_MAILBOX_OK;
    switch (request.opcode) {
    case GROQ_MAILBOX_PING:
        break;
    case GROQ_MAILBOX_VERSION:
        response.payload[0] = telemetry::firmware;
        break;
    case GROQ_MAILBOX_SET_POWER_CAP:
        if (!telemetry_.set_power_cap(request.payload[0]))
            response.status = GROQ_MAILBOX_BAD_ARGUMENT;
        break;
    default:
        response.status = GROQ_MAILBOX_UNKNOWN;
    }
    return response;
}

mailbox::message mailbox::read_request() const {
    words w;
    for (uint32_t i = 0; i < w.size(); ++i)
        w[i] = registers_.read(GROQ_MAILBOX_REQUEST + 4 * i);
    return std::bit_cast<message>(w);
}

void mailbox::write_response(const message &response) {
    words w = std::bit_cast<words>(response);
    for (uint32_t i = 0; i < w.size(); ++i)
        registers_.set(GROQ_MAILBOX_RESPONSE + 4 * i, w[i]);
}

} // namespace groq::chip
