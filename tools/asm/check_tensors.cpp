// SPDX-License-Identifier: MIT
#include <algorithm>
#include <tuple>

#include "asm/check.hpp"

namespace groq::assembly {
namespace {

std::string part_defect(const tensor &source, const groq_tensor_part &part) {
    if (part.plane >= type_bytes(source.element))
        return "has no byte plane " + std::to_string(part.plane) +
               ": its elements have " + std::to_string(type_bytes(source.element));
    if (part.sram % GROQ_VECTOR_BYTES != 0 || part.stride == 0 ||
        part.stride % GROQ_VECTOR_BYTES != 0 || part.lanes == 0 ||
        part.lanes > GROQ_LANES)
        return "a part is not of whole words";
    return {};
}

std::string column_text(std::uint64_t place, std::uint64_t columns) {
    return "column " + std::to_string(place % columns) + " of byte plane " +
           std::to_string(place / columns);
}

// In order of planes and columns the parts must follow each other.
std::string cover_defect(const tensor &source) {
    auto parts = source.parts;
    std::ranges::sort(parts, {}, [](const groq_tensor_part &part) {
        return std::tuple(part.plane, part.column);
    });
    const std::uint64_t columns = source.columns;
    std::uint64_t covered = 0; // plane after plane
    for (const groq_tensor_part &part : parts) {
        if (std::uint64_t{part.column} + part.lanes > columns)
            return "a part reaches beyond its " + std::to_string(columns) + " columns";
        const std::uint64_t place = part.plane * columns + part.column;
        if (place < covered)
            return column_text(place, columns) + " lies in two parts";
        if (place > covered)
            return column_text(covered, columns) + " lies in no part";
        covered += part.lanes;
    }
    if (covered != type_bytes(source.element) * columns)
        return column_text(covered, columns) + " lies in no part";
    return {};
}

} // namespace

std::string tensor_defect(const tensor &source) {
    const std::string subject = "tensor " + source.name + ": ";
    if (source.rows == 0 || source.columns == 0)
        return subject + "has no elements";
    for (const groq_tensor_part &part : source.parts)
        if (const std::string reason = part_defect(source, part); !reason.empty())
            return subject + reason;
    const std::string reason = cover_defect(source);
    return reason.empty() ? "" : subject + reason;
}

std::string name_defect(const std::string &name) {
    const auto is_control = [](unsigned char c) { return c < ' ' || c == 0x7f; };
    if (name.empty() || name.size() >= GROQ_NAME_BYTES)
        return "the name \"" + name + "\" must have 1.." +
               std::to_string(GROQ_NAME_BYTES - 1) + " bytes";
    if (std::ranges::any_of(name, is_control))
        return "a name has control characters";
    return {};
}

} // namespace groq::assembly
