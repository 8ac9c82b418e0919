// SPDX-License-Identifier: MIT
//
// What the kernel's driver does for a real card: contexts that own SRAM and
// queues, and keep off each other.
#pragma once

#include <cstdint>
#include <map>
#include <memory>
#include <mutex>
#include <optional>
#include <vector>

#include <groq/groq.h>

#include "../kernel_port.hpp"
#include "../uri.hpp"
#include "card.hpp"
#include "card_links.hpp"
#include "sram_map.hpp"
#include "sram_windows.hpp"
#include "work_queue.hpp"

namespace groq::sim {

// Ids are unique on the card. Any thread may use it; meanings and refusals are
// those of groq_accel.h.
class driver {
public:
    static result<std::shared_ptr<driver>> create(const sim_name &name);
    explicit driver(std::unique_ptr<card> card, const sim_name &name);
    driver(const driver &) = delete;
    ~driver();

    const sim_name &name() const { return name_; }
    host_memory &memory() { return card_->memory(); }
    sim::card &hardware() { return *card_; }
    card_links &links() const { return *links_; }

    void describe(groq_device_info &info) const;
    void read(groq_telemetry &telemetry) const;
    result<std::uint64_t> parameter(drm_groq_param which) const;

    result<std::uint32_t> create_context(std::uint32_t flags);
    void destroy_context(std::uint32_t id);
    result<std::uint64_t> reserve_sram(std::uint32_t context,
                                       std::optional<std::uint64_t> address,
                                       std::uint64_t size);
    result<void> release_sram(std::uint32_t context, std::uint64_t address);
    result<std::uint32_t> create_queue(std::uint32_t context, std::uint32_t priority);
    void destroy_queue(std::uint32_t id);

    // `made` of what was `asked` for, or refused. Refuses what touches SRAM that is
    // not of the queue's context: errc::access.
    void submit(std::uint32_t queue, std::span<const port_submission> asked,
                submissions made);
    std::shared_ptr<work_queue> queue(std::uint32_t id) const;

private:
    struct context_state {
        bool is_exclusive;
        std::vector<sram_extent> reserved = {};
        sram_windows windows = {}; // on what is reserved
    };
    struct owned_queue {
        std::uint32_t context;
        std::shared_ptr<work_queue> queue;
    };

    result<void> check_memory_locked(const owned_queue &queue,
                                     const port_submission &asked) const;
    result<void> add_waits_locked(std::uint32_t queue, const port_submission &asked,
                                  submission &made) const;
    bool is_idle_locked(std::uint32_t context) const;
    bool add_range_locked(std::uint32_t context, const sram_extent &extent);
    void set_windows_locked(std::uint32_t context);
    void remove_queue_locked(std::uint32_t id);

    std::unique_ptr<card> card_;
    sim_name name_;
    std::shared_ptr<card_links> links_;
    mutable std::mutex lock_; // all below
    sram_map sram_;
    std::map<std::uint32_t, context_state> contexts_; // by id
    std::map<std::uint32_t, owned_queue> queues_; // by id: 1 + the hardware's number
    std::uint32_t last_context_ = 0;
};

} // namespace groq::sim
