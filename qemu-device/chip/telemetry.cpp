// SPDX-License-Identifier: MIT
#include "telemetry.hpp"

#include <algorithm>
#include <cstdlib>

#include "../groq_chip.h"
#include "hw/groq_regs.h"
#include "hw/groq_sram.h"

namespace groq::chip {

constexpr double second_ns = 1e9;
constexpr double load_constant_ns = 1 * second_ns;
constexpr double heat_constant_ns = 30 * second_ns;
constexpr double idle_mw = 60'000;
constexpr double busy_mw = 240'000;
constexpr double board_mw = 25'000; // of these, not the chip's
constexpr double ambient_mc = 30'000;
constexpr double chip_mc_per_mw = 0.2;
constexpr double board_mc_per_mw = 0.05;
constexpr uint32_t core_mv = 850;
constexpr int32_t chip_max_mc = 90'000;
constexpr double hot_slowdown = 0.5;
constexpr uint32_t chip_crit_mc = 105'000;
constexpr double clock_khz = double{GROQ_CLOCK_HZ} / 1000;
constexpr uint64_t heartbeat_ns = 100'000'000;

static uint64_t pair(uint64_t first, uint64_t second) {
    return static_cast<uint32_t>(first) | second << 32;
}

static double power_at(double share) {
    return idle_mw + (busy_mw - idle_mw) * share;
}

// A rational decay instead of an exponential one: the same on every machine.
double telemetry::average::at(uint64_t now_ns, double constant_ns) const {
    double elapsed = now_ns > at_ns ? static_cast<double>(now_ns - at_ns) : 0;
    return share * constant_ns / (constant_ns + elapsed);
}

void telemetry::average::add(uint64_t now_ns, double busy_ns, double constant_ns) {
    double idle = at(now_ns, constant_ns);
    share = idle + (1 - idle) * busy_ns / (constant_ns + busy_ns);
    at_ns = std::max(at_ns, now_ns);
}

void telemetry::average::serialize(archive &a) {
    a.values(share, at_ns);
    a.require(share >= 0 && share <= 1);
}

double telemetry::demand_mw(uint64_t now_ns) const {
    return power_at(load_.at(now_ns, load_constant_ns));
}

telemetry::sample telemetry::sense(uint64_t now_ns) const {
    double demand = demand_mw(now_ns);
    double power = std::min<double>(demand, cap_mw_);
    double warm =
        std::min<double>(power_at(heat_.at(now_ns, heat_constant_ns)), cap_mw_);
    double slowdown = demand > power ? (power - idle_mw) / (demand - idle_mw) : 1;
    sample s{};
    s.at_ns = now_ns;
    s.busy_cycles = busy_cycles_;
    s.power_mw = static_cast<uint32_t>(power);
    s.is_capped = demand > power;
    s.chip_mc = static_cast<int32_t>(ambient_mc + chip_mc_per_mw * warm);
    s.chip_mc = forced_chip_mc_.value_or(s.chip_mc);
    s.board_mc = static_cast<int32_t>(ambient_mc + board_mc_per_mw * warm);
    s.core_ma = static_cast<uint32_t>((power - board_mw) * 1000 / core_mv);
    if (s.is_hot())
        slowdown = std::min(slowdown, hot_slowdown);
    s.clock_khz = static_cast<uint32_t>(clock_khz * slowdown);
    return s;
}

bool telemetry::sample::is_hot() const {
    return chip_mc >= chip_max_mc;
}

uint32_t telemetry::sample::throttle() const {
    return (is_hot() ? GROQ_THROTTLE_THERMAL : 0) |
           (is_capped ? GROQ_THROTTLE_POWER : 0);
}

uint64_t telemetry::read(uint32_t offset, uint64_t now_ns) const {
    std::lock_guard guard(lock_);
    sample s = is_crashed_ ? last_ : sense(now_ns);
    switch (offset) {
    case GROQ_TELEMETRY_HEARTBEAT:
        return pair(s.at_ns / heartbeat_ns, s.at_ns / 1'000'000'000);
    case GROQ_TELEMETRY_FIRMWARE:
        return pair(firmware, s.throttle());
    case GROQ_TELEMETRY_CHIP_MC:
        return pair(s.chip_mc, s.board_mc);
    case GROQ_TELEMETRY_CHIP_MAX_MC:
        return pair(chip_max_mc, chip_crit_mc);
    case GROQ_TELEMETRY_POWER_MW:
        return pair(s.power_mw, cap_mw_);
    case GROQ_TELEMETRY_CORE_MV:
        return pair(core_mv, s.core_ma);
    case GROQ_TELEMETRY_CLOCK_KHZ:
        return s.clock_khz;
    case GROQ_TELEMETRY_BUSY_NS:
        return s.busy_cycles / 9 * 10 + s.busy_cycles % 9 * 10 / 9;
    default:
        return 0;
    }
}

bool telemetry::note_program(uint64_t now_ns, uint64_t cycles) {
    std::lock_guard guard(lock_);
    bool was_capped = demand_mw(now_ns) > cap_mw_;
    double busy_ns = static_cast<double>(cycles) * 1e9 / GROQ_CLOCK_HZ;
    load_.add(now_ns, busy_ns, load_constant_ns);
    heat_.add(now_ns, busy_ns, heat_constant_ns);
    busy_cycles_ += cycles;
    return !is_crashed_ && !was_capped && demand_mw(now_ns) > cap_mw_;
}

bool telemetry::set_power_cap(uint32_t mw) {
    if (mw < cap_min_mw || mw > cap_max_mw)
        return false;
    std::lock_guard guard(lock_);
    cap_mw_ = mw;
    return true;
}

bool telemetry::is_over_cap(uint64_t now_ns) const {
    std::lock_guard guard(lock_);
    return demand_mw(now_ns) > cap_mw_;
}

void telemetry::reset(bool cold) {
    std::lock_guard guard(lock_);
    cap_mw_ = cap_max_mw;
    if (!cold)
        return;
    load_ = heat_ = average();
    busy_cycles_ = 0;
    is_crashed_ = false;
}

bool telemetry::force_chip_mc(uint64_t now_ns, std::optional<int32_t> mc) {
    std::lock_guard guard(lock_);
    bool was_hot = sense(now_ns).is_hot();
    forced_chip_mc_ = mc;
    return !is_crashed_ && !was_hot && sense(now_ns).is_hot();
}

std::optional<int32_t> telemetry::forced_chip_mc() const {
    std::lock_guard guard(lock_);
    return forced_chip_mc_;
}

void telemetry::crash(uint64_t now_ns) {
    std::lock_guard guard(lock_);
    if (!is_crashed_)
        last_ = sense(now_ns);
    is_crashed_ = true;
}

bool telemetry::restart() {
    std::lock_guard guard(lock_);
    bool was_crashed = is_crashed_.exchange(false);
    if (was_crashed)
        cap_mw_ = cap_max_mw;
    return was_crashed;
}

void telemetry::serialize(archive &a) {
    std::lock_guard guard(lock_);
    load_.serialize(a);
    heat_.serialize(a);
    a.value(busy_cycles_);
    uint32_t over_min = cap_mw_ - cap_min_mw;
    a.below(over_min, cap_max_mw - cap_min_mw + 1);
    cap_mw_ = over_min + cap_min_mw;
    serialize_failures(a);
}

void telemetry::serialize_failures(archive &a) {
    bool is_forced = forced_chip_mc_.has_value(), is_crashed = is_crashed_;
    int32_t forced = forced_chip_mc_.value_or(0);
    a.values(is_forced, forced, is_crashed);
    a.require(std::abs(int64_t{forced}) <= GROQ_TEMPERATURE_LIMIT);
    sample &s = last_;
    a.values(s.power_mw, s.is_capped, s.chip_mc, s.board_mc, s.core_ma, s.clock_khz,
             s.at_ns, s.busy_cycles);
    if (!a.is_loading() || !a.good())
        return;
    forced_chip_mc_ = is_forced ? std::optional<int32_t>(forced) : std::nullopt;
    is_crashed_ = is_crashed;
}

} // namespace groq::chip
