// SPDX-License-Identifier: MIT
#include "queue.hpp"

#include <algorithm>
#include <cerrno>
#include <cinttypes>
#include <new>

#include <sys/eventfd.h>
#include <unistd.h>

#include "fault.hpp"
#include "link_error.hpp"
#include "trace.hpp"

using groq::errc;
using groq::result;

namespace {

// Of a job: what the port takes at once.
constexpr std::size_t part_commands = DRM_GROQ_COMMANDS_MAX;

std::size_t part_count(const groq_job &job) {
    return (job.commands().size() + part_commands - 1) / part_commands;
}

groq::error no_such(std::uint64_t ticket) {
    return groq::fail(errc::not_found,
                      "no job with ticket %" PRIu64
                      " is in this queue, or its result has been taken",
                      ticket);
}

result<void> check_options(std::uint32_t priority, std::uint32_t path,
                           std::uint32_t depth) {
    if (priority > DRM_GROQ_PRIORITY_MAX)
        return groq::fail(errc::invalid, "queue priority %u; 0 to %d are possible",
                          priority, DRM_GROQ_PRIORITY_MAX);
    if (path > GROQ_PATH_SQPOLL)
        return groq::fail(errc::invalid, "unknown path %u", path);
    if (depth > groq::queue_depth_max)
        return groq::fail(errc::invalid, "a queue of %u jobs; %u are possible", depth,
                          groq::queue_depth_max);
    return {};
}

} // namespace

groq::error groq::job_error(const job_end &end) {
    if (end.refusal)
        return *end.refusal;
    const auto code = static_cast<errc>(end.error);
    // How far a canceled one had come is nobody's business.
    if (end.fault.cause == 0 || code == errc::canceled)
        return {code, {}, groq::fault{end.fault}};
    return {code, describe(end.fault), groq::fault{end.fault}};
}

result<std::shared_ptr<groq_queue>>
groq_queue::create(std::shared_ptr<groq_device> device, std::uint32_t priority,
                   std::uint32_t path, std::uint32_t depth) {
    if (const auto right = check_options(priority, path, depth); !right)
        return right.error();
    if (const auto present = device->check_present(); !present)
        return present.error();
    if (path == GROQ_PATH_AUTO)
        path = device->parent().path();
    const auto port =
        device->watch(device->port().create_queue(device->context(), priority, path));
    if (!port)
        return port.error();
    return std::make_shared<groq_queue>(std::move(device), *port,
                                        depth ? depth : groq::queue_depth_default);
}

groq_queue::groq_queue(std::shared_ptr<groq_device> device,
                       const groq::port_queue &port, std::uint32_t depth)
    : device_(std::move(device)), port_(port), flights_(depth) {
    staged_.reserve(depth);
}

groq_queue::~groq_queue() {
    device_->port().destroy_queue(port_);
    while (!flights_.is_empty()) {
        flights_.oldest().job->end();
        flights_.remove(flights_.oldest());
    }
    device_->retry_releases();
    if (event_file_ >= 0)
        ::close(event_file_);
}

result<std::uint64_t> groq_queue::submit(std::shared_ptr<groq_job> job,
                                         const groq::job_order &order) {
    std::uint64_t ticket = 0;
    auto *const only = job.get();
    auto end = submit({&only, 1}, &ticket, order);
    if (!end.refusal)
        return end.refusal.error();
    return ticket;
}

groq::batch_outcome groq_queue::submit(std::span<groq_job *const> jobs,
                                       std::uint64_t *tickets,
                                       const groq::job_order &order) {
    groq::traced_call call(device_->trace(), "submit");
    if (const auto present = device_->check_present(); !present)
        return {0, present};
    const std::lock_guard lock(lock_);
    const auto sent = last_point_;
    result<void> staging, sending;
    std::size_t begun = 0;
    try {
        while (begun < jobs.size() &&
               (staging = device_->watch(stage_locked(*jobs[begun], begun, order))))
            continue;
        sending = send_locked();
    } catch (const std::bad_alloc &) {
        sending = groq::error(errc::memory, {});
    }
    staged_.clear();
    const auto count = take_off_locked(jobs.first(begun), sent, sending, tickets);
    call.number("ticket", last_point_);
    if (count == jobs.size())
        return {count};
    return {count, sending ? staging : sending};
}

