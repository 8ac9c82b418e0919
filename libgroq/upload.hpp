// SPDX-License-Identifier: MIT
//
// Brings the segments of a program to SRAM that is reserved for it.
#pragma once

#include <cstdint>
#include <memory>
#include <span>

#include "device.hpp"
#include "elf.hpp"

namespace groq {

// errc::timeout: part of it may have arrived.
result<void> upload(const std::shared_ptr<groq_device> &device,
                    std::span<const elf_segment> segments, std::int64_t deadline);

} // namespace groq
