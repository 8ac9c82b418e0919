// SPDX-License-Identifier: MIT
//
// Writes program files, right ones and wrong ones: every field can be spoilt.
// It shares no code with the tools' writer nor with the loader.
#pragma once

#include <cstddef>
#include <cstdint>
#include <cstring>
#include <optional>
#include <string>
#include <vector>

#include <elf.h>

#include <groq/program_format.h>

namespace groq::test {

using bytes = std::vector<std::byte>;

template <class T>
void append(bytes &to, const T &value) {
    const auto *from = reinterpret_cast<const std::byte *>(&value);
    to.insert(to.end(), from, from + sizeof value);
}

inline bytes filled(std::size_t size, unsigned first = 1) {
    bytes made(size);
    for (auto &byte : made)
        byte = std::byte(first++);
    return made;
}

// Bit by bit, as the standard defines it.
inline std::uint32_t plain_crc32(const bytes &data) {
    std::uint32_t remainder = ~0u;
    for (const auto byte : data) {
        remainder ^= std::to_integer<std::uint32_t>(byte);
        for (int bit = 0; bit < 8; ++bit)
            remainder = remainder >> 1 ^ (remainder & 1 ? 0xedb88320u : 0);
    }
    return ~remainder;
}

struct note {
    std::uint32_t type;
    bytes data;
    std::string owner = GROQ_NOTE_NAME;
};

template <class... Parts>
note make_note(std::uint32_t type, const Parts &...parts) {
    note made{type, {}};
    (append(made.data, parts), ...);
    return made;
}

struct segment {
    std::uint64_t address;
    bytes data;
    std::uint64_t memory_size;
    std::uint32_t type = PT_LOAD;
    std::uint32_t flags = PF_R | PF_W;
    std::optional<std::uint64_t> physical = {};
};

inline groq_note_entry make_entry(const char *name, std::uint32_t kind,
                                  std::uint32_t launch, std::uint32_t count = 1,
                                  std::uint64_t cycles = 0) {
    groq_note_entry entry{};
    std::strncpy(entry.name, name, sizeof entry.name - 1);
    entry.kind = kind;
    entry.launch = launch;
    entry.launch_count = count;
    entry.cycles = cycles;
    return entry;
}

inline note make_tensor(const char *name, std::uint32_t direction,
                        std::uint32_t element, std::uint32_t rows,
                        std::uint32_t columns,
                        const std::vector<groq_tensor_part> &parts) {
    groq_note_tensor head{};
    std::strncpy(head.name, name, sizeof head.name - 1);
    head.direction = direction;
    head.element = element;
    head.rows = rows;
    head.columns = columns;
    head.part_count = std::uint32_t(parts.size());
    auto made = make_note(GROQ_NOTE_TENSOR, head);
    for (const auto &part : parts)
        append(made.data, part);
    return made;
}

// A small right program, unless it is changed: 4 x 10 bytes in, 4 x 5 int32 out.
struct program_file {
    static constexpr std::uint32_t in_at = 0x280, out_at = 0x1180, launch_at = 0;

    Elf64_Ehdr header = [] {
        Elf64_Ehdr made{};
        std::memcpy(made.e_ident, ELFMAG, SELFMAG);
        made.e_ident[EI_CLASS] = ELFCLASS64;
        made.e_ident[EI_DATA] = ELFDATA2LSB;
        made.e_ident[EI_VERSION] = EV_CURRENT;
        made.e_type = ET_EXEC;
        made.e_machine = GROQ_ELF_MACHINE;
        made.e_version = EV_CURRENT;
        made.e_phoff = sizeof made;
        made.e_flags = GROQ_ELF_VERSION;
        made.e_ehsize = sizeof made;
        made.e_phentsize = sizeof(Elf64_Phdr);
        return made;
    }();
    groq_note_target target{1, 0, 320 * 100};
    std::vector<groq_note_sram> ranges{{0, 320 * 40}};
    std::vector<segment> segments{{launch_at, filled(64), 320}};
    std::vector<groq_note_entry> entries{
        make_entry("main", GROQ_ENTRY_MONOLITHIC, launch_at, 2, 1234)};
    std::vector<note> tensors{make_tensor("in", GROQ_TENSOR_INPUT, GROQ_ELEMENT_I8, 4,
                                          10, {{0, 0, 10, in_at, 640}}),
                              make_tensor("out", GROQ_TENSOR_OUTPUT, GROQ_ELEMENT_I32,
                                          4, 5,
                                          {{0, 0, 5, out_at, 320},
                                           {1, 0, 5, out_at + 4 * 320, 320},
                                           {2, 0, 5, out_at + 8 * 320, 320},
                                           {3, 0, 5, out_at + 12 * 320, 320}})};
    std::vector<note> more_notes = {}; // beside those that follow from the above
    bool has_target = true, has_checksum = true, has_sram = true;
    std::uint32_t checksum_error = 0;

