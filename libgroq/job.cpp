// SPDX-License-Identifier: MIT
#include "job.hpp"

#include <algorithm>
#include <cinttypes>

#include "tensor.hpp"
#include "trace.hpp"

using groq::errc;
using groq::result;

namespace {

constexpr std::uint64_t page_bytes = 4096;

} // namespace

groq_job::groq_job(std::shared_ptr<groq_device> device) : device_(std::move(device)) {}

result<std::shared_ptr<groq_job>>
groq_job::create_run(std::shared_ptr<groq_image> image, const char *entry) {
    auto job = std::make_shared<groq_job>(image->device());
    job->image_ = image;
    if (const auto done = job->make_tensors(); !done)
        return done.error();
    job->append_tensors(GROQ_TENSOR_INPUT);
    if (entry) {
        const auto found = image->program().find_entry(entry);
        if (!found)
            return found.error();
        job->append_run(image, **found, 0);
    } else {
        for (const auto &each : image->program().contents().entries)
            job->append_run(image, each, 0);
    }
    job->append_tensors(GROQ_TENSOR_OUTPUT);
    return job;
}

void groq_job::append_copy(drm_groq_command_type direction,
                           std::shared_ptr<groq_buffer> buffer,
                           const groq::copy_shape &shape) {
    commands_.add_copy(direction, buffer->handle(), shape);
    keep(std::move(buffer));
}

void groq_job::note_write(const groq::copy_shape &shape) {
    writes_.push_back({shape.sram, shape.bytes, shape.rows, shape.sram_stride});
}

void groq_job::append_run(std::shared_ptr<groq_image> image,
                          const groq::program_entry &entry, std::uint64_t max_cycles) {
    append_launch(entry, max_cycles);
    if (std::find(images_.begin(), images_.end(), image) == images_.end())
        images_.push_back(std::move(image));
}

void groq_job::append_launch(const groq::program_entry &entry,
                             std::uint64_t max_cycles) {
    commands_.add_launch(entry, max_cycles,
                         device_->has_feature(DRM_GROQ_FEATURE_EXPECTED));
}

void groq_job::clear() {
    commands_.clear();
    buffers_.clear();
    images_.clear();
    writes_.clear();
}

result<void> groq_job::make_tensors() {
    std::uint64_t size = 0;
    for (const auto &tensor : image_->program().contents().tensors) {
        slots_.push_back({size, tensor.packed_bytes()});
        size += tensor.packed_bytes();
    }
    if (size == 0)
        return {};
    auto buffer = groq_buffer::create(device_, size);
    if (!buffer)
        return buffer.error();
    tensors_ = std::move(*buffer);
    return {};
}

void groq_job::append_tensors(std::uint32_t direction) {
    const auto &tensors = image_->program().contents().tensors;
    for (std::size_t i = 0; i < tensors.size(); ++i)
        if (tensors[i].direction == direction)
            append_tensor(tensors[i], tensors_, slots_[i].offset);
}

void groq_job::append_tensor(const groq::program_tensor &tensor,
                             std::shared_ptr<groq_buffer> buffer,
                             std::uint64_t offset) {
    commands_.add_tensor(tensor, buffer->handle(), offset);
    keep(std::move(buffer));
}

void groq_job::keep(std::shared_ptr<groq_buffer> buffer) {
    if (buffers_.empty() || buffers_.back() != buffer)
        buffers_.push_back(std::move(buffer));
}

result<const groq::program_tensor *> groq_job::find_tensor(std::size_t tensor) const {
    if (!image_)
        return groq::fail(errc::invalid, "the job has no tensors: it was not made by "
                                         "groq_job_create_run");
    return image_->program().tensor(tensor);
}

result<std::span<std::byte>> groq_job::tensor_data(std::size_t tensor) const {
    if (const auto found = find_tensor(tensor); !found)
        return found.error();
    if (const auto idle = check_idle(); !idle)
        return idle.error();
    return tensors_->bytes().subspan(slots_[tensor].offset, slots_[tensor].bytes);
}

result<const groq_job::tensor_slot *>
groq_job::slot(std::size_t tensor, std::uint32_t direction, std::uint64_t bytes) const {
    const auto found = find_tensor(tensor);
    if (!found)
        return found.error();
    const auto &wanted = **found;
    if (wanted.direction != direction)
        return groq::fail(errc::invalid, "tensor %s is an %s", wanted.name.c_str(),
                          wanted.direction == GROQ_TENSOR_INPUT ? "input" : "output");
    if (wanted.bytes() != bytes)
        return groq::fail(errc::size,
                          "tensor %s is %" PRIu64
                          " bytes long (%u rows of %u elements of "
                          "%u bytes), not %" PRIu64,
                          wanted.name.c_str(), wanted.bytes(), wanted.rows,
                          wanted.columns, wanted.element_bytes(), bytes);
    if (const auto idle = check_idle(); !idle)
        return idle.error();
    return &slots_[tensor];
}

result<void> groq_job::set_input(std::size_t tensor, std::span<const std::byte> data) {
    const groq::traced_call call(device_->trace(), "pack");
    const auto found = slot(tensor, GROQ_TENSOR_INPUT, data.size());
    if (!found)
        return found.error();
    groq::pack(image_->program().contents().tensors[tensor], data,
               tensors_->bytes().subspan((*found)->offset, (*found)->bytes));
    return {};
}

result<void> groq_job::get_output(std::size_t tensor, std::span<std::byte> data) const {
    const groq::traced_call call(device_->trace(), "unpack");
    const auto found = slot(tensor, GROQ_TENSOR_OUTPUT, data.size());
    if (!found)
        return found.error();
    groq::unpack(image_->program().contents().tensors[tensor],
                 tensors_->bytes().subspan((*found)->offset, (*found)->bytes), data);
    return {};
}

result<void> groq_job::check_idle() const {
    if (in_work_)
        return groq::fail(errc::in_use, "the job is in work: take its result first");
    return {};
}

result<void> groq_job::begin(const groq_queue &queue) {
    if (commands_.is_empty())
        return groq::fail(errc::invalid, "the job is empty");
    if (in_work_.exchange(true))
        return groq::fail(errc::in_use, "the job is in work already");
    auto done = make_results();
    if (done)
        done = enter_images(queue);
    if (!done) {
        in_work_ = false;
        return done;
    }
    for (auto &result : results())
        result.status = DRM_GROQ_STATUS_PENDING;
    for (const auto &write : writes_)
        device_->images().note_write(write);
    return {};
}

bool groq_job::has_room_for_results() const {
    return results_ && results_->bytes().size() >= result_bytes();
}

result<void> groq_job::make_results() {
    if (has_room_for_results())
        return {};
    auto buffer = groq_buffer::create(device_, std::max(result_bytes(), page_bytes));
    if (!buffer)
        return buffer.error();
    results_ = std::move(*buffer);
    return {};
}

result<void> groq_job::enter_images(const groq_queue &queue) {
    for (auto image = images_.begin(); image != images_.end(); ++image) {
        const auto done = (*image)->enter(&queue);
        if (done)
            continue;
        std::for_each(images_.begin(), image,
                      [](auto &entered) { entered->leave(true); });
        return done;
    }
    return {};
}

void groq_job::end() noexcept {
    const auto has_ended_well = [](const auto &each) {
        return each.status == DRM_GROQ_STATUS_OK;
    };
    for (auto &image : images_)
        image->leave(std::all_of(results().begin(), results().end(), has_ended_well));
    in_work_ = false;
}

std::span<drm_groq_result> groq_job::results() const {
    return {reinterpret_cast<drm_groq_result *>(results_->bytes().data()),
            commands_.size()};
}
