// SPDX-License-Identifier: MIT
#include "drm_port.hpp"

#include <atomic>
#include <cerrno>
#include <cinttypes>
#include <cstring>
#include <map>
#include <mutex>
#include <shared_mutex>

#include <fcntl.h>
#include <unistd.h>
#include <xf86drm.h>

#include "drm_buffers.hpp"
#include "drm_error.hpp"
#include "drm_submission.hpp"
#include "path.hpp"
#include "structure.hpp"
#include "telemetry.hpp"
#include "uring_events.hpp"
#include "uring_queue.hpp"

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
namespace {

std::string process_name(int pid) {
    return read_line("/proc/" + std::to_string(pid) + "/comm").value_or("?");
}

error held_by(const std::filesystem::path &node, int holder) {
    if (holder == 0)
        return fail(errc::held, EBUSY,
                    "the card of %s is held by a process that is not visible here",
                    node.c_str());
    auto message = node.string() + ": the card is held by pid " +
                   std::to_string(holder) + " (" + process_name(holder) +
                   "); wait for it, or let both open it with ?shared";
    return {errc::held, std::move(message), EBUSY, holder};
}

// What is kept of a queue.
struct queue_state {
    std::unique_ptr<uring_queue> ring; // none: by ioctl
    std::atomic<std::uint64_t> ioctls = 0;
};

class drm_port final : public kernel_port {
public:
    drm_port(int fd, found_card card) : fd_(fd), card_(std::move(card)), buffers_(fd) {}
    drm_port(const drm_port &) = delete;
    ~drm_port() override;

    result<void> check_driver();

    void describe(groq_device_info &info) const override;
    result<std::uint64_t> parameter(drm_groq_param which) const override;
    result<void> read(groq_telemetry &telemetry) const override;

    result<port_buffer> create_buffer(std::uint64_t size) override;
    result<port_buffer> pin_buffer(std::span<std::byte> bytes,
                                   bool is_read_only) override;
    result<int> export_buffer(const port_buffer &buffer) override;
    result<port_buffer> import_buffer(int file) override;
    void destroy_buffer(const port_buffer &buffer) noexcept override;
    result<std::uint32_t> create_context(std::uint32_t flags) override;
    void destroy_context(std::uint32_t id) noexcept override;
    result<std::uint64_t> reserve_sram(std::uint32_t context,
                                       std::optional<std::uint64_t> address,
                                       std::uint64_t size) override;
    result<void> release_sram(std::uint32_t context, std::uint64_t address) override;

    result<port_queue> create_queue(std::uint32_t context, std::uint32_t priority,
                                    std::uint32_t path) override;
    void destroy_queue(const port_queue &queue) noexcept override;
    result<std::size_t> submit(const port_queue &queue,
                               std::span<const port_submission> submissions) override;
    result<void> cancel(const port_queue &queue, std::uint64_t point) override;
    result<std::uint64_t> signalled(const port_queue &queue) override;
    result<bool> wait(const port_queue &queue, std::uint64_t point,
                      std::int64_t deadline) override;
    result<void> notify(const port_queue &queue, std::uint64_t point,
                        int event_file) override;
    port_costs costs(const port_queue &queue) const noexcept override;
    result<void> watch(int event_file) override;
    std::uint32_t take_events() noexcept override;

private:
    result<void> check_feature(std::uint64_t feature, const char *what) const;
    result<void> submit_one(const port_queue &queue, const port_submission &submission);
    bool has_uring() const { return features_ & DRM_GROQ_FEATURE_URING; }
    std::int64_t paths() const; // bits 1 << GROQ_PATH_*
    // Makes a queue a ring if it is to have one, and says so in it.
    result<void> choose_path(port_queue &queue, std::uint32_t path);
    result<std::unique_ptr<uring_queue>> make_ring(const port_queue &queue,
                                                   std::uint32_t path);
    std::shared_ptr<queue_state> find(const port_queue &queue) const;
    // Its ring, or nothing: then so many ioctls are made, and counted.
    std::shared_ptr<uring_queue> ring_of(const port_queue &queue,
                                         std::size_t ioctls = 1) const;

    // 0 or errno; interrupted calls are made again.
    template <class Argument>
    int call(unsigned long request, Argument &argument) const {
        return ::drmIoctl(fd_, request, &argument) == 0 ? 0 : errno;
    }
    error no_sram(std::optional<std::uint64_t> address, std::uint64_t size) const;

    int fd_;
    found_card card_;
    std::string version_;        // of the driver's interface
    std::uint64_t features_ = 0; // DRM_GROQ_FEATURE_*
    drm_buffers buffers_;