    std::vector<note> notes() const {
        std::vector<note> all;
        if (has_target)
            all.push_back(make_note(GROQ_NOTE_TARGET, target));
        if (has_checksum)
            all.push_back(make_note(GROQ_NOTE_CHECKSUM, groq_note_checksum{0}));
        if (has_sram) {
            all.push_back(make_note(GROQ_NOTE_SRAM));
            for (const auto &range : ranges)
                append(all.back().data, range);
        }
        for (const auto &entry : entries)
            all.push_back(make_note(GROQ_NOTE_ENTRY, entry));
        all.insert(all.end(), tensors.begin(), tensors.end());
        all.insert(all.end(), more_notes.begin(), more_notes.end());
        return all;
    }

    bytes write() const {
        const auto note_bytes = write_notes();
        auto head = header;
        head.e_phnum = std::uint16_t(head.e_phnum + segments.size() + 1);
        std::uint64_t offset = sizeof head + head.e_phnum * sizeof(Elf64_Phdr);
        bytes file;
        append(file, head);
        append(file, program_header(PT_NOTE, PF_R, offset, 0, 0, note_bytes.size(),
                                    note_bytes.size()));
        offset += note_bytes.size();
        for (const auto &each : segments) {
            append(file, program_header(each.type, each.flags, offset, each.address,
                                        each.physical.value_or(each.address),
                                        each.data.size(), each.memory_size));
            offset += each.data.size();
        }
        file.resize(sizeof head + head.e_phnum * sizeof(Elf64_Phdr));
        file.insert(file.end(), note_bytes.begin(), note_bytes.end());
        for (const auto &each : segments)
            file.insert(file.end(), each.data.begin(), each.data.end());
        return sealed(std::move(file));
    }

    // Puts the checksum where a right file has it.
    bytes sealed(bytes file) const {
        const auto notes_at =
            sizeof header + (segments.size() + 1) * sizeof(Elf64_Phdr);
        auto at = notes_at + 20 + (has_target ? 20 + sizeof target : 0);
        if (!has_checksum || at + 4 > file.size())
            return file;
        std::memset(file.data() + at, 0, 4);
        const auto sum = plain_crc32(file) + checksum_error;
        std::memcpy(file.data() + at, &sum, sizeof sum);
        return file;
    }

private:
    static Elf64_Phdr program_header(std::uint32_t type, std::uint32_t flags,
                                     std::uint64_t offset, std::uint64_t address,
                                     std::uint64_t physical, std::uint64_t size,
                                     std::uint64_t memory_size) {
        return {type, flags, offset, address, physical, size, memory_size, 1};
    }

    bytes write_notes() const {
        bytes made;
        const auto pad = [&] { made.resize((made.size() + 3) / 4 * 4); };
        for (const auto &each : notes()) {
            append(made, Elf64_Nhdr{std::uint32_t(each.owner.size() + 1),
                                    std::uint32_t(each.data.size()), each.type});
            for (const char c : each.owner)
                made.push_back(std::byte(c));
            made.push_back(std::byte{0});
            pad();
            made.insert(made.end(), each.data.begin(), each.data.end());
            pad();
        }
        return made;
    }
};

} // namespace groq::test
