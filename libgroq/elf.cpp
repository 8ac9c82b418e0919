// SPDX-License-Identifier: MIT
#include "elf.hpp"

#include <algorithm>
#include <bit>
#include <cinttypes>
#include <cstring>

#include <elf.h>

#include <groq/program_format.h>

#include "refusal.hpp"

namespace groq {
namespace {

static_assert(std::endian::native == std::endian::little,
              "program files are little endian and read in place");

constexpr std::size_t segments_max = 4096;

class elf_reader {
public:
    elf_reader(byte_source &file, const std::string &name)
        : file_(file), refuse_(name) {}

    result<elf_file> read() {
        if (const auto done = read_header(); !done)
            return done.error();
        const auto table =
            file_.view(header_.e_phoff, header_.e_phnum * sizeof(Elf64_Phdr));
        if (!table)
            return table.error();
        for (unsigned i = 0; i < header_.e_phnum; ++i)
            if (const auto done = read_program_header(
                    i, at<Elf64_Phdr>(*table, i * sizeof(Elf64_Phdr)));
                !done)
                return done.error();
        if (parsed_.segments.empty())
            return refuse_("it has no loadable segment");
        return std::move(parsed_);
    }

private:
    bool holds(std::uint64_t offset, std::uint64_t size) const {
        return offset <= file_.size() && size <= file_.size() - offset;
    }

    template <class T>
    static T at(std::span<const std::byte> bytes, std::uint64_t offset) {
        T value;
        std::memcpy(&value, bytes.data() + offset, sizeof value);
        return value;
    }

    result<void> read_header() {
        const auto head =
            file_.view(0, std::min<std::uint64_t>(file_.size(), sizeof(Elf64_Ehdr)));
        if (!head)
            return head.error();
        if (!holds(0, SELFMAG) || std::memcmp(head->data(), ELFMAG, SELFMAG) != 0)
            return refuse_("not an ELF file");
        if (!holds(0, sizeof(Elf64_Ehdr)))
            return refuse_("truncated in the ELF header, at %" PRIu64 " bytes",
                           file_.size());
        header_ = at<Elf64_Ehdr>(*head, 0);
        if (header_.e_ident[EI_CLASS] != ELFCLASS64 ||
            header_.e_ident[EI_DATA] != ELFDATA2LSB)
            return refuse_("not a 64-bit little-endian ELF file");
        if (header_.e_machine != GROQ_ELF_MACHINE)
            return refuse_("made for another machine: e_machine is 0x%x, not 0x%x",
                           header_.e_machine, GROQ_ELF_MACHINE);
        if (header_.e_flags != GROQ_ELF_VERSION)
            return refuse_("program format version %u, this library reads version %u; "
                           "compile the program anew",
                           header_.e_flags, GROQ_ELF_VERSION);
        return check_header();
    }

    result<void> check_header() const {
        if (header_.e_ident[EI_VERSION] != EV_CURRENT ||
            header_.e_version != EV_CURRENT)
            return refuse_("ELF version is not %d", EV_CURRENT);
        if (header_.e_type != ET_EXEC)
            return refuse_("not an executable: e_type is %u", header_.e_type);
        if (header_.e_entry != 0)
            return refuse_("e_entry is not 0");
        if (header_.e_phentsize != sizeof(Elf64_Phdr))
            return refuse_("program headers of %u bytes instead of %zu",
                           header_.e_phentsize, sizeof(Elf64_Phdr));
        if (!holds(header_.e_phoff, header_.e_phnum * sizeof(Elf64_Phdr)))
            return refuse_("truncated: %u program headers at 0x%" PRIx64
                           " go past the end of the file",
                           header_.e_phnum, header_.e_phoff);
        return {};
    }

    result<void> read_program_header(unsigned i, const Elf64_Phdr &head) {
        if (!holds(head.p_offset, head.p_filesz))
            return refuse_("truncated: segment %u at 0x%" PRIx64 " of 0x%" PRIx64
                           " bytes goes past the end of the file",
                           i, head.p_offset, head.p_filesz);
        if (head.p_type == PT_LOAD)
            return add_segment(i, head);
        if (head.p_type == PT_NOTE)
            return read_notes(head.p_offset, head.p_filesz);
        return refuse_("segment %u is of the unknown type 0x%x", i, head.p_type);
    }

    result<void> add_segment(unsigned i, const Elf64_Phdr &head) {
        if (parsed_.segments.size() == segments_max)
            return refuse_("more than %zu segments", segments_max);
        if (head.p_vaddr != head.p_paddr)
            return refuse_("segment %u has two addresses, 0x%" PRIx64 " and 0x%" PRIx64,
                           i, head.p_vaddr, head.p_paddr);
        if (head.p_memsz < head.p_filesz || head.p_memsz == 0)
            return refuse_("segment %u has 0x%" PRIx64 " bytes in memory and 0x%" PRIx64
                           " in the file",
                           i, head.p_memsz, head.p_filesz);
        if (head.p_flags & ~(PF_R | PF_W | PF_X))
            return refuse_("segment %u has unknown flags 0x%x", i, head.p_flags);
        parsed_.segments.push_back(
            {head.p_vaddr, head.p_offset, head.p_filesz, head.p_memsz, head.p_flags});
        return {};
    }

    // Those of many headers cannot make up more than the file, unless they are the
    // same ones.
    result<void> read_notes(std::uint64_t offset, std::uint64_t size) {
        note_bytes_ += size;
        if (note_bytes_ > file_.size())
            return refuse_("its note segments overlap");
        const auto bytes = file_.view(offset, size);
        if (!bytes)
            return bytes.error();
        for (std::uint64_t at = 0; at != size;) {
            const auto next = read_note(*bytes, at, offset);
            if (!next)
                return next.error();
            at = *next;
        }
        return {};
    }

    // The one at `at` of `bytes`, which begin at `base` in the file; returns where the
    // next one begins.
    result<std::uint64_t> read_note(std::span<const std::byte> bytes, std::uint64_t at,
                                    std::uint64_t base) {
        constexpr auto aligned = [](std::uint64_t size) { return (size + 3) & ~3ull; };
        const auto room = bytes.size() - at;
        if (room < sizeof(Elf64_Nhdr))
            return refuse_("truncated note at 0x%" PRIx64, base + at);
        const auto head = elf_reader::at<Elf64_Nhdr>(bytes, at);
        const auto data = sizeof head + aligned(head.n_namesz);
        if (room < data || room < data + aligned(head.n_descsz))
            return refuse_("the note at 0x%" PRIx64 " goes past the end of its segment",
                           base + at);
        const auto *name = bytes.data() + at + sizeof head;
        if (head.n_namesz != sizeof GROQ_NOTE_NAME ||
            std::memcmp(name, GROQ_NOTE_NAME, sizeof GROQ_NOTE_NAME) != 0)
            return refuse_("the note at 0x%" PRIx64 " is not one of " GROQ_NOTE_NAME,
                           base + at);
        parsed_.notes.push_back(
            {head.n_type, base + at + data, bytes.subspan(at + data, head.n_descsz)});
        return at + data + aligned(head.n_descsz);
    }

    byte_source &file_;
    refusal refuse_;
    Elf64_Ehdr header_{};
    std::uint64_t note_bytes_ = 0;
    elf_file parsed_;
};

} // namespace

result<elf_file> read_elf(byte_source &file, const std::string &name) {
    return elf_reader(file, name).read();
}

} // namespace groq
