// SPDX-License-Identifier: MIT
#include "asm/elf_file.hpp"

#include <elf.h>

#include <cstring>
#include <functional>
#include <random>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "asm/assembler.hpp"
#include "asm/check.hpp"
#include "asm/disassembler.hpp"
#include "asm/program_builder.hpp"
#include "asm/queue.hpp"
#include "random_instruction.hpp"
#include "random_program.hpp"

namespace groq::assembly::test {
namespace {

using testing::HasSubstr;
using testing::ThrowsMessage;

using file_bytes = std::vector<std::byte>;

file_bytes some_bytes(std::size_t count, std::mt19937 &random) {
    file_bytes bytes(count);
    for (std::byte &b : bytes)
        b = random() % 4 == 0 ? static_cast<std::byte>(random()) : std::byte{0};
    return bytes;
}

// Not a sensible program, but one with all there can be in a file.
program arbitrary_program(unsigned seed) {
    std::mt19937 random(seed);
    const auto below = [&](std::uint32_t limit) {
        return static_cast<std::uint32_t>(random() % limit);
    };
    program source;
    source.sram_bytes = GROQ_SRAM_BYTES - 320 * below(100);
    for (std::uint32_t i = 0; i < 1 + below(16); ++i)
        source.ranges.push_back({i * 32'000, 32'000});
    for (std::uint32_t i = 0; i < 5; ++i) {
        const std::uint32_t size = below(2000);
        source.segments.push_back({".data", i * 32'000 + 16 * below(2),
                                   some_bytes(size, random), size + below(2) * 320,
                                   false, below(2) == 0});
    }
    for (std::uint32_t i = 5; i < 10; ++i) {
        segment text{".text." + queue_name(below(GROQ_ICUS_ALL)),
                     i * 32'000,
                     {},
                     0,
                     true,
                     false};
        for (unsigned n = 0; n < 1 + below(100); ++n) {
            const auto all = operations();
            const auto code =
                to_bytes(random_instruction(all[random() % all.size()], random));
            text.bytes.insert(text.bytes.end(), code.begin(), code.end());
        }
        if (below(2) == 0)
            text.bytes.resize(text.bytes.size() + below(100)); // no instructions
        text.memory_bytes = static_cast<std::uint32_t>(text.bytes.size());
        source.segments.push_back(std::move(text));
    }
    segment table{"launch \"\\\n", 320'000, {}, 0, true, false};
    table.bytes = some_bytes(3 * sizeof(groq_launch), random);
    table.memory_bytes = 3 * sizeof(groq_launch);
    source.segments.push_back(table);
    source.entries.push_back({"main\x01;\"", below(4), table.address, 3, random()});
    source.tensors.push_back({"t", below(2), below(6), 1 + below(5), 1 + below(5), {}});
    for (unsigned i = 0; i < below(4); ++i)
        source.tensors[0].parts.push_back(
            {below(4), below(1000), 1 + below(320), below(GROQ_SRAM_BYTES), 320});
    source.symbols.push_back({"a", 320'016, 16, true});
    source.symbols.push_back({"\xff", 1, 0, false});
    return source;
}

void expect_same_bytes_again(const program &source) {
    const file_bytes file = write_elf(source);
    const program read = read_elf(file);
    ASSERT_EQ(write_elf(read), file);
    assembly_options unchecked;
    unchecked.checked = false;
    const assembly_result again = assemble(disassemble(read), unchecked);
    for (const source_diagnostic &each : again.diagnostics)
        ADD_FAILURE() << each.line << ":" << each.column << ": " << each.message;
    ASSERT_TRUE(again.image);
    ASSERT_EQ(write_elf(*again.image), file);
}

TEST(elf, and_assembly_give_the_same_bytes_again) {
    for (unsigned seed = 0; seed < 200; ++seed) {
        SCOPED_TRACE(seed);
        expect_same_bytes_again(arbitrary_program(seed));
    }
}

TEST(elf, and_assembly_give_the_same_program_again) {
    for (unsigned seed = 1000; seed < 1100; ++seed) {
        SCOPED_TRACE(seed);
        expect_same_bytes_again(random_program(seed).link());
    }
}

program small_program() {
    const auto result = assemble(R"(
        .data   e.0[0]
one:    .u8     1, 2, 3
        .tensor t, output, i8, 1, 320
        .part   0, 0, 320, e.1[0], 320
        .entry  main
        .queue  mem.e.0
        read    e0, 0
        .queue  mem.e.1
        @1 write e0, 0
)");
    return result.image.value();
}

TEST(elf, is_one_that_others_can_read) {
    const file_bytes file = write_elf(small_program());
    Elf64_Ehdr header;
    std::memcpy(&header, file.data(), sizeof header);
    EXPECT_EQ(std::memcmp(header.e_ident, ELFMAG, SELFMAG), 0);
    EXPECT_EQ(header.e_type, ET_EXEC);
    EXPECT_EQ(header.e_machine, GROQ_ELF_MACHINE);
    EXPECT_EQ(header.e_flags, static_cast<unsigned>(GROQ_ELF_VERSION));
    EXPECT_EQ(header.e_phnum, 1U + 4U); // notes; data, two queues, launch table
    for (unsigned i = 0; i < header.e_phnum; ++i) {
        Elf64_Phdr segment;
        std::memcpy(&segment, file.data() + header.e_phoff + i * sizeof segment,
                    sizeof segment);
        EXPECT_EQ(segment.p_type, i == 0 ? PT_NOTE : PT_LOAD);
        EXPECT_EQ(segment.p_vaddr % segment.p_align,
                  segment.p_offset % segment.p_align);
    }
}

TEST(elf, checks_its_bytes) {
    const file_bytes file = write_elf(small_program());
    for (std::size_t i = 0; i < file.size(); i += 7) {
        file_bytes damaged = file;
        damaged[i] ^= std::byte{0x10};
        EXPECT_ANY_THROW(read_elf(damaged)) << i;
    }
    for (std::size_t size = 0; size < file.size(); size += 11)
        EXPECT_ANY_THROW(read_elf(std::span(file).first(size))) << size;
}

// Sets the checksum right after a change, so that what lies behind it is tried.
file_bytes with_checksum(file_bytes file) {
    const std::string name("GROQ\0\0\0\0", 8);
    for (std::size_t at = 0; at + 24 < file.size(); at += 4) {
        Elf64_Nhdr note;
        std::memcpy(&note, file.data() + at, sizeof note);
        if (note.n_namesz == 5 && note.n_descsz == 4 &&
            note.n_type == GROQ_NOTE_CHECKSUM &&
            std::memcmp(file.data() + at + sizeof note, name.data(), 8) == 0) {
            const std::uint32_t crc = checksum(file, at + sizeof note + 8);
            std::memcpy(file.data() + at + sizeof note + 8, &crc, sizeof crc);
        }
    }
    return file;
}

// Whatever is in a file, reading, checking and disassembling it ends in an answer.
TEST(elf, survives_random_damage) {
    std::mt19937 random(1);
    const file_bytes file = write_elf(small_program());
    unsigned readable = 0;
    for (int i = 0; i < 4000; ++i) {
        file_bytes damaged = file;
        for (unsigned n = 0; n < 1 + random() % 4; ++n)
            damaged[random() % damaged.size()] = static_cast<std::byte>(random());
        try {
            const program source = read_elf(with_checksum(damaged));
            ++readable;
            (void)check(source);
            (void)disassemble(source);
        } catch (const std::exception &) {
        }
    }
    EXPECT_GT(readable, 500U);
}

TEST(elf, refuses_with_a_reason) {
    const file_bytes file = write_elf(small_program());
    const auto refused = [&](std::size_t offset, unsigned value, const char *why) {
        file_bytes damaged = file;
        damaged[offset] = static_cast<std::byte>(value);
        EXPECT_THAT([&] { read_elf(damaged); },
                    ThrowsMessage<std::runtime_error>(HasSubstr(why)));
    };
    refused(0, 0, "not an ELF file");
    refused(EI_CLASS, ELFCLASS32, "not 64-bit little endian");
    refused(offsetof(Elf64_Ehdr, e_machine), 62, "for machine");
    refused(offsetof(Elf64_Ehdr, e_flags), 2, "notes of version 2");
    refused(offsetof(Elf64_Ehdr, e_phentsize), 1, "headers of unknown size");
    refused(file.size() - 1, 0x55, "checksum mismatch");
}

TEST(elf, refuses_names_that_do_not_fit) {
    program source = small_program();
    source.entries[0].name = std::string(GROQ_NAME_BYTES, 'x');
    EXPECT_THROW(write_elf(source), std::invalid_argument);
    source.entries[0].name = "";
    EXPECT_THROW(write_elf(source), std::invalid_argument);
}

TEST(program_builder, joins_ranges_when_there_are_too_many) {
    program_builder builder;
    for (unsigned i = 0; i < 30; ++i)
        builder.reserve(address_of(i, i == 7 ? 8191 : 0), GROQ_VECTOR_BYTES);
    builder.add_entry("main").at(0, GROQ_ICU_VXM(0), make<GROQ_OPCODE_NOTIFY>());
    const program built = builder.link();
    EXPECT_EQ(built.ranges.size(), std::size_t{GROQ_SRAM_RANGES_MAX});
    for (std::size_t i = 1; i < built.ranges.size(); ++i)
        EXPECT_GT(built.ranges[i].address,
                  built.ranges[i - 1].address + built.ranges[i - 1].size);
    std::uint64_t joined = 0;
    for (const groq_note_sram &range : built.ranges)
        joined += range.size;
    EXPECT_LE(joined, 16ULL * GROQ_SLICE_BYTES);
    EXPECT_TRUE(check(built).empty());
}

TEST(program_builder, keeps_text_within_the_sram_it_is_given) {
    program_builder builder;
    builder.set_sram_bytes(2 * GROQ_VECTOR_BYTES);
    builder.add_entry("main").at(0, GROQ_ICU_VXM(0), make<GROQ_OPCODE_NOTIFY>());
    EXPECT_THAT([&] { builder.link(); },
                ThrowsMessage<build_error>(HasSubstr("no room for a launch table")));
}

} // namespace
} // namespace groq::assembly::test
