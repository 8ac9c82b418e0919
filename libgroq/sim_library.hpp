// SPDX-License-Identifier: MIT
//
// The simulator is a library of its own, loaded when a simulated card is opened
// for the first time.
#pragma once

#include <memory>

#include "kernel_port.hpp"
#include "uri.hpp"

namespace groq {

// What libgroq-sim.so exports as groq_sim_open. Both libraries are built
// together; groq_sim_build says so.
using opened_sim = result<std::unique_ptr<kernel_port>>;
using sim_open_function = void(const sim_name &name, opened_sim &opened);
constexpr const char *sim_open_symbol = "groq_sim_open";
constexpr const char *sim_build_symbol = "groq_sim_build";

// errc::no_simulator says where it was looked for.
result<std::unique_ptr<kernel_port>> open_sim_port(const sim_name &name);

} // namespace groq
