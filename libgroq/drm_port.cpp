// SPDX-License-Identifier: MIT
#include "drm_port.hpp"

#include <cerrno>
#include <cinttypes>
#include <cstring>
#include <map>
#include <mutex>
#include <shared_mutex>

#include <fcntl.h>
#include <sys/mman.h>
#include <unistd.h>
#include <xf86drm.h>

#include "drm_error.hpp"
#include "drm_submission.hpp"
#include "path.hpp"
#include "structure.hpp"
#include "telemetry.hpp"
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

class drm_port final : public kernel_port {
public:
    drm_port(int fd, found_card card) : fd_(fd), card_(std::move(card)) {}
    drm_port(const drm_port &) = delete;
    ~drm_port() override { ::close(fd_); }

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
    result<void> watch(int event_file) override;
    std::uint32_t take_events() noexcept override { return 0; }

private:
    result<void> submit_one(const port_queue &queue, const port_submission &submission);
    // Makes a queue a ring if it is to have one, and says so in it.
    result<void> choose_path(port_queue &queue, std::uint32_t path);
    result<void> give_ring(port_queue &queue, std::uint32_t path);
    // Nothing for a queue without one.
    std::shared_ptr<uring_queue> ring_of(const port_queue &queue) const;

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
    std::int64_t paths_ = 0;     // bits 1 << GROQ_PATH_*

    mutable std::shared_mutex rings_lock_;
    std::map<std::uint32_t, std::shared_ptr<uring_queue>> rings_; // by queue
};

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
    paths_ =
        features_ & DRM_GROQ_FEATURE_URING ? allowed_paths() : 1 << GROQ_PATH_IOCTL;
    return {};
}

void drm_port::describe(groq_device_info &info) const {
    info = groq::describe(card_);
    if (info.driver[0] == '\0')
        copy_text(info.driver, version_);
    info.paths = paths_;
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
    drm_groq_bo_create request{};
    request.size = size;
    if (const int failed = call(DRM_IOCTL_GROQ_BO_CREATE, request))
        return driver_refused("make a host buffer", failed);
    void *data = ::mmap(nullptr, request.size, PROT_READ | PROT_WRITE, MAP_SHARED, fd_,
                        off_t(request.mmap_offset));
    if (data == MAP_FAILED) {
        const int failed = errno;
        ::drmCloseBufferHandle(fd_, request.handle);
        return driver_refused("map a host buffer", failed);
    }
    return port_buffer{request.handle, {static_cast<std::byte *>(data), request.size}};
}

result<port_buffer> drm_port::pin_buffer(std::span<std::byte>, bool) {
    return fail(errc::unsupported, "no memory can be pinned");
}

result<int> drm_port::export_buffer(const port_buffer &) {
    return fail(errc::unsupported, "no buffer can be exported");
}

result<port_buffer> drm_port::import_buffer(int) {
    return fail(errc::unsupported, "no buffer can be imported");
}

void drm_port::destroy_buffer(const port_buffer &buffer) noexcept {
    ::munmap(buffer.bytes.data(), buffer.bytes.size());
    ::drmCloseBufferHandle(fd_, buffer.handle);
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
        return fail(errc::sram, ENOSPC,
                    "SRAM 0x%" PRIx64 "+0x%" PRIx64
                    " is taken, or the context has too many ranges; %s",
                    *address, size, left.c_str());
    return fail(errc::sram, ENOSPC, "no %" PRIu64 " bytes of SRAM in one piece; %s",
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

result<void> drm_port::choose_path(port_queue &queue, std::uint32_t path) {
    if (path == GROQ_PATH_AUTO) {
        const auto chosen = path_of_environment();
        if (!chosen)
            return chosen.error();
        path = *chosen;
    }
    if (path == GROQ_PATH_AUTO)
        path = paths_ & 1 << GROQ_PATH_URING ? GROQ_PATH_URING : GROQ_PATH_IOCTL;
    return path == GROQ_PATH_IOCTL ? result<void>() : give_ring(queue, path);
}

result<void> drm_port::give_ring(port_queue &queue, std::uint32_t path) {
    if (!(features_ & DRM_GROQ_FEATURE_URING))
        return fail(errc::too_old,
                    "the driver of %s takes no jobs from io_uring: update it, or use "
                    "GROQ_PATH=ioctl",
                    card_.node.c_str());
    auto ring = uring_queue::create(fd_, queue, path == GROQ_PATH_SQPOLL);
    if (!ring)
        return ring.error();
    const std::lock_guard lock(rings_lock_);
    rings_[queue.id] = std::move(*ring);
    queue.path = path;
    return {};
}

std::shared_ptr<uring_queue> drm_port::ring_of(const port_queue &queue) const {
    if (queue.path == GROQ_PATH_IOCTL)
        return nullptr;
    const std::shared_lock lock(rings_lock_);
    const auto found = rings_.find(queue.id);
    return found == rings_.end() ? nullptr : found->second;
}

// The ring goes last: what ends with the queue ends in it, and wakes who waits there.
void drm_port::destroy_queue(const port_queue &queue) noexcept {
    const auto ring = ring_of(queue);
    if (ring) {
        ring->silence();
        const std::lock_guard lock(rings_lock_);
        rings_.erase(queue.id);
    }
    drm_groq_queue_destroy request{};
    request.id = queue.id;
    call(DRM_IOCTL_GROQ_QUEUE_DESTROY, request);
    ::drmSyncobjDestroy(fd_, queue.timeline);
}

result<std::size_t> drm_port::submit(const port_queue &queue,
                                     std::span<const port_submission> submissions) {
    if (const auto ring = ring_of(queue))
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
    return fail(errc::unsupported, "this driver cannot cancel a job");
}

result<void> drm_port::watch(int) {
    return {};
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
