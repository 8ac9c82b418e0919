// SPDX-License-Identifier: MIT
#include "buffer.hpp"

#include <cinttypes>

#include <unistd.h>

#include "program_reader.hpp"

using groq::errc;
using groq::guarded;
using groq::result;

namespace {

result<void> check_pinnable(std::span<std::byte> bytes, std::uint32_t flags) {
    const auto page = std::uint64_t(::sysconf(_SC_PAGESIZE));
    const auto start = reinterpret_cast<std::uintptr_t>(bytes.data());
    if (flags & ~std::uint32_t{GROQ_BUFFER_READ_ONLY})
        return groq::fail(errc::invalid, "unknown flags 0x%x of a buffer", flags);
    if (bytes.empty() || bytes.size() > DRM_GROQ_BO_SIZE_MAX)
        return groq::fail(errc::invalid,
                          "a buffer of %zu bytes; it can have 1 page to %llu bytes",
                          bytes.size(), (unsigned long long)DRM_GROQ_BO_SIZE_MAX);
    if (start % page != 0 || bytes.size() % page != 0)
        return groq::fail(errc::invalid,
                          "%zu bytes at 0x%" PRIxPTR " cannot be pinned: both must be "
                          "multiples of the page size, %" PRIu64 " bytes",
                          bytes.size(), start, page);
    return {};
}

} // namespace

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

result<std::shared_ptr<groq_buffer>>
groq_buffer::pin(std::shared_ptr<groq_device> device, std::span<std::byte> bytes,
                 std::uint32_t flags) {
    if (const auto right = check_pinnable(bytes, flags); !right)
        return right.error();
    if (const auto present = device->check_present(); !present)
        return present.error();
    const auto mapped =
        device->watch(device->port().pin_buffer(bytes, flags & GROQ_BUFFER_READ_ONLY));
    if (!mapped)
        return mapped.error();
    return std::make_shared<groq_buffer>(std::move(device), *mapped, mapped->size);
}

result<std::shared_ptr<groq_buffer>>
groq_buffer::import_file(std::shared_ptr<groq_device> device, int file) {
    if (const auto present = device->check_present(); !present)
        return present.error();
    const auto mapped = device->watch(device->port().import_buffer(file));
    if (!mapped)
        return mapped.error();
    return std::make_shared<groq_buffer>(std::move(device), *mapped, mapped->size);
}

groq_buffer::groq_buffer(std::shared_ptr<groq_device> device,
                         const groq::port_buffer &mapped, std::uint64_t size)
    : device_(std::move(device)), mapped_(mapped), size_(size) {}

groq_buffer::~groq_buffer() {
    device_->port().destroy_buffer(mapped_);
}

result<int> groq_buffer::export_file() const {
    if (const auto present = device_->check_present(); !present)
        return present.error();
    return device_->watch(device_->port().export_buffer(mapped_));
}

result<std::shared_ptr<groq_region>>
groq_region::create(std::shared_ptr<groq_device> device, std::uint64_t size) {
    if (size == 0 || size % groq::vector_bytes != 0)
        return groq::fail(errc::invalid,
                          "a region of %" PRIu64 " bytes; SRAM is reserved in "
                          "multiples of %u",
                          size, groq::vector_bytes);
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

int groq_buffer_pin(struct groq_device *device, void *data, uint64_t bytes,
                    uint32_t flags, struct groq_buffer **buffer) {
    return guarded([&]() -> result<void> {
        if (!device || !data || !buffer)
            return groq::missing_argument();
        auto pinned = groq_buffer::pin(device->shared_from_this(),
                                       {static_cast<std::byte *>(data), bytes}, flags);
        if (!pinned)
            return pinned.error();
        *buffer = groq_buffer::publish(std::move(*pinned));
        return {};
    });
}

int groq_buffer_export(struct groq_buffer *buffer, int *fd) {
    return guarded([&]() -> result<void> {
        if (!buffer || !fd)
            return groq::missing_argument();
        const auto file = buffer->export_file();
        if (!file)
            return file.error();
        *fd = *file;
        return {};
    });
}

int groq_buffer_import(struct groq_device *device, int fd,
                       struct groq_buffer **buffer) {
    return guarded([&]() -> result<void> {
        if (!device || !buffer)
            return groq::missing_argument();
        auto imported = groq_buffer::import_file(device->shared_from_this(), fd);
        if (!imported)
            return imported.error();
        *buffer = groq_buffer::publish(std::move(*imported));
        return {};
    });
}

void *groq_buffer_data(const struct groq_buffer *buffer) {
    return buffer ? buffer->bytes().data() : nullptr;
}

uint64_t groq_buffer_size(const struct groq_buffer *buffer) {
    return buffer ? buffer->size() : 0;
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
    return region ? region->address() : 0;
}

void groq_region_destroy(struct groq_region *region) {
    groq_region::retire(region);
}
