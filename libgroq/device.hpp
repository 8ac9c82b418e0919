// SPDX-License-Identifier: MIT
//
// An open card: a port to it and a context of one's own there.
#pragma once

#include <atomic>
#include <cstdint>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <vector>

#include <groq/groq.h>

#include "handle.hpp"
#include "kernel_port.hpp"

// Any thread may use it.
struct groq_device : groq::shared_handle<groq_device> {
public:
    static groq::result<std::shared_ptr<groq_device>> open(const std::string &uri);
    // The same over a port that is there already.
    static groq::result<std::shared_ptr<groq_device>>
    attach(std::unique_ptr<groq::kernel_port> port, bool shared);

    groq_device(std::unique_ptr<groq::kernel_port> port, std::uint64_t features,
                std::uint32_t context);
    ~groq_device();

    groq::kernel_port &port() const { return *port_; }
    std::uint32_t context() const { return context_; }
    // DRM_GROQ_FEATURE_*
    bool has_feature(std::uint64_t feature) const { return features_ & feature; }

    // errc::device_lost from the first time on that the card was found missing.
    groq::result<void> check_present() const;
    void note_lost() noexcept { lost_ = true; }
    template <class T>
    groq::result<T> watch(groq::result<T> done) noexcept {
        if (!done && done.error() == groq::errc::device_lost)
            note_lost();
        return done;
    }

    // At `address` or anywhere; returns where.
    groq::result<std::uint64_t> reserve_sram(std::optional<std::uint64_t> address,
                                             std::uint64_t size);
    // Now, or as soon as the context has no work.
    void release_sram(std::uint64_t address) noexcept;
    // For when work has ended.
    void retry_releases() noexcept;

    groq_device_info info() const;

private:
    void release_waiting_locked() noexcept;

    std::unique_ptr<groq::kernel_port> port_;
    std::uint64_t features_; // of its driver
    std::uint32_t context_;
    std::atomic<bool> lost_ = false;
    std::mutex sram_lock_;
    std::vector<std::uint64_t> releases_; // that wait for work to end; sram_lock_
};
