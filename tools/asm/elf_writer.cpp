// SPDX-License-Identifier: MIT
//
// Layout: ELF header, program headers (notes first, then the segments), notes,
// segments, symbol and string tables, section headers.
#include "asm/elf_file.hpp"

#include <elf.h>

#include <algorithm>
#include <cstring>
#include <stdexcept>

#include "asm/bytes.hpp"
#include "hw/groq_sram.h"

namespace groq::assembly {
namespace {

using byte_string = std::vector<std::byte>;

constexpr std::uint64_t segment_align = 64; // divides a word
constexpr std::uint64_t note_align = 4;

void pad(byte_string &bytes, std::uint64_t align) {
    bytes.resize((bytes.size() + align - 1) / align * align);
}

void append_text(byte_string &bytes, const std::string &text) {
    const auto raw = std::as_bytes(std::span(text.c_str(), text.size() + 1));
    bytes.insert(bytes.end(), raw.begin(), raw.end());
}

void copy_name(char (&field)[GROQ_NAME_BYTES], const std::string &name) {
    if (name.empty() || name.size() >= GROQ_NAME_BYTES)
        throw std::invalid_argument("name \"" + name + "\" must have 1.." +
                                    std::to_string(GROQ_NAME_BYTES - 1) + " bytes");
    std::memcpy(field, name.data(), name.size());
}

// The notes, and where in them the checksum is.
class note_section {
public:
    void add(std::uint32_t type, const byte_string &content) {
        const std::string name = GROQ_NOTE_NAME;
        append(bytes_, Elf64_Nhdr{static_cast<Elf64_Word>(name.size() + 1),
                                  static_cast<Elf64_Word>(content.size()), type});
        append_text(bytes_, name);
        pad(bytes_, note_align);
        if (type == GROQ_NOTE_CHECKSUM)
            checksum_offset_ = bytes_.size();
        bytes_.insert(bytes_.end(), content.begin(), content.end());
        pad(bytes_, note_align);
    }

    const byte_string &bytes() const { return bytes_; }
    std::size_t checksum_offset() const { return checksum_offset_; }

private:
    byte_string bytes_;
    std::size_t checksum_offset_ = 0;
};

template <class T>
byte_string bytes_of(const T &value) {
    byte_string bytes;
    append(bytes, value);
    return bytes;
}

byte_string entry_note(const entry_point &entry) {
    groq_note_entry note{};
    copy_name(note.name, entry.name);
    note.kind = entry.kind;
    note.launch = entry.launch;
    note.launch_count = entry.launch_count;
    note.cycles = entry.cycles;
    return bytes_of(note);
}

byte_string tensor_note(const tensor &source) {
    groq_note_tensor note{};
    copy_name(note.name, source.name);
    note.direction = source.direction;
    note.element = source.element;
    note.rows = source.rows;
    note.columns = source.columns;
    note.part_count = static_cast<std::uint32_t>(source.parts.size());
    byte_string bytes = bytes_of(note);
    for (const groq_tensor_part &part : source.parts)
        append(bytes, part);
    return bytes;
}

note_section make_notes(const program &source) {
    note_section notes;
    notes.add(GROQ_NOTE_TARGET, bytes_of(groq_note_target{1, 0, source.sram_bytes}));
    notes.add(GROQ_NOTE_CHECKSUM, bytes_of(groq_note_checksum{0}));
    byte_string ranges;
    for (const groq_note_sram &range : source.ranges)
        append(ranges, range);
    notes.add(GROQ_NOTE_SRAM, ranges);
    for (const entry_point &entry : source.entries)
        notes.add(GROQ_NOTE_ENTRY, entry_note(entry));
    for (const tensor &each : source.tensors)
        notes.add(GROQ_NOTE_TENSOR, tensor_note(each));
    return notes;
}

class elf_writer {
public:
    explicit elf_writer(const program &source)
        : source_(source), notes_(make_notes(source)) {}

    byte_string write() && {
        const std::size_t segments = source_.segments.size();
        file_.resize(sizeof(Elf64_Ehdr) + (segments + 1) * sizeof(Elf64_Phdr));
        sections_.push_back({});
        append_text(section_names_, "");
        write_notes();
        for (const segment &s : source_.segments)
            write_segment(s);
        write_symbols();
        write_section_headers();
        write_headers();
        const std::uint32_t crc = checksum(file_, checksum_offset_);
        std::memcpy(file_.data() + checksum_offset_, &crc, sizeof crc);
        return std::move(file_);
    }

private:
    Elf64_Shdr &add_section(const std::string &name, std::uint32_t type) {
        Elf64_Shdr header{};
        header.sh_name = static_cast<Elf64_Word>(section_names_.size());
        header.sh_type = type;
        header.sh_offset = file_.size();
        header.sh_addralign = 1;
        append_text(section_names_, name);
        return sections_.emplace_back(header);
    }

    void add_table(const std::string &name, std::uint32_t type,
                   const byte_string &content, std::uint64_t align) {
        pad(file_, align);
        Elf64_Shdr &header = add_section(name, type);
        header.sh_size = content.size();
        header.sh_addralign = align;
        file_.insert(file_.end(), content.begin(), content.end());
    }

