// SPDX-License-Identifier: MIT
// Sensors as the built-in management controller reports them, docs/hardware.md
// section 5: a model of power and temperature that is a function of time and
// of the programs run, and of nothing else.
#ifndef GROQ_CHIP_TELEMETRY_HPP
#define GROQ_CHIP_TELEMETRY_HPP

#include <atomic>
#include <cstdint>
#include <mutex>
#include <optional>

#include "archive.hpp"

namespace groq::chip {

class telemetry {
public:
    static constexpr uint32_t firmware = 0x01000000; // 1.0.0
    static constexpr uint32_t cap_min_mw = 75'000;
    static constexpr uint32_t cap_max_mw = 375'000;

    // The two registers at @offset (a multiple of 8), low one first.
    uint64_t read(uint32_t offset, uint64_t now_ns) const;
    // A program of @cycles ended. True when that took the power over its cap.
    [[nodiscard]] bool note_program(uint64_t now_ns, uint64_t cycles);
    // False when @mw is out of range.
    bool set_power_cap(uint32_t mw);
    bool is_over_cap(uint64_t now_ns) const;
    // @cold: the counter of busy time starts again, and the controller too.
    void reset(bool cold);

    // What the sensor of the chip says, whatever it is; none: the model. True
    // when that took it over its limit.
    [[nodiscard]] bool force_chip_mc(uint64_t now_ns, std::optional<int32_t> mc);
    std::optional<int32_t> forced_chip_mc() const;
    // The controller: from its crash on all it kept stands still.
    bool is_alive() const { return !is_crashed_; }
    void crash(uint64_t now_ns);
    // False if it was alive.
    bool restart();
    void serialize(archive &a);

private:
    // The share of time that programs ran, 0..1, over about one time constant.
    struct average {
        double share = 0;
        uint64_t at_ns = 0;

        double at(uint64_t now_ns, double constant_ns) const;
        void add(uint64_t now_ns, double busy_ns, double constant_ns);
        void serialize(archive &a);
    };

    // What the sensors say at one time.
    struct sample {
        uint32_t power_mw;
        bool is_capped;
        int32_t chip_mc;
        int32_t board_mc;
        uint32_t core_ma;
        uint32_t clock_khz;
        uint64_t at_ns;
        uint64_t busy_cycles;

        bool is_hot() const;
        uint32_t throttle() const;
    };

    double demand_mw(uint64_t now_ns) const;
    sample sense(uint64_t now_ns) const;
    void serialize_failures(archive &a);

    mutable std::mutex lock_;
    average load_; // follows within a second
    average heat_; // within half a minute
    uint64_t busy_cycles_ = 0;
    uint32_t cap_mw_ = cap_max_mw;
    std::optional<int32_t> forced_chip_mc_;
    std::atomic<bool> is_crashed_{false};
    sample last_{}; // before the crash
};

} // namespace groq::chip

#endif
