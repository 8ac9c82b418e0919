// SPDX-License-Identifier: MIT
//
// Program files through the public interfaces, C++ over C.
#include <groq/program.hpp>

#include <array>

#include <gmock/gmock.h>

#include "support/program_file.hpp"
#include "support/temporary_file.hpp"

namespace groq {
namespace {

using ::testing::HasSubstr;

class program_test : public ::testing::Test {
protected:
    static std::string refusal(const std::string &path) {
        const auto loaded = program::load(path);
        return loaded ? "loaded" : loaded.error().message();
    }

    const test::bytes file = test::program_file().write();
    const program loaded = program::load(file, "a.groq").value();
};

TEST_F(program_test, tells_what_is_in_the_file) {
    EXPECT_EQ(loaded.sram_bytes(), 32000u);
    const auto entries = loaded.entries();
    ASSERT_EQ(entries.size(), 1u);
    EXPECT_EQ(entries[0].name, "main");
    EXPECT_EQ(entries[0].cycles, 1234u);
    EXPECT_EQ(loaded.tensor_count(), 2u);
    EXPECT_EQ(loaded.find_tensor("out").value(), 1u);
    EXPECT_EQ(loaded.tensor(1)->bytes, 80u);
}

TEST_F(program_test, names_what_there_is_instead) {
    EXPECT_THAT(loaded.entry(1).error().message(),
                HasSubstr("a.groq has 1 entry points, there is no number 1"));
    EXPECT_THAT(loaded.tensor(2).error().message(),
                HasSubstr("a.groq has 2 tensors, there is no number 2"));
    const auto missing = loaded.find_tensor("hidden").error();
    EXPECT_TRUE(missing == errc::not_found);
    EXPECT_THAT(missing.message(), HasSubstr("in, out"));
}

TEST_F(program_test, packs_tensors_of_the_right_size_alone) {
    std::array<std::byte, 40> host{}, again{};
    host[39] = std::byte{7};
    std::vector<std::byte> packed(loaded.tensor(0)->packed_bytes);
    ASSERT_TRUE(loaded.pack(0, host, packed));
    ASSERT_TRUE(loaded.unpack(0, packed, again));
    EXPECT_EQ(again, host);
    const auto short_of = std::span(host).first(39);
    EXPECT_THAT(loaded.pack(0, short_of, packed).error().message(),
                HasSubstr("tensor in is 40 bytes long in the host layout, not 39"));
    const auto refused = loaded.unpack(0, std::span(packed).first(1), again).error();
    EXPECT_TRUE(refused == errc::size);
    EXPECT_THAT(refused.message(), HasSubstr("in the packed layout, not 1"));
    EXPECT_TRUE(loaded.pack(2, host, packed).error() == errc::invalid);
    EXPECT_TRUE(loaded.unpack(2, packed, again).error() == errc::invalid);
}

TEST_F(program_test, says_which_file_cannot_be_read) {
    EXPECT_THAT(refusal("/nowhere/a.groq"), HasSubstr("/nowhere/a.groq"));
    EXPECT_TRUE(program::load("/nowhere/a.groq").error() == errc::not_found);
    EXPECT_THAT(refusal("/tmp"), HasSubstr("cannot read the program /tmp"));
    // There is nothing at its beginning.
    EXPECT_THAT(refusal("/proc/self/mem"), HasSubstr("/proc/self/mem"));
}

TEST_F(program_test, says_what_is_wrong_with_a_file) {
    const test::temporary_file place;
    place.write(file);
    EXPECT_EQ(program(place.path()).tensor_count(), 2u);
    auto damaged = file;
    damaged.back() ^= std::byte{1};
    place.write(damaged);
    EXPECT_THAT(refusal(place.path()), HasSubstr("damaged"));
    EXPECT_TRUE(program::load(place.path()).error() == errc::program);
    EXPECT_THROW(program(place.path()), failure);
    EXPECT_FALSE(program::load({}, "empty"));
}

} // namespace
} // namespace groq
