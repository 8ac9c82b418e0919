// SPDX-License-Identifier: MIT
#include "card_links.hpp"

#include <thread>

#include <hw/groq_regs.h>
#include <unistd.h>

#include "../link_error.hpp"

namespace groq::sim {
namespace {

constexpr std::uint32_t lane_mbps = 25'000;

// What a test takes at the most: that of the driver's commands.
constexpr std::chrono::seconds longest_test{10};

bool is_up(std::uint32_t state) {
    return state == GROQ_LINK_UP || state == GROQ_LINK_DEGRADED;
}

} // namespace

drm_groq_link card_links::read_link(std::uint32_t link) const {
    const auto page = GROQ_LINK(link);
    const auto counters = GROQ_LINK_COUNTERS(link);
    drm_groq_link seen{};
    seen.state = card_.read32(page + GROQ_LINK_STATE);
    if (is_up(seen.state)) {
        seen.peer_serial = card_.read64(page + GROQ_LINK_PEER_SERIAL);
        seen.peer_link = card_.read32(page + GROQ_LINK_PEER_LINK);
        seen.lanes = card_.read32(page + GROQ_LINK_ACTIVE_LANES);
        seen.rate_mbps = seen.lanes * lane_mbps;
    }
    seen.sent = card_.read64(counters + GROQ_LINK_SENT);
    seen.received = card_.read64(counters + GROQ_LINK_RECEIVED);
    seen.corrected = card_.read64(counters + GROQ_LINK_CORRECTED);
    seen.uncorrected = card_.read64(counters + GROQ_LINK_UNCORRECTED);
    seen.downs = card_.read64(counters + GROQ_LINK_DOWNS);
    seen.open = card_.read32(page + GROQ_LINK_OPEN);
    return seen;
}

// What has changed until now is in the generation: also what another thread has seen.
void card_links::settle() {
    const std::lock_guard lock(settling_);
    if (const auto changed = card_.read32(GROQ_LINKS_CHANGED)) {
        card_.write32(GROQ_LINKS_CHANGED, changed);
        ++generation_;
    }
}

// Again, when a state changed on the way.
port_links card_links::read() {
    port_links seen;
    do {
        settle();
        seen.generation = generation_;
        seen.links.clear();
        for (std::uint32_t link = 0; link < card_.read32(GROQ_LINK_COUNT); ++link)
            seen.links.push_back(read_link(link));
        settle();
    } while (seen.generation != generation_);
    return seen;
}

std::int64_t card_links::up() {
    std::int64_t mask = 0;
    const auto seen = read();
    for (std::size_t link = 0; link < seen.links.size(); ++link)
        mask |= std::int64_t{is_up(seen.links[link].state)} << link;
    return mask;
}

template <class Condition>
result<void> card_links::poll(std::uint32_t link, const char *what,
                              Condition is_met) const {
    const auto end = std::chrono::steady_clock::now() + longest_test;
    while (!is_met()) {
        if (std::chrono::steady_clock::now() > end)
            return fail(errc::hung, "the %s of link %u of %s does not end", what, link,
                        name_.c_str());
        std::this_thread::sleep_for(std::chrono::microseconds(100));
    }
    return {};
}

bool card_links::is_link_up(std::uint32_t link) const {
    return is_up(card_.read32(GROQ_LINK(link) + GROQ_LINK_STATE));
}

result<void> card_links::wait_for(std::uint32_t link) const {
    return poll(link, "training", [&] { return is_link_up(link); });
}

result<void> card_links::wait_for_test(std::uint32_t link) const {
    const auto status = [&] {
        return card_.read32(GROQ_LINK(link) + GROQ_LINK_TEST_STATUS);
    };
    const auto ended =
        poll(link, "test", [&] { return status() != GROQ_LINK_TEST_BUSY; });
    if (!ended || status() == GROQ_LINK_TEST_DONE)
        return ended;
    return is_link_up(link) ? links_in_use(name_) : link_down(name_, link);
}

result<drm_groq_link_align> card_links::align(std::uint32_t link, std::uint32_t samples,
                                              bool is_adjusted) {
    if (const auto links = card_.read32(GROQ_LINK_COUNT); link >= links)
        return no_such_link(name_, link, links);
    const auto page = GROQ_LINK_ALIGNMENT(link);
    const std::lock_guard lock(aligning_);
    card_.write32(page + GROQ_LINK_ALIGN,
                  samples | (is_adjusted ? GROQ_LINK_ALIGN_ADJUST : 0));
    if (const auto done = wait_for_test(link); !done)
        return done.error();
    drm_groq_link_align measured{};
    measured.link = link;
    measured.samples = samples;
    measured.period = card_.read32(GROQ_HAC_PERIOD);
    measured.round_min = card_.read32(page + GROQ_LINK_ROUND_MIN);
    measured.round_max = card_.read32(page + GROQ_LINK_ROUND_MAX);
    measured.round_sum = card_.read64(page + GROQ_LINK_ROUND_SUM);
    measured.round_squares = card_.read64(page + GROQ_LINK_ROUND_SQUARES);
    measured.offset = std::int32_t(card_.read32(page + GROQ_LINK_HAC_OFFSET));
    return measured;
}

void card_links::watch(int event_file) {
    const std::lock_guard lock(watchers_lock_);
    watchers_.push_back(event_file);
}

void card_links::unwatch(int event_file) {
    const std::lock_guard lock(watchers_lock_);
    std::erase(watchers_, event_file);
}

// From within the chip. The cause is cleared first: what changes from then on
// interrupts again.
void card_links::interrupt() {
    card_.write32(GROQ_INTR_STATUS, GROQ_INTR_LINK);
    settle();
    const std::uint64_t one = 1;
    const std::lock_guard lock(watchers_lock_);
    for (const int file : watchers_)
        (void)!::write(file, &one, sizeof one);
}

} // namespace groq::sim
