// SPDX-License-Identifier: MIT
//
// A ring of a thread, for the driver's commands.
#pragma once

#include <liburing.h>

#include "calls.hpp"
#include "memory.hpp"

namespace groq::fuzz {

class uring {
public:
    // Of any of the kinds there are; one that the kernel refuses does nothing.
    uring(dice &roll, memory &own);
    uring(const uring &) = delete;
    uring &operator=(const uring &) = delete;
    ~uring(); // with whatever is under way

    // A few commands for the file, and what has completed so far is taken.
    void submit(dice &roll, int fd, memory &own);

private:
    void prepare(dice &roll, int fd, memory &own);

    io_uring ring_{};
    void *registered_ = nullptr;
    bool works_;
    bool large_ = false; // SQE128
};

} // namespace groq::fuzz
