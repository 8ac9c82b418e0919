// SPDX-License-Identifier: MIT
// What a queue's commands may touch in SRAM, docs/hardware.md section 8.2.
#ifndef GROQ_CHIP_WINDOWS_HPP
#define GROQ_CHIP_WINDOWS_HPP

#include <array>
#include <cstdint>
#include <span>

#include "archive.hpp"
#include "hw/groq_regs.h"

namespace groq::chip {

// The registers of one window, as written.
struct window {
    uint32_t base;
    uint32_t size;
    uint32_t access;
};

using windows = std::array<window, GROQ_QUEUE_WINDOWS>;

// A range [begin, end) of SRAM addresses.
struct range {
    uint32_t begin;
    uint32_t end;
};

// The windows with one kind of access, in order; they may overlap.
class granted_ranges {
public:
    granted_ranges() = default;
    granted_ranges(const windows &all, uint32_t access, uint32_t sram_bytes);

    // The first address of [begin, end) that is not granted, or @end.
    uint64_t first_denied(uint64_t begin, uint64_t end) const;
    // A range that holds @address, or an empty one.
    range around(uint32_t address) const;

private:
    std::array<range, GROQ_QUEUE_WINDOWS> ranges_{};
    uint32_t count_ = 0;
};

struct grants {
    grants() = default;
    grants(const windows &all, uint32_t sram_bytes)
        : read(all, GROQ_WINDOW_READ, sram_bytes),
          write(all, GROQ_WINDOW_WRITE, sram_bytes),
          execute(all, GROQ_WINDOW_EXECUTE, sram_bytes) {}

    granted_ranges read;
    granted_ranges write;
    granted_ranges execute;
};

} // namespace groq::chip

#endif
