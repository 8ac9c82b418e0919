// SPDX-License-Identifier: MIT
//
// Files for what reads programs from files; gone with the test.
#pragma once

#include <cstddef>
#include <cstdlib>
#include <filesystem>
#include <span>
#include <string>

#include <sys/mman.h>
#include <unistd.h>

namespace groq::test {

// In memory, unless it is to be one of a file system that knows direct access.
class temporary_file {
public:
    enum class where { memory, disk };

    explicit temporary_file(where place = where::memory) {
        if (place == where::disk) {
            path_ = (std::filesystem::temp_directory_path() / "groqXXXXXX").string();
            fd_ = ::mkstemp(path_.data());
        } else {
            fd_ = ::memfd_create("program", MFD_CLOEXEC);
            path_ = "/proc/self/fd/" + std::to_string(fd_);
        }
        if (fd_ < 0)
            std::abort();
    }
    temporary_file(const temporary_file &) = delete;
    ~temporary_file() {
        ::close(fd_);
        ::unlink(path_.c_str()); // of one in memory there is none
    }

    const std::string &path() const { return path_; }

    void write(std::span<const std::byte> contents) const {
        if (::ftruncate(fd_, 0) != 0 || ::pwrite(fd_, contents.data(), contents.size(),
                                                 0) != ssize_t(contents.size()))
            std::abort();
    }

private:
    std::string path_;
    int fd_;
};

} // namespace groq::test
