// SPDX-License-Identifier: MIT
//
// The chip-to-chip links of a simulated card, as its driver sees them.
#pragma once

#include <atomic>
#include <cstdint>
#include <mutex>
#include <string>
#include <vector>

#include "../kernel_port.hpp"
#include "card.hpp"

namespace groq::sim {

// Any thread may use it. Answers the interrupts of the device.
class card_links final : public interrupt_target {
public:
    // `name` stands for the card in messages.
    card_links(card &card, std::string name) : card_(card), name_(std::move(name)) {}

    port_links read();
    // Until a link that has a cable is up. errc::hung: it does not train.
    result<void> wait_for(std::uint32_t link) const;
    // One bit for each that is up.
    std::int64_t up();
    // Blocks until it is done. errc::link, in_use, invalid.
    result<drm_groq_link_align> align(std::uint32_t link, std::uint32_t samples,
                                      bool is_adjusted);

    // Add 1 to `event_file` with every change, until unwatch().
    void watch(int event_file);
    void unwatch(int event_file);
    // Grows with every change.
    std::uint64_t generation() const { return generation_; }

    void interrupt() override;

private:
    void settle();
    drm_groq_link read_link(std::uint32_t link) const;
    bool is_link_up(std::uint32_t link) const;
    template <class Condition>
    result<void> poll(std::uint32_t link, const char *what, Condition is_met) const;
    result<void> wait_for_test(std::uint32_t link) const;

    card &card_;
    const std::string name_;
    std::atomic<std::uint64_t> generation_ = 1;
    std::mutex settling_; // until what was seen is counted
    std::mutex aligning_; // one test at a time
    std::mutex watchers_lock_;
    std::vector<int> watchers_; // watchers_lock_
};

} // namespace groq::sim
