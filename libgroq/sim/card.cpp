// SPDX-License-Identifier: MIT
#include "card.hpp"

#include <cstdio>
#include <cstring>
#include <utility>

#include <sys/mman.h>
#include <unistd.h>

namespace groq::sim {
namespace {

// How long an engine works before it looks whether it shall stop.
constexpr std::uint64_t budget = 1 << 20;

card &of(void *opaque) {
    return *static_cast<card *>(opaque);
}

} // namespace

const groq_host card::callbacks = {
    .dma_read =
        [](void *card, std::uint64_t address, void *data, std::size_t bytes) {
            return of(card).memory_.read(address, data, bytes);
        },
    .dma_write =
        [](void *card, std::uint64_t address, const void *data, std::size_t bytes) {
            return of(card).memory_.write(address, data, bytes);
        },
    .interrupt = [](void *card, unsigned vector) { of(card).interrupt(vector); },
    .wake = [](void *card, unsigned engine) { of(card).wake(engine); },
    .now_ns =
        [](void *card) {
            const auto on = std::chrono::steady_clock::now() - of(card).power_on_;
            return std::uint64_t(std::chrono::nanoseconds(on).count());
        },
    .transmit = [](void *card, unsigned link, const void *message,
                   std::size_t bytes) { of(card).transmit(link, message, bytes); },
    .log = [](void *, const char *) {},
};

result<std::unique_ptr<card>> card::create(std::uint64_t sram_bytes,
                                           std::uint32_t links, std::uint64_t serial) {
    if (sram_bytes == 0)
        return fail(errc::invalid, "no chip can have 0 bytes of SRAM");
    // Zeroes that take no memory before they are touched.
    void *sram = ::mmap(nullptr, sram_bytes, PROT_READ | PROT_WRITE,
                        MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
    if (sram == MAP_FAILED)
        return fail(errc::memory, errno, "cannot map SRAM for a simulated card");
    // A program touches a little of every slice: in huge pages, which systems give
    // unasked, that would be all of it. Without them in the kernel there is nothing to
    // say.
    (void)::madvise(sram, sram_bytes, MADV_NOHUGEPAGE);
    auto made =
        std::make_unique<card>(std::span(static_cast<std::byte *>(sram), sram_bytes));
    const groq_chip_config config{sizeof config, sram_bytes, sram, serial, links, 0};
    made->chip_ = ::groq_chip_create(&config, &callbacks, made.get());
    if (!made->chip_)
        return fail(errc::invalid, "no chip can have %llu bytes of SRAM and %u links",
                    (unsigned long long)sram_bytes, links);
    for (unsigned engine = 0; engine < GROQ_ENGINES; ++engine)
        made->engines_[engine].thread =
            std::thread(&card::run, made.get(), groq_engine(engine));
    return made;
}

card::card(std::span<std::byte> sram) : sram_(sram) {}

card::~card() {
    stop_ = true;
    for (unsigned each = 0; each < GROQ_ENGINES; ++each) {
        wake(each);
        if (engines_[each].thread.joinable())
            engines_[each].thread.join();
    }
    if (chip_)
        ::groq_chip_destroy(chip_);
    ::munmap(sram_.data(), sram_.size());
}

result<void> card::trace(const std::string &file, const std::string &name) {
    const auto complain = [](void *self, const char *line) { of(self).complain(line); };
    tracer_.reset(::groq_tracer_create(file.c_str(), name.c_str(), complain, this));
    if (!tracer_)
        return fail(errc::invalid, "%s", complaint_.c_str());
    ::groq_chip_observe(chip_, &groq_tracer_observer, tracer_.get());
    return {};
}

void card::trace(std::shared_ptr<groq::trace> line, const std::string &name) {
    time_line_ = std::move(line);
    const groq_trace_line chip{
        .process = time_line_->add_process(name),
        .now_ns = [](void *self) { return of(self).time_line_->ns_since_start(); },
        .add =
            [](void *self, const char *event, std::size_t bytes) {
                of(self).time_line_->add({event, bytes});
            },
    };
    tracer_.reset(::groq_tracer_create_on(&chip, this));
    ::groq_chip_observe(chip_, &groq_tracer_observer, tracer_.get());
}

// Once a trace has begun there is nobody to return to.
void card::complain(const char *line) {
    complaint_ = line;
    if (tracer_)
        std::fprintf(stderr, "libgroq: %s\n", line);
}

void card::run(groq_engine which) {
    auto &engine = engines_[which];
    while (!stop_) {
        {
            std::unique_lock lock(engine.lock);
            engine.woken.wait(lock, [&] { return engine.has_work; });
            engine.has_work = false;
        }
        while (!stop_ && ::groq_chip_work(chip_, which, budget))
            continue;
    }
}

void card::wake(unsigned which) {
    auto &engine = engines_[which];
    {
        const std::lock_guard lock(engine.lock);
        engine.has_work = true;
    }
    engine.woken.notify_one();
}

// What a chip sends at once waits until the other one has the cable, too.
bool card::plug(card &a, unsigned a_link, card &b, unsigned b_link,
                const groq_cable &cable) {
    std::unique_lock one(a.cables_lock_, std::defer_lock);
    std::unique_lock other(b.cables_lock_, std::defer_lock);
    if (&a == &b)
        one.lock();
    else
        std::lock(one, other);
    if (!::groq_chip_plug(a.chip_, a_link, &cable))
        return false;
    if (!::groq_chip_plug(b.chip_, b_link, &cable)) {
        ::groq_chip_unplug(a.chip_, a_link);
        return false;
    }
    a.cables_[a_link] = b.taker(b_link);
    b.cables_[b_link] = a.taker(a_link);
    return true;
}

// A chip that refuses what another one sends has taken its link down.
card::carrier card::taker(unsigned link) {
    return [this, link](const void *message, std::size_t bytes) {
        deliver(link, {static_cast<const std::byte *>(message), bytes});
    };
}

bool card::plug(unsigned link, const groq_cable &cable, carrier taker) {
    const std::lock_guard lock(cables_lock_);
    if (!::groq_chip_plug(chip_, link, &cable))
        return false;
    cables_[link] = std::move(taker);
    return true;
}

void card::unplug(unsigned link) {
    const std::lock_guard lock(cables_lock_);
    if (std::exchange(cables_[link], {}))
        ::groq_chip_unplug(chip_, link);
}

void card::unplug() {
    for (unsigned link = 0; link < cables_.size(); ++link)
        unplug(link);
}

bool card::deliver(unsigned link, std::span<const std::byte> message) {
    return ::groq_chip_deliver(chip_, link, message.data(), message.size());
}

void card::transmit(unsigned link, const void *message, std::size_t bytes) {
    const std::lock_guard lock(cables_lock_);
    if (cables_[link])
        cables_[link](message, bytes);
}

void card::interrupt(unsigned vector) {
    std::shared_ptr<interrupt_target> target;
    {
        const std::lock_guard lock(vectors_lock_);
        target = vectors_[vector];
    }
    if (target)
        target->interrupt();
}

void card::connect(unsigned vector, std::shared_ptr<interrupt_target> target) {
    const std::lock_guard lock(vectors_lock_);
    vectors_[vector].swap(target);
}

std::uint32_t card::read32(std::uint64_t offset) const {
    return std::uint32_t(::groq_chip_read(chip_, offset, 4));
}

std::uint64_t card::read64(std::uint64_t offset) const {
    return ::groq_chip_read(chip_, offset, 8);
}

void card::write32(std::uint64_t offset, std::uint32_t value) {
    ::groq_chip_write(chip_, offset, value, 4);
}

void card::write64(std::uint64_t offset, std::uint64_t value) {
    ::groq_chip_write(chip_, offset, value, 8);
}

// Whole pages go back to the system and come again as zeroes.
void card::scrub(std::uint64_t address, std::uint64_t size) {
    const std::uint64_t page = std::uint64_t(::sysconf(_SC_PAGESIZE));
    const auto end = address + size;
    const auto first = std::min((address + page - 1) / page * page, end);
    const auto last = std::max(end / page * page, first);
    std::memset(sram_.data() + address, 0, first - address);
    std::memset(sram_.data() + last, 0, end - last);
    if (last > first)
        ::madvise(sram_.data() + first, last - first, MADV_DONTNEED);
}

} // namespace groq::sim
