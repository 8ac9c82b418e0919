// SPDX-License-Identifier: MIT
#include "drm_port.hpp"

#include <cerrno>
#include <cinttypes>
#include <mutex>
#include <shared_mutex>

#include <fcntl.h>

#include "drm_buffers.hpp"
#include "drm_error.hpp"
#include "drm_queues.hpp"
#include "link_error.hpp"
#include "telemetry.hpp"
#include "uring_events.hpp"

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
    drm_port(int fd, const found_card &card) : driver_(fd, card) {}

    result<void> check_driver() { return driver_.check(); }

    void describe(groq_device_info &info) const override;
    result<std::uint64_t> parameter(drm_groq_param which) const override {
        return driver_.parameter(which);
    }
    result<void> read(groq_telemetry &telemetry) const override;
    result<port_links> links() const override;
    result<drm_groq_link_align> align_link(std::uint32_t link, std::uint32_t samples,
                                           bool is_adjusted) override;

    result<port_buffer> create_buffer(std::uint64_t size) override {
        return buffers_.create(size);
    }
    result<port_buffer> pin_buffer(std::span<std::byte> bytes,
                                   bool is_read_only) override;
    result<int> export_buffer(const port_buffer &buffer) override {
        return buffers_.export_file(buffer);
    }
    result<port_buffer> import_buffer(int file) override;
    void destroy_buffer(const port_buffer &buffer) noexcept override {
        buffers_.destroy(buffer);
    }
    result<std::uint32_t> create_context(std::uint32_t flags) override;
    void destroy_context(std::uint32_t id) noexcept override;
    result<std::uint64_t> reserve_sram(std::uint32_t context,
                                       std::optional<std::uint64_t> address,
                                       std::uint64_t size) override;
    result<void> release_sram(std::uint32_t context, std::uint64_t address) override;

    result<port_queue> create_queue(std::uint32_t context, std::uint32_t priority,
                                    std::uint32_t path) override {
        return queues_.create(context, priority, path);
    }
    void destroy_queue(const port_queue &queue) noexcept override {
        queues_.destroy(queue);
    }
    result<std::size_t> submit(const port_queue &queue,
                               std::span<const port_submission> submissions) override {
        return queues_.find(queue)->submit(submissions);
    }
    result<void> refusal(const port_queue &queue, std::uint64_t point) override {
        return queues_.find(queue)->refusal(point);
    }
    result<void> cancel(const port_queue &queue, std::uint64_t point) override {
        return queues_.find(queue)->cancel(point);
    }
    result<std::uint64_t> signalled(const port_queue &queue) override {
        return queues_.find(queue)->signalled();
    }
    result<bool> wait(const port_queue &queue, std::uint64_t point,
                      std::int64_t deadline) override {
        return queues_.find(queue)->wait(point, deadline);
    }
    result<void> notify(const port_queue &queue, std::uint64_t point,
                        int event_file) override {
        return queues_.find(queue)->notify(point, event_file);
    }
    port_costs costs(const port_queue &queue) const noexcept override {
        const auto found = queues_.find(queue);
        return {.system_calls = found ? found->system_calls() : 0};
    }

    result<void> watch(int event_file) override;
    std::uint32_t take_events() noexcept override;

private:
    error no_sram(std::optional<std::uint64_t> address, std::uint64_t size) const;
    error cannot_align(std::uint32_t link, int os_error) const;

    drm_driver driver_;
    drm_buffers buffers_{driver_.file()};
    drm_queues queues_{driver_};
    mutable std::shared_mutex lock_;       // all below
    std::unique_ptr<uring_events> events_; // from watch() on
};

void drm_port::describe(groq_device_info &info) const {
    driver_.describe(info);
    info.paths = queues_.paths();
}

result<void> drm_port::read(groq_telemetry &telemetry) const {
    return read_telemetry(driver_.card(), telemetry);
}

result<port_links> drm_port::links() const {
    if (const auto able = driver_.check_feature(DRM_GROQ_FEATURE_LINKS, "show links");
        !able)
        return able.error();
    port_links seen;
    drm_groq_topology request{};
    do {
        seen.links.resize(request.count);
        request.links = reinterpret_cast<std::uintptr_t>(seen.links.data());
        if (const int failed = driver_.call(DRM_IOCTL_GROQ_TOPOLOGY, request))
            return driver_refused("show the links of the card", failed);
    } while (request.count > seen.links.size());
    seen.links.resize(request.count);
    seen.generation = request.generation;
    return seen;
}

error drm_port::cannot_align(std::uint32_t link, int os_error) const {
    const auto card = "accel:" + std::to_string(driver_.card().accel.value_or(0));
    const auto links = parameter(DRM_GROQ_PARAM_LINKS);
    switch (os_error) {
    case ENOLINK:
        return link_down(card, link, os_error);
    case EBUSY:
        return links_in_use(card, os_error);
    case EINVAL:
        return no_such_link(card, link, links ? *links : 0, os_error);
    default:
        return driver_refused("align a link", os_error);
    }
}

result<drm_groq_link_align>
drm_port::align_link(std::uint32_t link, std::uint32_t samples, bool is_adjusted) {
    if (const auto able = driver_.check_feature(DRM_GROQ_FEATURE_LINKS, "align links");
        !able)
        return able.error();
    drm_groq_link_align request{};
    request.link = link;
    request.samples = samples;
    request.flags = is_adjusted ? DRM_GROQ_LINK_ALIGN_ADJUST : 0;
    if (const int failed = driver_.call(DRM_IOCTL_GROQ_LINK_ALIGN, request))
        return cannot_align(link, failed);
    return request;
}

result<port_buffer> drm_port::pin_buffer(std::span<std::byte> bytes,
                                         bool is_read_only) {
    if (const auto able = driver_.check_feature(DRM_GROQ_FEATURE_BO_PIN, "pin memory");
        !able)
        return able.error();
    return buffers_.pin(bytes, is_read_only);
}

result<port_buffer> drm_port::import_buffer(int file) {
    if (const auto able =
            driver_.check_feature(DRM_GROQ_FEATURE_PRIME, "import buffers");
        !able)
        return able.error();
    return buffers_.import_file(file);
}

result<std::uint32_t> drm_port::create_context(std::uint32_t flags) {
    drm_groq_context_create request{};
    request.flags = flags;
    const int failed = driver_.call(DRM_IOCTL_GROQ_CONTEXT_CREATE, request);
    if (failed == EBUSY)
        return held_by(driver_.card().node, request.holder);
    if (failed)
        return driver_refused("lease the card", failed);
    return request.id;
}

void drm_port::destroy_context(std::uint32_t id) noexcept {
    drm_groq_context_destroy request{};
    request.id = id;
    driver_.call(DRM_IOCTL_GROQ_CONTEXT_DESTROY, request);
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
                "no %" PRIu64 " bytes of SRAM are free in one piece, or there are too "
                "many ranges: destroy images or regions first; %s",
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
    const int failed = driver_.call(DRM_IOCTL_GROQ_SRAM_RESERVE, request);
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
    const int failed = driver_.call(DRM_IOCTL_GROQ_SRAM_RELEASE, request);
    if (failed == EBUSY || failed == ENOSPC)
        return error(errc::in_use, {}, failed);
    if (failed)
        return driver_refused("release SRAM", failed);
    return {};
}

// Without io_uring there is nobody to tell.
result<void> drm_port::watch(int event_file) {
    if (!driver_.has(DRM_GROQ_FEATURE_URING) || !check_uring(false))
        return {};
    auto events = uring_events::create(driver_.file(), event_file);
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