    void write_notes() {
        const std::uint64_t offset = file_.size();
        const std::uint64_t size = notes_.bytes().size();
        checksum_offset_ = offset + notes_.checksum_offset();
        add_table(".note.groq", SHT_NOTE, notes_.bytes(), note_align);
        segments_.push_back({PT_NOTE, PF_R, offset, 0, 0, size, size, note_align});
    }

    void write_segment(const segment &s) {
        pad(file_, segment_align);
        const std::uint32_t flags = PF_R | (s.text ? std::uint32_t{PF_X} : 0) |
                                    (s.writable ? std::uint32_t{PF_W} : 0);
        const std::uint64_t align = s.address % segment_align == 0 ? segment_align : 1;
        segments_.push_back({PT_LOAD, flags, file_.size(), s.address, s.address,
                             s.bytes.size(), s.memory_bytes, align});
        Elf64_Shdr &header =
            add_section(s.name, s.bytes.empty() ? SHT_NOBITS : SHT_PROGBITS);
        header.sh_flags = SHF_ALLOC | (s.text ? std::uint64_t{SHF_EXECINSTR} : 0) |
                          (s.writable ? std::uint64_t{SHF_WRITE} : 0);
        header.sh_addr = s.address;
        header.sh_size = s.bytes.empty() ? s.memory_bytes : s.bytes.size();
        header.sh_addralign = align;
        file_.insert(file_.end(), s.bytes.begin(), s.bytes.end());
    }

    // Sections 0 and 1 are nothing and the notes; segments follow in their order.
    std::uint16_t section_of(std::uint32_t address) const {
        const auto &all = source_.segments;
        const auto found = std::ranges::find_if(all, [&](const segment &s) {
            return s.address <= address && address < s.end();
        });
        if (found == all.end())
            return SHN_ABS;
        return static_cast<std::uint16_t>(2 + (found - all.begin()));
    }

    void write_symbols() {
        byte_string names;
        append_text(names, "");
        byte_string table = bytes_of(Elf64_Sym{});
        for (const symbol &s : source_.symbols) {
            Elf64_Sym entry{};
            entry.st_name = static_cast<Elf64_Word>(names.size());
            entry.st_info =
                ELF64_ST_INFO(STB_GLOBAL, s.function ? STT_FUNC : STT_OBJECT);
            entry.st_shndx = section_of(s.address);
            entry.st_value = s.address;
            entry.st_size = s.bytes;
            append_text(names, s.name);
            append(table, entry);
        }
        add_table(".symtab", SHT_SYMTAB, table, alignof(Elf64_Sym));
        sections_.back().sh_entsize = sizeof(Elf64_Sym);
        sections_.back().sh_link = static_cast<Elf64_Word>(sections_.size());
        sections_.back().sh_info = 1; // first global
        add_table(".strtab", SHT_STRTAB, names, 1);
    }

    void write_section_headers() {
        Elf64_Shdr &own = add_section(".shstrtab", SHT_STRTAB);
        own.sh_size = section_names_.size();
        file_.insert(file_.end(), section_names_.begin(), section_names_.end());
        pad(file_, alignof(Elf64_Shdr));
        sections_offset_ = file_.size();
        for (const Elf64_Shdr &header : sections_)
            append(file_, header);
    }

    void write_headers() {
        Elf64_Ehdr header{};
        std::memcpy(header.e_ident, ELFMAG, SELFMAG);
        header.e_ident[EI_CLASS] = ELFCLASS64;
        header.e_ident[EI_DATA] = ELFDATA2LSB;
        header.e_ident[EI_VERSION] = EV_CURRENT;
        header.e_type = ET_EXEC;
        header.e_machine = GROQ_ELF_MACHINE;
        header.e_version = EV_CURRENT;
        header.e_phoff = sizeof header;
        header.e_shoff = sections_offset_;
        header.e_flags = GROQ_ELF_VERSION;
        header.e_ehsize = sizeof header;
        header.e_phentsize = sizeof(Elf64_Phdr);
        header.e_phnum = static_cast<Elf64_Half>(segments_.size());
        header.e_shentsize = sizeof(Elf64_Shdr);
        header.e_shnum = static_cast<Elf64_Half>(sections_.size());
        header.e_shstrndx = static_cast<Elf64_Half>(sections_.size() - 1);
        std::memcpy(file_.data(), &header, sizeof header);
        std::memcpy(file_.data() + sizeof header, segments_.data(),
                    segments_.size() * sizeof(Elf64_Phdr));
    }

    const program &source_;
    note_section notes_;
    byte_string file_;
    byte_string section_names_;
    std::vector<Elf64_Phdr> segments_;
    std::vector<Elf64_Shdr> sections_;
    std::uint64_t sections_offset_ = 0;
    std::size_t checksum_offset_ = 0;
};

} // namespace

byte_string write_elf(const program &source) {
    return elf_writer(source).write();
}

} // namespace groq::assembly
