// SPDX-License-Identifier: MIT
//
// An open card: a port to it and a context of one's own there.
#pragma once

#include <cstdint>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <vector>

#include <groq/groq.h>

#include "card_events.hpp"
#include "context.hpp"
#include "handle.hpp"
#include "image_cache.hpp"
#include "kernel_port.hpp"

// Any thread may use it.
struct groq_device : groq::shared_handle<groq_device> {
public:
    static groq::result<std::shared_ptr<groq_device>>
    open(const std::string &uri, std::shared_ptr<const groq_context> parent);
    // The same over a port that is there already.
    static groq::result<std::shared_ptr<groq_device>>
    attach(std::unique_ptr<groq::kernel_port> port, bool shared,
           std::shared_ptr<const groq_context> parent =
               std::make_shared<const groq_context>());

    groq_device(std::unique_ptr<groq::kernel_port> port, std::uint64_t features,
                std::uint32_t context, bool is_shared,
                std::shared_ptr<const groq_context> parent);
    ~groq_device();

    // That it was opened through.
    const groq_context &parent() const { return *parent_; }
    groq::kernel_port &port() const { return *port_; }
    std::uint32_t context() const { return context_; }
    // Null: untraced.
    groq::trace *trace() const { return trace_; }
    // DRM_GROQ_FEATURE_*
    bool has_feature(std::uint64_t feature) const { return features_ & feature; }

    // errc::device_lost from the first time on that the card was found missing.
    groq::result<void> check_present() const;
    void note_lost() noexcept { events_.note_lost(); }
    template <class T>
    groq::result<T> watch(groq::result<T> done) noexcept {
        if (!done && done.error() == groq::errc::device_lost)
            note_lost();
        return done;
    }

    // Polls readable while read_events() has something to tell.
    groq::result<int> event_file() { return watch(events_.file(*port_)); }
    // GROQ_EVENT_*
    groq::result<std::uint32_t> read_events() { return watch(events_.read(*port_)); }

    // At `address` or anywhere; returns where.
    groq::result<std::uint64_t> reserve_sram(std::optional<std::uint64_t> address,
                                             std::uint64_t size);
    // Now, or as soon as the context has no work.
    void release_sram(std::uint64_t address) noexcept;
    // For when work has ended.
    void retry_releases() noexcept;
    // The same, within reserve_sram(); try_: false if the context has work.
    void release_sram_locked(std::uint64_t address) noexcept;
    bool try_release_locked(std::uint64_t address) noexcept;

    groq::image_cache &images() { return images_; }

    groq_device_info info() const;

private:
    void release_waiting_locked() noexcept;
    groq::error explain_full(const groq::error &full) const;

    std::shared_ptr<const groq_context> parent_;
    groq::card_events events_;
    std::unique_ptr<groq::kernel_port> port_;
    groq::trace *trace_ = port_->tracing();
    std::uint64_t features_; // of its driver
    std::uint32_t context_;
    std::mutex sram_lock_;
    std::vector<std::uint64_t> releases_; // that wait for work to end; sram_lock_
    groq::image_cache images_;            // has a lock of its own, below sram_lock_
};