// Whoever waits with the event file is told of it before the submission, so that
// nothing is under way when that fails.
// Counted as begun from when it is not idle any more, whatever is thrown later.
result<void> groq_queue::stage_locked(groq_job &job, std::size_t &begun,
                                      const groq::job_order &order) {
    if (job.device() != device_)
        return groq::fail(errc::invalid, "job and queue are of different devices");
    if (flights_.count() + begun == flights_.depth())
        return groq::error(errc::full, {});
    const bool needs_memory = !job.has_room_for_results();
    if (const auto done = job.begin(*this); !done)
        return done;
    ++begun;
    allocations_ += needs_memory;
    const auto last = last_point_ + staged_.size() + part_count(job);
    if (event_file_ >= 0)
        if (const auto done = device_->port().notify(port_, last, event_file_); !done) {
            job.end();
            --begun;
            return done;
        }
    stage_parts_locked(job, order);
    return {};
}

// A submission takes so many commands; a longer job is several, in order.
void groq_queue::stage_parts_locked(const groq_job &job, const groq::job_order &order) {
    const auto commands = job.commands();
    const auto room = staged_.capacity();
    for (std::size_t first = 0; first < commands.size(); first += part_commands) {
        const auto count = std::min(commands.size() - first, part_commands);
        const bool is_last = first + count == commands.size();
        staged_.push_back({.commands = commands.subspan(first, count),
                           .point = last_point_ + staged_.size() + 1,
                           .results = job.result_buffer(),
                           .result_offset = first * sizeof(drm_groq_result),
                           .waits = first ? decltype(order.after){} : order.after,
                           .is_waited_for = order.is_waited_for && is_last});
    }
    allocations_ += staged_.capacity() != room;
}

// A port says why it refuses a submission only when that is its first.
result<void> groq_queue::send_locked() {
    for (auto rest = std::span<const groq::port_submission>(staged_); !rest.empty();) {
        const auto taken = device_->watch(device_->port().submit(port_, rest));
        if (!taken)
            return taken.error();
        last_point_ += *taken;
        rest = rest.subspan(*taken);
    }
    return {};
}

// Jobs that were begun, at the point `sent`, are under way or idle again. Returns how
// many are; one that is so with a part of it fails when that has ended.
std::size_t groq_queue::take_off_locked(std::span<groq_job *const> begun,
                                        std::uint64_t sent, const result<void> &sending,
                                        std::uint64_t *tickets) {
    std::size_t count = 0;
    for (auto *job : begun) {
        const auto first = sent + 1, last = sent + part_count(*job);
        sent = last;
        if (first > last_point_) {
            job->end();
            continue;
        }
        const auto ticket = std::min(last, last_point_);
        const int error = ticket == last ? GROQ_OK : sending.error().code().value();
        flights_.add({ticket, first, job->shared_from_this(), error});
        tickets[count++] = ticket;
        if (error != GROQ_OK)
            notify_locked(ticket);
    }
    submitted_ += count;
    return count;
}

// When not even that can be had, whoever polls looks at once.
void groq_queue::notify_locked(std::uint64_t ticket) {
    const std::uint64_t one = 1;
    if (event_file_ >= 0 && !device_->port().notify(port_, ticket, event_file_))
        (void)!::write(event_file_, &one, sizeof one);
}

result<void> groq_queue::cancel(std::uint64_t ticket) {
    std::uint64_t first = 0;
    {
        const std::lock_guard lock(lock_);
        const auto *found = flights_.find(ticket);
        if (!found)
            return no_such(ticket);
        first = found->first;
    }
    // Backwards: none of its parts is to begin meanwhile.
    for (auto point = ticket; point >= first; --point)
        if (const auto done = device_->watch(device_->port().cancel(port_, point));
            !done)
            return done;
    return {};
}

