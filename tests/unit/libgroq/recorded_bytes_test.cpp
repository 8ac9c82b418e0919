// SPDX-License-Identifier: MIT
//
// Which bytes of host memory a submission reads and writes.
#include "recorded_bytes.hpp"

#include <gtest/gtest.h>

namespace groq {
namespace {

class recorded_bytes : public ::testing::Test {
protected:
    static drm_groq_command copy(drm_groq_command_type type, std::uint32_t rows,
                                 std::uint64_t size, std::uint64_t stride,
                                 std::uint64_t offset = 0) {
        drm_groq_command command{};
        command.type = type;
        command.bo = 1;
        command.rows = rows;
        command.size = size;
        command.bo_stride = stride;
        command.bo_offset = offset;
        return command;
    }
    std::vector<std::byte> inputs(const drm_groq_command &command,
                                  bool may_change = false) const {
        const port_submission submission{{&command, 1}, 1, 0, 0};
        return inputs_of({&submission, 1}, buffers, [&](auto) { return may_change; });
    }

    std::vector<std::byte> memory = std::vector<std::byte>(4096);
    bytes_of_buffer buffers = [this](std::uint32_t handle) {
        return handle == 1 ? std::span(memory) : std::span<std::byte>{};
    };
};

TEST_F(recorded_bytes, reach_from_the_first_row_to_the_last) {
    const auto extent =
        extent_of(copy(DRM_GROQ_COMMAND_COPY_IN, 3, 10, 100, 7), buffers);
    EXPECT_EQ(extent.data(), memory.data() + 7);
    EXPECT_EQ(extent.size(), 210u);
}

TEST_F(recorded_bytes, are_none_beyond_the_buffer) {
    constexpr auto most = ~std::uint64_t{0};
    for (const auto &command : {
             copy(DRM_GROQ_COMMAND_COPY_IN, 0, 10, 10),
             copy(DRM_GROQ_COMMAND_COPY_IN, 1, 4097, 0),
             copy(DRM_GROQ_COMMAND_COPY_IN, 1, 4096, 0, 1),
             copy(DRM_GROQ_COMMAND_COPY_IN, 1, 10, 0, most - 5),
             copy(DRM_GROQ_COMMAND_COPY_IN, 2, 10, most),
             copy(DRM_GROQ_COMMAND_COPY_IN, 3, 10, most / 2),
         })
        EXPECT_TRUE(extent_of(command, buffers).empty());
    auto other = copy(DRM_GROQ_COMMAND_COPY_IN, 1, 10, 0);
    other.bo = 2;
    EXPECT_TRUE(extent_of(other, buffers).empty());
}

TEST_F(recorded_bytes, are_none_of_more_than_can_be_counted) {
    const bytes_of_buffer vast = [this](std::uint32_t) {
        return std::span(memory.data(), std::size_t{1} << 40); // nobody reads it
    };
    const auto command = copy(DRM_GROQ_COMMAND_COPY_OUT, 1u << 31, 1ull << 34, 0);
    EXPECT_TRUE(extent_of(command, vast).empty());
}

TEST_F(recorded_bytes, of_inputs_differ_where_a_byte_does) {
    const auto command = copy(DRM_GROQ_COMMAND_COPY_IN, 3, 10, 100, 7);
    const port_submission submission{{&command, 1}, 1, 0, 0};
    const auto recorded = inputs(command);
    EXPECT_EQ(recorded.size(), 8u + 30);
    memory[7 + 50] = std::byte{1}; // between rows
    EXPECT_FALSE(find_other_input({&submission, 1}, recorded, buffers));
    memory[7 + 203] = std::byte{1};
    const auto other = find_other_input({&submission, 1}, recorded, buffers);
    ASSERT_TRUE(other);
    EXPECT_EQ(other->command, 0u);
    EXPECT_EQ(other->byte, 23u);
    EXPECT_FALSE(find_other_input({&submission, 1}, inputs(command, true), buffers))
        << "nobody knows what they were";
}

TEST_F(recorded_bytes, of_outputs_come_back_to_their_rows) {
    const drm_groq_command commands[] = {copy(DRM_GROQ_COMMAND_COPY_OUT, 2, 5, 10),
                                         copy(DRM_GROQ_COMMAND_COPY_IN, 1, 50, 0, 500),
                                         copy(DRM_GROQ_COMMAND_COPY_OUT, 1, 5, 0, 30)};
    const kept_submission ended{1, {commands, commands + 3}, 1, 1024};
    for (std::size_t i = 0; i < memory.size(); ++i)
        memory[i] = std::byte(i * 7);
    const auto before = memory;
    const auto recorded = outputs_of(ended, buffers);
    std::fill(memory.begin(), memory.end(), std::byte{0});
    put_outputs(ended, recorded, buffers);
    for (const std::ptrdiff_t first : {0, 10, 30})
        EXPECT_TRUE(std::equal(memory.begin() + first, memory.begin() + first + 5,
                               before.begin() + first));
    const auto results = 3 * std::ptrdiff_t(sizeof(drm_groq_result));
    EXPECT_TRUE(std::equal(memory.begin() + 1024, memory.begin() + 1024 + results,
                           before.begin() + 1024));
    EXPECT_EQ(memory[7], std::byte{0}) << "between rows";
    EXPECT_EQ(memory[500], std::byte{0}) << "what was read";
}

} // namespace
} // namespace groq
