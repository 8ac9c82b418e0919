// SPDX-License-Identifier: MIT
#include "recorded_answers.hpp"

#include <algorithm>

namespace groq {
namespace {

// What those calls get whose answers depend on when they are made, and that may so
// be made more often than they were: the latest answer.
bool repeats(call_kind kind) {
    return kind == call_kind::describe || kind == call_kind::parameter ||
           kind == call_kind::read || kind == call_kind::links ||
           kind == call_kind::costs;
}

} // namespace

recorded_answers::recorded_answers(std::string file, recording_reader reader)
    : file_(std::move(file)), reader_(std::move(reader)),
      is_taken_(reader_.calls().size()) {
    for (std::size_t i = 0; i < reader_.calls().size(); ++i)
        add(i);
}

void recorded_answers::add(std::size_t index) {
    const auto &call = reader_.calls()[index];
    if (call.kind == call_kind::ended) {
        const auto queue = call.arguments[0], point = call.arguments[1];
        const std::uint64_t arguments[] = {queue};
        ends_[{queue, point}] = index;
        if (!lanes_.contains(key_of(call_kind::destroy_queue, arguments)))
            last_ends_[queue] = std::max(last_ends_[queue], point);
        return;
    }
    lanes_[key_of(call.kind, call.arguments)].calls.push_back(index);
    if (call.kind != call_kind::take_events)
        return;
    const auto told = read(call);
    if (told && !told->failure && told->values[0] != 0)
        events_end_ = index + 1;
}

recorded_answers::lane_key
recorded_answers::key_of(call_kind kind, std::span<const std::uint64_t> arguments) {
    lane_key key{std::uint64_t(kind)};
    if (kind == call_kind::submit)
        arguments = arguments.first(1);
    key.insert(key.end(), arguments.begin(), arguments.end());
    return key;
}

const recorded_call *recorded_answers::take(const port_call &call) {
    const std::lock_guard lock(lock_);
    const auto found = lanes_.find(key_of(call.kind, call.values()));
    if (found == lanes_.end())
        return nullptr;
    auto &[calls, next] = found->second;
    if (next == calls.size() && repeats(call.kind))
        --next;
    if (next == calls.size())
        return nullptr;
    const auto index = calls[next++];
    is_taken_[index] = true;
    return &reader_.calls()[index];
}

result<call_answer> recorded_answers::read(const recorded_call &call) const {
    return reader_.answer(call);
}

result<call_answer> recorded_answers::answer(const port_call &call) {
    const auto *recorded = take(call);
    if (!recorded)
        return diverged(call);
    auto answer = read(*recorded);
    if (answer && answer->failure)
        return *answer->failure;
    return answer;
}

const recorded_call *recorded_answers::end(std::uint64_t queue,
                                           std::uint64_t point) const {
    const auto found = ends_.find({queue, point});
    return found == ends_.end() ? nullptr : &reader_.calls()[found->second];
}

std::uint64_t recorded_answers::last_end(std::uint64_t queue) const {
    const auto found = last_ends_.find(queue);
    return found == last_ends_.end() ? 0 : found->second;
}

bool recorded_answers::has_events_left() const {
    const std::lock_guard lock(lock_);
    const auto found = lanes_.find(key_of(call_kind::take_events, {}));
    if (found == lanes_.end())
        return false;
    const auto &[calls, next] = found->second;
    return next < calls.size() && calls[next] < events_end_;
}

error recorded_answers::diverged(const port_call &call) const {
    const std::lock_guard lock(lock_);
    auto text =
        file_ + ": the recording has no further " + text_of(call, call.values());
    const auto &calls = reader_.calls();
    for (std::size_t i = 0; i < calls.size(); ++i)
        if (!is_taken_[i] && calls[i].kind == call.kind)
            return {errc::diverged, text + "; record " + std::to_string(i) + " is " +
                                        text_of(call, calls[i].arguments)};
    text += std::string("; no ") + name_of(call.kind) + " is left in it";
    if (!is_whole())
        text += ": it breaks off, since its process was killed or could not write on";
    return {errc::diverged, text};
}

error recorded_answers::differs(const recorded_call &recorded,
                                const port_call &call) const {
    const auto asked = call.values();
    const auto [place, other] =
        std::mismatch(asked.begin(), asked.end(), recorded.arguments.begin(),
                      recorded.arguments.end());
    const auto text = file_ + ": record " + std::to_string(index_of(recorded)) +
                      " is " + text_of(call, recorded.arguments) + ", asked for is " +
                      text_of(call, asked);
    if (place == asked.end() || other == recorded.arguments.end())
        return {errc::diverged, text};
    const auto which = std::size_t(place - asked.begin());
    return {errc::diverged, text + "; argument " + std::to_string(which) + ", " +
                                call.arguments[which].name + ", was " +
                                std::to_string(*other) + " and is " +
                                std::to_string(*place)};
}

std::size_t recorded_answers::index_of(const recorded_call &recorded) const {
    return std::size_t(&recorded - reader_.calls().data());
}

} // namespace groq
