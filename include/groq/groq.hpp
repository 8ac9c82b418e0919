// SPDX-License-Identifier: MIT
//
// The runtime for C++20: everything.
#pragma once

#include <groq/buffer.hpp>
#include <groq/context.hpp>
#include <groq/device.hpp>
#include <groq/entry_point.hpp>
#include <groq/error.hpp>
#include <groq/event.hpp>
#include <groq/path.hpp>
#include <groq/pipeline.hpp>
#include <groq/program.hpp>
#include <groq/queue.hpp>
#include <groq/telemetry.hpp>
#include <groq/tensor_view.hpp>
