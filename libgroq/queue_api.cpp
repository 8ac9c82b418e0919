// SPDX-License-Identifier: MIT
//
// Queues through the C interface.
#include <algorithm>
#include <array>
#include <span>

#include "queue.hpp"
#include "structure.hpp"

using groq::errc;
using groq::guarded;
using groq::result;

int groq_queue_create(struct groq_device *device,
                      const struct groq_queue_options *options,
                      struct groq_queue **queue) {
    return guarded([&]() -> result<void> {
        if (!device || !queue)
            return groq::missing_argument();
        groq_queue_options chosen{};
        if (options) {
            const auto given = groq::fetch(options);
            if (!given)
                return given.error();
            chosen = *given;
        }
        if (chosen.reserved != 0)
            return groq::fail(errc::invalid, "reserved queue option is not 0");
        auto created = groq_queue::create(device->shared_from_this(), chosen.priority,
                                          chosen.path, chosen.depth);
        if (!created)
            return created.error();
        *queue = groq_queue::publish(std::move(*created));
        return {};
    });
}

void groq_queue_destroy(struct groq_queue *queue) {
    groq_queue::retire(queue);
}

int groq_queue_create_job(struct groq_queue *queue, struct groq_job **job) {
    return guarded([&]() -> result<void> {
        if (!queue || !job)
            return groq::missing_argument();
        *job = groq_job::publish(std::make_shared<groq_job>(queue->device()));
        return {};
    });
}

int groq_queue_submit(struct groq_queue *queue, struct groq_job *job,
                      uint64_t *ticket) {
    return guarded([&]() -> result<void> {
        if (!queue || !job || !ticket)
            return groq::missing_argument();
        const auto submitted = queue->submit(job->shared_from_this());
        if (!submitted)
            return submitted.error();
        *ticket = *submitted;
        return {};
    });
}

int groq_queue_submit_batch(struct groq_queue *queue, struct groq_job *const *jobs,
                            size_t count, uint64_t *tickets, size_t *submitted) {
    return guarded([&]() -> result<void> {
        if (!submitted)
            return groq::missing_argument();
        *submitted = 0;
        if (!queue || (count && (!jobs || !tickets)))
            return groq::missing_argument();
        const auto good = std::size_t(std::find(jobs, jobs + count, nullptr) - jobs);
        const auto end = queue->submit({jobs, good}, tickets);
        *submitted = end.submitted;
        if (end.refusal && good < count)
            return groq::missing_argument();
        return end.refusal;
    });
}

int groq_queue_cancel(struct groq_queue *queue, uint64_t ticket) {
    return guarded([&]() -> result<void> {
        if (!queue)
            return groq::missing_argument();
        return queue->cancel(ticket);
    });
}

int groq_queue_get_info(const struct groq_queue *queue, struct groq_queue_info *info) {
    return guarded([&]() -> result<void> {
        if (!queue || !info)
            return groq::missing_argument();
        return groq::store(info, queue->info());
    });
}

int groq_queue_wait(struct groq_queue *queue, uint64_t ticket, int64_t deadline,
                    struct groq_result *out) {
    return guarded([&]() -> result<void> {
        if (!queue)
            return groq::missing_argument();
        if (const auto right = out ? groq::check_size(*out) : result<void>(); !right)
            return right;
        const auto end = queue->wait(ticket, deadline);
        if (!end)
            return end.error();
        if (out)
            groq::store_checked<groq_result>(out, *end);
        if (end->error != GROQ_OK)
            return groq::job_error(*end);
        return {};
    });
}

int groq_queue_reap(struct groq_queue *queue, struct groq_result *results,
                    size_t capacity, size_t *count) {
    return guarded([&]() -> result<void> {
        if (!queue || !count || (!results && capacity))
            return groq::missing_argument();
        if (const auto right = capacity ? groq::check_size(*results) : result<void>();
            !right)
            return right;
        // The caller's structures may be of another size than ours.
        const auto size = capacity ? results->size : 0;
        auto *out = reinterpret_cast<std::byte *>(results);
        std::array<groq_result, 16> ended;
        size_t taken = 0, some = ended.size();
        while (taken < capacity && some == ended.size()) {
            const auto room = std::min(ended.size(), capacity - taken);
            const auto got = queue->reap(std::span(ended).first(room));
            if (!got && taken == 0)
                return got.error();
            if (!got)
                break; // what was taken is not lost; the next call tells
            some = *got;
            for (const auto &end : std::span(ended).first(some)) {
                auto *each = reinterpret_cast<groq_result *>(out + size * taken++);
                each->size = size;
                groq::store_checked(each, end);
            }
        }
        *count = taken;
        return {};
    });
}

int groq_queue_fd(struct groq_queue *queue, int *fd) {
    return guarded([&]() -> result<void> {
        if (!queue || !fd)
            return groq::missing_argument();
        const auto file = queue->event_file();
        if (!file)
            return file.error();
        *fd = *file;
        return {};
    });
}
