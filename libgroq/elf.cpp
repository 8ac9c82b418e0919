// SPDX-License-Identifier: MIT
#include "elf.hpp"

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
    elf_reader(std::span<const std::byte> file, const std::string &name)
        : file_(file), refuse_(name) {}

    result<elf_file> read() {
        if (const auto done = read_header(); !done)
            return done.error();
        for (unsigned i = 0; i < header_.e_phnum; ++i)
            if (const auto done = read_program_header(i); !done)
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
    T at(std::uint64_t offset) const {
        T value;
        std::memcpy(&value, file_.data() + offset, sizeof value);
        return value;
    }

    result<void> read_header() {
        if (!holds(0, SELFMAG) || std::memcmp(file_.data(), ELFMAG, SELFMAG) != 0)
            return refuse_("not an ELF file");
        if (!holds(0, sizeof(Elf64_Ehdr)))
            return refuse_("truncated in the ELF header, at %zu bytes", file_.size());
        header_ = at<Elf64_Ehdr>(0);
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

    result<void> read_program_header(unsigned i) {
        const auto head = at<Elf64_Phdr>(header_.e_phoff + i * sizeof(Elf64_Phdr));
        if (!holds(head.p_offset, head.p_filesz))
            return refuse_("truncated: segment %u at 0x%" PRIx64 " of 0x%" PRIx64
                           " bytes goes past the end of the file",
                           i, head.p_offset, head.p_filesz);
        const auto bytes = file_.subspan(head.p_offset, head.p_filesz);
        if (head.p_type == PT_LOAD)
            return add_segment(i, head, bytes);
        if (head.p_type == PT_NOTE)
            return read_notes(head.p_offset, bytes);
        return refuse_("segment %u is of the unknown type 0x%x", i, head.p_type);
    }

    result<void> add_segment(unsigned i, const Elf64_Phdr &head,
                             std::span<const std::byte> bytes) {
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
        parsed_.segments.push_back({head.p_vaddr, bytes, head.p_memsz});
        return {};
    }

    result<void> read_notes(std::uint64_t offset, std::span<const std::byte> bytes) {
        const auto end = offset + bytes.size();
        while (offset != end) {
            const auto next = read_note(offset, end);
            if (!next)
                return next.error();
            offset = *next;
        }
        return {};
    }

    // Returns where the next one begins.
    result<std::uint64_t> read_note(std::uint64_t offset, std::uint64_t end) {
        constexpr auto aligned = [](std::uint64_t size) { return (size + 3) & ~3ull; };
        const auto room = end - offset;
        if (room < sizeof(Elf64_Nhdr))
            return refuse_("truncated note at 0x%" PRIx64, offset);
        const auto head = at<Elf64_Nhdr>(offset);
        const auto data = sizeof head + aligned(head.n_namesz);
        if (room < data || room < data + aligned(head.n_descsz))
            return refuse_("the note at 0x%" PRIx64 " goes past the end of its segment",
                           offset);
        const auto *name = file_.data() + offset + sizeof head;
        if (head.n_namesz != sizeof GROQ_NOTE_NAME ||
            std::memcmp(name, GROQ_NOTE_NAME, sizeof GROQ_NOTE_NAME) != 0)
            return refuse_("the note at 0x%" PRIx64 " is not one of " GROQ_NOTE_NAME,
                           offset);
        parsed_.notes.push_back(
            {head.n_type, offset + data, file_.subspan(offset + data, head.n_descsz)});
        return offset + data + aligned(head.n_descsz);
    }

    std::span<const std::byte> file_;
    refusal refuse_;
    Elf64_Ehdr header_{};
    elf_file parsed_;
};

} // namespace

result<elf_file> read_elf(std::span<const std::byte> file, const std::string &name) {
    return elf_reader(file, name).read();
}

} // namespace groq
