// SPDX-License-Identifier: MIT
//
// Programs that go from their file to the card.
#include <algorithm>

#include <gmock/gmock.h>

#include "card_fixture.hpp"
#include "file_stream.hpp"
#include "image.hpp"
#include "support/temporary_file.hpp"
#include "upload.hpp"

namespace groq {
namespace {

using ::testing::EndsWith;
using ::testing::HasSubstr;

class image_file : public on_fake_card {
protected:
    result<std::shared_ptr<groq_image>>
    load_image(std::int64_t deadline = GROQ_FOREVER) {
        return groq_image::load_file(device, file.path(), deadline);
    }

    result<void> load_from_memory(const test::bytes &bytes) {
        auto copy = std::make_unique<std::byte[]>(bytes.size());
        std::copy(bytes.begin(), bytes.end(), copy.get());
        const auto program =
            groq_program::load(std::move(copy), bytes.size(), file.path());
        if (!program)
            return program.error();
        const auto loaded = groq_image::load(device, *program, GROQ_FOREVER);
        return loaded ? result<void>() : loaded.error();
    }

    // What both ways make of the same bytes; the same, whatever it is.
    void expect_same_verdict(const test::bytes &bytes) {
        file.write(bytes);
        const auto whole = load_from_memory(bytes);
        const auto streamed = load_image();
        ASSERT_EQ(bool(whole), bool(streamed));
        if (!whole) {
            ASSERT_EQ(whole.error().code(), streamed.error().code());
            ASSERT_EQ(whole.error().message(), streamed.error().message());
        }
    }

    // Segments of odd sizes at odd places of the file, larger than all slots.
    test::program_file large() {
        card.sram_bytes = 320 * 300000;
        card.sram.resize(card.sram_bytes);
        test::program_file made;
        made.target.sram_bytes = 320 * 300000;
        made.ranges = {{0, 320 * 40}, {320 * 100, 320 * 250000}};
        made.segments.push_back({first_at, test::filled(large_bytes), large_bytes});
        made.segments.push_back(
            {second_at, test::filled(large_bytes, 99), large_bytes + 17});
        return made;
    }

    // In two slots of a piece, one after the other.
    static void read_by(file_stream &stream, std::uint64_t size, file_checksum &sum) {
        constexpr std::uint64_t piece = 1 << 20;
        const std::unique_ptr<void, void (*)(void *)> memory(
            std::aligned_alloc(file_stream::block_bytes, 2 * piece), std::free);
        const std::span slots(static_cast<std::byte *>(memory.get()), 2 * piece);
        const auto slot = [&](std::uint64_t at) { return unsigned(at / piece % 2); };
        const auto begin = [&](std::uint64_t at) {
            if (at < size)
                stream.begin(slot(at), slots.subspan(slot(at) * piece, piece), at);
        };
        begin(0);
        for (std::uint64_t at = 0; at < size; at += piece) {
            begin(at + piece);
            const auto got = stream.end(slot(at));
            ASSERT_TRUE(got) << got.error().message();
            ASSERT_EQ(*got, std::min(piece, size - at));
            sum.add(slots.subspan(slot(at) * piece, *got));
        }
    }

    void expect_large_in_sram() const {
        const auto is_at = [&](std::uint32_t at, const test::bytes &expected) {
            return std::memcmp(&card.sram[at], expected.data(), expected.size()) == 0;
        };
        EXPECT_TRUE(is_at(first_at, test::filled(large_bytes)));
        EXPECT_TRUE(is_at(second_at, test::filled(large_bytes, 99)));
    }

