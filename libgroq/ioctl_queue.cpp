// SPDX-License-Identifier: MIT
#include "ioctl_queue.hpp"

#include <cerrno>

#include <xf86drm.h>

#include "drm_error.hpp"
#include "drm_submission.hpp"

// In kernels since 6.6, in libdrm since 2.4.116.
#ifndef DRM_IOCTL_SYNCOBJ_EVENTFD
struct drm_syncobj_eventfd {
    __u32 handle;
    __u32 flags;
    __u64 point;
    __s32 fd;
    __u32 pad;
};
#define DRM_IOCTL_SYNCOBJ_EVENTFD DRM_IOWR(0xCF, struct drm_syncobj_eventfd)
#endif

namespace groq {

template <class Argument>
int ioctl_queue::call(unsigned long request, Argument &argument) {
    ++calls_;
    return ::drmIoctl(card_, request, &argument) == 0 ? 0 : errno;
}

result<std::size_t> ioctl_queue::submit(std::span<const port_submission> submissions) {
    for (std::size_t i = 0; i < submissions.size(); ++i)
        if (const auto done = submit(submissions[i]); !done) {
            if (i == 0)
                return done.error();
            return i;
        }
    return submissions.size();
}

// One that is refused ends in its turn, unless not even that can be had.
result<void> ioctl_queue::submit(const port_submission &submission) {
    drm_submission request;
    if (const auto filled = request.fill(queue_, submission, true); !filled)
        return filled;
    const int failed = call(DRM_IOCTL_GROQ_SUBMIT, request.request());
    if (!failed)
        return {};
    {
        const std::lock_guard lock(lock_);
        refused_.add(submission.point, submission_refused(failed));
    }
    ++calls_;
    if (signal_point(card_, queue_, submission.point))
        return {};
    return refusal(submission.point);
}

result<void> ioctl_queue::refusal(std::uint64_t point) {
    const std::lock_guard lock(lock_);
    return refused_.take(point);
}

result<void> ioctl_queue::cancel(std::uint64_t point) {
    if (!can_cancel_)
        return fail(errc::unsupported,
                    "this driver cannot cancel jobs by ioctl: update it, or use "
                    "GROQ_PATH=io_uring");
    drm_groq_cancel request{};
    request.tag = submission_tag(queue_, point);
    if (const int failed = call(DRM_IOCTL_GROQ_CANCEL, request))
        return driver_refused("cancel a job", failed);
    return {};
}

result<std::uint64_t> ioctl_queue::signalled() {
    auto handle = queue_.timeline;
    std::uint64_t point = 0;
    ++calls_;
    if (::drmSyncobjQuery(card_, &handle, &point, 1) != 0)
        return driver_refused("tell what has ended", errno);
    return point;
}

result<bool> ioctl_queue::wait(std::uint64_t point, std::int64_t deadline) {
    auto handle = queue_.timeline;
    ++calls_;
    const int done = ::drmSyncobjTimelineWait(card_, &handle, &point, 1, deadline,
                                              DRM_SYNCOBJ_WAIT_FLAGS_WAIT_ALL, nullptr);
    if (done == -ETIME)
        return false;
    if (done < 0)
        return driver_refused("wait", -done);
    return true;
}

result<void> ioctl_queue::notify(std::uint64_t point, int event_file) {
    drm_syncobj_eventfd request{};
    request.handle = queue_.timeline;
    request.point = point;
    request.fd = event_file;
    if (const int failed = call(DRM_IOCTL_SYNCOBJ_EVENTFD, request))
        return driver_refused("signal an eventfd", failed);
    return {};
}

} // namespace groq
