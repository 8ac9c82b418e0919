// SPDX-License-Identifier: MIT
#include "ring.hpp"

#include <algorithm>
#include <chrono>
#include <cstring>
#include <thread>

namespace groq::sim {
namespace {

template <class T>
std::span<T> array_at(const host_pages &pages, std::size_t offset, std::size_t count) {
    return {reinterpret_cast<T *>(pages.bytes().data() + offset), count};
}

} // namespace

result<std::unique_ptr<ring>> ring::create(card &card, unsigned number,
                                           unsigned priority) {
    auto pages =
        card.memory().allocate(entries * (sizeof(groq_command) + sizeof(groq_fault) +
                                          sizeof(groq_completion)));
    if (!pages)
        return fail(errc::memory, "no memory for a queue of a simulated card");
    auto made = std::make_unique<ring>(card, number, priority, std::move(pages));
    made->start();
    return made;
}

ring::ring(card &card, unsigned number, unsigned priority,
           std::shared_ptr<host_pages> pages)
    : card_(card), number_(number), priority_(priority), pages_(std::move(pages)),
      commands_(array_at<groq_command>(*pages_, 0, entries)),
      faults_(array_at<groq_fault>(*pages_, commands_.size_bytes(), entries)),
      completions_(array_at<groq_completion>(
          *pages_, commands_.size_bytes() + faults_.size_bytes(), entries)) {}

// Completions of the last time would look like those of this one.
void ring::start() {
    std::fill(completions_.begin(), completions_.end(), groq_completion{});
    tail_ = head_ = 0;
    phase_ = true;
    const auto base = pages_->bus_address();
    card_.write64(reg(GROQ_QUEUE_SQ_BASE), base);
    card_.write64(reg(GROQ_QUEUE_FAULT_BASE), base + commands_.size_bytes());
    card_.write64(reg(GROQ_QUEUE_CQ_BASE),
                  base + commands_.size_bytes() + faults_.size_bytes());
    card_.write32(reg(GROQ_QUEUE_SIZE), size_log2);
    card_.write32(reg(GROQ_QUEUE_VECTOR), vector());
    card_.write32(reg(GROQ_QUEUE_CONTROL), GROQ_QUEUE_ENABLE | priority_ << 4);
}

ring::~ring() {
    stop();
    set_windows({});
}

// The chip lets go within microseconds and has no way to tell.
void ring::stop() {
    using namespace std::chrono_literals;
    card_.write32(reg(GROQ_QUEUE_CONTROL), 0);
    while (card_.read32(reg(GROQ_QUEUE_STATUS)) & GROQ_QUEUE_ACTIVE)
        std::this_thread::sleep_for(20us);
}

// Those that are given up last: another one has grown over them.
void ring::set_windows(const sram_windows &windows) {
    for (const bool is_used : {true, false})
        for (unsigned i = 0; i < GROQ_QUEUE_WINDOWS; ++i)
            if (const auto &each = windows.all()[i]; bool(each.size) == is_used)
                set_window(i, each);
}

// Base and size by one write: the window is the old one or the new one.
void ring::set_window(unsigned number, const sram_extent &extent) {
    constexpr std::uint32_t all =
        GROQ_WINDOW_READ | GROQ_WINDOW_WRITE | GROQ_WINDOW_EXECUTE;
    const auto window = reg(GROQ_QUEUE_WINDOW(number));
    card_.write32(window + GROQ_WINDOW_ACCESS, extent.size ? all : 0);
    card_.write64(window + GROQ_WINDOW_BASE, extent.address | extent.size << 32);
}

void ring::push(const groq_command &command) {
    commands_[tail_] = command;
    tail_ = (tail_ + 1) % entries;
}

void ring::announce() {
    card_.write32(GROQ_DOORBELL(number_) + GROQ_DOORBELL_SQ_TAIL, tail_);
}

// The chip writes the word with the phase last.
std::optional<ended_command> ring::pop() {
    auto *entry = reinterpret_cast<std::byte *>(&completions_[head_]);
    constexpr auto last = offsetof(groq_completion, status);
    const std::uint64_t word = __atomic_load_n(
        reinterpret_cast<const std::uint64_t *>(entry + last), __ATOMIC_ACQUIRE);
    ended_command ended{};
    std::memcpy(&ended.completion.status, &word, sizeof word);
    if (bool(ended.completion.flags & GROQ_COMPLETION_PHASE) != phase_)
        return std::nullopt;
    std::memcpy(&ended.completion, entry, last);
    if (ended.completion.status != GROQ_COMPLETION_OK)
        ended.fault = faults_[head_];
    head_ = (head_ + 1) % entries;
    phase_ ^= head_ == 0;
    return ended;
}

void ring::acknowledge() {
    card_.write32(GROQ_DOORBELL(number_) + GROQ_DOORBELL_CQ_HEAD, head_);
}

} // namespace groq::sim
