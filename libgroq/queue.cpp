// SPDX-License-Identifier: MIT
#include "queue.hpp"

#include <algorithm>
#include <cerrno>
#include <cinttypes>

#include <sys/eventfd.h>
#include <unistd.h>

#include "fault.hpp"
#include "structure.hpp"

using groq::errc;
using groq::guarded;
using groq::result;

groq::error groq::job_error(const groq_result &end) {
    const auto code = static_cast<errc>(end.error);
    if (end.fault.cause == 0)
        return {code, groq_error_text(end.error), groq::fault{end.fault}};
    return {code, describe(end.fault), groq::fault{end.fault}};
}

result<std::shared_ptr<groq_queue>>
groq_queue::create(std::shared_ptr<groq_device> device, std::uint32_t priority) {
    if (priority > DRM_GROQ_PRIORITY_MAX)
        return groq::fail(errc::invalid, "queue priority %u; 0 to %d are possible",
                          priority, DRM_GROQ_PRIORITY_MAX);
    if (const auto present = device->check_present(); !present)
        return present.error();
    const auto port = device->watch(
        device->port().create_queue(device->context(), priority, GROQ_PATH_AUTO));
    if (!port)
        return port.error();
    return std::make_shared<groq_queue>(std::move(device), *port);
}

groq_queue::groq_queue(std::shared_ptr<groq_device> device,
                       const groq::port_queue &port)
    : device_(std::move(device)), port_(port) {}

groq_queue::~groq_queue() {
    device_->port().destroy_queue(port_);
    for (auto &flight : flights_)
        flight.job->end();
    flights_.clear();
    device_->retry_releases();
    if (event_file_ >= 0)
        ::close(event_file_);
}

result<std::uint64_t> groq_queue::submit(std::shared_ptr<groq_job> job) {
    if (job->device() != device_)
        return groq::fail(errc::invalid, "job and queue are of different devices");
    if (const auto present = device_->check_present(); !present)
        return present.error();
    const std::lock_guard lock(lock_);
    if (const auto begun = job->begin(*this); !begun)
        return begun.error();
    const auto before = last_point_;
    const auto submitted = device_->watch(submit_locked(*job));
    if (!submitted && last_point_ == before) {
        job->end();
        return submitted.error();
    }
    flights_.push_back({last_point_, std::move(job), GROQ_OK});
    if (!submitted)
        flights_.back().error = submitted.error().code().value();
    return last_point_;
}

// A submission takes so many commands; a longer job is several, in order.
result<void> groq_queue::submit_locked(const groq_job &job) {
    const auto count = job.commands().size();
    for (std::size_t first = 0; first < count; first += DRM_GROQ_COMMANDS_MAX) {
        const auto some = std::min<std::size_t>(count - first, DRM_GROQ_COMMANDS_MAX);
        if (const auto done = submit_chunk_locked(job, first, some); !done)
            return done;
    }
    return {};
}

result<void> groq_queue::submit_chunk_locked(const groq_job &job, std::size_t first,
                                             std::size_t count) {
    auto &port = device_->port();
    const auto point = last_point_ + 1;
    const bool is_last = first + count == job.commands().size();
    // Before the submission, so that nothing is under way when it fails.
    if (is_last && event_file_ >= 0)
        if (const auto done = port.notify(port_, point, event_file_); !done)
            return done;
    const groq::port_submission submission{job.commands().subspan(first, count), point,
                                           job.result_buffer(),
                                           first * sizeof(drm_groq_result)};
    const auto done = port.submit(port_, {&submission, 1});
    if (!done)
        return done.error();
    last_point_ = point;
    return {};
}

std::vector<groq_queue::job_in_flight>::iterator
groq_queue::find_locked(std::uint64_t ticket) {
    return std::find_if(flights_.begin(), flights_.end(),
                        [&](const auto &flight) { return flight.ticket == ticket; });
}

result<groq_result> groq_queue::wait(std::uint64_t ticket, std::int64_t deadline) {
    const auto unknown = [&] {
        return groq::fail(errc::not_found,
                          "no job with ticket %" PRIu64
                          " is in this queue, or its result "
                          "has been taken",
                          ticket);
    };
    {
        const std::lock_guard lock(lock_);
        if (find_locked(ticket) == flights_.end())
            return unknown();
    }
    const auto ended = device_->watch(device_->port().wait(port_, ticket, deadline));
    // A card that has gone has ended everything, one way or the other.
    if (!ended && !(ended.error() == errc::device_lost))
        return ended.error();
    if (ended && !*ended)
        return groq::error(errc::timeout, {});
    const std::lock_guard lock(lock_);
    const auto flight = find_locked(ticket);
    if (flight == flights_.end())
        return unknown(); // another thread was quicker
    return land_locked(flight);
}

groq_result groq_queue::land_locked(std::vector<job_in_flight>::iterator flight) {
    auto end = flight->job->outcome();
    end.ticket = flight->ticket;
    if (flight->error != GROQ_OK)
        end.error = flight->error;
    // Nobody told how it ended.
    if (end.error == GROQ_ERROR_SYSTEM && !device_->check_present())
        end.error = GROQ_ERROR_DEVICE_LOST;
    if (end.error == GROQ_ERROR_DEVICE_LOST)
        device_->note_lost();
    flight->job->end();
    flights_.erase(flight);
    device_->retry_releases();
    return end;
}

result<std::size_t> groq_queue::reap(std::span<groq_result> results) {
    const std::lock_guard lock(lock_);
    std::uint64_t events = 0;
    // First: whatever ends from here on is either seen below or an event again.
    if (event_file_ >= 0)
        (void)!::read(event_file_, &events, sizeof events);
    const auto signalled = device_->watch(device_->port().signalled(port_));
    const bool is_lost = !signalled && signalled.error() == errc::device_lost;
    if (!signalled && !(is_lost && !flights_.empty()))
        return signalled.error();
    std::size_t count = 0;
    const auto has_ended = [&] {
        return !flights_.empty() && (is_lost || flights_.front().ticket <= *signalled);
    };
    while (count < results.size() && has_ended())
        results[count++] = land_locked(flights_.begin());
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
    for (const auto &flight : flights_)
        if (const auto done = device_->port().notify(port_, flight.ticket, file);
            !done) {
            ::close(file);
            return done.error();
        }
    return event_file_ = file;
}
