// SPDX-License-Identifier: MIT
#include "asm/elf_file.hpp"

#include <elf.h>
#include <zlib.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstring>
#include <fstream>
#include <stdexcept>
#include <system_error>

#include "asm/bytes.hpp"
#include "hw/groq_sram.h"

namespace groq::assembly {
namespace {

using byte_view = std::span<const std::byte>;

[[noreturn]] void fail(const std::string &what) {
    throw std::runtime_error(what);
}

byte_view part(byte_view bytes, std::uint64_t offset, std::uint64_t size,
               const char *what) {
    if (offset > bytes.size() || bytes.size() - offset < size)
        fail(std::string(what) + " at offset " + std::to_string(offset) + ", " +
             std::to_string(size) + " bytes, is beyond the end");
    return bytes.subspan(offset, size);
}

// Up to the next zero, or the end of the table.
std::string text_at(byte_view table, std::uint64_t offset) {
    const byte_view rest = table.subspan(std::min<std::uint64_t>(offset, table.size()));
    const auto end = std::ranges::find(rest, std::byte{0});
    return {reinterpret_cast<const char *>(rest.data()),
            static_cast<std::size_t>(end - rest.begin())};
}

std::string name_of(const char (&field)[GROQ_NAME_BYTES]) {
    return {field, strnlen(field, sizeof field)};
}

std::uint64_t align_note(std::uint64_t offset) {
    return (offset + 3) / 4 * 4;
}

class elf_reader {
public:
    explicit elf_reader(byte_view file) : file_(file) {}

    program read() && {
        read_header();
        for (unsigned i = 0; i < header_.e_phnum; ++i)
            read_segment(table_entry<Elf64_Phdr>(header_.e_phoff, i, "program header"));
        for (const std::uint32_t once :
             {GROQ_NOTE_TARGET, GROQ_NOTE_CHECKSUM, GROQ_NOTE_SRAM})
            if (note_counts_[once] != 1)
                fail("there must be one TARGET, one CHECKSUM and one SRAM note");
        if (header_.e_shnum != 0)
            read_sections();
        return std::move(result_);
    }

private:
    template <class T>
    T table_entry(std::uint64_t table, unsigned index, const char *what) const {
        part(file_, table, 0, what);
        return assembly::read<T>(file_.subspan(table), index * sizeof(T), what);
    }

    void read_header() {
        header_ = assembly::read<Elf64_Ehdr>(file_, 0, "ELF header");
        if (std::memcmp(header_.e_ident, ELFMAG, SELFMAG) != 0)
            fail("not an ELF file");
        if (header_.e_ident[EI_CLASS] != ELFCLASS64 ||
            header_.e_ident[EI_DATA] != ELFDATA2LSB)
            fail("not 64-bit little endian");
        if (header_.e_machine != GROQ_ELF_MACHINE)
            fail("a program for machine " + std::to_string(header_.e_machine) +
                 ", not for this chip");
        if (header_.e_flags != GROQ_ELF_VERSION)
            fail("notes of version " + std::to_string(header_.e_flags));
        if (header_.e_phentsize != sizeof(Elf64_Phdr) ||
            (header_.e_shnum != 0 && header_.e_shentsize != sizeof(Elf64_Shdr)))
            fail("headers of unknown size");
    }

    void read_segment(const Elf64_Phdr &header) {
        if (header.p_type == PT_NOTE)
            return read_notes(header);
        if (header.p_type != PT_LOAD)
            return;
        if (header.p_filesz > header.p_memsz || header.p_vaddr > GROQ_SRAM_BYTES ||
            header.p_memsz > GROQ_SRAM_BYTES - header.p_vaddr)
            fail("a segment reaches beyond the SRAM");
        const byte_view bytes =
            part(file_, header.p_offset, header.p_filesz, "segment");
        result_.segments.push_back({"",
                                    static_cast<std::uint32_t>(header.p_vaddr),
                                    {bytes.begin(), bytes.end()},
                                    static_cast<std::uint32_t>(header.p_memsz),
                                    (header.p_flags & PF_X) != 0,
                                    (header.p_flags & PF_W) != 0});
        offsets_.push_back(header.p_offset);
    }

