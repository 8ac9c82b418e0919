// SPDX-License-Identifier: MIT
#include "device.hpp"

#include <algorithm>
#include <cinttypes>

#include "card_port.hpp"
#include "structure.hpp"
#include "unknown.hpp"
#include "uri.hpp"

using groq::errc;
using groq::result;

result<std::shared_ptr<groq_device>> groq_device::open(const std::string &uri) {
    const auto parsed = groq::parse_uri(uri);
    if (!parsed)
        return parsed.error();
    auto port = groq::open_port(parsed->name);
    if (!port)
        return port.error();
    return attach(std::move(*port), parsed->shared);
}

result<std::shared_ptr<groq_device>>
groq_device::attach(std::unique_ptr<groq::kernel_port> port, bool shared) {
    const auto features = port->parameter(DRM_GROQ_PARAM_FEATURES);
    if (!features)
        return features.error();
    const auto context = port->create_context(shared ? 0 : DRM_GROQ_CONTEXT_EXCLUSIVE);
    if (!context)
        return context.error();
    return std::make_shared<groq_device>(std::move(port), *features, *context);
}

groq_device::groq_device(std::unique_ptr<groq::kernel_port> port,
                         std::uint64_t features, std::uint32_t context)
    : port_(std::move(port)), features_(features), context_(context) {}

groq_device::~groq_device() {
    port_->destroy_context(context_);
}

result<void> groq_device::check_present() const {
    if (lost_)
        return groq::error(errc::device_lost, {});
    return {};
}

result<std::uint64_t> groq_device::reserve_sram(std::optional<std::uint64_t> address,
                                                std::uint64_t size) {
    if (const auto present = check_present(); !present)
        return present.error();
    const std::lock_guard lock(sram_lock_);
    release_waiting_locked();
    return watch(port_->reserve_sram(context_, address, size));
}

void groq_device::release_sram(std::uint64_t address) noexcept {
    const std::lock_guard lock(sram_lock_);
    releases_.push_back(address);
    release_waiting_locked();
}

void groq_device::retry_releases() noexcept {
    const std::lock_guard lock(sram_lock_);
    release_waiting_locked();
}

void groq_device::release_waiting_locked() noexcept {
    std::erase_if(releases_, [&](std::uint64_t address) {
        const auto done = port_->release_sram(context_, address);
        return done || !(done.error() == errc::in_use);
    });
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
        auto opened = groq_device::open(uri);
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
        groq::store(info, device->info());
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
        groq::store(telemetry, snapshot);
        return {};
    });
}
