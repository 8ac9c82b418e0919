// SPDX-License-Identifier: MIT
#include "drm_submission.hpp"

#include <algorithm>
#include <cerrno>

#include <xf86drm.h>

#include "drm_error.hpp"

namespace groq {
namespace {

constexpr unsigned tag_point_bits = 40;

std::uint64_t address_of(const void *pointer) {
    return reinterpret_cast<std::uintptr_t>(pointer);
}

drm_groq_sync sync_of(const port_queue &queue, std::uint64_t point) {
    drm_groq_sync sync{};
    sync.handle = queue.timeline;
    sync.point = point;
    return sync;
}

} // namespace

std::uint64_t submission_tag(const port_queue &queue, std::uint64_t point) {
    return std::uint64_t{queue.id} << tag_point_bits | point;
}

error submission_refused(int os_error) {
    if (os_error == EACCES)
        return fail(errc::access, os_error,
                    "the job touches SRAM that is not reserved for this device, or "
                    "copies out to memory that is pinned to be read only");
    return driver_refused("take the job", os_error);
}

bool signal_point(int card, const port_queue &queue, std::uint64_t point) {
    return ::drmSyncobjTimelineSignal(card, &queue.timeline, &point, 1) == 0;
}

result<void> drm_submission::fill(const port_queue &queue,
                                  const port_submission &submission, bool signals) {
    const auto &waits = submission.waits;
    if (waits.size() > waits_.size())
        return submission_refused(E2BIG);
    std::transform(
        waits.begin(), waits.end(), waits_.begin(),
        [](const port_point &wait) { return sync_of(wait.queue, wait.point); });
    signal_ = sync_of(queue, submission.point);
    request_ = {};
    request_.queue = queue.id;
    request_.commands = address_of(submission.commands.data());
    request_.command_count = std::uint32_t(submission.commands.size());
    request_.waits = waits.empty() ? 0 : address_of(waits_.data());
    request_.wait_count = std::uint32_t(waits.size());
    request_.signals = signals ? address_of(&signal_) : 0;
    request_.signal_count = signals;
    request_.result_bo = submission.results;
    request_.result_offset = submission.result_offset;
    request_.tag = submission_tag(queue, submission.point);
    return {};
}

} // namespace groq
