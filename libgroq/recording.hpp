// SPDX-License-Identifier: MIT
//
// The file of a recording, as docs/runtime.md has it: calls with their answers, one
// record each.
#pragma once

#include <cstdint>
#include <mutex>
#include <span>
#include <string>
#include <vector>

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
    // The errno that ended it, 0: none.
    int failure() const;

private:
    explicit recording_writer(int fd) : fd_(fd) {}
    bool add_locked(std::uint32_t kind, std::span<const std::byte> payload);

    int fd_;
    mutable std::mutex lock_; // all below
    int failure_ = 0;
};

struct recorded_call {
    call_kind kind;
    std::vector<std::uint64_t> arguments;
    std::uint64_t offset; // of the answer, in the file
    std::uint64_t size;
};

// Any thread may use it.
class recording_reader {
public:
    // errc::invalid says what is wrong with `file`. One that breaks off in the middle
    // of its last record is taken up to there.
    static result<recording_reader> open(const std::string &file);
    recording_reader(recording_reader &&other) noexcept;
    ~recording_reader();

    const std::vector<recorded_call> &calls() const { return calls_; }
    // False: its process was killed, or could not write on.
    bool is_whole() const { return is_whole_; }
    result<call_answer> answer(const recorded_call &call) const;

private:
    recording_reader(int fd, std::string file) : fd_(fd), file_(std::move(file)) {}
    result<void> scan();
    result<bool> scan_record(std::uint64_t &offset, std::uint64_t end);
    result<void> add_call(std::uint32_t kind, std::uint64_t offset,
                          std::span<const std::byte> payload);
    result<std::vector<std::byte>> read(std::uint64_t offset, std::uint64_t size) const;
    error damaged(std::uint64_t offset) const;

    int fd_;
    std::string file_;
    std::vector<recorded_call> calls_;
    bool is_whole_ = false;
};

} // namespace groq
