// SPDX-License-Identifier: MIT
//
// A job of all chips of a system.
#pragma once

#include <algorithm>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <limits>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include <poll.h>

#include <groq/detail/system_state.hpp>

namespace groq {

// The end of a joint job.
struct joint_completion {
    std::vector<completion> chips; // by number
    // Why it was run a second time; nothing: it was not.
    std::optional<error> replayed_after = {};

    // Of the longest program.
    std::uint64_t cycles() const noexcept {
        std::uint64_t most = 0;
        for (const auto &chip : chips)
            most = std::max(most, chip.cycles);
        return most;
    }
};

// One program on each chip. They start in step: each waits in its cycle 0 for those
// that it is wired to. Keeps the system. One thread at a time; jobs of one system run
// one after another.
class joint_job {
public:
    // The part of chip @number < size(): its inputs and outputs. Not to be submitted
    // alone. That of a companion's chip is empty.
    job &chip(std::size_t number) { return jobs_[number]; }
    const job &chip(std::size_t number) const { return jobs_[number]; }
    std::size_t size() const noexcept { return jobs_.size(); }

    // Whether a run that met an uncorrectable link error is made once again, with the
    // same inputs; it is, unless this says no. A program that keeps more in SRAM from
    // run to run than its inputs and outputs must not be. Of companions one is enough
    // to say no.
    void allow_replay(bool is_allowed) noexcept { may_replay_ = is_allowed; }

    // When one chip fails the others are canceled; the error is of the one that began
    // it, names chip, card and, of a link, who is at its other end. errc::timeout: all
    // were canceled, and the message names those that had not ended, and of those whose
    // cycle 0 has not come whom they wait for. No chip is in work when this returns,
    // however it does. Companions know the ends of all chips, and what one of them
    // gives up the others do, too: the first deadline is everybody's.
    result<joint_completion> run(deadline deadline) {
        const std::lock_guard lock(state_->running);
        joint_completion end;
        auto failure = run_once(deadline, end);
        if (failure && end_may_replay_ && failure->fault() &&
            failure->fault()->is_link_error()) {
            end.replayed_after = std::move(failure);
            failure = run_once(deadline, end);
        }
        if (failure)
            return *failure;
        return end;
    }

private:
    friend class system;

    // The work of a chip.
    struct part {
        ticket number = 0;
        std::optional<completion> end = {};
    };

    joint_job(std::shared_ptr<detail::system_state> state, std::vector<job> jobs)
        : state_(std::move(state)), jobs_(std::move(jobs)) {}

    queue &work(std::size_t chip) { return state_->chips[chip].work; }

    std::optional<error> run_once(deadline deadline, joint_completion &end) {
        auto parts = submit();
        const auto late = share(parts, collect(parts, deadline));
        if (const auto first = first_failure(parts)) {
            const auto &failure = *parts[*first].end->failure;
            if (failure == errc::canceled && !late.empty())
                return error(errc::timeout, "not done by the deadline: " + late);
            return state_->explain(*first, failure);
        }
        end.chips.clear();
        for (const auto &each : parts)
            end.chips.push_back(*each.end);
        return std::nullopt;
    }

    // What is refused has failed; what comes after it is not begun.
    std::vector<part> submit() {
        std::vector<part> parts(size());
        bool is_refused = false;
        for (std::size_t chip = 0; chip < size(); ++chip) {
            if (!state_->is_here(chip))
                continue;
            auto &each = parts[chip];
            const auto number = is_refused
                                    ? result<ticket>(error(errc::canceled, "not begun"))
                                    : work(chip).submit(jobs_[chip]);
            if (number)
                each.number = *number;
            else
                each.end = lost(each, number.error());
            is_refused |= !number;
        }
        return parts;
    }

    // Until all that are here have ended. Returns who had not when it was given up.
    std::string collect(std::vector<part> &parts, deadline deadline) {
        std::string late;
        bool is_given_up = false;
        while (reap(parts)) {
            const bool has_failed = first_failure(parts).has_value();
            if (!is_given_up && !has_failed && !state_->others->is_called_off() &&
                wait(parts, deadline))
                continue;
            if (!std::exchange(is_given_up, true)) {
                if (!has_failed)
                    late = names_in_work(parts);
                cancel(parts);
                state_->others->call_off();
            }
            wait(parts, forever);
        }
        if (!is_given_up && first_failure(parts))
            state_->others->call_off();
        return late;
    }