    static constexpr std::uint32_t large_bytes = (5 << 20) + 1234;
    static constexpr std::uint32_t first_at = 320 * 100;
    static constexpr std::uint32_t second_at = first_at + 320 * 30000 + 5;
    test::temporary_file file;
    // Shared: what nobody uses goes at once, so that each load is a first one.
    std::shared_ptr<groq_device> device = open(true);
};

TEST_F(image_file, puts_the_segments_where_they_belong) {
    file.write(test::program_file().write());
    const auto loaded = load_image();
    ASSERT_TRUE(loaded) << loaded.error().message();
    const auto expected = test::filled(64);
    EXPECT_TRUE(std::equal(expected.begin(), expected.end(), card.sram.begin()));
    EXPECT_EQ(card.sram[64], std::byte{0});
    EXPECT_EQ((*loaded)->info().copied_bytes, 64u);
    EXPECT_EQ((*loaded)->info().sram_bytes, 320u * 40);
    EXPECT_EQ((*loaded)->program().contents().tensors.size(), 2u);
    EXPECT_TRUE(card.buffers.empty()) << "the slots are left";
}

TEST_F(image_file, larger_than_the_slots_arrives_whole) {
    file.write(large().write());
    const auto loaded = load_image();
    ASSERT_TRUE(loaded) << loaded.error().message();
    expect_large_in_sram();
    EXPECT_EQ((*loaded)->info().copied_bytes, 64u + 2 * large_bytes);
}

TEST_F(image_file, uses_slots_again_only_when_the_card_has_let_go_of_them) {
    card.holds_back = true; // whoever waits ends what is held, and nothing else does
    file.write(large().write());
    const auto loaded = load_image();
    ASSERT_TRUE(loaded) << loaded.error().message();
    expect_large_in_sram();
}

TEST_F(image_file, reads_while_the_card_copies) {
    card.holds_back = true;
    file.write(large().write());
    EXPECT_TRUE(load_image(0).error() == errc::timeout);
    EXPECT_EQ(card.log.size(), 4u) << "the other two of six slots are being read into";
}

TEST_F(image_file, is_read_the_same_with_and_without_io_uring) {
    const test::temporary_file on_disk(test::temporary_file::where::disk);
    on_disk.write(large().write());
    const auto source = file_source::open(on_disk.path()).value();
    file_checksum expected({0, 0});
    ASSERT_TRUE(pass(source, expected));
    for (const auto open : {&file_stream::open, &file_stream::open_plain}) {
        file_checksum sum({0, 0});
        read_by(*open(source, 2), source.size(), sum);
        EXPECT_EQ(sum.hash(), expected.hash());
    }
}

TEST_F(image_file, cut_anywhere_is_refused_as_it_is_from_memory) {
    const auto whole = test::program_file().write();
    for (std::size_t size = 0; size <= whole.size(); ++size)
        ASSERT_NO_FATAL_FAILURE(
            expect_same_verdict({whole.begin(), whole.begin() + std::ptrdiff_t(size)}))
            << "cut to " << size << " bytes";
    EXPECT_TRUE(card.buffers.empty());
}

TEST_F(image_file, with_a_bit_flipped_is_refused_as_it_is_from_memory) {
    auto bytes = test::program_file().write();
    for (std::size_t at = 0; at < bytes.size(); ++at) {
        const auto flip = std::byte(1 << at * 5 % 8);
        bytes[at] ^= flip;
        ASSERT_NO_FATAL_FAILURE(expect_same_verdict(bytes)) << "in byte " << at;
        ASSERT_TRUE(card.reserved.empty()) << "something is left of byte " << at;
        bytes[at] ^= flip;
    }
}

TEST_F(image_file, with_any_byte_changed_under_a_right_checksum_is_judged_the_same) {
    const test::program_file right;
    const auto bytes = right.write();
    for (std::size_t at = 0; at < bytes.size(); ++at)
        for (const auto value : {0x00, 0x01, 0xff}) {
            auto changed = bytes;
            changed[at] = std::byte(value);
            ASSERT_NO_FATAL_FAILURE(expect_same_verdict(right.sealed(changed)))
                << "byte " << at << " as " << value;
        }
}

TEST_F(image_file, with_notes_and_headers_far_into_the_file_is_read) {
    auto program = large();
    auto bytes = program.write();
    // The table of headers, once more behind everything.
    const auto table = program.header.e_phoff;
    const auto size = 4 * sizeof(Elf64_Phdr);
    const std::uint64_t end = bytes.size();
    const test::bytes copy(bytes.begin() + std::ptrdiff_t(table),
                           bytes.begin() + std::ptrdiff_t(table + size));
    bytes.insert(bytes.end(), copy.begin(), copy.end());
    std::memcpy(&bytes[offsetof(Elf64_Ehdr, e_phoff)], &end, sizeof end);
    file.write(program.sealed(bytes));
    const auto loaded = load_image();
    ASSERT_TRUE(loaded) << loaded.error().message();
    expect_large_in_sram();
}

TEST_F(image_file, is_loaded_without_memory_that_can_be_pinned) {
    file.write(large().write());
    card.pins = false;
    const auto loaded = load_image();
    ASSERT_TRUE(loaded) << loaded.error().message();
    expect_large_in_sram();
}

TEST_F(image_file, leaves_nothing_behind_wherever_loading_fails) {
    card.failure = {errc::system, "injected"};
    file.write(test::program_file().write());
    fail_at_every_call([&] { return !load_image(); });
}

TEST_F(image_file, leaves_nothing_behind_wherever_loading_a_large_one_fails) {
    card.failure = {errc::system, "injected"};
    file.write(large().write());
    fail_at_every_call([&] { return !load_image(); });
}

TEST_F(image_file, is_not_loaded_when_the_deadline_passes) {
    card.holds_back = true;
    file.write(test::program_file().write());
    EXPECT_TRUE(load_image(0).error() == errc::timeout);
    EXPECT_TRUE(card.reserved.empty());
    EXPECT_TRUE(card.held.empty());
}

TEST_F(image_file, that_is_not_there_is_named) {
    const auto refused = groq_image::load_file(device, "/nowhere/a.groq", GROQ_FOREVER);
    ASSERT_FALSE(refused);
    EXPECT_TRUE(refused.error() == errc::not_found);
    EXPECT_THAT(refused.error().message(), HasSubstr("/nowhere/a.groq"));
}

TEST_F(image_file, that_is_a_folder_is_refused) {
    const auto refused = groq_image::load_file(device, "/tmp", GROQ_FOREVER);
    ASSERT_FALSE(refused);
    EXPECT_THAT(refused.error().message(), EndsWith("Is a directory"));
}

} // namespace
} // namespace groq
