// SPDX-License-Identifier: MIT
//
// The host memory of submissions as it is in recordings (docs/runtime.md): what the
// card reads and what it has written, each piece behind its size.
#pragma once

#include <cstdint>
#include <functional>
#include <optional>
#include <span>
#include <vector>

#include "kept_submissions.hpp"

namespace groq {

// Of the buffer with that handle; empty: they cannot be seen.
using bytes_of_buffer = std::function<std::span<std::byte>(std::uint32_t handle)>;

// From the first to the last byte that a copy may touch; empty: they cannot be seen.
std::span<std::byte> extent_of(const drm_groq_command &copy,
                               const bytes_of_buffer &buffers);

// Of each copy in; nothing of those whose extent `may_change` while it is read.
std::vector<std::byte>
inputs_of(std::span<const port_submission> submissions, const bytes_of_buffer &buffers,
          const std::function<bool(std::span<const std::byte>)> &may_change);

// The first byte that is not as it was.
struct other_input {
    std::size_t command; // of its submission
    std::size_t byte;    // of those that the command copies
};
std::optional<other_input> find_other_input(std::span<const port_submission> asked,
                                            std::span<const std::byte> recorded,
                                            const bytes_of_buffer &buffers);

// The results, and the rows of each copy out.
std::vector<std::byte> outputs_of(const kept_submission &ended,
                                  const bytes_of_buffer &buffers);
void put_outputs(const kept_submission &ended, std::span<const std::byte> recorded,
                 const bytes_of_buffer &buffers);

} // namespace groq
