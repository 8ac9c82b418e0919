// SPDX-License-Identifier: MIT
#include "tensor.hpp"

#include <cstring>

namespace groq {
namespace {

// A byte of each of `lanes` elements that are Size bytes apart on the host.
template <std::size_t Size>
void gather(std::byte *__restrict plane, const std::byte *__restrict elements,
            std::size_t lanes) {
    for (std::size_t lane = 0; lane < lanes; ++lane)
        plane[lane] = elements[lane * Size];
}

template <std::size_t Size>
void scatter(const std::byte *__restrict plane, std::byte *__restrict elements,
             std::size_t lanes) {
    for (std::size_t lane = 0; lane < lanes; ++lane)
        elements[lane * Size] = plane[lane];
}

template <>
void gather<1>(std::byte *__restrict plane, const std::byte *__restrict elements,
               std::size_t lanes) {
    std::memcpy(plane, elements, lanes);
}

template <>
void scatter<1>(const std::byte *__restrict plane, std::byte *__restrict elements,
                std::size_t lanes) {
    std::memcpy(elements, plane, lanes);
}

template <std::size_t Size>
void pack_elements(const program_tensor &tensor, const std::byte *host,
                   std::byte *packed) {
    const auto row_bytes = std::size_t{tensor.columns} * Size;
    for (const auto &part : tensor.parts) {
        const auto *elements = host + std::size_t{part.column} * Size + part.plane;
        for (std::uint32_t row = 0; row < tensor.rows; ++row) {
            gather<Size>(packed, elements, part.lanes);
            std::memset(packed + part.lanes, 0, vector_bytes - part.lanes);
            elements += row_bytes;
            packed += vector_bytes;
        }
    }
}

template <std::size_t Size>
void unpack_elements(const program_tensor &tensor, const std::byte *packed,
                     std::byte *host) {
    const auto row_bytes = std::size_t{tensor.columns} * Size;
    for (const auto &part : tensor.parts) {
        auto *elements = host + std::size_t{part.column} * Size + part.plane;
        for (std::uint32_t row = 0; row < tensor.rows; ++row) {
            scatter<Size>(packed, elements, part.lanes);
            elements += row_bytes;
            packed += vector_bytes;
        }
    }
}

} // namespace

void pack(const program_tensor &tensor, std::span<const std::byte> host,
          std::span<std::byte> packed) noexcept {
    switch (tensor.element_bytes()) {
    case 1:
        return pack_elements<1>(tensor, host.data(), packed.data());
    case 2:
        return pack_elements<2>(tensor, host.data(), packed.data());
    default:
        return pack_elements<4>(tensor, host.data(), packed.data());
    }
}

void unpack(const program_tensor &tensor, std::span<const std::byte> packed,
            std::span<std::byte> host) noexcept {
    switch (tensor.element_bytes()) {
    case 1:
        return unpack_elements<1>(tensor, packed.data(), host.data());
    case 2:
        return unpack_elements<2>(tensor, packed.data(), host.data());
    default:
        return unpack_elements<4>(tensor, packed.data(), host.data());
    }
}

} // namespace groq
