// SPDX-License-Identifier: MIT
//
// A program file that stays a file: pieces of it are read when they are asked for.
#pragma once

#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "byte_source.hpp"

namespace groq {

// Owns a file descriptor, or none (-1).
class file_descriptor {
public:
    explicit file_descriptor(int fd = -1) : fd_(fd) {}
    file_descriptor(file_descriptor &&other) noexcept
        : fd_(std::exchange(other.fd_, -1)) {}
    file_descriptor &operator=(file_descriptor &&other) noexcept {
        std::swap(fd_, other.fd_);
        return *this;
    }
    ~file_descriptor();
    operator int() const { return fd_; }

private:
    int fd_;
};

// Why the program `path` could not be read.
error cannot_read(const std::string &path, int os_error);

// Reads at `offset` until `bytes` is full or the file ends; -1 with errno.
std::int64_t read_at(int fd, std::span<std::byte> bytes, std::uint64_t offset);

class file_source final : public byte_source {
public:
    static result<file_source> open(const std::string &path);

    const std::string &path() const { return path_; }
    int descriptor() const { return fd_; }

    // When it was opened.
    std::uint64_t size() const override { return size_; }
    result<std::span<const std::byte>> view(std::uint64_t offset,
                                            std::uint64_t size) override;
    // The file has changed while it was read.
    error is_shorter() const;

private:
    file_source(std::string path, file_descriptor fd, std::uint64_t size)
        : path_(std::move(path)), fd_(std::move(fd)), size_(size) {}

    result<std::span<const std::byte>> read(std::uint64_t offset, std::uint64_t size);

    std::string path_;
    file_descriptor fd_;
    std::uint64_t size_;
    std::span<const std::byte> head_; // where all that is asked for mostly lies
    std::vector<std::unique_ptr<std::byte[]>> pieces_;
};

} // namespace groq
