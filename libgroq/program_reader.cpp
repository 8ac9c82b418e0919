// SPDX-License-Identifier: MIT
#include "program_reader.hpp"

#include <algorithm>
#include <array>
#include <cinttypes>
#include <cstring>
#include <optional>
#include <set>

#include "refusal.hpp"
#include "tensor_cover.hpp"

namespace groq {
namespace {

constexpr std::uint32_t isa_version = 1;
constexpr std::uint32_t launch_bytes = 16; // of a launch table's entry
constexpr std::uint64_t address_end = std::uint64_t{1} << 32;

constexpr std::array note_names{"", "TARGET", "CHECKSUM", "SRAM", "ENTRY", "TENSOR"};

template <class T>
T read_as(std::span<const std::byte> data) {
    T value;
    std::memcpy(&value, data.data(), sizeof value);
    return value;
}

// Of a name field; nothing unless it is as the format wants it.
std::optional<std::string> read_name(const char (&field)[GROQ_NAME_BYTES]) {
    const auto *end = std::find(std::begin(field), std::end(field), '\0');
    const auto printable = [](unsigned char c) { return c >= ' ' && c != 0x7f; };
    if (end == std::begin(field) || end == std::end(field) ||
        std::any_of(end, std::end(field), [](char c) { return c != '\0'; }) ||
        !std::all_of(std::begin(field), end, printable))
        return std::nullopt;
    return std::string(field, end);
}

class program_reader {
public:
    program_reader(byte_source &file, const std::string &name)
        : file_(file), name_(name), refuse_(name) {}

    result<program_outline> read() {
        auto elf = read_elf(file_, name_);
        if (!elf)
            return elf.error();
        contents_.segments = std::move(elf->segments);
        notes_ = std::move(elf->notes);
        if (const auto done = check_notes(); !done)
            return done.error();
        const auto checksum = read_checksum();
        if (!checksum)
            return checksum.error();
        const auto rest = read_rest();
        return program_outline{std::move(contents_), *checksum,
                               rest ? std::nullopt : std::optional(rest.error())};
    }

private:
    // Every type is known; each of the single ones is there once.
    result<void> check_notes() {
        std::array<unsigned, note_names.size()> count{};
        for (const auto &note : notes_) {
            if (note.type == 0 || note.type >= note_names.size())
                return refuse_("the note at 0x%" PRIx64 " is of the unknown type %u",
                               note.offset, note.type);
            ++count[note.type];
        }
        for (const auto type : {GROQ_NOTE_TARGET, GROQ_NOTE_CHECKSUM, GROQ_NOTE_SRAM})
            if (count[type] != 1)
                return refuse_("%s note %s", count[type] ? "more than one" : "no",
                               note_names[type]);
        if (count[GROQ_NOTE_ENTRY] == 0)
            return refuse_("no note ENTRY");
        return {};
    }

    const elf_note &single(std::uint32_t type) const {
        return *std::find_if(notes_.begin(), notes_.end(),
                             [&](const auto &note) { return note.type == type; });
    }

    error wrong_size(const elf_note &note) const {
        return refuse_("the note %s at 0x%" PRIx64 " is %zu bytes long",
                       note_names[note.type], note.offset, note.data.size());
    }

    result<checksum_field> read_checksum() const {
        const auto &note = single(GROQ_NOTE_CHECKSUM);
        if (note.data.size() != sizeof(groq_note_checksum))
            return wrong_size(note);
        return checksum_field{note.offset,
                              read_as<groq_note_checksum>(note.data).crc32};
    }

    result<void> read_rest() {
        for (const auto step :
             {&program_reader::read_target, &program_reader::read_ranges,
              &program_reader::check_segments, &program_reader::read_entries,
              &program_reader::read_tensors})
            if (const auto done = (this->*step)(); !done)
                return done;
        return {};
    }

    result<void> read_target() {
        const auto &note = single(GROQ_NOTE_TARGET);
        if (note.data.size() != sizeof(groq_note_target))
            return wrong_size(note);
        const auto target = read_as<groq_note_target>(note.data);
        if (target.isa != isa_version)
            return refuse_("for instruction set version %u, this library knows version "
                           "%u",
                           target.isa, isa_version);
        if (target.reserved != 0)
            return refuse_("reserved field of note TARGET is not zero");
        if (target.sram_bytes > address_end)
            return refuse_("wants %" PRIu64 " bytes of SRAM, more than addresses reach",
                           target.sram_bytes);
        contents_.sram_bytes = target.sram_bytes;
        return {};
    }

