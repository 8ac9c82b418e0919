// SPDX-License-Identifier: MIT
#include "job.hpp"

#include <algorithm>
#include <cinttypes>
#include <cstring>

#include "structure.hpp"
#include "tensor.hpp"
#include "trace.hpp"

using groq::errc;
using groq::guarded;
using groq::result;

namespace {

// A copy whose rows would need more scatter entries than a command can have is
// several commands. A row takes an entry for each host page that it touches.
constexpr std::uint64_t entries_max = 65536;
constexpr std::uint64_t page_bytes = 4096;

// A program whose length is known and that runs longer than this is wrong; with
// none known the driver's timeout ends it.
constexpr std::uint64_t cycles_unbounded = std::uint64_t{1} << 40;

std::uint64_t cycle_limit(const groq::program_entry &entry) {
    return entry.cycles ? std::min(2 * entry.cycles + 1000, cycles_unbounded)
                        : cycles_unbounded;
}

errc error_of(std::uint32_t status) {
    switch (status) {
    case DRM_GROQ_STATUS_FAULT:
        return errc::fault;
    case DRM_GROQ_STATUS_ACCESS:
        return errc::access;
    case DRM_GROQ_STATUS_DMA:
        return errc::dma;
    case DRM_GROQ_STATUS_INVALID:
        return errc::invalid;
    case DRM_GROQ_STATUS_TIMEOUT:
        return errc::hung;
    case DRM_GROQ_STATUS_CANCELED:
        return errc::canceled;
    case DRM_GROQ_STATUS_RESET:
        return errc::reset;
    case DRM_GROQ_STATUS_LOST:
        return errc::device_lost;
    default:
        return errc::system;
    }
}

groq_fault_info fault_of(const drm_groq_result &from) {
    groq_fault_info fault{};
    fault.cause = from.fault_cause;
    fault.unit = from.fault_unit;
    fault.cycle = from.fault_cycle;
    fault.address = from.fault_address;
    fault.text = from.fault_text;
    fault.detail = from.fault_detail;
    std::memcpy(fault.instruction, from.fault_instruction, sizeof fault.instruction);
    return fault;
}

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
    drm_groq_command command{};
    command.type = direction;
    command.bo = buffer->handle();
    command.bo_offset = shape.buffer_offset;
    command.sram = shape.sram;
    command.size = shape.bytes;
    command.bo_stride = shape.buffer_stride;
    command.sram_stride = shape.sram_stride;
    append_rows(command, shape.rows);
    ++step_count_;
    keep(std::move(buffer));
}

void groq_job::append_rows(drm_groq_command command, std::uint64_t rows) {
    if (command.bo_stride == command.size && command.sram_stride == command.size) {
        command.size *= rows;
        rows = 1;
    }
    const auto entries = command.size / page_bytes + 2;
    const auto rows_max = std::max<std::uint64_t>(entries_max / entries, 1);
    while (rows > 0) {
        const auto some = std::min(rows, rows_max);
        command.rows = std::uint32_t(some);
        auto piece = command;
        if (some == 1)
            piece.bo_stride = piece.sram_stride = 0;
        append(piece);
        command.bo_offset += some * command.bo_stride;
        command.sram += some * command.sram_stride;
        rows -= some;
    }
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
    drm_groq_command command{};
    command.type = DRM_GROQ_COMMAND_RUN;
    command.rows = entry.launch_count;
    command.sram = entry.launch;
    command.size = max_cycles ? max_cycles : cycle_limit(entry);
    if (device_->has_feature(DRM_GROQ_FEATURE_EXPECTED))
        command.expected = entry.cycles;
    append(command);
    expected_cycles_ += entry.cycles;
    has_unknown_cycles_ |= entry.cycles == 0;
    ++step_count_;
}

// A contiguous copy that goes on where the one before it in this step ended
// becomes part of it.
void groq_job::append(const drm_groq_command &command) {
    if (!commands_.empty() && steps_.back() == step_count_) {
        auto &last = commands_.back();
        if (last.rows == 1 && command.rows == 1 && last.bo == command.bo &&
            last.bo_offset + last.size == command.bo_offset &&
            last.sram + last.size == command.sram) {
            last.size += command.size;
            return;
        }
    }
    commands_.push_back(command);
    steps_.push_back(step_count_);
}

void groq_job::clear() {
    commands_.clear();
    steps_.clear();
    buffers_.clear();
    images_.clear();
    writes_.clear();
    step_count_ = 0;
    expected_cycles_ = 0;
    has_unknown_cycles_ = false;
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
    for (std::size_t part = 0; part < tensor.parts.size(); ++part) {
        append_part(tensor, part, buffer->handle(), offset);
        offset += std::uint64_t{tensor.rows} * groq::vector_bytes;
    }
    ++step_count_;
    keep(std::move(buffer));
}

void groq_job::append_nothing() {
    append({});
    ++step_count_;
}

void groq_job::keep(std::shared_ptr<groq_buffer> buffer) {
    if (buffers_.empty() || buffers_.back() != buffer)
        buffers_.push_back(std::move(buffer));
}

void groq_job::append_part(const groq::program_tensor &tensor, std::size_t part,
                           std::uint32_t buffer, std::uint64_t offset) {
    drm_groq_command command{};
    command.type = tensor.direction == GROQ_TENSOR_INPUT ? DRM_GROQ_COMMAND_COPY_IN
                                                         : DRM_GROQ_COMMAND_COPY_OUT;
    command.bo = buffer;
    command.bo_offset = offset;
    command.sram = tensor.parts[part].sram;
    command.size = groq::vector_bytes;
    command.bo_stride = groq::vector_bytes;
    command.sram_stride = tensor.parts[part].stride;
    append_rows(command, tensor.rows);
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
    if (commands_.empty())
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

groq_result groq_job::outcome() const {
    groq_result end{};
    end.size = sizeof end;
    end.expected_cycles = has_unknown_cycles_ ? 0 : expected_cycles_;
    for (std::size_t i = 0; i < commands_.size(); ++i) {
        const auto &of_command = results()[i];
        end.device_time_ns = of_command.device_time_ns;
        if (of_command.status != DRM_GROQ_STATUS_OK) {
            end.error = int(error_of(of_command.status));
            end.step = steps_[i];
            end.fault = fault_of(of_command);
            break;
        }
        (commands_[i].type == DRM_GROQ_COMMAND_RUN ? end.cycles : end.bytes) +=
            of_command.value;
    }
    return end;
}
