// SPDX-License-Identifier: MIT
//
// The queues of an open card, each by the path that was chosen for it. Any thread may
// make any call at any time.
#pragma once

#include <map>
#include <memory>
#include <mutex>
#include <shared_mutex>

#include "drm_driver.hpp"
#include "drm_queue.hpp"

namespace groq {

class drm_queues {
public:
    // `driver` stays as long as these.
    explicit drm_queues(const drm_driver &driver) : driver_(driver) {}

    // As the calls of kernel_port of these names.
    result<port_queue> create(std::uint32_t context, std::uint32_t priority,
                              std::uint32_t path);
    void destroy(const port_queue &queue) noexcept;

    // Null: it is no more.
    std::shared_ptr<drm_queue> find(const port_queue &queue) const;
    // Bits 1 << GROQ_PATH_* of those that can be had.
    std::int64_t paths() const;

private:
    result<port_queue> take(std::uint32_t context, std::uint32_t priority);
    void give_back(const port_queue &queue) noexcept;
    result<std::shared_ptr<drm_queue>> open(port_queue &queue, std::uint32_t path);
    result<std::shared_ptr<drm_queue>> open_ring(const port_queue &queue);

    const drm_driver &driver_;
    mutable std::once_flag asked_for_paths_;
    mutable std::int64_t paths_ = 1 << GROQ_PATH_IOCTL;
    mutable std::shared_mutex lock_; // all below
    std::map<std::uint32_t, std::shared_ptr<drm_queue>> queues_;
};

} // namespace groq
