// SPDX-License-Identifier: MIT
//
// The file of a recording as docs/runtime.md has it: what its writer and its reader
// agree on.
#pragma once

#include <bit>
#include <cerrno>
#include <cstdint>
#include <span>
#include <string>

#include "crc32.hpp"
#include "error.hpp"

namespace groq::recording {

static_assert(std::endian::native == std::endian::little, "files are little-endian");

// Of the end record, which says that the recording is whole.
constexpr std::uint32_t kind_end = 0;

struct file_header {
    char magic[8] = {'g', 'r', 'o', 'q', '-', 'r', 'e', 'c'};
    std::uint32_t version = 1;
    std::uint32_t checksum = 0; // of what is in front of it
};
static_assert(sizeof(file_header) == 16);

struct record_header {
    std::uint32_t kind;
    std::uint32_t thread; // its id in the recorded process
    std::uint64_t time;   // CLOCK_MONOTONIC, ns
    std::uint64_t size;   // of the payload
    std::uint32_t payload_checksum;
    std::uint32_t checksum; // of what is in front of it
};
static_assert(sizeof(record_header) == 32);

template <class Header>
std::uint32_t checksum_of(const Header &header) {
    return crc32(std::as_bytes(std::span(&header, 1))
                     .first(sizeof header - sizeof header.checksum));
}

inline error cannot(const char *what, const std::string &file, int os_error) {
    const auto code = os_error == ENOENT   ? errc::not_found
                      : os_error == EACCES ? errc::permission
                                           : errc::system;
    return fail(code, os_error, "cannot %s the recording %s", what, file.c_str());
}

} // namespace groq::recording
