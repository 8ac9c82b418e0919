// SPDX-License-Identifier: MIT
//
// Every refusal of docs/program-format.md, and what is not refused.
#include "program_reader.hpp"

#include <functional>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "support/program_file.hpp"

namespace groq {
namespace {

using test::filled;
using test::make_entry;
using test::make_note;
using test::make_tensor;
using test::program_file;
using ::testing::HasSubstr;
using ::testing::StartsWith;

constexpr const char *name = "a.groq";

result<program_contents> read(const test::bytes &file) {
    auto read = read_program(file, name);
    if (!read)
        return read.error();
    return std::move(read->contents);
}

void expect_refused(const test::bytes &file, const char *why) {
    const auto contents = read(file);
    ASSERT_FALSE(contents) << "not refused: " << why;
    EXPECT_TRUE(contents.error() == errc::program);
    EXPECT_THAT(contents.error().message(), StartsWith("a.groq: "));
    EXPECT_THAT(contents.error().message(), HasSubstr(why));
}

// A program that is right but for what `spoil` does.
void expect_refused(const std::function<void(program_file &)> &spoil, const char *why) {
    program_file file;
    spoil(file);
    expect_refused(file.write(), why);
}

TEST(program_reader, reads_what_was_written) {
    const auto file = program_file().write();
    const auto contents = read(file);
    ASSERT_TRUE(contents) << contents.error().message();
    EXPECT_EQ(contents->sram_bytes, 320u * 100);
    ASSERT_EQ(contents->ranges.size(), 1u);
    EXPECT_EQ(contents->ranges[0].size, 320u * 40);
    ASSERT_EQ(contents->segments.size(), 1u);
    EXPECT_EQ(contents->segments[0].size, 320u);
    EXPECT_EQ(contents->segments[0].file_bytes, 64u);
    EXPECT_EQ(file[contents->segments[0].offset + 3], std::byte{4});
    ASSERT_EQ(contents->entries.size(), 1u);
    EXPECT_EQ(contents->entries[0].name, "main");
    EXPECT_EQ(contents->entries[0].launch_count, 2u);
    EXPECT_EQ(contents->entries[0].cycles, 1234u);
    ASSERT_EQ(contents->tensors.size(), 2u);
    EXPECT_EQ(contents->tensors[1].name, "out");
    EXPECT_EQ(contents->tensors[1].parts.size(), 4u);
    EXPECT_EQ(contents->tensors[1].bytes(), 4u * 5 * 4);
    EXPECT_EQ(contents->tensors[1].packed_bytes(), 4u * 4 * 320);
}

TEST(program_reader, sorts_the_entry_points_of_a_split_program) {
    program_file file;
    file.entries = {make_entry("last", GROQ_ENTRY_OUTPUT, 0),
                    make_entry("first", GROQ_ENTRY_INPUT, 0),
                    make_entry("middle", GROQ_ENTRY_COMPUTE, 0)};
    const auto bytes = file.write();
    const auto contents = read(bytes);
    ASSERT_TRUE(contents) << contents.error().message();
    EXPECT_EQ(contents->entries[0].name, "first");
    EXPECT_EQ(contents->entries[1].name, "middle");
    EXPECT_EQ(contents->entries[2].name, "last");
}

TEST(program_reader, lets_an_output_lie_on_an_input) {
    program_file file;
    file.tensors[1] = make_tensor("out", GROQ_TENSOR_OUTPUT, GROQ_ELEMENT_I8, 4, 10,
                                  {{0, 0, 10, program_file::in_at, 640}});
    EXPECT_TRUE(read(file.write()));
}

TEST(program_reader, refuses_what_is_no_such_elf_file) {
    expect_refused(test::bytes{}, "not an ELF file");
    expect_refused(filled(1000), "not an ELF file");
    expect_refused([](auto &f) { f.header.e_ident[EI_CLASS] = ELFCLASS32; }, "64-bit");
    expect_refused([](auto &f) { f.header.e_ident[EI_DATA] = ELFDATA2MSB; },
                   "little-endian");
    expect_refused([](auto &f) { f.header.e_ident[EI_VERSION] = 2; }, "ELF version");
    expect_refused([](auto &f) { f.header.e_version = 2; }, "ELF version");
    expect_refused([](auto &f) { f.header.e_machine = EM_X86_64; }, "another machine");
    expect_refused([](auto &f) { f.header.e_flags = 2; }, "version 2");
    expect_refused([](auto &f) { f.header.e_type = ET_DYN; }, "not an executable");
    expect_refused([](auto &f) { f.header.e_entry = 16; }, "e_entry");
    expect_refused([](auto &f) { f.header.e_phentsize = 32; }, "32 bytes");
}

TEST(program_reader, refuses_tables_past_the_end_of_the_file) {
    expect_refused([](auto &f) { f.header.e_phoff = 1 << 20; }, "program headers");
    expect_refused([](auto &f) { f.header.e_phoff = ~0ull; }, "program headers");
    auto file = program_file().write();
    file[offsetof(Elf64_Ehdr, e_phnum) + 1] = std::byte{0xff};
    expect_refused(file, "program headers");
}

TEST(program_reader, refuses_a_file_cut_anywhere) {
    const auto file = program_file().write();
    for (std::size_t size = 0; size < file.size(); ++size) {
        const auto contents = read({file.begin(), file.begin() + std::ptrdiff_t(size)});
        ASSERT_FALSE(contents)
            << "cut to " << size << " of " << file.size() << " bytes";
        ASSERT_TRUE(contents.error() == errc::program);
    }
}

TEST(program_reader, refuses_a_file_with_any_bit_flipped) {
    auto file = program_file().write();
    for (std::size_t bit = 0; bit < file.size() * 8; ++bit) {
        const auto flip = std::byte(1 << bit % 8);
        file[bit / 8] ^= flip;
        ASSERT_FALSE(read(file)) << "bit " << bit % 8 << " of byte " << bit / 8;
        file[bit / 8] ^= flip;
    }
    EXPECT_TRUE(read(file));
}

// Whatever a wrong field says once its checksum is right: refused or read, never a
// crash or an access outside (the sanitizers look).
TEST(program_reader, survives_any_byte_changed_under_a_right_checksum) {
    const program_file right;
    const auto file = right.write();
    for (std::size_t at = 0; at < file.size(); ++at)
        for (const auto value : {0x00, 0x01, 0x7f, 0x80, 0xff}) {
            auto changed = file;
            changed[at] = std::byte(value);
            if (const auto contents = read(right.sealed(changed)); !contents) {
                ASSERT_TRUE(contents.error() == errc::program);
            }
        }
}

TEST(program_reader, refuses_a_wrong_checksum) {
    expect_refused([](auto &f) { f.checksum_error = 1; }, "checksum");
}

TEST(program_reader, refuses_wrong_segments) {
    expect_refused([](auto &f) { f.segments.clear(); }, "no loadable segment");
    expect_refused([](auto &f) { f.segments[0].type = PT_DYNAMIC; },
                   "unknown type 0x2");
    expect_refused([](auto &f) { f.segments[0].flags = 0x100; }, "unknown flags");
    expect_refused([](auto &f) { f.segments[0].physical = 320; }, "two addresses");
    expect_refused([](auto &f) { f.segments[0].memory_size = 63; }, "in memory");
    expect_refused([](auto &f) { f.segments[0] = {0, {}, 0}; }, "in memory");
    expect_refused([](auto &f) { f.segments[0].address = 320 * 40; },
                   "outside of the SRAM ranges");
    expect_refused([](auto &f) { f.segments[0].memory_size = ~0ull; },
                   "outside of the SRAM ranges");
    expect_refused(
        [](auto &f) {
            f.segments.push_back({319, filled(1), 1});
        },
        "overlaps the one before it");
}

TEST(program_reader, takes_4096_segments_and_no_more) {
    program_file file;
    for (std::uint32_t i = 1; i < 4096; ++i)
        file.segments.push_back({319 + i, {}, 1});
    EXPECT_TRUE(read(file.write()));
    file.segments.push_back({319 + 4096, {}, 1});
    expect_refused(file.write(), "more than 4096 segments");
}

TEST(program_reader, refuses_segments_that_reach_from_range_to_range) {
    expect_refused(
        [](auto &f) {
            f.ranges = {{0, 320}, {320, 320 * 39}};
            f.segments[0].memory_size = 640;
        },
        "outside of the SRAM ranges");
}

TEST(program_reader, refuses_wrong_ranges) {
    expect_refused([](auto &f) { f.ranges.clear(); }, "note SRAM");
    expect_refused([](auto &f) { f.ranges.assign(17, {0, 320}); }, "note SRAM");
    expect_refused([](auto &f) { f.ranges[0].address = 16; }, "whole vectors");
    expect_refused([](auto &f) { f.ranges[0].size = 330; }, "whole vectors");
    expect_refused([](auto &f) { f.ranges[0].size = 0; }, "whole vectors");
    expect_refused([](auto &f) { f.ranges[0].size = 320 * 101; }, "past the");
    expect_refused(
        [](auto &f) {
            f.ranges.insert(f.ranges.begin(), {320 * 50, 320});
        },
        "out of order");
    expect_refused([](auto &f) { f.ranges.push_back({320 * 39, 640}); }, "overlaps");
}

TEST(program_reader, refuses_wrong_notes) {
    expect_refused([](auto &f) { f.has_target = false; }, "no note TARGET");
    expect_refused([](auto &f) { f.has_checksum = false; }, "no note CHECKSUM");
    expect_refused([](auto &f) { f.has_sram = false; }, "no note SRAM");
    expect_refused([](auto &f) { f.entries.clear(); }, "no note ENTRY");
    expect_refused(
        [](auto &f) { f.more_notes = {make_note(GROQ_NOTE_TARGET, f.target)}; },
        "more than one note TARGET");
    expect_refused([](auto &f) { f.more_notes = {make_note(GROQ_NOTE_SRAM)}; },
                   "more than one note SRAM");
    expect_refused([](auto &f) { f.more_notes = {make_note(GROQ_NOTE_CHECKSUM)}; },
                   "more than one note CHECKSUM");
    expect_refused([](auto &f) { f.more_notes = {make_note(0)}; }, "unknown type 0");
    expect_refused([](auto &f) { f.more_notes = {make_note(6)}; }, "unknown type 6");
    expect_refused([](auto &f) { f.more_notes = {{1, {}, "GNU"}}; }, "not one of GROQ");
    expect_refused(
        [](auto &f) {
            f.more_notes = {{1, {}, "GROQX"}};
        },
        "not one of GROQ");
}

TEST(program_reader, refuses_notes_of_another_size) {
    const auto short_note = [](std::uint32_t type) {
        return [type](program_file &f) { f.more_notes = {make_note(type, 'x')}; };
    };
    expect_refused(short_note(GROQ_NOTE_ENTRY), "1 bytes long");
    expect_refused(short_note(GROQ_NOTE_TENSOR), "1 bytes long");
    expect_refused(
        [](auto &f) {
            f.has_target = false;
            f.more_notes = {make_note(GROQ_NOTE_TARGET, f.target, 0)};
        },
        "20 bytes long");
    expect_refused(
        [](auto &f) {
            f.has_sram = false;
            f.more_notes = {make_note(GROQ_NOTE_SRAM, f.ranges[0], 0)};
        },
        "12 bytes long");
    expect_refused(
        [](auto &f) {
            f.has_checksum = false;
            f.more_notes = {make_note(GROQ_NOTE_CHECKSUM, std::uint64_t{0})};
        },
        "8 bytes long");
    expect_refused(
        [](auto &f) { f.tensors[0].data.resize(f.tensors[0].data.size() + 4); },
        "bytes long");
}

TEST(program_reader, refuses_a_wrong_target) {
    expect_refused([](auto &f) { f.target.isa = 2; }, "instruction set version 2");
    expect_refused([](auto &f) { f.target.reserved = 1; }, "reserved field");
    expect_refused([](auto &f) { f.target.sram_bytes = ~0ull; }, "addresses reach");
}

TEST(program_reader, refuses_wrong_entry_points) {
    expect_refused([](auto &f) { f.entries[0].kind = 4; }, "unknown kind 4");
    expect_refused([](auto &f) { f.entries[0].reserved = 1; }, "reserved field");
    expect_refused([](auto &f) { f.entries[0].name[0] = 0; }, "empty");
    expect_refused([](auto &f) { f.entries[0].name[0] = '\n'; }, "malformed");
    expect_refused([](auto &f) { f.entries[0].name[31] = 'x'; }, "malformed");
    expect_refused([](auto &f) { std::memset(f.entries[0].name, 'x', 32); },
                   "malformed");
    expect_refused([](auto &f) { f.entries.push_back(f.entries[0]); }, "there twice");
}

TEST(program_reader, refuses_launch_tables_outside_of_segments) {
    expect_refused([](auto &f) { f.entries[0].launch_count = 0; }, "empty");
    expect_refused([](auto &f) { f.entries[0].launch = 8; }, "not aligned");
    expect_refused([](auto &f) { f.entries[0].launch_count = 21; }, "not inside");
    expect_refused([](auto &f) { f.entries[0].launch_count = ~0u; }, "not inside");
    expect_refused([](auto &f) { f.entries[0].launch = 320; }, "not inside");
    program_file fits;
    fits.entries[0].launch_count = 20;
    EXPECT_TRUE(read(fits.write()));
}

TEST(program_reader, refuses_other_sets_of_entry_points) {
    const auto of = [](std::initializer_list<std::uint32_t> kinds) {
        return [kinds](program_file &f) {
            f.entries.clear();
            for (const auto kind : kinds)
                f.entries.push_back(make_entry(
                    ("e" + std::to_string(f.entries.size())).c_str(), kind, 0));
        };
    };
    expect_refused(of({GROQ_ENTRY_COMPUTE}), "entry points are neither");
    expect_refused(of({GROQ_ENTRY_INPUT, GROQ_ENTRY_COMPUTE}),
                   "entry points are neither");
    expect_refused(of({GROQ_ENTRY_MONOLITHIC, GROQ_ENTRY_MONOLITHIC}),
                   "entry points are neither");
    expect_refused(of({GROQ_ENTRY_INPUT, GROQ_ENTRY_INPUT, GROQ_ENTRY_OUTPUT}),
                   "entry points are neither");
    expect_refused(of({GROQ_ENTRY_MONOLITHIC, GROQ_ENTRY_INPUT, GROQ_ENTRY_COMPUTE,
                       GROQ_ENTRY_OUTPUT}),
                   "entry points are neither");
}

// The tensor "in" with these fields.
auto tensor(std::uint32_t rows, std::uint32_t columns,
            std::vector<groq_tensor_part> parts,
            std::uint32_t element = GROQ_ELEMENT_I8) {
    return [=](program_file &f) {
        f.tensors[0] =
            make_tensor("in", GROQ_TENSOR_INPUT, element, rows, columns, parts);
    };
}

TEST(program_reader, refuses_wrong_tensors) {
    const auto part = groq_tensor_part{0, 0, 10, 0x280, 640};
    const auto with = [&](auto change) {
        auto changed = part;
        change(changed);
        return tensor(4, 10, {changed});
    };
    expect_refused(tensor(0, 10, {part}), "0 x 10");
    expect_refused(tensor(4, 0, {part}), "4 x 0");
    expect_refused(tensor(4, 10, {part}, 6), "element type 6");
    expect_refused(with([](auto &p) { p.plane = 1; }), "malformed");
    expect_refused(with([](auto &p) { p.lanes = 0; }), "malformed");
    expect_refused(with([](auto &p) { p.lanes = 321; }), "malformed");
    expect_refused(with([](auto &p) { p.sram = 0x281; }), "malformed");
    expect_refused(with([](auto &p) { p.stride = 0; }), "malformed");
    expect_refused(with([](auto &p) { p.stride = 321; }), "malformed");
    expect_refused(with([](auto &p) { p.sram = 320 * 34; }), "outside of the SRAM");
    expect_refused(with([](auto &p) { p.sram = 320 * 1000; }), "outside of the SRAM");
    expect_refused(with([](auto &p) { p.stride = 0xffffff00; }), "outside of the SRAM");
    expect_refused(tensor(0xffffffff, 10, {part}), "outside of the SRAM");
    expect_refused(
        [](auto &f) {
            f.tensors[0] =
                make_tensor("in", 2, GROQ_ELEMENT_I8, 4, 10, {{0, 0, 10, 0x280, 640}});
        },
        "direction 2");
    expect_refused(
        [](auto &f) {
            groq_note_tensor head{};
            std::memcpy(&head, f.tensors[0].data.data(), sizeof head);
            head.reserved = 1;
            std::memcpy(f.tensors[0].data.data(), &head, sizeof head);
        },
        "reserved field");
    expect_refused([](auto &f) { f.tensors.push_back(f.tensors[0]); }, "there twice");
    expect_refused([](auto &f) { f.tensors[0].data[0] = std::byte{0}; }, "empty");
}

TEST(program_reader, refuses_tensors_that_are_not_covered_exactly_once) {
    const auto refused = [](auto spoil) { expect_refused(spoil, "exactly once"); };
    refused(tensor(4, 10, {}));
    refused(tensor(4, 10, {{0, 0, 9, 0x280, 320}}));
    refused(tensor(4, 10, {{0, 0, 11, 0x280, 320}}));
    refused(tensor(4, 10, {{0, 1, 9, 0x280, 320}}));
    refused(tensor(4, 10, {{0, 0, 5, 0x280, 320}, {0, 6, 4, 0x780, 320}}));
    refused(tensor(4, 10, {{0, 0, 6, 0x280, 320}, {0, 5, 5, 0x780, 320}}));
    refused(tensor(4, 10, {{0, 0, 10, 0x280, 320}}, GROQ_ELEMENT_I16));
    refused(tensor(4, 10, {{0, 0, 10, 0x280, 320}, {0, 0, 10, 0x780, 320}},
                   GROQ_ELEMENT_I16));
    refused(tensor(4, 10, {{0, 0xffffffff, 10, 0x280, 320}}));
}

TEST(program_reader, refuses_parts_on_top_of_each_other) {
    expect_refused(tensor(4, 10, {{0, 0, 5, 0x280, 640}, {0, 5, 5, 0x500, 640}}),
                   "on another part");
    expect_refused(
        [](auto &f) {
            f.tensors.push_back(make_tensor("in2", GROQ_TENSOR_INPUT, GROQ_ELEMENT_I8,
                                            1, 1, {{0, 0, 1, 0x280, 320}}));
        },
        "on another part");
}

TEST(program_reader, takes_columns_in_several_parts) {
    program_file file;
    tensor(4, 10, {{0, 5, 5, 0x780, 320}, {0, 0, 5, 0x280, 320}})(file);
    EXPECT_TRUE(read(file.write()));
}

} // namespace
} // namespace groq
