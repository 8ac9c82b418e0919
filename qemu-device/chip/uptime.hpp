// SPDX-License-Identifier: MIT
// Nanoseconds since power-on: GROQ_TIME and the time of completions.
#ifndef GROQ_CHIP_UPTIME_HPP
#define GROQ_CHIP_UPTIME_HPP

#include <atomic>

#include "archive.hpp"
#include "host.hpp"

namespace groq::chip {

class uptime {
public:
    explicit uptime(const host &host) : host_(host), origin_(host.now_ns()) {}

    uint64_t ns() const { return host_.now_ns() - origin_.load(); }
    void restart() { origin_ = host_.now_ns(); }

    // The loaded chip goes on from the saved one's time, whatever the hosts say.
    void serialize(archive &a) {
        uint64_t elapsed = ns();
        a.value(elapsed);
        if (a.is_loading() && a.good())
            origin_ = host_.now_ns() - elapsed;
    }

private:
    const host &host_;
    std::atomic<uint64_t> origin_;
};

} // namespace groq::chip

#endif
