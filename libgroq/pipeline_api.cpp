// SPDX-License-Identifier: MIT
//
// Pipelines through the C interface.
#include <algorithm>

#include "pipeline.hpp"
#include "structure.hpp"

using groq::errc;
using groq::guarded;
using groq::result;

namespace {

template <class T>
bool has_null(std::span<T *const> pointers) {
    return std::find(pointers.begin(), pointers.end(), nullptr) != pointers.end();
}

} // namespace

int groq_pipeline_create(struct groq_image *image,
                         const struct groq_pipeline_options *options,
                         struct groq_pipeline **pipeline) {
    return guarded([&]() -> result<void> {
        if (!image || !pipeline)
            return groq::missing_argument();
        groq_pipeline_options chosen{};
        if (options) {
            const auto given = groq::fetch(options);
            if (!given)
                return given.error();
            chosen = *given;
        }
        if (chosen.reserved != 0)
            return groq::fail(errc::invalid, "reserved pipeline option is not 0");
        auto created = groq_pipeline::create(image->shared_from_this(), chosen);
        if (!created)
            return created.error();
        *pipeline = groq_pipeline::publish(std::move(*created));
        return {};
    });
}

void groq_pipeline_destroy(struct groq_pipeline *pipeline) {
    groq_pipeline::retire(pipeline);
}

int groq_pipeline_push(struct groq_pipeline *pipeline, const void *const *inputs,
                       size_t count, int64_t deadline, uint64_t *number) {
    return guarded([&]() -> result<void> {
        if (!pipeline || (!inputs && count) || has_null(std::span(inputs, count)))
            return groq::missing_argument();
        const auto pushed = pipeline->push({inputs, count}, deadline);
        if (!pushed)
            return pushed.error();
        if (number)
            *number = *pushed;
        return {};
    });
}

int groq_pipeline_pop(struct groq_pipeline *pipeline, void *const *outputs,
                      size_t count, int64_t deadline, struct groq_result *out) {
    return guarded([&]() -> result<void> {
        if (!pipeline || (!outputs && count) || has_null(std::span(outputs, count)))
            return groq::missing_argument();
        if (const auto right = out ? groq::check_size(*out) : result<void>(); !right)
            return right;
        const auto end = pipeline->pop({outputs, count}, deadline);
        if (!end)
            return end.error();
        if (out)
            groq::store_checked(out, *end);
        if (end->error != GROQ_OK)
            return groq::job_error({*end, {}});
        return {};
    });
}

int groq_pipeline_cancel(struct groq_pipeline *pipeline, uint64_t number) {
    return guarded([&]() -> result<void> {
        if (!pipeline)
            return groq::missing_argument();
        return pipeline->cancel(number);
    });
}

int groq_pipeline_fd(struct groq_pipeline *pipeline, int *fd) {
    return guarded([&]() -> result<void> {
        if (!pipeline || !fd)
            return groq::missing_argument();
        const auto file = pipeline->event_file();
        if (!file)
            return file.error();
        *fd = *file;
        return {};
    });
}
