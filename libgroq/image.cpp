// SPDX-License-Identifier: MIT
#include "image.hpp"

#include <cinttypes>

#include "upload.hpp"

using groq::errc;
using groq::guarded;
using groq::result;

result<std::shared_ptr<groq_image>>
groq_image::load(std::shared_ptr<groq_device> device,
                 std::shared_ptr<const groq_program> program, std::int64_t deadline) {
    const auto &segments = program->contents().segments;
    auto image = std::make_shared<groq_image>(device, std::move(program));
    if (const auto done = image->reserve(); !done)
        return done.error();
    // What was just reserved holds zeroes: only the bytes of the file travel.
    if (const auto done = groq::upload(device, segments, deadline); !done)
        return done.error();
    return image;
}

groq_image::groq_image(std::shared_ptr<groq_device> device,
                       std::shared_ptr<const groq_program> program)
    : device_(std::move(device)), program_(std::move(program)) {}

groq_image::~groq_image() {
    for (const auto address : ranges_)
        device_->release_sram(address);
}

result<void> groq_image::reserve() {
    const auto &contents = program_->contents();
    const auto there =
        device_->watch(device_->port().parameter(DRM_GROQ_PARAM_SRAM_BYTES));
    if (!there)
        return there.error();
    if (contents.sram_bytes > *there)
        return groq::fail(errc::sram,
                          "%s is for cards with at least %" PRIu64
                          " bytes of SRAM, this one has %" PRIu64,
                          program_->name().c_str(), contents.sram_bytes, *there);
    ranges_.reserve(contents.ranges.size());
    for (const auto &range : contents.ranges) {
        const auto address = device_->reserve_sram(range.address, range.size);
        if (!address)
            return address.error();
        ranges_.push_back(*address);
    }
    return {};
}

result<void> groq_image::enter(const groq_queue &queue) {
    const std::lock_guard lock(lock_);
    if (jobs_ > 0 && user_ != &queue)
        return groq::fail(errc::in_use,
                          "%s is in work in another queue: wait for that, or load it "
                          "once more elsewhere",
                          program_->name().c_str());
    user_ = &queue;
    ++jobs_;
    return {};
}

void groq_image::leave() noexcept {
    const std::lock_guard lock(lock_);
    --jobs_;
}

int groq_image_load(struct groq_device *device, const struct groq_program *program,
                    int64_t deadline, struct groq_image **image) {
    return guarded([&]() -> result<void> {
        if (!device || !program || !image)
            return groq::missing_argument();
        auto loaded = groq_image::load(device->shared_from_this(),
                                       program->shared_from_this(), deadline);
        if (!loaded)
            return loaded.error();
        *image = groq_image::publish(std::move(*loaded));
        return {};
    });
}

void groq_image_destroy(struct groq_image *image) {
    groq_image::retire(image);
}
