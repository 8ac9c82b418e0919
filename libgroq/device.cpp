// SPDX-License-Identifier: MIT
#include "device.hpp"

#include <algorithm>
#include <cinttypes>

#include "card_port.hpp"
#include "structure.hpp"
#include "trace.hpp"
#include "unknown.hpp"
#include "uri.hpp"

using groq::errc;
using groq::result;

result<std::shared_ptr<groq_device>>
groq_device::open(const std::string &uri, std::shared_ptr<const groq_context> parent) {
    const auto parsed = groq::parse_uri(uri);
    if (!parsed)
        return parsed.error();
    const groq::traced_call call(parent->trace().get(), "open");
    auto port = groq::open_port(parsed->name, parent->trace());
    if (!port)
        return port.error();
    return attach(std::move(*port), parsed->shared, std::move(parent));
}

result<std::shared_ptr<groq_device>>
groq_device::attach(std::unique_ptr<groq::kernel_port> port, bool shared,
                    std::shared_ptr<const groq_context> parent) {
    const auto features = port->parameter(DRM_GROQ_PARAM_FEATURES);
    if (!features)
        return features.error();
    const auto context = port->create_context(shared ? 0 : DRM_GROQ_CONTEXT_EXCLUSIVE);
    if (!context)
        return context.error();
    return std::make_shared<groq_device>(std::move(port), *features, *context, shared,
                                         std::move(parent));
}

// What is shared is not for keeping what nobody uses.
groq_device::groq_device(std::unique_ptr<groq::kernel_port> port,
                         std::uint64_t features, std::uint32_t context, bool is_shared,
                         std::shared_ptr<const groq_context> parent)
    : parent_(std::move(parent)), port_(std::move(port)), features_(features),
      context_(context), images_(*this, !is_shared) {}

groq_device::~groq_device() {
    port_->destroy_context(context_);
}

result<void> groq_device::check_present() const {
    if (events_.is_lost())
        return groq::error(errc::device_lost, {});
    return {};
}

result<std::uint64_t> groq_device::reserve_sram(std::optional<std::uint64_t> address,
                                                std::uint64_t size) {
    if (const auto present = check_present(); !present)
        return present.error();
    const std::lock_guard lock(sram_lock_);
    release_waiting_locked();
    std::optional<groq::sram_range> wanted;
    if (address)
        wanted = {*address, size};
    auto taken = watch(port_->reserve_sram(context_, address, size));
    while (!taken && taken.error() == errc::sram && images_.make_room(wanted))
        taken = watch(port_->reserve_sram(context_, address, size));
    if (!taken && taken.error() == errc::sram)
        return explain_full(taken.error());
    return taken;
}

groq::error groq_device::explain_full(const groq::error &full) const {
    const auto idle = images_.idle_bytes();
    if (idle == 0)
        return full;
    return groq::fail(errc::sram,
                      "%s; another %" PRIu64 " are of programs that nobody uses, which "
                      "make room when this device has no work",
                      full.message().c_str(), idle);
}

void groq_device::release_sram(std::uint64_t address) noexcept {
    const std::lock_guard lock(sram_lock_);
    release_sram_locked(address);
}

void groq_device::release_sram_locked(std::uint64_t address) noexcept {
    releases_.push_back(address);
    release_waiting_locked();
}

bool groq_device::try_release_locked(std::uint64_t address) noexcept {
    const auto done = port_->release_sram(context_, address);
    return done || !(done.error() == errc::in_use);
}

void groq_device::retry_releases() noexcept {
    const std::lock_guard lock(sram_lock_);
    release_waiting_locked();
}

// What was in the way of one may have been another.
void groq_device::release_waiting_locked() noexcept {
    while (std::erase_if(
        releases_, [&](std::uint64_t address) { return try_release_locked(address); }))
        continue;
}

groq_device_info groq_device::info() const {
    groq_device_info info = groq::unknown_info();
    port_->describe(info);
    return info;
}

int groq_device_open(const char *uri, struct groq_device **device) {
    return groq::guarded([&]() -> result<void> {
        if (!uri || !device)
            return groq::missing_argument();
        auto context = groq_context::create({});
        if (!context)
            return context.error();
        auto opened = groq_device::open(uri, std::move(*context));
        if (!opened)
            return opened.error();
        *device = groq_device::publish(std::move(*opened));
        return {};
    });
}

void groq_device_close(struct groq_device *device) {
    groq_device::retire(device);
}

int groq_device_get_info(const struct groq_device *device,
                         struct groq_device_info *info) {
    return groq::guarded([&]() -> result<void> {
        if (!device || !info)
            return groq::missing_argument();
        return groq::store(info, device->info());
    });
}

int groq_device_event_fd(struct groq_device *device, int *fd) {
    return groq::guarded([&]() -> result<void> {
        if (!device || !fd)
            return groq::missing_argument();
        const auto file = device->event_file();
        if (!file)
            return file.error();
        *fd = *file;
        return {};
    });
}

int groq_device_read_events(struct groq_device *device, uint32_t *events) {
    return groq::guarded([&]() -> result<void> {
        if (!device || !events)
            return groq::missing_argument();
        const auto told = device->read_events();
        if (!told)
            return told.error();
        *events = *told;
        return {};
    });
}

int groq_device_read_telemetry(const struct groq_device *device,
                               struct groq_telemetry *telemetry) {
    return groq::guarded([&]() -> result<void> {
        if (!device || !telemetry)
            return groq::missing_argument();
        auto snapshot = groq::unknown_telemetry();
        if (const auto done = device->port().read(snapshot); !done)
            return done;
        return groq::store(telemetry, snapshot);
    });
}
