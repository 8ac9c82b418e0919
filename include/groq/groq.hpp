// SPDX-License-Identifier: MIT
//
// The runtime for C++20: everything.
#ifndef GROQ_GROQ_HPP
#define GROQ_GROQ_HPP

#include <groq/buffer.hpp>
#include <groq/device.hpp>
#include <groq/error.hpp>
#include <groq/program.hpp>
#include <groq/queue.hpp>
#include <groq/telemetry.hpp>

#endif // GROQ_GROQ_HPP
