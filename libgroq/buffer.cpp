// SPDX-License-Identifier: MIT
#include "buffer.hpp"

#include <cinttypes>

using groq::errc;
using groq::guarded;
using groq::result;

result<std::shared_ptr<groq_buffer>>
groq_buffer::create(std::shared_ptr<groq_device> device, std::uint64_t size) {
    if (size == 0 || size > DRM_GROQ_BO_SIZE_MAX)
        return groq::fail(errc::invalid,
                          "a buffer of %" PRIu64 " bytes; it can have 1 to %llu", size,
                          (unsigned long long)DRM_GROQ_BO_SIZE_MAX);
    if (const auto present = device->check_present(); !present)
        return present.error();
    const auto mapped = device->watch(device->port().create_buffer(size));
    if (!mapped)
        return mapped.error();
    return std::make_shared<groq_buffer>(std::move(device), *mapped, size);
}

groq_buffer::groq_buffer(std::shared_ptr<groq_device> device,
                         const groq::port_buffer &mapped, std::uint64_t size)
    : device_(std::move(device)), mapped_(mapped), size_(size) {}

groq_buffer::~groq_buffer() {
    device_->port().destroy_buffer(mapped_);
}

result<std::shared_ptr<groq_region>>
groq_region::create(std::shared_ptr<groq_device> device, std::uint64_t size) {
    const auto address = device->reserve_sram(std::nullopt, size);
    if (!address)
        return address.error();
    return std::make_shared<groq_region>(std::move(device), *address);
}

groq_region::groq_region(std::shared_ptr<groq_device> device, std::uint64_t address)
    : device_(std::move(device)), address_(address) {}

groq_region::~groq_region() {
    device_->release_sram(address_);
}

int groq_buffer_create(struct groq_device *device, uint64_t bytes,
                       struct groq_buffer **buffer) {
    return guarded([&]() -> result<void> {
        if (!device || !buffer)
            return groq::missing_argument();
        auto created = groq_buffer::create(device->shared_from_this(), bytes);
        if (!created)
            return created.error();
        *buffer = groq_buffer::publish(std::move(*created));
        return {};
    });
}

void *groq_buffer_data(const struct groq_buffer *buffer) {
    return buffer->bytes().data();
}

uint64_t groq_buffer_size(const struct groq_buffer *buffer) {
    return buffer->bytes().size();
}

void groq_buffer_destroy(struct groq_buffer *buffer) {
    groq_buffer::retire(buffer);
}

int groq_region_create(struct groq_device *device, uint64_t bytes,
                       struct groq_region **region) {
    return guarded([&]() -> result<void> {
        if (!device || !region)
            return groq::missing_argument();
        auto created = groq_region::create(device->shared_from_this(), bytes);
        if (!created)
            return created.error();
        *region = groq_region::publish(std::move(*created));
        return {};
    });
}

uint64_t groq_region_address(const struct groq_region *region) {
    return region->address();
}

void groq_region_destroy(struct groq_region *region) {
    groq_region::retire(region);
}
