// SPDX-License-Identifier: MIT
//
// The runtime for C++20: everything but Boost.Asio, which is <groq/async_*.hpp>.
//
// Over groq.h, which says more of each function: units, ranges, errors, blocking. What
// is not said again is as there. Objects own their handle. They can be moved; what is
// left then holds nothing: its functions are errc::invalid, its sizes 0.
#pragma once

#include <groq/buffer.hpp>
#include <groq/companions.hpp>
#include <groq/context.hpp>
#include <groq/device.hpp>
#include <groq/entry_point.hpp>
#include <groq/error.hpp>
#include <groq/event.hpp>
#include <groq/joint_job.hpp>
#include <groq/link.hpp>
#include <groq/network.hpp>
#include <groq/path.hpp>
#include <groq/pipeline.hpp>
#include <groq/placement.hpp>
#include <groq/program.hpp>
#include <groq/queue.hpp>
#include <groq/system.hpp>
#include <groq/telemetry.hpp>
#include <groq/tensor_view.hpp>
#include <groq/topology.hpp>
#include <groq/watchdog.hpp>
