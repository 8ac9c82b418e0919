// SPDX-License-Identifier: MIT
// A host for the chip under test: some memory on a bus, interrupts and wakes
// that are only recorded, a clock that the test moves, and DMA that fails when
// the test wants it to.
#ifndef GROQ_TESTS_CHIP_FAKE_HOST_HPP
#define GROQ_TESTS_CHIP_FAKE_HOST_HPP

#include <array>
#include <atomic>
#include <cstring>
#include <functional>
#include <limits>
#include <mutex>
#include <string>
#include <utility>
#include <vector>

#include "groq_chip.h"

namespace groq::chip::test {

class fake_host {
public:
    static constexpr uint64_t base = 0x100000000; // above 4 GiB, as on real hosts
    static constexpr size_t bytes = 32 << 20;

    groq_host callbacks() const {
        return {dma_read, dma_write, interrupt, wake, now_ns, transmit, log};
    }

    // Memory at bus address @address, which the test reads and writes freely.
    uint8_t *at(uint64_t address) { return memory_.data() + (address - base); }

    template <class T>
    T load(uint64_t address) {
        T value;
        std::memcpy(&value, at(address), sizeof(value));
        return value;
    }

    template <class T>
    void store(uint64_t address, const T &value) {
        std::memcpy(at(address), &value, sizeof(value));
    }

    // Page-aligned memory nobody else got.
    uint64_t allocate(size_t size) {
        uint64_t address = next_;
        next_ += (size + 4095) / 4096 * 4096;
        return address;
    }

    // The DMA call after @calls more of them fails; it alone.
    void fail_after(size_t calls) { fail_at_ = dma_calls + calls; }
    void never_fail() { fail_at_ = std::numeric_limits<size_t>::max(); }

    std::vector<unsigned int> take_interrupts() {
        std::lock_guard guard(lock_);
        return std::exchange(interrupts_, {});
    }

    std::vector<std::string> take_log() { return std::exchange(log_, {}); }
    unsigned int wakes(groq_engine engine) const { return wakes_[engine]; }

    std::atomic<size_t> dma_calls{0};
    std::atomic<uint64_t> time_ns{1000};
    // Called in the middle of every DMA, before its bytes move.
    std::function<void()> during_dma;
    // Of any engine. From any thread.
    std::function<void()> on_wake;
    // What is at the other end of the cables.
    std::function<void(unsigned int link, const void *message, size_t bytes)>
        on_transmit = [](unsigned int, const void *, size_t) {};

private:
    static fake_host &self(void *opaque) { return *static_cast<fake_host *>(opaque); }

    bool reach(uint64_t address, size_t size) {
        if (during_dma)
            during_dma();
        size_t call = dma_calls++;
        return call != fail_at_ && address >= base && address - base <= bytes &&
               size <= bytes - (address - base);
    }

    static bool dma_read(void *opaque, uint64_t address, void *data, size_t size) {
        if (!self(opaque).reach(address, size))
            return false;
        std::memcpy(data, self(opaque).at(address), size);
        return true;
    }

    static bool dma_write(void *opaque, uint64_t address, const void *data,
                          size_t size) {
        if (!self(opaque).reach(address, size))
            return false;
        std::memcpy(self(opaque).at(address), data, size);
        return true;
    }

    static void interrupt(void *opaque, unsigned int vector) {
        std::lock_guard guard(self(opaque).lock_);
        self(opaque).interrupts_.push_back(vector);
    }

    static void wake(void *opaque, unsigned int engine) {
        ++self(opaque).wakes_[engine];
        if (self(opaque).on_wake)
            self(opaque).on_wake();
    }

    static uint64_t now_ns(void *opaque) { return self(opaque).time_ns; }

    static void transmit(void *opaque, unsigned int link, const void *message,
                         size_t bytes) {
        self(opaque).on_transmit(link, message, bytes);
    }

    static void log(void *opaque, const char *message) {
        self(opaque).log_.push_back(message);
    }

    std::vector<uint8_t> memory_ = std::vector<uint8_t>(bytes);
    uint64_t next_ = base;
    std::atomic<size_t> fail_at_{std::numeric_limits<size_t>::max()};
    std::mutex lock_;
    std::vector<unsigned int> interrupts_;
    std::array<std::atomic<unsigned int>, GROQ_ENGINES> wakes_{};
    std::vector<std::string> log_;
};

} // namespace groq::chip::test

#endif
