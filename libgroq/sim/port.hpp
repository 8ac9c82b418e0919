// SPDX-License-Identifier: MIT
//
// An open simulated card: what an open file of the kernel's driver is.
#pragma once

#include <cstdint>
#include <map>
#include <memory>
#include <mutex>
#include <set>

#include "../kernel_port.hpp"
#include "driver.hpp"

namespace groq::sim {

// Room for scatter entries, as we see it and as the card does.
struct scatter_room {
    std::span<groq_scatter> entries = {};
    std::uint64_t bus_address = 0;
};

class port final : public kernel_port {
public:
    explicit port(std::shared_ptr<driver> driver) : driver_(std::move(driver)) {}
    port(const port &) = delete;
    ~port() override;

    void describe(groq_device_info &info) const override;
    result<std::uint64_t> parameter(drm_groq_param which) const override;
    result<void> read(groq_telemetry &telemetry) const override;
    result<port_links> links() const override { return driver_->links().read(); }
    result<drm_groq_link_align> align_link(std::uint32_t link, std::uint32_t samples,
                                           bool is_adjusted) override {
        return driver_->links().align(link, samples, is_adjusted);
    }

    result<port_buffer> create_buffer(std::uint64_t size) override;
    result<port_buffer> pin_buffer(std::span<std::byte> bytes,
                                   bool is_read_only) override;
    result<int> export_buffer(const port_buffer &buffer) override;
    result<port_buffer> import_buffer(int file) override;
    void destroy_buffer(const port_buffer &buffer) noexcept override;
    result<std::uint32_t> create_context(std::uint32_t flags) override;
    void destroy_context(std::uint32_t id) noexcept override;
    result<std::uint64_t> reserve_sram(std::uint32_t context,
                                       std::optional<std::uint64_t> address,
                                       std::uint64_t size) override;
    result<void> release_sram(std::uint32_t context, std::uint64_t address) override;

    result<port_queue> create_queue(std::uint32_t context, std::uint32_t priority,
                                    std::uint32_t path) override;
    void destroy_queue(const port_queue &queue) noexcept override;
    result<std::size_t> submit(const port_queue &queue,
                               std::span<const port_submission> submissions) override;
    result<void> refusal(const port_queue &queue, std::uint64_t point) override;
    result<void> cancel(const port_queue &queue, std::uint64_t point) override;
    result<std::uint64_t> signalled(const port_queue &queue) override;
    result<bool> wait(const port_queue &queue, std::uint64_t point,
                      std::int64_t deadline) override;
    result<void> notify(const port_queue &queue, std::uint64_t point,
                        int event_file) override;
    port_costs costs(const port_queue &queue) const noexcept override;
    // But for its links nothing befalls a simulated card.
    result<void> watch(int event_file) override;
    std::uint32_t take_events() noexcept override;

private:
    result<void> fill(submission &made, const port_submission &asked,
                      work_queue &queue) const;
    std::uint32_t keep(std::shared_ptr<host_pages> pages);
    std::shared_ptr<host_pages> pages(std::uint32_t handle) const;
    result<void> make_room(submission &made, const port_submission &asked,
                           work_queue &queue) const;
    result<work> make_work(const drm_groq_command &command, scatter_room &lists) const;
    result<work> make_copy(const drm_groq_command &command, scatter_room &lists) const;

    std::shared_ptr<driver> driver_;
    mutable std::mutex lock_;                                      // all below
    std::map<std::uint32_t, std::shared_ptr<host_pages>> buffers_; // by handle
    std::uint32_t last_handle_ = 0;
    int event_file_ = -1;           // of who watches the card
    std::uint64_t last_change_ = 0; // of its links that was told
};

} // namespace groq::sim
