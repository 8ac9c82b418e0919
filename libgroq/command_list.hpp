// SPDX-License-Identifier: MIT
//
// The commands of a job for the card, and what their results say of it as a whole.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <vector>

#include <drm/groq_accel.h>
#include <groq/groq.h>

#include "program.hpp"

namespace groq {

// Where a copy moves: rows of bytes.
struct copy_shape {
    std::uint64_t buffer_offset;
    std::uint64_t sram;
    std::uint64_t bytes;
    std::uint64_t rows = 1;
    std::uint64_t buffer_stride = 0;
    std::uint64_t sram_stride = 0;
};

// Each add makes one step of the job, of one or several commands.
class command_list {
public:
    void add_copy(drm_groq_command_type direction, std::uint32_t buffer,
                  const copy_shape &shape);
    // `max_cycles` 0: as many as a right program may take. `tells_expected`: the card's
    // driver takes what the program should take.
    void add_launch(const program_entry &entry, std::uint64_t max_cycles,
                    bool tells_expected);
    // Packed at `offset`: in or out, as it says.
    void add_tensor(const program_tensor &tensor, std::uint32_t buffer,
                    std::uint64_t offset);
    void add_nothing();
    void clear();

    std::span<const drm_groq_command> commands() const { return commands_; }
    std::size_t size() const { return commands_.size(); }
    bool is_empty() const { return commands_.empty(); }

    // `results`: one for each command. The first failure counts.
    groq_result outcome(std::span<const drm_groq_result> results) const;

private:
    void append(const drm_groq_command &command);
    void append_rows(drm_groq_command command, std::uint64_t rows);

    std::vector<drm_groq_command> commands_;
    std::vector<std::uint32_t> steps_; // by command
    std::uint32_t step_count_ = 0;
    std::uint64_t expected_cycles_ = 0; // of all runs, unless
    bool has_unknown_cycles_ = false;   // somebody did not say
};

} // namespace groq
