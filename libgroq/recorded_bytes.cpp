// SPDX-License-Identifier: MIT
#include "recorded_bytes.hpp"

#include <algorithm>
#include <cstring>

namespace groq {
namespace {

// Calls visit(row in the extent) for each row of a copy.
template <class Visit>
void for_each_row(const drm_groq_command &copy, std::span<std::byte> extent,
                  Visit visit) {
    for (std::uint64_t row = 0; row < copy.rows; ++row)
        visit(extent.subspan(row * copy.bo_stride, copy.size));
}

void append(std::vector<std::byte> &to, std::span<const std::byte> bytes) {
    to.insert(to.end(), bytes.begin(), bytes.end());
}

void append_size(std::vector<std::byte> &to, std::uint64_t size) {
    append(to, std::as_bytes(std::span(&size, 1)));
}

// Nothing, if the extent is empty.
void append_rows(std::vector<std::byte> &to, const drm_groq_command &copy,
                 std::span<std::byte> extent) {
    append_size(to, extent.empty() ? 0 : copy.rows * copy.size);
    if (!extent.empty())
        for_each_row(copy, extent, [&](auto row) { append(to, row); });
}

// Sizes, each with its bytes, one after another.
class pieces {
public:
    explicit pieces(std::span<const std::byte> bytes) : rest_(bytes) {}

    // Empty at the end, too.
    std::span<const std::byte> next() {
        std::uint64_t size = 0;
        if (rest_.size() < sizeof size)
            return {};
        std::memcpy(&size, rest_.data(), sizeof size);
        rest_ = rest_.subspan(sizeof size);
        const auto piece = rest_.first(std::min<std::uint64_t>(size, rest_.size()));
        rest_ = rest_.subspan(piece.size());
        return piece;
    }

private:
    std::span<const std::byte> rest_;
};

std::span<std::byte> results_of(const kept_submission &ended,
                                const bytes_of_buffer &buffers) {
    const auto bytes = buffers(ended.results);
    const auto size = ended.commands.size() * sizeof(drm_groq_result);
    if (bytes.size() < size || ended.result_offset > bytes.size() - size)
        return {};
    return bytes.subspan(ended.result_offset, size);
}

// Where rows are not as they were: the number of the first such byte.
std::optional<std::size_t> find_other_byte(const drm_groq_command &copy,
                                           std::span<std::byte> extent,
                                           std::span<const std::byte> recorded) {
    if (recorded.size() != copy.rows * copy.size)
        return 0;
    for (std::uint64_t row = 0; row < copy.rows; ++row) {
        const auto is = extent.subspan(row * copy.bo_stride, copy.size);
        const auto was = recorded.subspan(row * copy.size, copy.size);
        const auto [byte, other] = std::mismatch(is.begin(), is.end(), was.begin());
        if (byte != is.end())
            return row * copy.size + std::size_t(byte - is.begin());
    }
    return std::nullopt;
}

} // namespace

std::span<std::byte> extent_of(const drm_groq_command &copy,
                               const bytes_of_buffer &buffers) {
    const auto buffer = buffers(copy.bo);
    std::uint64_t size = 0, end = 0, copied = 0;
    const bool lies_within =
        copy.rows > 0 && !__builtin_mul_overflow(copy.rows, copy.size, &copied) &&
        !__builtin_mul_overflow(copy.rows - std::uint64_t{1}, copy.bo_stride, &size) &&
        !__builtin_add_overflow(size, copy.size, &size) &&
        !__builtin_add_overflow(size, copy.bo_offset, &end) && end <= buffer.size();
    return lies_within ? buffer.subspan(copy.bo_offset, size) : std::span<std::byte>{};
}

std::vector<std::byte>
inputs_of(std::span<const port_submission> submissions, const bytes_of_buffer &buffers,
          const std::function<bool(std::span<const std::byte>)> &may_change) {
    std::vector<std::byte> inputs;
    for (const auto &submission : submissions)
        for (const auto &command : submission.commands) {
            if (command.type != DRM_GROQ_COMMAND_COPY_IN)
                continue;
            const auto extent = extent_of(command, buffers);
            append_rows(inputs, command,
                        may_change(extent) ? std::span<std::byte>{} : extent);
        }
    return inputs;
}

std::optional<other_input> find_other_input(std::span<const port_submission> asked,
                                            std::span<const std::byte> recorded,
                                            const bytes_of_buffer &buffers) {
    pieces inputs(recorded);
    for (const auto &submission : asked)
        for (std::size_t i = 0; i < submission.commands.size(); ++i) {
            const auto &command = submission.commands[i];
            if (command.type != DRM_GROQ_COMMAND_COPY_IN)
                continue;
            const auto was = inputs.next();
            const auto extent = extent_of(command, buffers);
            if (was.empty() || extent.empty())
                continue;
            if (const auto byte = find_other_byte(command, extent, was))
                return other_input{i, *byte};
        }
    return std::nullopt;
}

std::vector<std::byte> outputs_of(const kept_submission &ended,
                                  const bytes_of_buffer &buffers) {
    std::vector<std::byte> outputs;
    const auto results = results_of(ended, buffers);
    append_size(outputs, results.size());
    append(outputs, results);
    for (const auto &command : ended.commands)
        if (command.type == DRM_GROQ_COMMAND_COPY_OUT)
            append_rows(outputs, command, extent_of(command, buffers));
    return outputs;
}

void put_outputs(const kept_submission &ended, std::span<const std::byte> recorded,
                 const bytes_of_buffer &buffers) {
    pieces outputs(recorded);
    const auto results = outputs.next();
    const auto place = results_of(ended, buffers);
    if (results.size() == place.size())
        std::copy(results.begin(), results.end(), place.begin());
    for (const auto &command : ended.commands) {
        if (command.type != DRM_GROQ_COMMAND_COPY_OUT)
            continue;
        auto bytes = outputs.next();
        const auto extent = extent_of(command, buffers);
        if (extent.empty() || bytes.size() != command.rows * command.size)
            continue;
        for_each_row(command, extent, [&](auto row) {
            std::copy_n(bytes.begin(), row.size(), row.begin());
            bytes = bytes.subspan(row.size());
        });
    }
}

} // namespace groq
