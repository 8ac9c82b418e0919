// SPDX-License-Identifier: MIT
#include "context.hpp"

#include "device.hpp"
#include "structure.hpp"

using groq::errc;
using groq::guarded;
using groq::result;

groq_context::groq_context(std::shared_ptr<groq::trace> trace, std::uint32_t path)
    : trace_(std::move(trace)), path_(path) {}

result<std::shared_ptr<groq_context>>
groq_context::create(const groq_context_options &options) {
    if (options.path > GROQ_PATH_SQPOLL)
        return groq::fail(errc::invalid, "unknown path %u", options.path);
    if (options.reserved != 0)
        return groq::fail(errc::invalid, "reserved context option is not 0");
    auto traced = groq::trace::choose(options.trace);
    if (!traced)
        return traced.error();
    return std::make_shared<groq_context>(std::move(*traced), options.path);
}

int groq_context_create(const struct groq_context_options *options,
                        struct groq_context **context) {
    return guarded([&]() -> result<void> {
        if (!context)
            return groq::missing_argument();
        const auto given =
            options ? groq::fetch(options) : result<groq_context_options>();
        if (!given)
            return given.error();
        auto created = groq_context::create(*given);
        if (!created)
            return created.error();
        *context = groq_context::publish(std::move(*created));
        return {};
    });
}

int groq_context_open(struct groq_context *context, const char *uri,
                      struct groq_device **device) {
    return guarded([&]() -> result<void> {
        if (!context || !uri || !device)
            return groq::missing_argument();
        auto opened = groq_device::open(uri, context->shared_from_this());
        if (!opened)
            return opened.error();
        *device = groq_device::publish(std::move(*opened));
        return {};
    });
}

void groq_context_destroy(struct groq_context *context) {
    groq_context::retire(context);
}