    // With the companions: their parts, and who was @late of all of them.
    std::string share(std::vector<part> &parts, const std::string &late) {
        detail::letter said;
        said.put(may_replay_).put(late);
        for (std::size_t chip = 0; chip < parts.size(); ++chip)
            if (state_->is_here(chip))
                said.put(chip).put(*parts[chip].end);
        end_may_replay_ = true;
        std::string names;
        for (auto &each : detail::exchange(*state_->others, said)) {
            end_may_replay_ &= each.take<bool>();
            if (const auto more = each.take<std::string>(); !more.empty())
                names += (names.empty() ? "" : ", ") + more;
            while (!each.is_read()) {
                const auto chip = each.take<std::size_t>();
                parts[chip].end = each.take<completion>();
            }
        }
        return names;
    }

    // Takes what has ended; whether some are still in work.
    bool reap(std::vector<part> &parts) {
        bool is_in_work = false;
        for (std::size_t chip = 0; chip < parts.size(); ++chip) {
            auto &each = parts[chip];
            while (is_in_work_here(parts, chip)) {
                auto ended = work(chip).reap();
                if (!ended)
                    each.end = lost(each, ended.error());
                else if (!*ended)
                    break;
                else if ((*ended)->ticket == each.number)
                    each.end = std::move(**ended);
            }
            is_in_work |= is_in_work_here(parts, chip);
        }
        return is_in_work;
    }

    bool is_in_work_here(const std::vector<part> &parts, std::size_t chip) const {
        return state_->is_here(chip) && !parts[chip].end;
    }

    // Nobody can tell how it ended.
    static completion lost(const part &lost, const error &why) {
        return {lost.number, 0, 0, {}, why};
    }

    void cancel(const std::vector<part> &parts) {
        for (std::size_t chip = 0; chip < parts.size(); ++chip)
            if (is_in_work_here(parts, chip))
                (void)work(chip).cancel(parts[chip].number); // it may have ended
    }

    // Until somebody may have ended, or a companion may have called; false: the
    // deadline has passed.
    bool wait(const std::vector<part> &parts, deadline deadline) {
        std::vector<pollfd> files;
        for (std::size_t chip = 0; chip < parts.size(); ++chip)
            if (is_in_work_here(parts, chip))
                files.push_back({state_->chips[chip].file, POLLIN, 0});
        constexpr auto most = std::chrono::milliseconds(1);
        const auto end = state_->others->size() > 1 ? sooner(deadline, most) : deadline;
        const bool may_have =
            ::poll(files.data(), nfds_t(files.size()), patience(end)) != 0;
        return may_have || patience(deadline) != 0;
    }

    static deadline sooner(deadline a, deadline b) { return a.ns() < b.ns() ? a : b; }

    // As poll() takes it: milliseconds, rounded up; -1: for ever.
    static int patience(deadline deadline) {
        using namespace std::chrono;
        if (deadline.ns() == GROQ_FOREVER)
            return -1;
        const nanoseconds left(deadline.ns() -
                               steady_clock::now().time_since_epoch() / 1ns);
        const auto most = milliseconds(std::numeric_limits<int>::max());
        return int(std::clamp(ceil<milliseconds>(left), 0ms, most).count());
    }

    std::string names_in_work(const std::vector<part> &parts) const {
        std::string names;
        for (std::size_t chip = 0; chip < parts.size(); ++chip)
            if (is_in_work_here(parts, chip))
                names += (names.empty() ? "" : ", ") + state_->chips[chip].name +
                         state_->wait_text(chip);
        return names;
    }

    // How likely it is that a failure began it, not another chip's. A chip that stops
    // closes its links: its peers find them empty, or down.
    static int rank(const error &why) {
        if (why == errc::canceled)
            return 1;
        if (why != errc::fault || !why.fault())
            return 5;
        if (why.fault()->is_link_empty())
            return 2;
        if (why.fault()->is_link_down())
            return 3;
        return why.fault()->is_link_error() ? 4 : 5;
    }

    static std::optional<std::size_t> first_failure(const std::vector<part> &parts) {
        std::optional<std::size_t> first;
        int highest = 0;
        for (std::size_t chip = 0; chip < parts.size(); ++chip)
            if (const auto &end = parts[chip].end; end && end->failure)
                if (const int its = rank(*end->failure); its > highest) {
                    highest = its;
                    first = chip;
                }
        return first;
    }

    std::shared_ptr<detail::system_state> state_;
    std::vector<job> jobs_;
    bool may_replay_ = true;
    bool end_may_replay_ = true; // said by all, at the end of the latest run
};

} // namespace groq