    result<void> read_ranges() {
        const auto &note = single(GROQ_NOTE_SRAM);
        const auto count = note.data.size() / sizeof(groq_note_sram);
        if (note.data.size() % sizeof(groq_note_sram) != 0 || count == 0 ||
            count > GROQ_SRAM_RANGES_MAX)
            return wrong_size(note);
        for (std::size_t i = 0; i < count; ++i) {
            const auto range =
                read_as<groq_note_sram>(note.data.subspan(i * sizeof(groq_note_sram)));
            if (const auto done = add_range(i, {range.address, range.size}); !done)
                return done;
        }
        return {};
    }

    result<void> add_range(std::size_t i, const sram_range &range) {
        if (range.address % vector_bytes || range.size % vector_bytes || !range.size)
            return refuse_("SRAM range %zu, 0x%" PRIx64 "+0x%" PRIx64
                           ", is not whole vectors of %u bytes",
                           i, range.address, range.size, vector_bytes);
        if (range.end() > contents_.sram_bytes)
            return refuse_("SRAM range %zu ends at 0x%" PRIx64 ", past the 0x%" PRIx64
                           " bytes of its target",
                           i, range.end(), contents_.sram_bytes);
        if (i > 0 && range.address < contents_.ranges.back().end())
            return refuse_("SRAM range %zu at 0x%" PRIx64
                           " overlaps the one before it or is out of order",
                           i, range.address);
        contents_.ranges.push_back(range);
        return {};
    }

    bool in_range(std::uint64_t address, std::uint64_t size) const {
        return std::any_of(
            contents_.ranges.begin(), contents_.ranges.end(), [&](const auto &range) {
                return address >= range.address && address <= range.end() &&
                       size <= range.end() - address;
            });
    }

    result<void> check_segments() {
        auto &segments = contents_.segments;
        std::sort(segments.begin(), segments.end(),
                  [](const auto &a, const auto &b) { return a.address < b.address; });
        std::uint64_t end = 0;
        for (const auto &segment : segments) {
            if (!in_range(segment.address, segment.size))
                return refuse_("the segment at SRAM 0x%" PRIx64 "+0x%" PRIx64
                               " is outside of the SRAM ranges",
                               segment.address, segment.size);
            if (segment.address < end)
                return refuse_("the segment at SRAM 0x%" PRIx64
                               " overlaps the one before it",
                               segment.address);
            end = segment.address + segment.size;
        }
        return {};
    }

    result<void> read_entries() {
        for (const auto &note : notes_)
            if (note.type == GROQ_NOTE_ENTRY)
                if (const auto done = add_entry(note); !done)
                    return done;
        return check_entry_kinds();
    }

    result<void> add_entry(const elf_note &note) {
        if (note.data.size() != sizeof(groq_note_entry))
            return wrong_size(note);
        const auto entry = read_as<groq_note_entry>(note.data);
        auto name = read_name(entry.name);
        if (!name || !names_.emplace(note.type, *name).second)
            return refuse_("the name of the entry point at 0x%" PRIx64
                           " is malformed, empty, or there twice",
                           note.offset);
        if (entry.kind > GROQ_ENTRY_OUTPUT)
            return refuse_("entry point %s is of the unknown kind %u", name->c_str(),
                           entry.kind);
        if (entry.reserved != 0)
            return refuse_("reserved field of entry point %s is not zero",
                           name->c_str());
        if (!is_launch_table(entry.launch, entry.launch_count))
            return refuse_("the launch table of entry point %s, %u entries at 0x%x, is "
                           "empty, not aligned to %u bytes, or not inside a segment",
                           name->c_str(), entry.launch_count, entry.launch,
                           launch_bytes);
        contents_.entries.push_back({std::move(*name), entry.kind, entry.launch,
                                     entry.launch_count, entry.cycles});
        return {};
    }

    bool is_launch_table(std::uint64_t address, std::uint64_t count) const {
        const auto size = count * launch_bytes;
        return count > 0 && address % launch_bytes == 0 &&
               std::any_of(contents_.segments.begin(), contents_.segments.end(),
                           [&](const auto &segment) {
                               const auto offset = address - segment.address;
                               return address >= segment.address &&
                                      offset <= segment.size &&
                                      size <= segment.size - offset;
                           });
    }

