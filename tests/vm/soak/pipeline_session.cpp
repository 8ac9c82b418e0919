// SPDX-License-Identifier: MIT
//
// Through a pipeline of libgroq: as many runs at once as it takes; some are ended
// early, and some are still on their way when it is destroyed.
#include <algorithm>
#include <chrono>
#include <optional>
#include <vector>

#include <groq/groq.hpp>

#include "adder.hpp"
#include "runtime_card.hpp"
#include "session.hpp"
#include "shape.hpp"

namespace groq::soak {
namespace {

constexpr unsigned rows = 40, addend = 13;

class pipeline_session : public session {
public:
    pipeline_session(const std::string &address, unsigned slot, randomness &random)
        : device_(open_card(address, random)),
          program_(program::load(adder(slot, rows, addend), "adder").value()),
          image_(device_, program_, patience), depth_(unsigned(pick(random, 2, 6))),
          inputs_(depth_, std::vector<std::byte>(rows * 320)), output_(rows * 320) {
        pipeline_.emplace(image_, pipeline_options{.depth = depth_});
    }

    void step(randomness &random, journal &log) override {
        const auto count = pick(random, 1, depth_);
        const std::int64_t began = milliseconds();
        std::uint64_t first = 0;
        for (std::uint64_t run = 0; run < count; ++run) {
            scribble(random, inputs_[run]);
            const auto number = pipeline_->push(inputs_[run], now).value();
            first = run == 0 ? number : first;
        }
        const auto victim = pick(random, 0, 4 * count); // mostly none of them
        if (victim < count)
            pipeline_->cancel(first + victim).value();
        if (pick(random, 0, 15) == 0)
            return start_anew(log);
        for (std::uint64_t run = 0; run < count; ++run)
            land(run, run == victim, began, log);
    }

private:
    void start_anew(journal &log) {
        pipeline_.reset();
        pipeline_.emplace(image_, pipeline_options{.depth = depth_});
        log.did("abandoned", 0);
    }

    void land(std::uint64_t run, bool may_be_canceled, std::int64_t began,
              journal &log) {
        const auto end = pipeline_->pop(output_, patience);
        if (!end && end.error() == errc::timeout)
            log.stuck("a run of a pipeline");
        const auto &failure = end.value().failure; // it is taken
        if (!failure && !is_sum(inputs_[run], output_))
            log.wrong("a run of a pipeline");
        if (!failure)
            log.did("pipeline", end->bytes);
        else if (may_be_canceled && *failure == errc::canceled)
            log.did("canceled", 0);
        else
            log.error(groq_error_name(failure->code().value()), began,
                      failure->message());
    }

    static bool is_sum(std::span<const std::byte> in, std::span<const std::byte> out) {
        return std::ranges::equal(in, out, [](std::byte addend_in, std::byte sum) {
            return sum == std::byte(std::to_integer<unsigned>(addend_in) + addend);
        });
    }

    device device_;
    program program_;
    image image_;
    unsigned depth_;
    std::optional<pipeline> pipeline_;
    std::vector<std::vector<std::byte>> inputs_;
    std::vector<std::byte> output_;
};

} // namespace

std::unique_ptr<session> open_pipeline_session(const std::string &address,
                                               unsigned slot, randomness &random) {
    return std::make_unique<pipeline_session>(address, slot, random);
}

} // namespace groq::soak
