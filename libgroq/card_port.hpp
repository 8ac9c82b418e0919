// SPDX-License-Identifier: MIT
//
// From the name of a card to the port that reaches it.
#pragma once

#include <memory>

#include "kernel_port.hpp"
#include "uri.hpp"

namespace groq {

// `to` null: untraced.
result<std::unique_ptr<kernel_port>> open_port(const decltype(device_uri::name) &name,
                                               std::shared_ptr<trace> to = {});

} // namespace groq