result<groq::job_end> groq_queue::wait(std::uint64_t ticket, std::int64_t deadline) {
    groq::traced_call call(device_->trace(), "wait");
    call.number("ticket", ticket);
    {
        const std::lock_guard lock(lock_);
        if (!flights_.find(ticket))
            return no_such(ticket);
    }
    const auto ended = device_->watch(device_->port().wait(port_, ticket, deadline));
    // A card that has gone has ended everything, one way or the other.
    if (!ended && !(ended.error() == errc::device_lost))
        return ended.error();
    if (ended && !*ended)
        return why_late(deadline);
    const std::lock_guard lock(lock_);
    auto *const landing = flights_.find(ticket);
    if (!landing)
        return no_such(ticket); // another thread was quicker
    return land_locked(*landing);
}

// Whoever only asks whether it has ended is told nothing else.
groq::error groq_queue::why_late(std::int64_t deadline) const {
    if (deadline == 0 || !device_->has_feature(DRM_GROQ_FEATURE_LINKS))
        return {errc::timeout, {}};
    const auto seen = device_->port().links();
    return seen ? groq::late(*seen) : groq::error(errc::timeout, {});
}

groq::job_end groq_queue::land_locked(groq::flight &landing) {
    groq::job_end end{landing.job->outcome(), {}};
    end.ticket = landing.ticket;
    if (landing.error != GROQ_OK)
        end.error = landing.error;
    // Nobody told how it ended.
    if (end.error == GROQ_ERROR_SYSTEM) {
        end.refusal = refusal_locked(landing);
        if (end.refusal)
            end.error = end.refusal->code().value();
        else if (!device_->check_present())
            end.error = GROQ_ERROR_DEVICE_LOST;
    }
    if (end.error == GROQ_ERROR_DEVICE_LOST)
        device_->note_lost();
    landing.job->end();
    flights_.remove(landing);
    device_->retry_releases();
    return end;
}

// Of its first part that was.
std::optional<groq::error> groq_queue::refusal_locked(const groq::flight &landing) {
    std::optional<groq::error> first;
    for (auto point = landing.first; point <= landing.ticket; ++point)
        if (const auto taken = device_->port().refusal(port_, point); !taken && !first)
            first = taken.error();
    return first;
}

result<std::size_t> groq_queue::reap(std::span<groq_result> results) {
    const groq::traced_call call(device_->trace(), "reap");
    const std::lock_guard lock(lock_);
    std::uint64_t events = 0;
    // First: whatever ends from here on is either seen below or an event again.
    if (event_file_ >= 0)
        (void)!::read(event_file_, &events, sizeof events);
    const auto signalled = device_->watch(device_->port().signalled(port_));
    const bool is_lost = !signalled && signalled.error() == errc::device_lost;
    if (!signalled && !(is_lost && !flights_.is_empty()))
        return signalled.error();
    std::size_t count = 0;
    const auto has_ended = [&] {
        return !flights_.is_empty() &&
               (is_lost || flights_.oldest().ticket <= *signalled);
    };
    while (count < results.size() && has_ended())
        results[count++] = land_locked(flights_.oldest());
    events = 1;
    if (event_file_ >= 0 && has_ended())
        (void)!::write(event_file_, &events, sizeof events);
    return count;
}

result<int> groq_queue::event_file() {
    const std::lock_guard lock(lock_);
    if (event_file_ >= 0)
        return event_file_;
    const int file = ::eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
    if (file < 0)
        return groq::fail(errc::system, errno, "cannot make an eventfd");
    const auto notified = flights_.visit([&](const groq::flight &each) {
        return device_->port().notify(port_, each.ticket, file);
    });
    if (!notified) {
        ::close(file);
        return notified.error();
    }
    return event_file_ = file;
}

groq_queue_info groq_queue::info() const {
    const std::lock_guard lock(lock_);
    const auto costs = device_->port().costs(port_);
    return {.size = sizeof(groq_queue_info),
            .path = port_.path,
            .depth = std::uint32_t(flights_.depth()),
            .submitted = submitted_,
            .in_work = flights_.count(),
            .system_calls = costs.system_calls,
            .allocations = allocations_ + costs.allocations};
}
