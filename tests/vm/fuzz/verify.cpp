// SPDX-License-Identifier: MIT
#include "verify.hpp"

#include <algorithm>

#include "raw_card.hpp"
#include "shape.hpp"

namespace groq::fuzz {
namespace {

constexpr std::uint64_t space = 32000, host_bytes = 32768;
constexpr int patience_seconds = 120; // against hanging

std::uint64_t parameter(const soak::raw_card &card, drm_groq_param which) {
    drm_groq_get_param arguments{};
    arguments.param = which;
    card.call(DRM_IOCTL_GROQ_GET_PARAM, arguments, "get parameter");
    return arguments.value;
}

} // namespace

spare spare_of(const std::string &address) {
    const soak::raw_card card(address);
    return {parameter(card, DRM_GROQ_PARAM_SRAM_FREE),
            parameter(card, DRM_GROQ_PARAM_QUEUES_FREE)};
}

bool works(const std::string &address, std::uint64_t seed, bool strict) {
    soak::randomness random(seed);
    const soak::raw_card card(address);
    const std::uint32_t context = card.create_context();
    const std::uint32_t queue = card.create_queue(context, 0);
    const std::uint32_t timeline = card.create_timeline();
    const std::uint64_t sram = card.reserve(context, space);
    const soak::raw_buffer source(card, host_bytes, false),
        target(card, host_bytes, false), results(card, 4096, false);
    const auto shape = soak::random_shape(random, space);
    soak::scribble(random, source.bytes());
    std::ranges::fill(target.bytes(), soak::untouched);

    drm_groq_command commands[2]{};
    commands[0].type = DRM_GROQ_COMMAND_COPY_IN;
    commands[0].bo = source.handle();
    commands[0].bo_offset = shape.from;
    commands[0].bo_stride = shape.from_stride;
    commands[1].type = DRM_GROQ_COMMAND_COPY_OUT;
    commands[1].bo = target.handle();
    commands[1].bo_offset = shape.to;
    commands[1].bo_stride = shape.to_stride;
    for (drm_groq_command &command : commands) {
        command.rows = static_cast<std::uint32_t>(shape.rows);
        command.sram = sram + shape.sram;
        command.size = shape.bytes;
        command.sram_stride = shape.sram_stride;
    }
    drm_groq_sync done{};
    done.handle = timeline;
    done.point = 1;
    drm_groq_submit submit{};
    submit.queue = queue;
    submit.commands = reinterpret_cast<std::uintptr_t>(commands);
    submit.command_count = 2;
    submit.signals = reinterpret_cast<std::uintptr_t>(&done);
    submit.signal_count = 1;
    submit.result_bo = results.handle();
    card.call(DRM_IOCTL_GROQ_SUBMIT, submit, "submit");
    if (!card.wait(timeline, 1, patience_seconds))
        return false;
    const auto *ends =
        reinterpret_cast<const drm_groq_result *>(results.bytes().data());
    const bool all_done =
        ends[0].status == DRM_GROQ_STATUS_OK && ends[1].status == DRM_GROQ_STATUS_OK;
    return all_done ? brought(shape, source.bytes(), target.bytes()) : !strict;
}

} // namespace groq::fuzz
