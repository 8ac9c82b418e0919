// SPDX-License-Identifier: MIT
//
// Writes the file of a recording: calls with their answers, one record each.
#pragma once

#include <cstdint>
#include <mutex>
#include <span>
#include <string>

#include "port_call.hpp"

namespace groq {

// Any thread may add. What was added is in the file if the process is killed then.
class recording_writer {
public:
    // Starts `file` anew. errc::invalid: not a regular file, errc::in_use: it is being
    // written.
    static result<recording_writer> create(const std::string &file);
    recording_writer(recording_writer &&other) noexcept;
    // Marks it as whole, unless something could not be written.
    ~recording_writer();

    // Once a record could not be written the rest are not tried.
    void add(const port_call &call, const call_answer &answer) noexcept;
    // For want of what else was to be added.
    void give_up(int os_error) noexcept;
    // The errno that ended it, 0: none.
    int failure() const;

private:
    explicit recording_writer(int fd) : fd_(fd) {}
    bool add_locked(std::uint32_t kind, std::span<const std::byte> payload);

    int fd_;
    mutable std::mutex lock_; // all below
    int failure_ = 0;
};

} // namespace groq
