// SPDX-License-Identifier: MIT
//
// Through the driver's ioctls: copies in on one queue and out on another, held in
// order by points of a timeline, any number in flight; sometimes with pinned memory.
#include <algorithm>
#include <array>

#include "raw_card.hpp"
#include "session.hpp"
#include "shape.hpp"

namespace groq::soak {
namespace {

constexpr int patience_seconds = 180; // against hanging
constexpr std::uint64_t space = 320 * 100;
constexpr std::uint64_t pairs_max = 16;

drm_groq_command command(std::uint32_t type, const raw_buffer &host,
                         const shape &copied, std::uint64_t sram) {
    const bool in = type == DRM_GROQ_COMMAND_COPY_IN;
    drm_groq_command made{};
    made.type = type;
    made.bo = host.handle();
    made.rows = static_cast<std::uint32_t>(copied.rows);
    made.bo_offset = in ? copied.from : copied.to;
    made.sram = sram + copied.sram;
    made.size = copied.bytes;
    made.bo_stride = in ? copied.from_stride : copied.to_stride;
    made.sram_stride = copied.sram_stride;
    return made;
}

class raw_session : public session {
public:
    raw_session(const std::string &address, bool pin)
        : card_(address), pinned_(pin && card_.has(DRM_GROQ_FEATURE_BO_PIN)),
          context_(card_.create_context()), in_(card_.create_queue(context_, 0)),
          out_(card_.create_queue(context_, 1)), timeline_(card_.create_timeline()),
          results_(card_, 8192, false) {
        for (std::uint64_t i = 0; i < pairs_max; ++i)
            pairs_[i] = std::make_unique<pair>(card_, pinned_, context_);
    }

    void step(randomness &random, journal &log) override {
        const std::uint64_t count = pick(random, 1, pairs_max);
        std::ranges::fill(results_.bytes(), std::byte{0});
        for (std::uint64_t i = 0; i < count; ++i)
            launch(random, *pairs_[i], i);
        for (std::uint64_t i = 0; i < count; ++i)
            if (!card_.wait(timeline_, pairs_[i]->done, patience_seconds))
                log.stuck("a fence of " + std::to_string(count) + " pairs");
        for (std::uint64_t i = 0; i < count; ++i)
            land(*pairs_[i], i, log);
    }

private:
    struct pair {
        pair(const raw_card &card, bool pinned, std::uint32_t context)
            : source(card, 32768, pinned), target(card, 32768, pinned),
              sram(card.reserve(context, space)) {}
        raw_buffer source, target;
        std::uint64_t sram, done = 0;
        std::int64_t began = 0;
        shape copied{};
    };

    void launch(randomness &random, pair &one, std::uint64_t number) {
        one.copied = random_shape(random, space);
        scribble(random, one.source.bytes());
        std::ranges::fill(one.target.bytes(), untouched);
        one.began = milliseconds();
        const std::uint64_t arrived = ++point_;
        submit(in_, command(DRM_GROQ_COMMAND_COPY_IN, one.source, one.copied, one.sram),
               2 * number, 0, arrived);
        one.done = ++point_;
        submit(out_,
               command(DRM_GROQ_COMMAND_COPY_OUT, one.target, one.copied, one.sram),
               2 * number + 1, arrived, one.done);
    }

    void submit(std::uint32_t queue, drm_groq_command what, std::uint64_t result,
                std::uint64_t after, std::uint64_t then) const {
        drm_groq_sync wait{}, signal{};
        wait.handle = signal.handle = timeline_;
        wait.point = after;
        signal.point = then;
        drm_groq_submit arguments{};
        arguments.queue = queue;
        arguments.commands = reinterpret_cast<std::uintptr_t>(&what);
        arguments.command_count = 1;
        arguments.waits = reinterpret_cast<std::uintptr_t>(&wait);
        arguments.wait_count = after != 0;
        arguments.signals = reinterpret_cast<std::uintptr_t>(&signal);
        arguments.signal_count = 1;
        arguments.result_bo = results_.handle();
        arguments.result_offset = result * sizeof(drm_groq_result);
        card_.call(DRM_IOCTL_GROQ_SUBMIT, arguments, "submit");
    }

    void land(const pair &one, std::uint64_t number, journal &log) const {
        const auto *results =
            reinterpret_cast<const drm_groq_result *>(results_.bytes().data());
        const auto &in = results[2 * number], &out = results[2 * number + 1];
        for (const drm_groq_result *end : {&in, &out}) {
            if (end->status == DRM_GROQ_STATUS_PENDING)
                log.wrong("signalled, but the result is pending");
            if (end->status != DRM_GROQ_STATUS_OK)
                log.error(status_name(end->status), one.began,
                          end == &in ? "copy in" : "copy out");
        }
        if (in.status != DRM_GROQ_STATUS_OK || out.status != DRM_GROQ_STATUS_OK)
            return;
        const std::uint64_t bytes = one.copied.total();
        if (in.value != bytes || out.value != bytes ||
            !brought(one.copied, one.source.bytes(), one.target.bytes()))
            log.wrong("a pair of copies");
        log.did(pinned_ ? "pinned" : "fenced", 2 * bytes);
    }

    raw_card card_;
    bool pinned_;
    std::uint32_t context_, in_, out_, timeline_;
    raw_buffer results_;
    std::array<std::unique_ptr<pair>, pairs_max> pairs_;
    std::uint64_t point_ = 0;
};

} // namespace

std::unique_ptr<session> open_raw_session(const std::string &address, bool pin) {
    return std::make_unique<raw_session>(address, pin);
}

} // namespace groq::soak
