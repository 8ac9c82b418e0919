// SPDX-License-Identifier: MIT
//
// Reads pieces of a file into memory, several at once: by io_uring and past the page
// cache where the system and the file system let it.
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <span>
#include <vector>

#include "file_source.hpp"

namespace groq {

// One thread. Its destructor waits for what is under way.
class file_stream {
public:
    // Pieces are whole blocks of so many bytes, at such offsets and addresses.
    static constexpr std::uint64_t block_bytes = 4096;

    // For so many pieces at once; `file` outlives it.
    static std::unique_ptr<file_stream> open(const file_source &file, unsigned slots);
    // The same where io_uring is forbidden: each piece is read when its end is asked
    // for.
    static std::unique_ptr<file_stream> open_plain(const file_source &file,
                                                   unsigned slots);
    virtual ~file_stream() = default;

    // Begins to read the piece at `offset` into `memory`, which stays there until end()
    // of this slot has told how long it is: shorter at the end of the file alone.
    virtual void begin(unsigned slot, std::span<std::byte> memory,
                       std::uint64_t offset) = 0;
    virtual result<std::size_t> end(unsigned slot) = 0;
};

// What a stream is without io_uring, and whatever io_uring does not bring.
class plain_stream : public file_stream {
public:
    plain_stream(const file_source &file, unsigned slots)
        : file_(file), pieces_(slots) {}

    void begin(unsigned slot, std::span<std::byte> memory,
               std::uint64_t offset) override {
        pieces_[slot] = {memory, offset};
    }
    result<std::size_t> end(unsigned slot) override;

protected:
    struct read_piece {
        std::span<std::byte> memory = {};
        std::uint64_t offset = 0;
        std::size_t got = 0; // of it so far
        bool is_under_way = false;
    };

    const file_source &file_;
    std::vector<read_piece> pieces_; // by slot
};

} // namespace groq