    result<void> check_entry_kinds() {
        auto &entries = contents_.entries;
        std::sort(entries.begin(), entries.end(),
                  [](const auto &a, const auto &b) { return a.kind < b.kind; });
        const bool monolithic =
            entries.size() == 1 && entries[0].kind == GROQ_ENTRY_MONOLITHIC;
        const bool split = entries.size() == 3 && entries[0].kind == GROQ_ENTRY_INPUT &&
                           entries[1].kind == GROQ_ENTRY_COMPUTE &&
                           entries[2].kind == GROQ_ENTRY_OUTPUT;
        if (!monolithic && !split)
            return refuse_("its %zu entry points are neither one monolithic nor one "
                           "each of input, compute, output",
                           entries.size());
        return {};
    }

    result<void> read_tensors() {
        for (const auto &note : notes_)
            if (note.type == GROQ_NOTE_TENSOR)
                if (const auto done = add_tensor(note); !done)
                    return done;
        return check_cover(contents_, refuse_);
    }

    result<void> add_tensor(const elf_note &note) {
        if (note.data.size() < sizeof(groq_note_tensor))
            return wrong_size(note);
        const auto head = read_as<groq_note_tensor>(note.data);
        const auto parts = note.data.subspan(sizeof head);
        if (parts.size() != std::uint64_t{head.part_count} * sizeof(groq_tensor_part))
            return wrong_size(note);
        auto name = read_name(head.name);
        if (!name || !names_.emplace(note.type, *name).second)
            return refuse_("the name of the tensor at 0x%" PRIx64
                           " is malformed, empty, or there twice",
                           note.offset);
        if (head.direction > GROQ_TENSOR_OUTPUT || head.element > GROQ_ELEMENT_F32)
            return refuse_(
                "tensor %s is of the unknown direction %u or element type %u",
                name->c_str(), head.direction, head.element);
        if (head.reserved != 0)
            return refuse_("reserved field of tensor %s is not zero", name->c_str());
        if (head.rows == 0 || head.columns == 0)
            return refuse_("tensor %s is %u x %u elements", name->c_str(), head.rows,
                           head.columns);
        program_tensor tensor{std::move(*name), head.direction, head.element,
                              head.rows,        head.columns,   {}};
        tensor.parts.resize(head.part_count);
        if (!parts.empty())
            std::memcpy(tensor.parts.data(), parts.data(), parts.size());
        contents_.tensors.push_back(std::move(tensor));
        return {};
    }

    byte_source &file_;
    const std::string &name_;
    refusal refuse_;
    std::vector<elf_note> notes_;
    program_contents contents_;
    std::set<std::pair<std::uint32_t, std::string>> names_; // with their note type
};

} // namespace

std::uint32_t program_tensor::element_bytes() const {
    constexpr std::uint32_t bytes[] = {1, 1, 2, 4, 2, 4}; // by GROQ_ELEMENT_*
    return bytes[element];
}

std::uint64_t program_tensor::bytes() const {
    return std::uint64_t{rows} * columns * element_bytes();
}

std::uint64_t program_tensor::packed_bytes() const {
    return std::uint64_t{rows} * vector_bytes * parts.size();
}

result<program_outline> read_outline(byte_source &file, const std::string &name) {
    return program_reader(file, name).read();
}

result<void> check_file(const program_outline &outline, const file_checksum &sum,
                        const std::string &name) {
    if (!sum.is_right())
        return refusal(name)("damaged: its checksum is 0x%08x, it says 0x%08x; copy or "
                             "compile it anew",
                             sum.crc32(), outline.checksum.crc32);
    if (outline.flaw)
        return *outline.flaw;
    return {};
}

result<read_file> read_program(std::span<const std::byte> file,
                               const std::string &name) {
    memory_source source(file);
    auto outline = read_outline(source, name);
    if (!outline)
        return outline.error();
    file_checksum sum(outline->checksum);
    sum.add(file);
    if (const auto right = check_file(*outline, sum, name); !right)
        return right.error();
    return read_file{std::move(outline->contents), outline->checksum, file.size(),
                     sum.hash()};
}

} // namespace groq