    void read_notes(const Elf64_Phdr &header) {
        const byte_view notes = part(file_, header.p_offset, header.p_filesz, "notes");
        for (std::uint64_t at = 0; at < notes.size();) {
            const auto note = assembly::read<Elf64_Nhdr>(notes, at, "note");
            const byte_view name =
                part(notes, at + sizeof note, note.n_namesz, "name of a note");
            at = align_note(at + sizeof note + note.n_namesz);
            const byte_view content = part(notes, at, note.n_descsz, "note");
            if (text_at(name, 0) == GROQ_NOTE_NAME)
                read_note(note.n_type, content, header.p_offset + at);
            at = align_note(at + note.n_descsz);
        }
    }

    void read_note(std::uint32_t type, byte_view content, std::uint64_t offset) {
        if (type < note_counts_.size())
            ++note_counts_[type];
        switch (type) {
        case GROQ_NOTE_TARGET:
            return read_target(content);
        case GROQ_NOTE_CHECKSUM:
            return read_checksum(content, offset);
        case GROQ_NOTE_SRAM:
            for (std::uint64_t at = 0; at < content.size();
                 at += sizeof(groq_note_sram))
                result_.ranges.push_back(
                    assembly::read<groq_note_sram>(content, at, "SRAM note"));
            return;
        case GROQ_NOTE_ENTRY:
            return read_entry(content);
        case GROQ_NOTE_TENSOR:
            return read_tensor(content);
        default:
            fail("unknown note " + std::to_string(type));
        }
    }

    void read_target(byte_view content) {
        const auto note = assembly::read<groq_note_target>(content, 0, "TARGET note");
        if (note.isa != 1)
            fail("instruction set version " + std::to_string(note.isa));
        result_.sram_bytes = note.sram_bytes;
    }

    void read_checksum(byte_view content, std::uint64_t offset) const {
        const auto note =
            assembly::read<groq_note_checksum>(content, 0, "CHECKSUM note");
        if (note.crc32 != checksum(file_, offset))
            fail("checksum mismatch: the file is damaged");
    }

    void read_entry(byte_view content) {
        const auto note = assembly::read<groq_note_entry>(content, 0, "ENTRY note");
        if (note.launch_count > GROQ_ICUS_ALL || note.launch >= GROQ_SRAM_BYTES)
            fail("entry point " + name_of(note.name) + " has a bad launch table");
        if (note.kind > GROQ_ENTRY_OUTPUT)
            fail("entry point " + name_of(note.name) + " is of an unknown kind");
        result_.entries.push_back({name_of(note.name), note.kind, note.launch,
                                   note.launch_count, note.cycles});
    }

    void read_tensor(byte_view content) {
        const auto note = assembly::read<groq_note_tensor>(content, 0, "TENSOR note");
        if ((content.size() - sizeof note) / sizeof(groq_tensor_part) < note.part_count)
            fail("tensor " + name_of(note.name) + " has fewer parts than it says");
        if (note.direction > GROQ_TENSOR_OUTPUT || note.element > GROQ_ELEMENT_F32)
            fail("tensor " + name_of(note.name) + " is of an unknown kind");
        tensor &result = result_.tensors.emplace_back(tensor{name_of(note.name),
                                                             note.direction,
                                                             note.element,
                                                             note.rows,
                                                             note.columns,
                                                             {}});
        for (std::uint32_t i = 0; i < note.part_count; ++i)
            result.parts.push_back(assembly::read<groq_tensor_part>(
                content, sizeof note + i * sizeof(groq_tensor_part), "tensor part"));
    }

