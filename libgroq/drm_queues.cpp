// SPDX-License-Identifier: MIT
#include "drm_queues.hpp"

#include "drm_error.hpp"
#include "ioctl_queue.hpp"
#include "path.hpp"
#include "uring_queue.hpp"

namespace groq {

result<port_queue> drm_queues::create(std::uint32_t context, std::uint32_t priority,
                                      std::uint32_t path) {
    auto queue = take(context, priority);
    if (!queue)
        return queue;
    auto opened = open(*queue, path);
    if (!opened) {
        give_back(*queue);
        return opened.error();
    }
    const std::lock_guard lock(lock_);
    queues_[queue->id] = std::move(*opened);
    return queue;
}

// With its time line, from the driver.
result<port_queue> drm_queues::take(std::uint32_t context, std::uint32_t priority) {
    port_queue queue{};
    if (::drmSyncobjCreate(driver_.file(), 0, &queue.timeline) != 0)
        return driver_refused("make a time line", errno);
    drm_groq_queue_create request{};
    request.context = context;
    request.priority = priority;
    const int failed = driver_.call(DRM_IOCTL_GROQ_QUEUE_CREATE, request);
    queue.id = request.id;
    if (!failed)
        return queue;
    ::drmSyncobjDestroy(driver_.file(), queue.timeline);
    if (failed == ENOSPC)
        return fail(errc::queues, failed, "no queue of %s is free",
                    driver_.card().node.c_str());
    if (failed == EPERM)
        return fail(errc::permission, failed, "queue priority %u needs CAP_SYS_NICE",
                    priority);
    return driver_refused("make a queue", failed);
}

void drm_queues::give_back(const port_queue &queue) noexcept {
    drm_groq_queue_destroy request{};
    request.id = queue.id;
    driver_.call(DRM_IOCTL_GROQ_QUEUE_DESTROY, request);
    ::drmSyncobjDestroy(driver_.file(), queue.timeline);
}

result<std::shared_ptr<drm_queue>> drm_queues::open(port_queue &queue,
                                                    std::uint32_t path) {
    if (path == GROQ_PATH_AUTO) {
        const auto chosen = path_of_environment();
        if (!chosen)
            return chosen.error();
        path = *chosen;
    }
    queue.path = path == GROQ_PATH_AUTO ? std::uint32_t{GROQ_PATH_URING} : path;
    if (queue.path != GROQ_PATH_IOCTL) {
        auto ring = open_ring(queue);
        if (ring || path != GROQ_PATH_AUTO)
            return ring;
    }
    queue.path = GROQ_PATH_IOCTL;
    return std::make_shared<ioctl_queue>(driver_.file(), queue,
                                         driver_.has(DRM_GROQ_FEATURE_CANCEL));
}

result<std::shared_ptr<drm_queue>> drm_queues::open_ring(const port_queue &queue) {
    if (!driver_.has(DRM_GROQ_FEATURE_URING))
        return fail(errc::too_old,
                    "the driver of %s takes no jobs from io_uring: update it, or use "
                    "GROQ_PATH=ioctl",
                    driver_.card().node.c_str());
    auto ring =
        uring_queue::create(driver_.file(), queue, queue.path == GROQ_PATH_SQPOLL);
    if (!ring)
        return ring.error();
    return std::shared_ptr<drm_queue>(std::move(*ring));
}

// It goes last: what ends with the driver's queue ends there, and wakes who waits.
void drm_queues::destroy(const port_queue &queue) noexcept {
    const auto gone = find(queue);
    gone->silence();
    give_back(queue);
    gone->drain();
    // The next to get its id may have been quick.
    const std::lock_guard lock(lock_);
    std::erase_if(queues_, [&](const auto &each) { return each.second == gone; });
}

std::shared_ptr<drm_queue> drm_queues::find(const port_queue &queue) const {
    const std::shared_lock lock(lock_);
    const auto found = queues_.find(queue.id);
    return found == queues_.end() ? nullptr : found->second;
}

std::int64_t drm_queues::paths() const {
    std::call_once(asked_for_paths_, [this] {
        if (driver_.has(DRM_GROQ_FEATURE_URING))
            paths_ = allowed_paths();
    });
    return paths_;
}

} // namespace groq
