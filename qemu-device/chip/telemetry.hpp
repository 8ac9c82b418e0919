// SPDX-License-Identifier: MIT
// Sensors as the built-in management controller reports them, docs/hardware.md
// section 5: a model of power and temperature that is a function of time and
// of the programs run, and of nothing else.
#ifndef GROQ_CHIP_TELEMETRY_HPP
#define GROQ_CHIP_TELEMETRY_HPP

#include <cstdint>
#include <mutex>

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
    // @cold: the counter of busy time starts again too.
    void reset(bool cold);
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
    };

    double demand_mw(uint64_t now_ns) const;
    sample sense(uint64_t now_ns) const;

    mutable std::mutex lock_;
    average load_; // follows within a second
    average heat_; // within half a minute
    uint64_t busy_cycles_ = 0;
    uint32_t cap_mw_ = cap_max_mw;
};

} // namespace groq::chip

#endif
