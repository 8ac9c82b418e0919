// SPDX-License-Identifier: MIT
// The instruction queues as docs/assembly.md calls them.
#ifndef GROQ_TRACER_QUEUE_NAME_HPP
#define GROQ_TRACER_QUEUE_NAME_HPP

#include <cstdint>
#include <string>

namespace groq::tracing {

// "mem.w.0", "vxm.3", "sxm.e.rotate", "mxm.w.1.activations", "c2c.15"
std::string queue_name(uint32_t icu);

} // namespace groq::tracing

#endif
