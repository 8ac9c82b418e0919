// SPDX-License-Identifier: MIT
//
// Jobs through the C interface.
#include <cinttypes>

#include "job.hpp"
#include "structure.hpp"

using groq::errc;
using groq::guarded;
using groq::result;

namespace {

// Whether the rows fit into the buffer, without overflow.
bool fits(const groq_copy &copy, std::uint64_t size) {
    const auto last_row = copy.rows - 1;
    std::uint64_t start = 0;
    return !__builtin_mul_overflow(last_row, copy.buffer_stride, &start) &&
           !__builtin_add_overflow(start, copy.buffer_offset, &start) &&
           start <= size && copy.bytes <= size - start;
}

result<void> check_copy(const groq_job &job, const groq_copy &copy) {
    if (!copy.buffer)
        return groq::missing_argument();
    if (copy.buffer->device() != job.device())
        return groq::fail(errc::invalid, "the buffer is of another device");
    if (copy.bytes == 0 || copy.rows == 0 || copy.rows > UINT32_MAX)
        return groq::fail(errc::invalid,
                          "a copy of %" PRIu64 " rows of %" PRIu64 " bytes", copy.rows,
                          copy.bytes);
    const bool single = copy.rows == 1;
    if (single && (copy.buffer_stride || copy.sram_stride))
        return groq::fail(errc::invalid, "strides of a copy with a single row are 0");
    if (!single && (copy.buffer_stride < copy.bytes || copy.sram_stride < copy.bytes))
        return groq::fail(errc::invalid, "strides are shorter than the rows");
    if (!fits(copy, copy.buffer->size()))
        return groq::fail(errc::invalid,
                          "the copy goes past the end of the buffer of %" PRIu64
                          " bytes",
                          copy.buffer->size());
    return {};
}

int append_copy(groq_job *job, const groq_copy *given,
                drm_groq_command_type direction) {
    return guarded([&]() -> result<void> {
        if (!job || !given)
            return groq::missing_argument();
        if (const auto idle = job->check_idle(); !idle)
            return idle;
        const auto copy = groq::fetch(given);
        if (!copy)
            return copy.error();
        if (const auto right = check_copy(*job, *copy); !right)
            return right;
        const groq::copy_shape shape{copy->buffer_offset, copy->sram,
                                     copy->bytes,         copy->rows,
                                     copy->buffer_stride, copy->sram_stride};
        job->append_copy(direction, copy->buffer->shared_from_this(), shape);
        if (direction == DRM_GROQ_COMMAND_COPY_IN)
            job->note_write(shape);
        return {};
    });
}

} // namespace

int groq_job_create(struct groq_device *device, struct groq_job **job) {
    return guarded([&]() -> result<void> {
        if (!device || !job)
            return groq::missing_argument();
        *job =
            groq_job::publish(std::make_shared<groq_job>(device->shared_from_this()));
        return {};
    });
}

int groq_job_create_run(struct groq_image *image, const char *entry,
                        struct groq_job **job) {
    return guarded([&]() -> result<void> {
        if (!image || !job)
            return groq::missing_argument();
        auto created = groq_job::create_run(image->shared_from_this(), entry);
        if (!created)
            return created.error();
        *job = groq_job::publish(std::move(*created));
        return {};
    });
}

void groq_job_destroy(struct groq_job *job) {
    groq_job::retire(job);
}

int groq_job_clear(struct groq_job *job) {
    return guarded([&]() -> result<void> {
        if (!job)
            return groq::missing_argument();
        if (const auto idle = job->check_idle(); !idle)
            return idle;
        if (job->has_tensors())
            return groq::fail(errc::invalid,
                              "the job is of groq_job_create_run: its steps belong "
                              "to its tensors");
        job->clear();
        return {};
    });
}

int groq_job_copy_in(struct groq_job *job, const struct groq_copy *copy) {
    return append_copy(job, copy, DRM_GROQ_COMMAND_COPY_IN);
}

int groq_job_copy_out(struct groq_job *job, const struct groq_copy *copy) {
    return append_copy(job, copy, DRM_GROQ_COMMAND_COPY_OUT);
}

int groq_job_run(struct groq_job *job, struct groq_image *image, const char *entry,
                 uint64_t max_cycles) {
    return guarded([&]() -> result<void> {
        if (!job || !image || !entry)
            return groq::missing_argument();
        if (image->device() != job->device())
            return groq::fail(errc::invalid, "the program is loaded on another device");
        if (const auto idle = job->check_idle(); !idle)
            return idle;
        const auto found = image->program().find_entry(entry);
        if (!found)
            return found.error();
        job->append_run(image->shared_from_this(), **found, max_cycles);
        return {};
    });
}

int groq_job_set_input(struct groq_job *job, size_t tensor, const void *data,
                       uint64_t bytes) {
    return guarded([&]() -> result<void> {
        if (!job || !data)
            return groq::missing_argument();
        return job->set_input(tensor, {static_cast<const std::byte *>(data), bytes});
    });
}

int groq_job_get_output(struct groq_job *job, size_t tensor, void *data,
                        uint64_t bytes) {
    return guarded([&]() -> result<void> {
        if (!job || !data)
            return groq::missing_argument();
        return job->get_output(tensor, {static_cast<std::byte *>(data), bytes});
    });
}

int groq_job_tensor_data(struct groq_job *job, size_t tensor, void **packed,
                         uint64_t *packed_bytes) {
    return guarded([&]() -> result<void> {
        if (!job || !packed || !packed_bytes)
            return groq::missing_argument();
        const auto data = job->tensor_data(tensor);
        if (!data)
            return data.error();
        *packed = data->data();
        *packed_bytes = data->size();
        return {};
    });
}