    mutable std::once_flag asked_for_paths_;
    mutable std::int64_t paths_ = 1 << GROQ_PATH_IOCTL;

    mutable std::shared_mutex lock_; // all below
    std::map<std::uint32_t, std::shared_ptr<queue_state>> queues_;
    std::unique_ptr<uring_events> events_; // from watch() on
};

drm_port::~drm_port() {
    events_.reset();
    queues_.clear();
    ::close(fd_);
}

result<void> drm_port::check_driver() {
    const std::unique_ptr<drmVersion, decltype(&::drmFreeVersion)> version(
        ::drmGetVersion(fd_), ::drmFreeVersion);
    if (!version || std::strcmp(version->name, "groq") != 0)
        return fail(errc::no_device, "%s is not a Groq card", card_.node.c_str());
    version_ = std::to_string(version->version_major) + "." +
               std::to_string(version->version_minor) + "." +
               std::to_string(version->version_patchlevel);
    std::uint64_t timeline = 0;
    if (::drmGetCap(fd_, DRM_CAP_SYNCOBJ_TIMELINE, &timeline) != 0 || !timeline)
        return fail(errc::too_old,
                    "the driver of %s has no timeline fences: it needs "
                    "kernel 6.12 or later",
                    card_.node.c_str());
    if (const auto features = parameter(DRM_GROQ_PARAM_FEATURES))
        features_ = *features;
    return {};
}

result<void> drm_port::check_feature(std::uint64_t feature, const char *what) const {
    if (features_ & feature)
        return {};
    return fail(errc::too_old, "the driver of %s (%s) cannot %s: update it",
                card_.node.c_str(), version_.c_str(), what);
}

void drm_port::describe(groq_device_info &info) const {
    info = groq::describe(card_);
    if (info.driver[0] == '\0')
        copy_text(info.driver, version_);
    info.paths = paths();
    struct {
        drm_groq_param which;
        int64_t *value;
    } const numbers[] = {
        {DRM_GROQ_PARAM_SERIAL, &info.serial},
        {DRM_GROQ_PARAM_SRAM_BYTES, &info.sram_bytes},
        {DRM_GROQ_PARAM_QUEUES, &info.queues},
        {DRM_GROQ_PARAM_LINKS, &info.links},
        {DRM_GROQ_PARAM_CLOCK_HZ, &info.clock_hz},
        {DRM_GROQ_PARAM_TIMEOUT_MS, &info.timeout_ms},
    };
    for (const auto &number : numbers)
        if (const auto value = parameter(number.which))
            *number.value = std::int64_t(*value);
}

result<std::uint64_t> drm_port::parameter(drm_groq_param which) const {
    drm_groq_get_param request{};
    request.param = which;
    if (const int failed = call(DRM_IOCTL_GROQ_GET_PARAM, request))
        return driver_refused("tell a property of the card", failed);
    return request.value;
}

result<void> drm_port::read(groq_telemetry &telemetry) const {
    return read_telemetry(card_, telemetry);
}

result<port_buffer> drm_port::create_buffer(std::uint64_t size) {
    return buffers_.create(size);
}

result<port_buffer> drm_port::pin_buffer(std::span<std::byte> bytes,
                                         bool is_read_only) {
    if (const auto able = check_feature(DRM_GROQ_FEATURE_BO_PIN, "pin memory"); !able)
        return able.error();
    return buffers_.pin(bytes, is_read_only);
}

result<int> drm_port::export_buffer(const port_buffer &buffer) {
    return buffers_.export_file(buffer);
}

result<port_buffer> drm_port::import_buffer(int file) {
    if (const auto able = check_feature(DRM_GROQ_FEATURE_PRIME, "import buffers");
        !able)
        return able.error();
    return buffers_.import_file(file);
}

void drm_port::destroy_buffer(const port_buffer &buffer) noexcept {
    buffers_.destroy(buffer);
}

result<std::uint32_t> drm_port::create_context(std::uint32_t flags) {
    drm_groq_context_create request{};
    request.flags = flags;
    const int failed = call(DRM_IOCTL_GROQ_CONTEXT_CREATE, request);
    if (failed == EBUSY)
        return held_by(card_.node, request.holder);
    if (failed)
        return driver_refused("lease the card", failed);
    return request.id;
}

void drm_port::destroy_context(std::uint32_t id) noexcept {
    drm_groq_context_destroy request{};
    request.id = id;
    call(DRM_IOCTL_GROQ_CONTEXT_DESTROY, request);
}

error drm_port::no_sram(std::optional<std::uint64_t> address,
                        std::uint64_t size) const {
    const auto free = parameter(DRM_GROQ_PARAM_SRAM_FREE);
    const auto all = parameter(DRM_GROQ_PARAM_SRAM_BYTES);
    const auto left = free && all ? std::to_string(*free) + " of " +
                                        std::to_string(*all) + " bytes are free"
                                  : std::string("the card does not say what is free");
    if (address)
        return fail(
            errc::sram, ENOSPC,
            "SRAM 0x%" PRIx64 "+0x%" PRIx64
            " is taken, or there are too many ranges: destroy images or regions "
            "first; %s",
            *address, size, left.c_str());
    return fail(errc::sram, ENOSPC,
                "no %" PRIu64 " bytes of SRAM are free in one piece: destroy images or "
                "regions first; %s",
                size, left.c_str());
}

result<std::uint64_t> drm_port::reserve_sram(std::uint32_t context,
                                             std::optional<std::uint64_t> address,
                                             std::uint64_t size) {
    drm_groq_sram_reserve request{};
    request.context = context;
    request.flags = address ? DRM_GROQ_SRAM_FIXED : 0;
    request.address = address.value_or(0);
    request.size = size;
    const int failed = call(DRM_IOCTL_GROQ_SRAM_RESERVE, request);
    if (failed == ENOSPC)
        return no_sram(address, size);
    if (failed)
        return driver_refused("reserve SRAM", failed);
    return request.address;
}

result<void> drm_port::release_sram(std::uint32_t context, std::uint64_t address) {
    drm_groq_sram_release request{};
    request.context = context;
    request.address = address;
    const int failed = call(DRM_IOCTL_GROQ_SRAM_RELEASE, request);
    if (failed == EBUSY)
        return error(errc::in_use, {}, failed);
    if (failed)
        return driver_refused("release SRAM", failed);
    return {};
}

result<port_queue> drm_port::create_queue(std::uint32_t context, std::uint32_t priority,
                                          std::uint32_t path) {
    port_queue queue{};
    if (::drmSyncobjCreate(fd_, 0, &queue.timeline) != 0)
        return driver_refused("make a time line", errno);
    drm_groq_queue_create request{};
    request.context = context;
    request.priority = priority;
    const int failed = call(DRM_IOCTL_GROQ_QUEUE_CREATE, request);
    if (failed)
        ::drmSyncobjDestroy(fd_, queue.timeline);
    if (failed == ENOSPC)
        return fail(errc::queues, failed, "no queue of %s is free", card_.node.c_str());
    if (failed == EPERM)
        return fail(errc::permission, failed, "queue priority %u needs CAP_SYS_NICE",
                    priority);
    if (failed)
        return driver_refused("make a queue", failed);
    queue.id = request.id;
    if (const auto chosen = choose_path(queue, path); !chosen) {
        destroy_queue(queue);
        return chosen.error();
    }
    return queue;
}

std::int64_t drm_port::paths() const {
    std::call_once(asked_for_paths_, [this] {
        if (has_uring())
            paths_ = allowed_paths();
    });
    return paths_;
}

result<void> drm_port::choose_path(port_queue &queue, std::uint32_t path) {
    if (path == GROQ_PATH_AUTO) {
        const auto chosen = path_of_environment();
        if (!chosen)
            return chosen.error();
        path = *chosen;
    }
    auto state = std::make_shared<queue_state>();
    queue.path = GROQ_PATH_IOCTL;
    if (path != GROQ_PATH_IOCTL) {
        const auto wanted =
            path == GROQ_PATH_AUTO ? std::uint32_t{GROQ_PATH_URING} : path;
        auto ring = make_ring(queue, wanted);
        if (!ring && path != GROQ_PATH_AUTO)
            return ring.error();
        if (ring) {
            state->ring = std::move(*ring);
            queue.path = wanted;
        }
    }
    const std::lock_guard lock(lock_);
    queues_[queue.id] = std::move(state);
    return {};
}

result<std::unique_ptr<uring_queue>> drm_port::make_ring(const port_queue &queue,
                                                         std::uint32_t path) {
    if (!has_uring())
        return fail(errc::too_old,
                    "the driver of %s takes no jobs from io_uring: update it, or use "
                    "GROQ_PATH=ioctl",
                    card_.node.c_str());
    return uring_queue::create(fd_, queue, path == GROQ_PATH_SQPOLL);
}

std::shared_ptr<queue_state> drm_port::find(const port_queue &queue) const {
    const std::shared_lock lock(lock_);
    const auto found = queues_.find(queue.id);
    return found == queues_.end() ? nullptr : found->second;
}

std::shared_ptr<uring_queue> drm_port::ring_of(const port_queue &queue,
                                               std::size_t ioctls) const {
    auto state = find(queue);
    if (!state)
        return nullptr;
    if (!state->ring)
        state->ioctls += ioctls;
    auto *ring = state->ring.get();
    return {std::move(state), ring};
}

port_costs drm_port::costs(const port_queue &queue) const noexcept {
    const auto state = find(queue);
    if (!state)
        return {};
    return {.system_calls =
                state->ring ? state->ring->system_calls() : state->ioctls.load()};
}

// The ring goes last: what ends with the queue ends in it, and wakes who waits there.
void drm_port::destroy_queue(const port_queue &queue) noexcept {
    const auto ring = ring_of(queue);
    if (ring)
        ring->silence();
    drm_groq_queue_destroy request{};
    request.id = queue.id;
    call(DRM_IOCTL_GROQ_QUEUE_DESTROY, request);
    ::drmSyncobjDestroy(fd_, queue.timeline);
    if (ring)
        ring->drain();
    const std::lock_guard lock(lock_);
    queues_.erase(queue.id);
}

result<std::size_t> drm_port::submit(const port_queue &queue,
                                     std::span<const port_submission> submissions) {
    if (const auto ring = ring_of(queue, submissions.size()))
        return ring->submit(submissions);
    for (std::size_t i = 0; i < submissions.size(); ++i)
        if (const auto done = submit_one(queue, submissions[i]); !done) {
            if (i == 0)
                return done.error();
            return i;
        }
    return submissions.size();
}

result<void> drm_port::cancel(const port_queue &queue, std::uint64_t point) {
    if (const auto ring = ring_of(queue))
        return ring->cancel(point);
    if (!(features_ & DRM_GROQ_FEATURE_CANCEL))
        return fail(errc::unsupported,
                    "the driver of %s (%s) cannot cancel jobs by ioctl: update it, or "
                    "use GROQ_PATH=io_uring",
                    card_.node.c_str(), version_.c_str());
    drm_groq_cancel request{};
    request.tag = submission_tag(queue, point);
    if (const int failed = call(DRM_IOCTL_GROQ_CANCEL, request))
        return driver_refused("cancel a job", failed);
    return {};
}

// Without io_uring there is nobody to tell.
result<void> drm_port::watch(int event_file) {
    if (!has_uring() || !check_uring(false))
        return {};
    auto events = uring_events::create(fd_, event_file);
    if (!events)
        return events.error();
    const std::lock_guard lock(lock_);
    events_ = std::move(*events);
    return {};
}

std::uint32_t drm_port::take_events() noexcept {
    const std::shared_lock lock(lock_);
    return events_ ? events_->take() : 0;
}

result<void> drm_port::submit_one(const port_queue &queue,
                                  const port_submission &submission) {
    drm_submission request;
    if (const auto filled = request.fill(queue, submission, true); !filled)
        return filled;
    if (const int failed = call(DRM_IOCTL_GROQ_SUBMIT, request.request()))
        return submission_refused(failed);
    return {};
}

result<std::uint64_t> drm_port::signalled(const port_queue &queue) {
    if (const auto ring = ring_of(queue))
        return ring->signalled();
    auto handle = queue.timeline;
    std::uint64_t point = 0;
    if (::drmSyncobjQuery(fd_, &handle, &point, 1) != 0)
        return driver_refused("tell what has ended", errno);
    return point;
}

result<bool> drm_port::wait(const port_queue &queue, std::uint64_t point,
                            std::int64_t deadline) {
    if (const auto ring = ring_of(queue))
        return ring->wait(point, deadline);
    auto handle = queue.timeline;
    const int done = ::drmSyncobjTimelineWait(fd_, &handle, &point, 1, deadline,
                                              DRM_SYNCOBJ_WAIT_FLAGS_WAIT_ALL, nullptr);
    if (done == -ETIME)
        return false;
    if (done < 0)
        return driver_refused("wait", -done);
    return true;
}

result<void> drm_port::notify(const port_queue &queue, std::uint64_t point,
                              int event_file) {
    if (const auto ring = ring_of(queue))
        return ring->notify(point, event_file);
    drm_syncobj_eventfd request{};
    request.handle = queue.timeline;
    request.point = point;
    request.fd = event_file;
    if (const int failed = call(DRM_IOCTL_SYNCOBJ_EVENTFD, request))
        return driver_refused("signal an eventfd", failed);
    return {};
}

} // namespace

result<std::unique_ptr<kernel_port>> open_drm_port(const found_card &card) {
    const int fd = ::open(card.node.c_str(), O_RDWR | O_CLOEXEC);
    if (fd < 0)
        return cannot_open(card.node, errno);
    auto port = std::make_unique<drm_port>(fd, card);
    if (const auto right = port->check_driver(); !right)
        return right.error();
    return std::unique_ptr<kernel_port>(std::move(port));
}

} // namespace groq
