// SPDX-License-Identifier: MIT
//
// Brings a program to SRAM that is reserved for it: all of it, or what has changed.
#pragma once

#include <cstdint>
#include <memory>
#include <vector>

#include "file_source.hpp"
#include "program.hpp"

struct groq_device;

namespace groq {

// What SRAM holds of a program already.
enum class sram_state {
    zeroed, // nothing: zeroes
    used,   // all but what the program says that it writes
    dirty,  // nothing of use
    shared, // all that may be asked for: others have it
};

struct upload_plan {
    upload_plan(const program_contents &contents, sram_state state);

    std::vector<elf_segment> segments; // that travel; by offset in the file
    bool has_zeroes;                   // that what follows their bytes travels too
    std::uint64_t bytes;               // of the file that travel
};

// Both return how many bytes went to the card. errc::timeout: part of it may have
// arrived.
result<std::uint64_t> upload(const std::shared_ptr<groq_device> &device,
                             const upload_plan &plan, std::span<const std::byte> file,
                             std::int64_t deadline);
// The whole file is read and passes through `sum`, whatever of it travels.
result<std::uint64_t> upload(const std::shared_ptr<groq_device> &device,
                             const upload_plan &plan, const file_source &file,
                             file_checksum &sum, std::int64_t deadline);

// Read a whole file that does not travel at all.
result<void> pass(const file_source &file, file_checksum &sum);

} // namespace groq
