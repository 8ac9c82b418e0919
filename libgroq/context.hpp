// SPDX-License-Identifier: MIT
//
// What devices that are opened through it have in common.
#pragma once

#include <cstdint>
#include <memory>

#include <groq/groq.h>

#include "error.hpp"
#include "handle.hpp"
#include "trace.hpp"

// Never changes once it is made; devices keep it.
struct groq_context : groq::shared_handle<groq_context> {
public:
    // With what the environment says where the options leave it open.
    static groq::result<std::shared_ptr<groq_context>>
    create(const groq_context_options &options);

    // No trace, and any path.
    groq_context() = default;
    groq_context(std::shared_ptr<groq::trace> trace, std::uint32_t path);

    // What its devices write to; null: nothing.
    const std::shared_ptr<groq::trace> &trace() const { return trace_; }
    // GROQ_PATH_*; AUTO: as the port likes, which knows the environment.
    std::uint32_t path() const { return path_; }

private:
    std::shared_ptr<groq::trace> trace_;
    std::uint32_t path_ = GROQ_PATH_AUTO;
};
