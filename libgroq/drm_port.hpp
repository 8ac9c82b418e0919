// SPDX-License-Identifier: MIT
//
// The kernel's driver, through its ioctls and through libdrm.
#pragma once

#include <memory>

#include "discovery.hpp"
#include "kernel_port.hpp"

namespace groq {

// errc::permission, errc::too_old, errc::no_device with what to do.
result<std::unique_ptr<kernel_port>> open_drm_port(const found_card &card);

} // namespace groq