    Elf64_Shdr section(unsigned index) const {
        if (index >= header_.e_shnum)
            fail("no section " + std::to_string(index));
        return table_entry<Elf64_Shdr>(header_.e_shoff, index, "section header");
    }

    byte_view content_of(const Elf64_Shdr &header) const {
        return part(file_, header.sh_offset, header.sh_size, "section");
    }

    void read_sections() {
        const byte_view names = content_of(section(header_.e_shstrndx));
        for (unsigned i = 0; i < header_.e_shnum; ++i) {
            const Elf64_Shdr header = section(i);
            if (header.sh_type == SHT_SYMTAB)
                read_symbols(header);
            else if ((header.sh_flags & SHF_ALLOC) != 0)
                name_segment(header, text_at(names, header.sh_name));
        }
    }

    void name_segment(const Elf64_Shdr &header, const std::string &name) {
        for (std::size_t i = 0; i < offsets_.size(); ++i)
            if (offsets_[i] == header.sh_offset &&
                result_.segments[i].address == header.sh_addr)
                result_.segments[i].name = name;
    }

    void read_symbols(const Elf64_Shdr &header) {
        const byte_view table = content_of(header);
        const byte_view names = content_of(section(header.sh_link));
        for (std::uint64_t at = sizeof(Elf64_Sym); at < table.size();
             at += sizeof(Elf64_Sym)) {
            const auto entry = assembly::read<Elf64_Sym>(table, at, "symbol");
            result_.symbols.push_back({text_at(names, entry.st_name),
                                       static_cast<std::uint32_t>(entry.st_value),
                                       static_cast<std::uint32_t>(entry.st_size),
                                       ELF64_ST_TYPE(entry.st_info) == STT_FUNC});
        }
    }

    byte_view file_;
    Elf64_Ehdr header_{};
    program result_;
    std::vector<std::uint64_t> offsets_;                       // of the segments' bytes
    std::array<unsigned, GROQ_NOTE_TENSOR + 1> note_counts_{}; // by type
};

[[noreturn]] void fail_file(const std::filesystem::path &path) {
    throw std::system_error(errno, std::generic_category(), path.string());
}

} // namespace

program read_elf(byte_view file) {
    return elf_reader(file).read();
}

std::uint32_t checksum(byte_view file, std::size_t field_offset) {
    constexpr std::array<std::byte, sizeof(groq_note_checksum)> zeroes{};
    const auto add = [](std::uint32_t crc, byte_view bytes) {
        return static_cast<std::uint32_t>(
            crc32_z(crc, reinterpret_cast<const Bytef *>(bytes.data()), bytes.size()));
    };
    const std::uint32_t before = add(0, file.first(field_offset));
    return add(add(before, zeroes), file.subspan(field_offset + zeroes.size()));
}

std::vector<std::byte> read_file(const std::filesystem::path &path) {
    std::ifstream in(path, std::ios::binary);
    if (!in)
        fail_file(path);
    std::vector<std::byte> content;
    std::array<char, 65536> buffer;
    while (in) {
        in.read(buffer.data(), buffer.size());
        const byte_view bytes = std::as_bytes(std::span(buffer))
                                    .first(static_cast<std::size_t>(in.gcount()));
        content.insert(content.end(), bytes.begin(), bytes.end());
    }
    if (in.bad())
        fail_file(path);
    return content;
}

void write_file(const std::filesystem::path &path, byte_view bytes) {
    std::ofstream out(path, std::ios::binary);
    out.write(reinterpret_cast<const char *>(bytes.data()),
              static_cast<std::streamsize>(bytes.size()));
    out.close();
    if (!out)
        fail_file(path);
}

bool would_overwrite(const std::filesystem::path &output,
                     const std::filesystem::path &input) {
    std::error_code none; // a file that is not there yet is no other
    return std::filesystem::is_regular_file(output, none) &&
           std::filesystem::equivalent(output, input == "-" ? "/dev/stdin" : input,
                                       none);
}

} // namespace groq::assembly
