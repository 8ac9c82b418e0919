// SPDX-License-Identifier: MIT
//
// The bytes of a program file: in memory, or still in the file.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>

#include "error.hpp"

namespace groq {

class byte_source {
public:
    virtual ~byte_source() = default;

    virtual std::uint64_t size() const = 0;
    // Of a piece inside of the size; stays as long as the source does.
    virtual result<std::span<const std::byte>> view(std::uint64_t offset,
                                                    std::uint64_t size) = 0;
};

class memory_source final : public byte_source {
public:
    explicit memory_source(std::span<const std::byte> bytes) : bytes_(bytes) {}

    std::uint64_t size() const override { return bytes_.size(); }
    result<std::span<const std::byte>> view(std::uint64_t offset,
                                            std::uint64_t size) override {
        return bytes_.subspan(offset, size);
    }

private:
    std::span<const std::byte> bytes_;
};

} // namespace groq
