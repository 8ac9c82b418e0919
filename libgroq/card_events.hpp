// SPDX-License-Identifier: MIT
//
// What befalls a card, for whoever polls a file descriptor: what its port tells, and
// that it was lost, which any call may find.
#pragma once

#include <atomic>
#include <cstdint>
#include <mutex>

#include "kernel_port.hpp"

namespace groq {

// Any thread may use it. Outlives the port, which writes to the file.
class card_events {
public:
    card_events() = default;
    card_events(const card_events &) = delete;
    ~card_events();

    bool is_lost() const noexcept { return is_lost_; }
    void note_lost() noexcept;

    // Both are errc::device_lost once the loss has been told.
    result<int> file(kernel_port &port);
    result<std::uint32_t> read(kernel_port &port);

private:
    result<void> begin_locked(kernel_port &port);
    void signal_locked() noexcept;

    std::atomic<bool> is_lost_ = false;
    std::mutex lock_;       // all below, and the moment of the loss
    bool was_told_ = false; // of the loss
    int file_ = -1;         // until somebody asks
};

} // namespace groq
