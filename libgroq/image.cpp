// SPDX-License-Identifier: MIT
#include "image.hpp"

#include <cinttypes>

#include "file_source.hpp"
#include "refusal.hpp"
#include "structure.hpp"
#include "trace.hpp"
#include "upload.hpp"

using groq::errc;
using groq::guarded;
using groq::result;

namespace {

result<void> check_sram(groq_device &device, const groq::program_contents &contents,
                        const std::string &name) {
    const auto there = device.watch(device.port().parameter(DRM_GROQ_PARAM_SRAM_BYTES));
    if (!there)
        return there.error();
    if (contents.sram_bytes > *there)
        return groq::fail(errc::sram,
                          "%s is for cards with at least %" PRIu64
                          " bytes of SRAM, this one has %" PRIu64,
                          name.c_str(), contents.sram_bytes, *there);
    return {};
}

std::shared_ptr<groq_image> make_image(std::shared_ptr<groq_device> device,
                                       std::shared_ptr<const groq_program> program,
                                       groq::image_lease sram, std::uint64_t copied,
                                       std::int64_t start) {
    if (sram.state() != groq::sram_state::shared)
        sram.settle(program->hash());
    groq_image_info info{};
    for (const auto &range : program->contents().ranges)
        info.sram_bytes += range.size;
    info.copied_bytes = copied;
    info.load_ns = groq_deadline_after(0) - start;
    return std::make_shared<groq_image>(std::move(device), std::move(program),
                                        std::move(sram), info);
}

// A program whose bytes were not kept, from the file that they came from.
result<std::uint64_t> upload_again(const std::shared_ptr<groq_device> &device,
                                   const groq::upload_plan &plan,
                                   const groq_program &program, std::int64_t deadline) {
    if (plan.segments.empty())
        return std::uint64_t{0};
    const auto file = groq::file_source::open(program.name());
    if (!file)
        return file.error();
    groq::file_checksum sum(program.checksum());
    const auto copied = groq::upload(device, plan, *file, sum, deadline);
    if (copied && sum.hash() != program.hash())
        return groq::refusal(program.name())(
            "the file has changed since the program was read from it; load it anew");
    return copied;
}

// A load of a program from its file.
class file_load {
public:
    file_load(std::shared_ptr<groq_device> device, groq::file_source &file,
              groq::program_outline &outline, std::int64_t deadline)
        : device_(std::move(device)), file_(file), outline_(outline),
          deadline_(deadline) {}

    // The file tells whether it is what the cache took it for only when it has been
    // read; what is the same but for its contents is loaded at the second try.
    result<std::shared_ptr<groq_image>> run() {
        if (outline_.flaw)
            return refused(*outline_.flaw);
        const auto right = check_sram(*device_, outline_.contents, file_.path());
        if (!right)
            return refused(right.error());
        auto image = load({});
        if (image && !*image)
            image = load(hash_);
        return image;
    }

private:
    // Nothing if another program was there.
    result<std::shared_ptr<groq_image>>
    load(const std::optional<groq::content_hash> &known) {
        const auto start = groq_deadline_after(0);
        auto sram = device_->images().acquire(outline_.contents,
                                              {file_.size(), outline_.checksum.crc32},
                                              known, deadline_);
        if (!sram)
            return refused(sram.error());
        groq::file_checksum sum(outline_.checksum);
        const auto copied = bring(sram->state(), sum);
        if (!copied)
            return copied.error();
        if (const auto right = groq::check_file(outline_, sum, file_.path()); !right)
            return right.error();
        hash_ = sum.hash();
        if (sram->state() != groq::sram_state::zeroed && sram->hash() != hash_)
            return std::shared_ptr<groq_image>();
        return finish(std::move(*sram), *copied, start);
    }

    result<std::uint64_t> bring(groq::sram_state state, groq::file_checksum &sum) {
        const groq::upload_plan plan(outline_.contents, state);
        if (state != groq::sram_state::shared)
            return groq::upload(device_, plan, file_, sum, deadline_);
        const auto read = groq::pass(file_, sum);
        return read ? result<std::uint64_t>(0) : read.error();
    }

    std::shared_ptr<groq_image> finish(groq::image_lease sram, std::uint64_t copied,
                                       std::int64_t start) {
        return make_image(
            device_,
            std::make_shared<groq_program>(
                file_.path(), groq::read_file{std::move(outline_.contents),
                                              outline_.checksum, file_.size(), hash_}),
            std::move(sram), copied, start);
    }

    // Damage is told before anything else that is wrong.
    groq::error refused(const groq::error &why) {
        groq::file_checksum sum(outline_.checksum);
        const auto read = groq::pass(file_, sum);
        if (!read)
            return read.error();
        return sum.is_right() ? why
                              : groq::check_file(outline_, sum, file_.path()).error();
    }

    std::shared_ptr<groq_device> device_;
    groq::file_source &file_;
    groq::program_outline &outline_;
    std::int64_t deadline_;
    groq::content_hash hash_; // of the file, when it has been read
};

} // namespace

result<std::shared_ptr<groq_image>>
groq_image::load(std::shared_ptr<groq_device> device,
                 std::shared_ptr<const groq_program> program, std::int64_t deadline) {
    const groq::traced_call call(device->trace(), "load");
    const auto start = groq_deadline_after(0);
    const auto &contents = program->contents();
    if (const auto right = check_sram(*device, contents, program->name()); !right)
        return right.error();
    auto sram =
        device->images().acquire(contents, program->key(), program->hash(), deadline);
    if (!sram)
        return sram.error();
    const groq::upload_plan plan(contents, sram->state());
    const auto copied = program->bytes().empty()
                            ? upload_again(device, plan, *program, deadline)
                            : groq::upload(device, plan, program->bytes(), deadline);
    if (!copied)
        return copied.error();
    return make_image(device, std::move(program), std::move(*sram), *copied, start);
}

result<std::shared_ptr<groq_image>>
groq_image::load_file(std::shared_ptr<groq_device> device, const std::string &path,
                      std::int64_t deadline) {
    const groq::traced_call call(device->trace(), "load file");
    auto file = groq::file_source::open(path);
    if (!file)
        return file.error();
    auto outline = groq::read_outline(*file, path);
    if (!outline)
        return outline.error();
    return file_load(std::move(device), *file, *outline, deadline).run();
}

groq_image::groq_image(std::shared_ptr<groq_device> device,
                       std::shared_ptr<const groq_program> program,
                       groq::image_lease sram, const groq_image_info &info)
    : device_(std::move(device)), program_(std::move(program)), sram_(std::move(sram)),
      info_(info) {}

result<void> groq_image::enter(const void *user) {
    return sram_.enter(user, program_->name());
}

void groq_image::leave(bool went_well) noexcept {
    sram_.leave(went_well);
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
        return groq::store(info, image->info());
    });
}

const struct groq_program *groq_image_program(const struct groq_image *image) {
    return image ? &image->program() : nullptr;
}

void groq_image_destroy(struct groq_image *image) {
    groq_image::retire(image);
}
