// SPDX-License-Identifier: MIT
#include "tensor_cover.hpp"

#include <algorithm>
#include <array>
#include <tuple>

namespace groq {
namespace {

// Words of SRAM that are free to be claimed, each once.
class word_set {
public:
    explicit word_set(const program_contents &program)
        : free_(program.sram_bytes / vector_bytes, false) {
        for (const auto &range : program.ranges)
            std::fill_n(free_.begin() + std::ptrdiff_t(range.address / vector_bytes),
                        range.size / vector_bytes, true);
    }

    bool claim(std::uint64_t address) {
        const auto word = address / vector_bytes;
        if (word >= free_.size() || !free_[word])
            return false;
        free_[word] = false;
        return true;
    }

private:
    std::vector<bool> free_;
};

class cover_checker {
public:
    cover_checker(const program_contents &program, const refusal &refuse)
        : refuse_(refuse), free_{word_set(program), word_set(program)} {}

    result<void> check(const program_tensor &tensor) {
        for (std::size_t i = 0; i < tensor.parts.size(); ++i)
            if (const auto done = check_part(tensor, i); !done)
                return done;
        return check_elements(tensor);
    }

private:
    result<void> check_part(const program_tensor &tensor, std::size_t i) {
        const auto &part = tensor.parts[i];
        if (part.plane >= tensor.element_bytes() || part.lanes == 0 ||
            part.lanes > vector_bytes || part.sram % vector_bytes != 0 ||
            part.stride % vector_bytes != 0 || part.stride == 0)
            return refuse_(
                "part %zu of tensor %s is malformed: plane %u, %u lanes, SRAM "
                "0x%x, stride %u",
                i, tensor.name.c_str(), part.plane, part.lanes, part.sram, part.stride);
        // Ends at the first word that is not free: never longer than the SRAM.
        for (std::uint64_t row = 0; row < tensor.rows; ++row)
            if (!free_[tensor.direction].claim(part.sram + row * part.stride))
                return refuse_("row %u of part %zu of tensor %s is outside of the SRAM "
                               "ranges or on another part",
                               unsigned(row), i, tensor.name.c_str());
        return {};
    }

    // In order of planes and columns the parts must follow each other.
    result<void> check_elements(const program_tensor &tensor) {
        auto parts = tensor.parts;
        std::sort(parts.begin(), parts.end(), [](const auto &a, const auto &b) {
            return std::tie(a.plane, a.column) < std::tie(b.plane, b.column);
        });
        const std::uint64_t columns = tensor.columns;
        std::uint64_t covered = 0; // plane after plane
        for (const auto &part : parts) {
            if (covered != part.plane * columns + part.column ||
                part.lanes > columns - part.column)
                return not_covered(tensor);
            covered += part.lanes;
        }
        if (covered != tensor.element_bytes() * columns)
            return not_covered(tensor);
        return {};
    }

    error not_covered(const program_tensor &tensor) const {
        return refuse_(
            "the parts of tensor %s do not hold every byte of its %u columns "
            "exactly once",
            tensor.name.c_str(), tensor.columns);
    }

    const refusal &refuse_;
    std::array<word_set, 2> free_; // by direction: an output may lie on an input
};

} // namespace

result<void> check_cover(const program_contents &program, const refusal &refuse) {
    cover_checker checker(program, refuse);
    for (const auto &tensor : program.tensors)
        if (const auto done = checker.check(tensor); !done)
            return done;
    return {};
}

} // namespace groq
