// SPDX-License-Identifier: MIT
//
// The runtime for C++20: everything.
#pragma once

#include <groq/buffer.hpp>
#include <groq/device.hpp>
#include <groq/error.hpp>
#include <groq/pipeline.hpp>
#include <groq/program.hpp>
#include <groq/queue.hpp>
#include <groq/telemetry.hpp>
