// SPDX-License-Identifier: MIT
// The chip: owns its blocks, routes register accesses to them, and ties
// reset, engines and saved state together. See groq_chip.h for the contract.
#ifndef GROQ_CHIP_CHIP_HPP
#define GROQ_CHIP_CHIP_HPP

#include <atomic>

#include "copy_engine.hpp"
#include "counters.hpp"
#include "device_interrupts.hpp"
#include "error_injector.hpp"
#include "failures.hpp"
#include "host.hpp"
#include "links.hpp"
#include "mailbox.hpp"
#include "observer.hpp"
#include "program_engine.hpp"
#include "queue_set.hpp"
#include "register_file.hpp"
#include "sram.hpp"
#include "stream_errors.hpp"
#include "telemetry.hpp"
#include "uptime.hpp"

namespace groq::chip {

class chip {
public:
    chip(const groq_chip_config &config, const groq_host &host, void *opaque);

    // False: not enough memory; the chip must not be used.
    bool is_usable() const { return programs_.is_usable(); }

    uint64_t read(uint64_t offset, unsigned int bytes) const;
    void write(uint64_t offset, uint64_t value, unsigned int bytes);
    bool work(groq_engine engine, uint64_t budget);
    groq_progress advance(uint64_t until);
    void observe(const groq_observer *callbacks, void *opaque) {
        observer_.attach(callbacks, opaque);
    }
    bool plug(uint32_t link, const groq_cable &cable) {
        return links_.plug(link, cable);
    }
    void unplug(uint32_t link) { links_.unplug(link); }
    bool deliver(uint32_t link, const void *message, size_t bytes) {
        return links_.deliver(link, message, bytes);
    }
    // As from outside: also where the chip itself no longer listens.
    void reset(bool cold);
    bool fail(groq_failure failure, int64_t value);
    int64_t failure(groq_failure failure) const;
    size_t save(void *data, size_t capacity);
    bool load(const void *data, size_t bytes);

private:
    uint64_t read_pair(uint32_t offset) const;
    uint64_t read_device_pair(uint32_t offset) const;
    void write_word(uint32_t offset, uint32_t value);
    void write_device_word(uint32_t offset, uint32_t value);
    void set_identity(const groq_chip_config &config);
    uint32_t status() const;
    // A reset that mends what hangs no deeper than @mends.
    void start_reset(groq_hang mends, bool cold);
    bool let_go_if_reset(groq_engine engine);
    void let_go(groq_engine engine);
    void set_fatal(bool fatal);
    void set_temperature(int64_t millidegrees);
    int64_t forced_temperature() const;
    void set_controller(bool crashed);
    void serialize(archive &a);
    bool load_unchecked(const void *data, size_t bytes);

    // What a reset still waits for: bit per engine that has not let go, and
    // then the SRAM, if it was a cold one.
    static constexpr uint32_t all_engines = (1u << GROQ_ENGINES) - 1;
    static constexpr uint32_t sram_to_clear = 1u << GROQ_ENGINES;
    std::atomic<uint32_t> resetting_{0};

    host host_;
    failures failures_;
    sram sram_;
    stream_errors stream_errors_;
    uptime uptime_;
    counters counters_;
    register_file registers_;
    device_interrupts interrupts_;
    telemetry telemetry_;
    mailbox mailbox_;
    error_injector injector_;
    links links_;
    queue_set queues_;
    copy_engine copies_;
    observer observer_;
    program_engine programs_;
};

} // namespace groq::chip

#endif
