// SPDX-License-Identifier: MIT
//
// Through libgroq: several jobs in flight in two queues, copies and programs. Some are
// ended early; now and then the program is loaded by somebody else, too.
#include <algorithm>
#include <functional>
#include <vector>

#include <groq/groq.hpp>

#include "adder.hpp"
#include "runtime_card.hpp"
#include "session.hpp"
#include "shape.hpp"

namespace groq::soak {
namespace {

constexpr std::uint64_t space = 320 * 800;
constexpr unsigned rows = 40, addend = 77;

// What can be submitted, again and again; once at a time.
class work {
public:
    virtual ~work() = default;
    virtual const char *kind() const = 0;
    virtual job &prepare(randomness &random) = 0;
    // Whether what is reported as done is so.
    virtual bool is_right(const completion &end) const = 0;
    virtual errc expected() const { return errc{}; } // the error, if it is to fail
};

class copies : public work {
public:
    explicit copies(const device &device)
        : device_(device), range_(device, space), source_(device, space),
          target_(device, space), job_(device) {}

    const char *kind() const override { return "copy"; }
    job &prepare(randomness &random) override {
        shape_ = random_shape(random, space);
        scribble(random, source_.bytes());
        std::ranges::fill(target_.bytes(), untouched);
        const std::uint64_t sram = range_.address() + shape_.sram;
        job_ = job(device_);
        job_.copy_in({source_, shape_.from, sram, shape_.bytes, shape_.rows,
                      shape_.from_stride, shape_.sram_stride})
            .value();
        job_.copy_out({target_, shape_.to, sram, shape_.bytes, shape_.rows,
                       shape_.to_stride, shape_.sram_stride})
            .value();
        return job_;
    }
    bool is_right(const completion &end) const override {
        return end.bytes == 2 * shape_.total() &&
               brought(shape_, source_.bytes(), target_.bytes());
    }

private:
    const device &device_;
    region range_;
    buffer source_, target_;
    job job_;
    shape shape_{};
};

class sums : public work {
public:
    explicit sums(const image &image, std::uint64_t cycles)
        : job_(image), cycles_(cycles), in_(rows * 320), out_(rows * 320) {}

    const char *kind() const override { return "program"; }
    job &prepare(randomness &random) override {
        scribble(random, in_);
        job_.set_input(0, in_).value();
        return job_;
    }
    bool is_right(const completion &end) const override {
        job_.get_output(1, out_).value();
        return end.cycles == cycles_ && end.bytes == 2 * in_.size() &&
               std::ranges::equal(in_, out_, [](std::byte in, std::byte out) {
                   return out == std::byte(std::to_integer<unsigned>(in) + addend);
               });
    }

private:
    job job_;
    std::uint64_t cycles_;
    std::vector<std::byte> in_;
    mutable std::vector<std::byte> out_;
};

// Its own fault, which must trouble nobody else.
class overlong : public work {
public:
    explicit overlong(const device &device, const image &image) : job_(device) {
        job_.run(image, "main", 1).value();
    }

    const char *kind() const override { return "own_fault"; }
    job &prepare(randomness &) override { return job_; }
    bool is_right(const completion &) const override { return false; }
    errc expected() const override { return errc::fault; }

private:
    job job_;
};

class runtime_session : public session {
public:
    runtime_session(const std::string &address, unsigned slot, randomness &random)
        : device_(open_card(address, random)),
          program_(program::load(adder(slot, rows, addend), "adder").value()),
          image_(device_, program_, patience), queues_{queue(device_), queue(device_)} {
        for (int i = 0; i < 4; ++i)
            works_.push_back(std::make_unique<copies>(device_));
        // One image may be in work in one queue at a time: they have one of their own.
        programs_.push_back(
            std::make_unique<sums>(image_, program_.entry(0).value().cycles));
        programs_.push_back(std::make_unique<overlong>(device_, image_));
    }

    void step(randomness &random, journal &log) override {
        std::vector<flight> flights;
        std::ranges::shuffle(works_, random);
        for (std::uint64_t i = pick(random, 0, works_.size()); i > 0; --i)
            launch(random, flights, *works_[i - 1]);
        launch(random, flights, *programs_[pick(random, 0, 9) ? 0 : 1]);
        if (pick(random, 0, 7) == 0)
            cancel(flights[pick(random, 0, flights.size() - 1)]);
        if (pick(random, 0, 7) == 0)
            share(log);
        std::ranges::shuffle(flights, random);
        for (const flight &one : flights)
            land(one, log);
    }

private:
    struct flight {
        work *what;
        queue *where;
        groq::ticket ticket;
        std::int64_t began;
        bool is_canceled = false;
    };

    void launch(randomness &random, std::vector<flight> &flights, work &what) {
        job &ready = what.prepare(random);
        queue &where = queues_[pick(random, 0, 1)];
        const std::int64_t began = milliseconds();
        flights.push_back({&what, &where, where.submit(ready).value(), began});
    }

    static void cancel(flight &one) {
        one.where->cancel(one.ticket).value();
        one.is_canceled = true;
    }

    // Nothing travels, whatever its jobs do meanwhile.
    void share(journal &log) {
        const image again(device_, program_, patience);
        if (again.info().value().copied_bytes != 0)
            log.wrong("an image that was there already");
        log.did("shared_image", 0);
    }

    static void land(const flight &one, journal &log) {
        const auto end = one.where->wait(one.ticket, patience);
        if (end.has_value()) {
            if (!one.what->is_right(*end))
                log.wrong(one.what->kind());
            log.did(one.what->kind(), end->bytes);
            return;
        }
        const errc code{end.error().code().value()};
        if (code == errc::timeout)
            log.stuck(one.what->kind());
        if (code == one.what->expected())
            log.did(one.what->kind(), 0);
        else if (one.is_canceled && code == errc::canceled)
            log.did("canceled", 0);
        else
            log.error(groq_error_name(int(code)), one.began, end.error().message());
    }

    device device_;
    program program_;
    image image_;
    queue queues_[2];
    std::vector<std::unique_ptr<work>> works_, programs_;
};

} // namespace

std::unique_ptr<session> open_runtime_session(const std::string &address, unsigned slot,
                                              randomness &random) {
    return std::make_unique<runtime_session>(address, slot, random);
}

} // namespace groq::soak
