// SPDX-License-Identifier: MIT
//
// Program files that are none, are cut off, damaged, or for other chips. Written from
// the headers and docs/program-format.md alone.
#include "card_under_test.hpp"

#include <cstring>
#include <fstream>
#include <iterator>

#include <elf.h>
#include <gmock/gmock.h>

namespace groq::contract {
namespace {

using ::testing::HasSubstr;

// Nothing in a file is aligned as its type would be in memory.
template <class T>
T get(const file &bytes, std::size_t place) {
    T value;
    std::memcpy(&value, bytes.data() + place, sizeof value);
    return value;
}

template <class T>
void put(file &bytes, std::size_t place, const T &value) {
    std::memcpy(bytes.data() + place, &value, sizeof value);
}

// Where the note of this type has its description.
std::size_t find_note(const file &bytes, std::uint32_t type) {
    const auto elf = get<Elf64_Ehdr>(bytes, 0);
    for (unsigned i = 0; i < elf.e_phnum; ++i) {
        const auto segment =
            get<Elf64_Phdr>(bytes, elf.e_phoff + i * sizeof(Elf64_Phdr));
        if (segment.p_type != PT_NOTE)
            continue;
        for (std::size_t place = segment.p_offset;
             place < segment.p_offset + segment.p_filesz;) {
            const auto note = get<Elf64_Nhdr>(bytes, place);
            const auto description = place + sizeof note + (note.n_namesz + 3) / 4 * 4;
            if (note.n_type == type)
                return description;
            place = description + (note.n_descsz + 3) / 4 * 4;
        }
    }
    throw std::runtime_error("no such note");
}

std::uint32_t crc32(const file &bytes) {
    std::uint32_t sum = ~0u;
    for (const auto byte : bytes) {
        sum ^= std::uint32_t(byte);
        for (int bit = 0; bit < 8; ++bit)
            sum = sum >> 1 ^ (sum & 1 ? 0xedb88320u : 0);
    }
    return ~sum;
}

// What a writer would have made of it: only the change itself is wrong.
void renew_checksum(file &bytes) {
    const auto place = find_note(bytes, GROQ_NOTE_CHECKSUM);
    put(bytes, place, std::uint32_t{0});
    put(bytes, place, crc32(bytes));
}

void is_refused(const file &bytes, const char *told = "") {
    const auto made = program::load(bytes, "odd.groq");
    ASSERT_FALSE(made);
    EXPECT_TRUE(made.error() == errc::program) << made.error().message();
    EXPECT_THAT(made.error().message(), HasSubstr("odd.groq"));
    EXPECT_THAT(made.error().message(), HasSubstr(told));
}

file read(const char *path) {
    std::ifstream in(path, std::ios::binary);
    const std::string all{std::istreambuf_iterator<char>(in), {}};
    const auto bytes = std::as_bytes(std::span(all));
    return {bytes.begin(), bytes.end()};
}

TEST(odd_program, of_no_bytes_is_refused) {
    is_refused({}, "ELF");
    is_refused(file(1), "ELF");
    is_refused(file(4096), "ELF");
}

TEST(odd_program, of_another_machine_is_refused) {
    is_refused(read("/proc/self/exe"));
    auto bytes = adder(1, 1);
    auto elf = get<Elf64_Ehdr>(bytes, 0);
    elf.e_machine = EM_RISCV;
    put(bytes, 0, elf);
    renew_checksum(bytes);
    is_refused(bytes, "machine");
}

TEST(odd_program, of_another_version_is_refused) {
    auto bytes = adder(1, 1);
    auto elf = get<Elf64_Ehdr>(bytes, 0);
    elf.e_flags = GROQ_ELF_VERSION + 1;
    put(bytes, 0, elf);
    renew_checksum(bytes);
    is_refused(bytes, "version");
}

TEST(odd_program, for_another_revision_of_the_chip_is_refused) {
    auto bytes = adder(1, 1);
    const auto place = find_note(bytes, GROQ_NOTE_TARGET);
    auto target = get<groq_note_target>(bytes, place);
    target.isa = 2;
    put(bytes, place, target);
    renew_checksum(bytes);
    is_refused(bytes, "2");
}

TEST(odd_program, cut_off_anywhere_is_refused) {
    const auto whole = adder(1, 1);
    ASSERT_TRUE(program::load(whole, "whole.groq"));
    for (std::size_t size = 0; size < whole.size(); size += size < 256 ? 1 : 37)
        is_refused(file(whole.begin(), whole.begin() + std::ptrdiff_t(size)));
}

TEST(odd_program, with_something_behind_it_is_refused) {
    auto bytes = adder(1, 1);
    bytes.push_back({});
    is_refused(bytes);
}

TEST(odd_program, with_a_wrong_bit_is_refused) {
    const auto whole = adder(1, 1);
    for (std::size_t place = 0; place < whole.size(); place += 1 + whole.size() / 997) {
        auto bytes = whole;
        bytes[place] ^= std::byte(1 << place % 8);
        is_refused(bytes);
    }
}

TEST(odd_program, leaves_nothing_on_a_card) {
    device device(uri());
    const auto before = device.read_telemetry().value().sram_used;
    const auto path = ::testing::TempDir() + "odd.groq";
    auto bytes = adder(1, 1);
    bytes.back() ^= std::byte(1);
    std::ofstream(path, std::ios::binary)
        .write(reinterpret_cast<const char *>(bytes.data()),
               std::streamsize(bytes.size()));
    const auto loaded = image::load(device, path);
    ASSERT_FALSE(loaded);
    EXPECT_TRUE(loaded.error() == errc::program) << loaded.error().message();
    EXPECT_THAT(loaded.error().message(), HasSubstr(path));
    EXPECT_EQ(device.read_telemetry().value().sram_used, before);
    EXPECT_TRUE(image::load(device, "/nonexistent").error() == errc::not_found);
    EXPECT_EQ(image::load(device, "/").error().os_error(), EISDIR);
}

TEST(odd_program, that_the_card_has_no_sram_for_says_what_is_needed) {
    device device(uri());
    const auto large = image::load(device, load_program(for_larger_card()));
    ASSERT_FALSE(large);
    EXPECT_TRUE(large.error() == errc::sram) << large.error().message();
    const image first(device, load_program(adder(1, 1)));
    const auto second = image::load(device, load_program(adder(1, 2)));
    ASSERT_FALSE(second);
    EXPECT_TRUE(second.error() == errc::sram) << second.error().message();
}

TEST(odd_program, asked_for_what_it_lacks_names_what_it_has) {
    const auto made = load_program(split_adder(1, 1));
    const auto none = made.find_tensor("weights");
    ASSERT_FALSE(none);
    EXPECT_TRUE(none.error() == errc::not_found);
    EXPECT_THAT(none.error().message(), HasSubstr("weights"));
    EXPECT_THAT(none.error().message(), HasSubstr("out"));
    EXPECT_TRUE(made.entry(made.entry_count()).error() == errc::invalid);
    EXPECT_TRUE(made.tensor(made.tensor_count()).error() == errc::invalid);
    EXPECT_TRUE(made.tensor(std::size_t(-1)).error() == errc::invalid);
    device device(uri());
    const image image(device, made);
    const auto wrong = job::create(image, "main");
    ASSERT_FALSE(wrong);
    EXPECT_TRUE(wrong.error() == errc::not_found);
    EXPECT_THAT(wrong.error().message(), HasSubstr("take"));
}

TEST(odd_program, takes_tensors_of_its_sizes_alone) {
    device device(uri());
    const image image(device, load_program(adder(2, 1)));
    const auto view = image.program();
    job job(image);
    const auto in = view.find_tensor("in").value(),
               out = view.find_tensor("out").value();
    std::vector<std::byte> room(641), packed(641);
    for (const std::size_t size : {0u, 1u, 320u, 639u, 641u}) {
        const auto bytes = std::span(room).first(size);
        EXPECT_TRUE(job.set_input(in, bytes).error() == errc::size) << size;
        EXPECT_TRUE(job.get_output(out, bytes).error() == errc::size) << size;
        EXPECT_TRUE(view.pack(in, bytes, std::span(packed).first(640)).error() ==
                    errc::size);
        EXPECT_TRUE(view.unpack(in, std::span(packed).first(640), bytes).error() ==
                    errc::size);
        EXPECT_TRUE(tensor_view<std::uint8_t>::over(bytes, view, in).error() ==
                    errc::size);
    }
    const auto right = std::span(room).first(640);
    EXPECT_TRUE(job.set_input(out, right).error() == errc::invalid);
    EXPECT_TRUE(job.get_output(in, right).error() == errc::invalid);
    EXPECT_TRUE(job.set_input(view.tensor_count(), right).error() == errc::invalid);
    EXPECT_TRUE(tensor_view<float>::over(right, view, in).error() == errc::invalid);
    EXPECT_TRUE(job.set_input(in, right));
}

} // namespace
} // namespace groq::contract
