// SPDX-License-Identifier: MIT
//
// The driver as libdrm sees it, without a card: its ioctls on a file that stands for
// the node are answered here, and any of them can be made to fail. Commands of
// io_uring the file itself has to take, as /dev/null does; it cannot be mapped.
#pragma once

#include <cstdint>
#include <functional>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include <sys/types.h>

#include <drm/groq_accel.h>

#include "discovery.hpp"
#include "temporary_file.hpp"

namespace groq::test {

// DRM_IOCTL_SYNCOBJ_EVENTFD, which libdrm has since 2.4.116.
constexpr unsigned long ioctl_syncobj_eventfd = DRM_IOWR(0xCF, std::uint64_t[3]);

// One at a time; with fake_driver.cpp, which stands in for ioctl().
class fake_driver {
public:
    enum class node { memory, null };

    explicit fake_driver(node file = node::memory);
    fake_driver(const fake_driver &) = delete;
    ~fake_driver();

    found_card card() const;

    std::string name = "groq";
    bool has_timelines = true;
    std::uint64_t features = 0;
    int holder = 0;                        // told with EBUSY
    std::uint64_t signalled = 0;           // by every submission, of all time lines
    std::map<unsigned long, int> refusals; // errno by request
    std::map<unsigned long, std::function<void()>> afterwards; // once, by request
    std::uint32_t only_queue = 0; // all queues have this id, unless 0
    std::map<unsigned long, unsigned> calls;
    drm_groq_submit last_submission{};
    std::uint32_t shares_handles_as = 0; // all imports are this buffer
    std::vector<drm_groq_link> links;

    // Made and not destroyed: buffers, contexts, queues, time lines, SRAM.
    int alive = 0;

    // Nothing: not about this card. 0 or errno.
    std::optional<int> answer(int file, unsigned long request, void *argument);

private:
    int dispatch(unsigned long request, void *argument);
    int dispatch_drm(unsigned long request, void *argument);
    int tell_version(void *argument) const;
    int tell_links(void *argument);
    int make_buffer(void *argument);

    temporary_file memory_;
    std::string node_;
    dev_t device_ = 0; // of the node's file
    ino_t inode_ = 0;
    std::uint32_t last_handle_ = 0;
    std::uint64_t room_ = 0; // bytes of the node's file
};

} // namespace groq::test
