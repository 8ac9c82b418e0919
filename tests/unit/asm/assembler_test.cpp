// SPDX-License-Identifier: MIT
#include "asm/assembler.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cstring>
#include <filesystem>
#include <sstream>

#include "asm/elf_file.hpp"
#include "asm/queue.hpp"
#include "chip_runner.hpp"
#include "read_back.hpp"

namespace groq::assembly::test {
namespace {

using testing::HasSubstr;

program good(const std::string &source, const assembly_options &options = {}) {
    const assembly_result result = assemble(source, options);
    for (const source_diagnostic &each : result.diagnostics)
        if (each.error)
            ADD_FAILURE() << each.line << ":" << each.column << ": " << each.message;
    return result.image.value_or(program{});
}

struct mistake {
    const char *source;
    unsigned line;
    unsigned column;
    const char *message;
};

class refused : public testing::TestWithParam<mistake> {};

TEST_P(refused, with_line_column_and_reason) {
    const assembly_result result = assemble(GetParam().source);
    EXPECT_FALSE(result.image);
    ASSERT_FALSE(result.diagnostics.empty());
    const source_diagnostic &first = result.diagnostics.front();
    EXPECT_TRUE(first.error);
    EXPECT_EQ(first.line, GetParam().line) << first.message;
    EXPECT_EQ(first.column, GetParam().column) << first.message;
    EXPECT_THAT(first.message, HasSubstr(GetParam().message));
}

INSTANTIATE_TEST_SUITE_P(
    syntax, refused,
    testing::Values(
        mistake{".frobnicate", 1, 1, "unknown directive .frobnicate"},
        mistake{"\n  .set x 4", 2, 10, "expected \",\""},
        mistake{".set x, y", 1, 9, "unknown name y"},
        mistake{".set x, 1\n.set x, 2", 2, 6, "x is defined twice"},
        mistake{".set e3, 1", 1, 6, "e3 has a meaning of its own"},
        mistake{".set x, 4 5", 1, 11, "unexpected \"5\""},
        mistake{".set x, (4", 1, 11, "expected \")\""},
        mistake{".set x, 4/0", 1, 10, "division by zero"},
        mistake{".set x, 12q", 1, 9, "bad number 12q"},
        mistake{".set x, 0x", 1, 9, "bad number 0x"},
        mistake{".set x,", 1, 8, "expected a number"},
        mistake{".data e.44[0]", 1, 7, "unknown name e.44"},
        mistake{".data e.4[8192]", 1, 11, "word is 8192, must be 0..8191"},
        mistake{"here:", 1, 1, "a label stands in a section or a queue"},
        mistake{".data e.0[0]\n.hex \"0\"", 2, 6, "pairs of hexadecimal digits"},
        mistake{".data e.0[0]\n.hex \"0g\"", 2, 6, "bad digit in pair 0"},
        mistake{".data e.0[0]\n.hex \"00", 2, 6, "text without closing quote"},
        mistake{".data e.0[0]\n.i8 128", 2, 5, "value is 128, must be -128..127"},
        mistake{".data e.0[0]\n.f16 1, 65520", 2, 9,
                "65520 is out of the range of f16"},
        mistake{".data e.0[0]\n.f32 1e99", 2, 6, "out of the range of f32"},
        mistake{".data e.0[0]\n.u8 1, -1", 2, 8, "value is -1, must be 0..255"},
        mistake{".data e.0[0]\n.file \"not there\"", 2, 7, "not there: No such file"},
        mistake{".i8 1", 1, 5, "bytes stand in a .data or .section"},
        mistake{".part 0,0,1,0,320", 1, 7, "no .tensor before this .part"},
        mistake{".tensor t, sideways, i8, 1, 1", 1, 12, "expected input or output"},
        mistake{".tensor t, input, i9, 1, 1", 1, 19, "no type i9"},
        mistake{".tensor t, input, i8, 0, 1", 1, 23, "rows is 0"},
        mistake{".queue vxm.0", 1, 8, "no .entry before this .queue"},
        mistake{".entry m\n.queue vxm.16", 2, 8, "no instruction queue vxm.16"},
        mistake{".entry m, sometimes", 1, 11, "expected monolithic, input"},
        mistake{"read e0, 0", 1, 1, "an instruction stands in a queue"},
        mistake{"@5 read e0, 0", 1, 1, "a cycle stands in a queue"}));

const std::string long_name(32, 'n');
const std::string long_entry = ".entry " + long_name;
const std::string long_tensor = ".tensor " + long_name + ", input, i8, 1, 1";

INSTANTIATE_TEST_SUITE_P(
    order, refused,
    testing::Values(mistake{".set x, y\n.set y, 3", 1, 9, "y is defined later"},
                    mistake{".set x, 1+x", 1, 11, "x depends on itself"},
                    mistake{".entry m\n.queue vxm.0\nhere: @x copy i8, 1\n.set x, 5", 3,
                            1, "here depends on a name that is defined later"}));

INSTANTIATE_TEST_SUITE_P(
    names, refused,
    testing::Values(
        mistake{long_entry.c_str(), 1, 8, "must have 1..31 bytes"},
        mistake{long_tensor.c_str(), 1, 9, "must have 1..31 bytes"},
        mistake{".tensor \"\", input, i8, 1, 1", 1, 9, "must have 1..31 bytes"},
        mistake{".tensor \"a\\x0a\", input, i8, 1, 1", 1, 9, "control characters"},
        mistake{".entry \"\\x7f\"", 1, 8, "control characters"},
        mistake{".entry a, input\n.entry a, output", 2, 8, "a is there twice"},
        mistake{".tensor a, input, i8, 1, 1\n.part 0,0,1,0,320\n"
                ".tensor a, output, i8, 1, 1\n",
                3, 9, "a is there twice"}));

INSTANTIATE_TEST_SUITE_P(
    tensors, refused,
    testing::Values(
        mistake{".tensor a, input, i8, 9000, 320\n.part 0,0,320,e.43[0],320\n"
                ".entry main\n.queue vxm.0\ncopy i8, 1\n",
                1, 9, "tensor a reaches beyond the SRAM"},
        mistake{".tensor a, input, i8, 1, 320\n", 1, 9,
                "tensor a: column 0 of byte plane 0 lies in no part"},
        mistake{".tensor a, input, i8, 1, 400\n.part 0,0,320,0,320\n", 1, 9,
                "column 320 of byte plane 0 lies in no part"},
        mistake{".tensor a, input, i8, 1, 4\n.part 0,0,4,0,320\n.part 0,0,4,320,320", 1,
                9, "column 0 of byte plane 0 lies in two parts"},
        mistake{".tensor a, input, i16, 1, 4\n.part 0,0,4,0,320\n", 1, 9,
                "column 0 of byte plane 1 lies in no part"},
        mistake{".tensor a, input, i8, 1, 4\n.part 1,0,4,0,320\n", 1, 9,
                "has no byte plane 1"},
        mistake{".tensor a, input, i8, 1, 4\n.part 0,2,4,0,320\n", 1, 9,
                "reaches beyond its 4 columns"},
        mistake{".tensor a, input, i8, 1, 4\n.part 0,0,4,32,320\n", 1, 9,
                "a part is not of whole words"}));

INSTANTIATE_TEST_SUITE_P(
    blocks, refused,
    testing::Values(mistake{".data e.0[1]\n.zero 230686720", 2, 7,
                            "count is 230686720, must be 0..115343040"},
                    mistake{".data e.43[8191]\n.zero 319\n.i16 1\n.entry main", 1, 7,
                            ".data at e.43[8191] reaches beyond the SRAM"}));

TEST(assembler, goes_on_after_a_block_with_an_error) {
    const auto found = assemble(".tensor a, input, i8, 9000, 320\n"
                                ".part 0,0,320,e.43[0],320\n"
                                ".entry main\n.queue vxm.0\ncopy i8, 1\n")
                           .diagnostics;
    EXPECT_EQ(found.size(), 1U);
}

const std::string open_brackets = ".set x, " + std::string(30'000, '(');
const std::string complements = ".set x, " + std::string(1'000'000, '~') + "1";

INSTANTIATE_TEST_SUITE_P(
    integers, refused,
    testing::Values(
        mistake{open_brackets.c_str(), 1, 209, "expressions nest at most 200 deep"},
        mistake{complements.c_str(), 1, 209, "expressions nest at most 200 deep"},
        mistake{".set x, 1<<64", 1, 10, "shift by 64, must be 0..63"},
        mistake{".set x, 1<<-1", 1, 10, "shift by -1, must be 0..63"},
        mistake{".set x, 1>>64", 1, 10, "shift by 64, must be 0..63"},
        mistake{".set x, 1<<63", 1, 10, "the result of << does not fit 64 bits"},
        mistake{".set x, 9223372036854775808", 1, 9, "does not fit 64 bits"},
        mistake{".set x, 0x8000000000000000", 1, 9, "does not fit 64 bits"},
        mistake{".set x, 9223372036854775807+1", 1, 28, "result of + does not fit"},
        mistake{".set x, -9223372036854775807-2", 1, 29, "result of - does not fit"},
        mistake{".set x, (1<<62)*2", 1, 16, "result of * does not fit"},
        mistake{".set x, -(-1<<63)", 1, 9, "result of - does not fit"},
        mistake{".set x, (-1<<63)/-1", 1, 17, "result of / does not fit"}));

INSTANTIATE_TEST_SUITE_P(
    cycles, refused,
    testing::Values(mistake{".entry m\n.queue vxm.0\n@(1<<47) copy i8, 1", 3, 2,
                            "cycle is 140737488355328, must be 0..4294967296"},
                    mistake{".entry m\n.queue vxm.0\n@1<<32 copy i8, 1\n@+9 copy i8, 1",
                            4, 3, "cycle is 9, must be -4294967297..0"},
                    mistake{".entry m\n.queue vxm.0\n@1<<32 nop 9\n nop 9", 4, 2,
                            "cycle is 4294967305, must be 0..4294967296"},
                    mistake{
                        ".entry m\n.queue vxm.0\n@1<<32 copy i8, 1\nrepeat 2, 65535", 3,
                        8, "issues after cycle 4294967296"}));

const std::string queue = ".entry main\n.queue mem.e.0\n";
const std::string vector_queue = ".entry main\n.queue vxm.0\n";

struct bad_instruction {
    const char *line; // the third of its source
    unsigned column;
    const char *message;
};

class bad_memory_instruction : public testing::TestWithParam<bad_instruction> {};

void expect_third_line(const std::string &source, const bad_instruction &expected) {
    const assembly_result result = assemble(source);
    ASSERT_FALSE(result.diagnostics.empty()) << source;
    const source_diagnostic &first = result.diagnostics.front();
    EXPECT_TRUE(first.error) << source;
    EXPECT_EQ(first.line, 3U) << first.message;
    EXPECT_EQ(first.column, expected.column) << first.message;
    EXPECT_THAT(first.message, HasSubstr(expected.message));
}

TEST_P(bad_memory_instruction, is_refused) {
    expect_third_line(queue + GetParam().line, GetParam());
}

INSTANTIATE_TEST_SUITE_P(
    syntax, bad_memory_instruction,
    testing::Values(bad_instruction{"raed e0, 0", 1, "unknown instruction raed"},
                    bad_instruction{"read e0", 1, "read: no word"},
                    bad_instruction{"read 4", 1, "read: no stream"},
                    bad_instruction{"read e0, e1, 4", 10, "no place for e1"},
                    bad_instruction{"read e0, 4, 5", 13, "no place for this operand"},
                    bad_instruction{"read e0, 8192", 10, "word is 8192"},
                    bad_instruction{"read e0, word=8192", 15, "word is 8192"},
                    bad_instruction{"read e0, 0, step=9000", 18, "step is 9000"},
                    bad_instruction{"read e0, 0, stride=1", 13, "no field stride"},
                    bad_instruction{"read e0, 0, word=1", 18, "word is given twice"},
                    bad_instruction{"read e32, 0", 6, "unknown name e32"},
                    bad_instruction{"read e0, 0 -> e1", 15, "read has no target"},
                    bad_instruction{"read e0, 0 e1", 12, "unexpected \"e1\""},
                    bad_instruction{"nop 0", 5, "cycles is 0, must be 1..65535"},
                    bad_instruction{"nop -1", 5, "cycles is -1, must be 1..65535"},
                    bad_instruction{"repeat 0, 1", 8, "times is 0, must be 1..65535"},
                    bad_instruction{"config -1", 8, "superlanes is -1, must be 0..20"},
                    bad_instruction{"repeat 1, 1", 12,
                                    "repeat follows the instruction"},
                    bad_instruction{"copy i8, e0", 1, "does not execute copy"},
                    bad_instruction{"ifetch w.0[0]", 1, "not placed by hand"},
                    bad_instruction{"ifetch w.0[1]", 1, "text is out of range"},
                    bad_instruction{"@-1 read e0, 0", 2, "cycle is -1"},
                    bad_instruction{"read e0, 1.5", 10, "expected a number"}));

class bad_vector_instruction : public testing::TestWithParam<bad_instruction> {};

TEST_P(bad_vector_instruction, is_refused) {
    expect_third_line(vector_queue + GetParam().line, GetParam());
}

INSTANTIATE_TEST_SUITE_P(
    syntax, bad_vector_instruction,
    testing::Values(
        bad_instruction{"copy e0", 1, "copy: no type"},
        bad_instruction{"copy i8", 1, "copy: no a"},
        bad_instruction{"copy 5, i8", 6, "the type comes before an immediate"},
        bad_instruction{"copy i8, 128", 10, "immediate is 128, must be -128..127"},
        bad_instruction{"copy u8, -1", 10, "immediate is -1, must be 0..255"},
        bad_instruction{"copy i16, 40000", 11, "immediate is 40000"},
        bad_instruction{"add.mod i8, 1, 2", 16, "one immediate"},
        bad_instruction{"blend i8, e0, e1", 1, "blend: no condition"},
        bad_instruction{"blend i8, 1, 2, 3", 14, "one immediate"},
        bad_instruction{"tanh i8, e0", 1, "takes f16 and f32"},
        bad_instruction{"config 21", 1, "superlanes must be 0..20"},
        bad_instruction{"config 32", 8, "superlanes is 32"},
        bad_instruction{"copy f16, 1e5", 11, "out of the range of f16"},
        bad_instruction{"copy f16, -70000", 11, "out of the range of f16"},
        bad_instruction{"copy f16, 1e-9", 11, "out of the range of f16"},
        bad_instruction{"copy f32, 1e999", 11, "bad number 1e999"},
        bad_instruction{"copy f32, 1e99", 11, "out of the range of f32"},
        bad_instruction{"copy i8, alu16", 10, "unknown name alu16"},
        bad_instruction{"copy i8, e0 -> alu1", 16, "a target is a stream"},
        bad_instruction{"copy i8, a=e0", 12, "operands are written without a name"},
        bad_instruction{"copy i8, i16, e0", 10, "no place for i16"},
        bad_instruction{"add.sat f32, e0, e4", 1, "floats have only the .mod form"},
        bad_instruction{"copy i32, e1", 1, "multiple of 4"}));

class bad_exchange_instruction : public testing::TestWithParam<bad_instruction> {};

TEST_P(bad_exchange_instruction, is_refused) {
    expect_third_line(".entry main\n.queue sxm.e.shift_up\n" +
                          std::string(GetParam().line),
                      GetParam());
}

INSTANTIATE_TEST_SUITE_P(
    syntax, bad_exchange_instruction,
    testing::Values(
        bad_instruction{"shift.up e0, e1, i8", 1, "shift.up: no lanes"},
        bad_instruction{"shift.up e0, i8, 3", 1, "shift.up: no to"},
        bad_instruction{"shift.up e0, e1, 3", 1, "shift.up: no type"},
        bad_instruction{"shift.up e0, e1, i8, 512", 22, "lanes is 512"},
        bad_instruction{"shift.up e0, e1, e2, i8, 3", 18, "no place for e2"},
        bad_instruction{"shift.up e0, e1, i8, 320", 1, "must be 0..319"},
        bad_instruction{"shift.up e0, e1, f16, 4", 1, "multiple of 2"},
        bad_instruction{"shift.up e0, i8, 3 -> e1", 23, "has no target"},
        bad_instruction{"shift.down e0, e1, i8, 3", 1, "does not execute shift.down"},
        bad_instruction{"rotate e0, e16, n=8", 19, "n is 8"},
        bad_instruction{"rotate e0, e16, 2", 1, "does not execute rotate"}));

TEST(assembler, names_the_line_of_an_instruction_that_faults) {
    const assembly_result result = assemble(R"(
        .entry  main
        .queue  vxm.0
        @4 copy i8, 1
        repeat  3, 2            ; cycles 6, 8, 10
        @20 copy i8, alu7
)");
    EXPECT_FALSE(result.image);
    ASSERT_EQ(result.diagnostics.size(), 1U);
    EXPECT_EQ(result.diagnostics[0].line, 6U);
    EXPECT_EQ(result.diagnostics[0].column, 13U);
    EXPECT_EQ(result.diagnostics[0].message, "cycle 20: OPERAND_EMPTY: alu7 has no "
                                             "result yet");
}

TEST(assembler, reports_every_bad_line) {
    const assembly_result result =
        assemble(".set a, \n.set b, 1\n.set c, d\n.nothing\n");
    ASSERT_EQ(result.diagnostics.size(), 3U);
    EXPECT_EQ(result.diagnostics[0].line, 1U);
    EXPECT_EQ(result.diagnostics[1].line, 3U);
    EXPECT_EQ(result.diagnostics[2].line, 4U);
}

TEST(assembler, can_leave_faults_to_the_chip) {
    const std::string source = ".entry main\n.queue vxm.0\n@5 copy i8, alu3\n";
    EXPECT_FALSE(assemble(source).image);
    assembly_options unchecked;
    unchecked.checked = false;
    EXPECT_TRUE(assemble(source, unchecked).image);
}

TEST(assembler, computes) {
    const program image = good(R"(
        .set    a, 2 + 3 * 4            ; 14
        .set    b, (2 + 3) * 4 - -1     ; 21
        .set    c, 0x10 | 0b1 << 3 & ~0 ; 24
        .set    d, 100 / 7 % 5 ^ 1      ; 4 ^ 1 = 5
        .set    f, e.3[5] + 7
        .data   w.0[0]
        .u8     a, b, c, d, -8 >> 1 & 0xff
        .i32    f, word(f), later
later:  .i16    -2
        .f32    1.5, -2, 1e-3
        .f16    1.5, -inf, 65504, 1e-7
        .entry  main
        .queue  vxm.0
        copy    i8, 0
)");
    const auto &bytes = image.segments.at(0).bytes;
    ASSERT_EQ(bytes.size(), 5U + 12 + 2 + 12 + 8);
    const auto at = [&](std::size_t i) { return std::to_integer<int>(bytes[i]); };
    EXPECT_EQ(at(0), 14);
    EXPECT_EQ(at(1), 21);
    EXPECT_EQ(at(2), 24);
    EXPECT_EQ(at(3), 5);
    EXPECT_EQ(at(4), 0xfc);
    std::int32_t words[3];
    std::memcpy(words, bytes.data() + 5, sizeof words);
    EXPECT_EQ(words[0], GROQ_SRAM_ADDRESS(GROQ_EAST, 3, 5) + 7);
    EXPECT_EQ(words[1], 5);
    EXPECT_EQ(words[2], 17); // a label used before it is defined
    float floats[3];
    std::memcpy(floats, bytes.data() + 19, sizeof floats);
    EXPECT_EQ(floats[0], 1.5F);
    EXPECT_EQ(floats[1], -2.0F);
    EXPECT_EQ(floats[2], 1e-3F);
    std::uint16_t halves[4];
    std::memcpy(halves, bytes.data() + 31, sizeof halves);
    EXPECT_THAT(halves, testing::ElementsAre(0x3e00, 0xfc00, 0x7bff, 0x0002));
}

TEST(assembler, takes_bytes_from_files) {
    const auto folder = std::filesystem::temp_directory_path() / "groq-assembler-test";
    std::filesystem::create_directories(folder);
    const std::vector<std::byte> content{std::byte{1}, std::byte{2}, std::byte{3},
                                         std::byte{4}};
    write_file(folder / "four", content);
    assembly_options here;
    here.directory = folder;
    const program image = good(R"(
        .data   w.0[0]
        .file   "four"
        .file   "four", 1, 2
        .file   "four", 3
        .entry  main
        .queue  vxm.0
        copy    i8, 0
)",
                               here);
    std::filesystem::remove_all(folder);
    std::string found;
    for (const std::byte b : image.segments.at(0).bytes)
        found += std::to_string(std::to_integer<int>(b));
    EXPECT_EQ(found, "1234234");
}

// The nth piece of assembly in docs/assembly.md.
std::string example(unsigned n) {
    const std::filesystem::path document = ASSEMBLY_DOCUMENT;
    const auto bytes = read_file(document);
    const std::string text(reinterpret_cast<const char *>(bytes.data()), bytes.size());
    std::size_t begin = text.find("```asm\n") + 7;
    for (; n != 0; --n)
        begin = text.find("```asm\n", begin) + 7;
    return text.substr(begin, text.find("```", begin) - begin);
}

TEST(assembler, takes_the_instructions_of_its_document) {
    std::istringstream lines(example(1));
    unsigned count = 0;
    for (std::string line; std::getline(lines, line); ++count) {
        const instruction code = read_back(line);
        unsigned icu = 0;
        while (icu < GROQ_ICUS_ALL && !violation(code, icu).empty())
            ++icu;
        EXPECT_LT(icu, GROQ_ICUS_ALL) << line;
    }
    EXPECT_EQ(count, 22U);
}

TEST(assembler, makes_a_program_that_adds) {
    const program image = good(example(0));
    ASSERT_EQ(image.tensors.size(), 3U);
    chip_runner runner(image);
    std::vector<std::byte> a(4 * 320);
    std::vector<std::byte> b(4 * 320);
    for (std::size_t i = 0; i < a.size(); ++i) {
        a[i] = static_cast<std::byte>(i * 7);
        b[i] = static_cast<std::byte>(i * 13 + 1);
    }
    runner.write("a", a);
    runner.write("b", b);
    const run_result end = runner.run();
    ASSERT_EQ(end.status, GROQ_COMPLETION_OK);
    EXPECT_EQ(end.cycles, image.entries[0].cycles);
    const auto c = runner.read("c");
    for (std::size_t i = 0; i < a.size(); ++i) {
        const int sum = static_cast<std::int8_t>(a[i]) + static_cast<std::int8_t>(b[i]);
        ASSERT_EQ(static_cast<std::int8_t>(c[i]), std::clamp(sum, -128, 127)) << i;
    }
}

TEST(assembler, runs_entry_points_in_turn) {
    const program image = good(R"(
        .tensor t, input, i8, 1, 320
        .part   0, 0, 320, e.0[0], 320
        .reserve e.4[0], 1
        .tensor u, output, i8, 1, 320
        .part   0, 0, 320, e.4[4096], 320
        .entry  first, input
        .queue  mem.e.0
        @0 read e0, 0
        .queue  mem.e.4
        @2 write e0, 0
        .entry  second, compute
        .queue  mem.e.4
        @0 read w0, 0
        .queue  vxm.5
        @3 add.sat i8, w0, 100 -> e1
        .queue  mem.e.7
        .reserve e.7[0], 1
        .queue  mem.e.7
        @12 write e1, 0
        .entry  third, output
        .queue  mem.e.7
        @0 read w9, 0
        .queue  vxm.0
        @3 copy i8, w9 -> e9
        .queue  mem.e.4
        @12 write e9, 4096
)");
    ASSERT_EQ(image.entries.size(), 3U);
    chip_runner runner(image);
    runner.write("t", std::vector<std::byte>(320, std::byte{50}));
    for (std::size_t i = 0; i < 3; ++i) {
        const run_result end = runner.run(i);
        EXPECT_EQ(end.status, GROQ_COMPLETION_OK) << "cause " << end.fault.cause;
        EXPECT_EQ(end.cycles, image.entries[i].cycles);
    }
    EXPECT_EQ(runner.read("u"), std::vector<std::byte>(320, std::byte{127}));
}

} // namespace
} // namespace groq::assembly::test
