// SPDX-License-Identifier: MIT
#include "port_call.hpp"

#include <algorithm>
#include <iterator>

namespace groq {
namespace {

struct call_shape {
    const char *name;
    std::size_t arguments;
    std::size_t values; // of an answer that is no error
};

// By call_kind. A submission has further arguments.
constexpr call_shape shapes[] = {
    {"", 0, 0},
    {"describe", 0, 0},
    {"parameter", 1, 1},
    {"read", 0, 0},
    {"create_buffer", 1, 3},
    {"pin_buffer", 2, 3},
    {"export_buffer", 1, 0},
    {"import_buffer", 0, 3},
    {"destroy_buffer", 1, 0},
    {"create_context", 1, 1},
    {"destroy_context", 1, 0},
    {"reserve_sram", 4, 1},
    {"release_sram", 2, 0},
    {"create_queue", 3, 2},
    {"destroy_queue", 1, 0},
    {"submit", 2, 1},
    {"cancel", 2, 0},
    {"signalled", 1, 1},
    {"wait", 2, 1},
    {"notify", 2, 0},
    {"watch", 0, 0},
    {"take_events", 0, 1},
    {"ended", 2, 0},
    {"costs", 1, 2},
    {"refusal", 2, 0},
    {"links", 0, 1},
    {"align_link", 3, 0},
};
static_assert(std::size(shapes) == std::size_t(call_kind::align_link) + 1);

// Beyond these a text would be none.
constexpr std::size_t arguments_told = 8;

void add_command(port_call &call, const drm_groq_command &command,
                 const number_of &buffer_number) {
    for (const auto &each : {
             call_argument{"type", command.type},
             {"flags", command.flags},
             {"buffer", command.bo ? buffer_number(command.bo) : 0},
             {"rows", command.rows},
             {"buffer_offset", command.bo_offset},
             {"sram", command.sram},
             {"size", command.size},
             {"buffer_stride", command.bo_stride},
             {"sram_stride", command.sram_stride},
             {"expected", command.expected},
         })
        call.arguments.push_back(each);
}

} // namespace

const char *name_of(call_kind kind) {
    return shapes[std::size_t(kind)].name;
}

bool is_call(std::uint32_t kind, std::size_t arguments, bool has_failed,
             std::size_t values) {
    if (kind == 0 || kind >= std::size(shapes))
        return false;
    const auto &shape = shapes[kind];
    const bool may_have_more = kind == std::uint32_t(call_kind::submit);
    return (arguments == shape.arguments ||
            (may_have_more && arguments > shape.arguments)) &&
           values == (has_failed ? 0 : shape.values);
}

std::vector<std::uint64_t> port_call::values() const {
    std::vector<std::uint64_t> all;
    std::transform(arguments.begin(), arguments.end(), std::back_inserter(all),
                   [](const call_argument &each) { return each.value; });
    return all;
}

std::string text_of(const port_call &call, std::span<const std::uint64_t> values) {
    std::string text = std::string(name_of(call.kind)) + "(";
    const auto count = std::min({values.size(), call.arguments.size(), arguments_told});
    for (std::size_t i = 0; i < count; ++i)
        text += (i ? ", " : "") + std::string(call.arguments[i].name) + " " +
                std::to_string(values[i]);
    return text + (values.size() > count ? ", ...)" : ")");
}

namespace calls {

port_call describe() {
    return {call_kind::describe, {}};
}

port_call parameter(drm_groq_param which) {
    return {call_kind::parameter, {{"which", which}}};
}

port_call read() {
    return {call_kind::read, {}};
}

port_call links() {
    return {call_kind::links, {}};
}

port_call align_link(std::uint32_t link, std::uint32_t samples, bool is_adjusted) {
    return {call_kind::align_link,
            {{"link", link}, {"samples", samples}, {"adjust", is_adjusted}}};
}

port_call create_buffer(std::uint64_t size) {
    return {call_kind::create_buffer, {{"size", size}}};
}

port_call pin_buffer(std::uint64_t size, bool is_read_only) {
    return {call_kind::pin_buffer, {{"size", size}, {"read_only", is_read_only}}};
}

port_call export_buffer(std::uint64_t buffer) {
    return {call_kind::export_buffer, {{"buffer", buffer}}};
}

port_call import_buffer() {
    return {call_kind::import_buffer, {}};
}

port_call destroy_buffer(std::uint64_t buffer) {
    return {call_kind::destroy_buffer, {{"buffer", buffer}}};
}

port_call create_context(std::uint32_t flags) {
    return {call_kind::create_context, {{"flags", flags}}};
}

port_call destroy_context(std::uint32_t id) {
    return {call_kind::destroy_context, {{"context", id}}};
}

port_call reserve_sram(std::uint32_t context, std::optional<std::uint64_t> address,
                       std::uint64_t size) {
    return {call_kind::reserve_sram,
            {{"context", context},
             {"fixed", address.has_value()},
             {"address", address.value_or(0)},
             {"size", size}}};
}

port_call release_sram(std::uint32_t context, std::uint64_t address) {
    return {call_kind::release_sram, {{"context", context}, {"address", address}}};
}

port_call create_queue(std::uint32_t context, std::uint32_t priority,
                       std::uint32_t path) {
    return {call_kind::create_queue,
            {{"context", context}, {"priority", priority}, {"path", path}}};
}

port_call destroy_queue(std::uint64_t queue) {
    return {call_kind::destroy_queue, {{"queue", queue}}};
}

port_call submit(std::uint64_t queue, std::span<const port_submission> submissions,
                 const number_of &buffer_number, const number_of &queue_number) {
    port_call call{call_kind::submit,
                   {{"queue", queue}, {"submissions", submissions.size()}}};
    const auto add = [&](const char *name, std::uint64_t value) {
        call.arguments.push_back({name, value});
    };
    for (const auto &each : submissions) {
        add("point", each.point);
        add("results", each.results ? buffer_number(each.results) : 0);
        add("result_offset", each.result_offset);
        add("is_waited_for", each.is_waited_for);
        add("waits", each.waits.size());
        for (const auto &wait : each.waits) {
            add("waited queue", queue_number(wait.queue.id));
            add("waited point", wait.point);
        }
        add("commands", each.commands.size());
        for (const auto &command : each.commands)
            add_command(call, command, buffer_number);
    }
    return call;
}

port_call refusal(std::uint64_t queue, std::uint64_t point) {
    return {call_kind::refusal, {{"queue", queue}, {"point", point}}};
}

port_call cancel(std::uint64_t queue, std::uint64_t point) {
    return {call_kind::cancel, {{"queue", queue}, {"point", point}}};
}

port_call signalled(std::uint64_t queue) {
    return {call_kind::signalled, {{"queue", queue}}};
}

port_call wait(std::uint64_t queue, std::uint64_t point) {
    return {call_kind::wait, {{"queue", queue}, {"point", point}}};
}

port_call notify(std::uint64_t queue, std::uint64_t point) {
    return {call_kind::notify, {{"queue", queue}, {"point", point}}};
}

port_call costs(std::uint64_t queue) {
    return {call_kind::costs, {{"queue", queue}}};
}

port_call watch() {
    return {call_kind::watch, {}};
}

port_call take_events() {
    return {call_kind::take_events, {}};
}

port_call ended(std::uint64_t queue, std::uint64_t point) {
    return {call_kind::ended, {{"queue", queue}, {"point", point}}};
}

} // namespace calls
} // namespace groq
