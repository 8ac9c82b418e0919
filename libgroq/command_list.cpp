// SPDX-License-Identifier: MIT
#include "command_list.hpp"

#include <algorithm>
#include <cstring>

#include "error.hpp"
#include "tensor.hpp"

namespace groq {
namespace {

// A copy whose rows would need more scatter entries than a command can have is
// several commands. A row takes an entry for each host page that it touches.
constexpr std::uint64_t entries_max = 65536;
constexpr std::uint64_t page_bytes = 4096;

// A program whose length is known and that runs longer than this is wrong; with
// none known the driver's timeout ends it.
constexpr std::uint64_t cycles_unbounded = std::uint64_t{1} << 40;

std::uint64_t cycle_limit(const program_entry &entry) {
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

void command_list::add_copy(drm_groq_command_type direction, std::uint32_t buffer,
                            const copy_shape &shape) {
    drm_groq_command command{};
    command.type = direction;
    command.bo = buffer;
    command.bo_offset = shape.buffer_offset;
    command.sram = shape.sram;
    command.size = shape.bytes;
    command.bo_stride = shape.buffer_stride;
    command.sram_stride = shape.sram_stride;
    append_rows(command, shape.rows);
    ++step_count_;
}

void command_list::add_launch(const program_entry &entry, std::uint64_t max_cycles,
                              bool tells_expected) {
    drm_groq_command command{};
    command.type = DRM_GROQ_COMMAND_RUN;
    command.rows = entry.launch_count;
    command.sram = entry.launch;
    command.size = max_cycles ? max_cycles : cycle_limit(entry);
    command.expected = tells_expected ? entry.cycles : 0;
    append(command);
    expected_cycles_ += entry.cycles;
    has_unknown_cycles_ |= entry.cycles == 0;
    ++step_count_;
}

void command_list::add_tensor(const program_tensor &tensor, std::uint32_t buffer,
                              std::uint64_t offset) {
    drm_groq_command command{};
    command.type = tensor.direction == GROQ_TENSOR_INPUT ? DRM_GROQ_COMMAND_COPY_IN
                                                         : DRM_GROQ_COMMAND_COPY_OUT;
    command.bo = buffer;
    command.size = vector_bytes;
    command.bo_stride = vector_bytes;
    for (const auto &part : tensor.parts) {
        command.bo_offset = offset;
        command.sram = part.sram;
        command.sram_stride = part.stride;
        append_rows(command, tensor.rows);
        offset += std::uint64_t{tensor.rows} * vector_bytes;
    }
    ++step_count_;
}

void command_list::add_nothing() {
    append({});
    ++step_count_;
}

void command_list::clear() {
    commands_.clear();
    steps_.clear();
    step_count_ = 0;
    expected_cycles_ = 0;
    has_unknown_cycles_ = false;
}

void command_list::append_rows(drm_groq_command command, std::uint64_t rows) {
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

// A contiguous copy that goes on where the one before it in this step ended
// becomes part of it.
void command_list::append(const drm_groq_command &command) {
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

groq_result command_list::outcome(std::span<const drm_groq_result> results) const {
    groq_result end{};
    end.size = sizeof end;
    end.expected_cycles = has_unknown_cycles_ ? 0 : expected_cycles_;
    for (std::size_t i = 0; i < commands_.size(); ++i) {
        const auto &of_command = results[i];
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

} // namespace groq
