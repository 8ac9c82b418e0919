// SPDX-License-Identifier: MIT
//
// Tensors between the host's row-major layout and the packed one: part after
// part, each a vector per row, so that a part travels as plain rows.
#pragma once

#include <cstddef>
#include <span>

#include "program_reader.hpp"

namespace groq {

// `host` and `packed` have exactly bytes() and packed_bytes(). Lanes past the end
// of a part become zero.
void pack(const program_tensor &tensor, std::span<const std::byte> host,
          std::span<std::byte> packed) noexcept;
void unpack(const program_tensor &tensor, std::span<const std::byte> packed,
            std::span<std::byte> host) noexcept;

} // namespace groq
