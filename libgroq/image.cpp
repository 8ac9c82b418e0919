// SPDX-License-Identifier: MIT
#include "image.hpp"

#include <cinttypes>

#include "file_source.hpp"
#include "structure.hpp"
#include "upload.hpp"

using groq::errc;
using groq::guarded;
using groq::result;

namespace {

std::int64_t now_ns() {
    return groq_deadline_after(0);
}

} // namespace

result<std::shared_ptr<groq_image>>
groq_image::load(std::shared_ptr<groq_device> device,
                 std::shared_ptr<const groq_program> program, std::int64_t deadline) {
    const auto start = now_ns();
    auto image = std::make_shared<groq_image>(device, std::move(program));
    if (const auto done = image->reserve(); !done)
        return done.error();
    // What was just reserved holds zeroes: only the bytes of the file travel.
    const groq::upload_plan plan(image->program_->contents(), groq::sram_state::zeroed);
    const auto copied = groq::upload(device, plan, image->program_->bytes(), deadline);
    if (!copied)
        return copied.error();
    image->copied_bytes_ = *copied;
    image->load_ns_ = now_ns() - start;
    return image;
}

result<std::shared_ptr<groq_image>>
groq_image::load_file(std::shared_ptr<groq_device> device, const std::string &path,
                      std::int64_t deadline) {
    const auto start = now_ns();
    auto file = groq::file_source::open(path);
    if (!file)
        return file.error();
    auto outline = groq::read_outline(*file, path);
    if (!outline)
        return outline.error();
    groq::file_checksum sum(outline->checksum);
    // Damage is told before anything else that is wrong.
    const auto refused = [&](const groq::error &why) {
        const auto read = groq::pass(*file, sum);
        const auto right = read ? groq::check_file(*outline, sum, path) : read;
        return right ? why : right.error();
    };
    if (outline->flaw)
        return refused(*outline->flaw);
    const groq::upload_plan plan(outline->contents, groq::sram_state::zeroed);
    auto image = std::make_shared<groq_image>(
        device, std::make_shared<groq_program>(
                    path, groq::read_file{outline->contents, outline->checksum, {}}));
    if (const auto done = image->reserve(); !done)
        return refused(done.error());
    const auto copied = groq::upload(device, plan, *file, sum, deadline);
    if (!copied)
        return copied.error();
    if (const auto right = groq::check_file(*outline, sum, path); !right)
        return right.error();
    image->copied_bytes_ = *copied;
    image->load_ns_ = now_ns() - start;
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

groq_image_info groq_image::info() const {
    groq_image_info info{};
    for (const auto &range : program_->contents().ranges)
        info.sram_bytes += range.size;
    info.copied_bytes = copied_bytes_;
    info.load_ns = load_ns_;
    return info;
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

int groq_image_load_file(struct groq_device *device, const char *path, int64_t deadline,
                         struct groq_image **image) {
    return guarded([&]() -> result<void> {
        if (!device || !path || !image)
            return groq::missing_argument();
        auto loaded = groq_image::load_file(device->shared_from_this(), path, deadline);
        if (!loaded)
            return loaded.error();
        *image = groq_image::publish(std::move(*loaded));
        return {};
    });
}

int groq_image_get_info(const struct groq_image *image, struct groq_image_info *info) {
    return guarded([&]() -> result<void> {
        if (!image || !info)
            return groq::missing_argument();
        groq::store(info, image->info());
        return {};
    });
}

const struct groq_program *groq_image_program(const struct groq_image *image) {
    return &image->program();
}

void groq_image_destroy(struct groq_image *image) {
    groq_image::retire(image);
}
