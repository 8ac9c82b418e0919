// SPDX-License-Identifier: MIT
//
// What several devices have in common.
#pragma once

#include <optional>
#include <string>

#include <groq/device.hpp>
#include <groq/path.hpp>

namespace groq {

struct context_options {
    // A file for Perfetto; nothing: as GROQ_TRACE says; empty: none.
    std::optional<std::string> trace = {};
    groq::path path = groq::path::automatic;
};

// Any thread may use it. Its devices keep what they need of it.
class context {
public:
    // errc::invalid: an unknown path, also in GROQ_PATH. A trace that cannot be
    // written: not_found (its folder), permission, in_use, invalid.
    static result<context> create(const context_options &options = {}) {
        auto native_options = detail::sized<groq_context_options>();
        native_options.trace = options.trace ? options.trace->c_str() : nullptr;
        native_options.path = std::uint32_t(options.path);
        return detail::make<context, groq_context>([&](groq_context **out) {
            return groq_context_create(&native_options, out);
        });
    }
    // Throws groq::failure.
    explicit context(const context_options &options = {})
        : context(create(options).value()) {}
    explicit context(groq_context *owned) noexcept : handle_(owned) {}

    // As device::open(), with the options of this context.
    result<device> open(const std::string &uri) const {
        return detail::make<device, groq_device>([&](groq_device **out) {
            return groq_context_open(native(), uri.c_str(), out);
        });
    }

    groq_context *native() const noexcept { return handle_.get(); }

private:
    detail::handle<groq_context, groq_context_destroy> handle_;
};

} // namespace groq
