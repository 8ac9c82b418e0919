// SPDX-License-Identifier: MIT
//
// Reads the file of a recording.
#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <vector>

#include "port_call.hpp"

namespace groq {

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
