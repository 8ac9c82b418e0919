// SPDX-License-Identifier: MIT
#include "coredump.hpp"

#include <cstdint>
#include <cstring>
#include <optional>
#include <type_traits>

namespace groq::smi {
namespace {

using namespace std::string_literals;

// Throws broken_dump; read_coredump() returns it.
class reader {
public:
    explicit reader(std::span<const char> file) : file_(file) {}

    coredump read() {
        dump_.header = take<groq_coredump>(0);
        check_header();
        find_sections();
        dump_.registers = entries<groq_coredump_register>(GROQ_COREDUMP_REGISTERS);
        dump_.queues = entries<groq_coredump_queue>(GROQ_COREDUMP_QUEUES);
        dump_.faults = entries<groq_coredump_fault>(GROQ_COREDUMP_FAULTS);
        join_jobs();
        return dump_;
    }

private:
    template <typename type>
    type take(std::uint64_t offset) const {
        static_assert(std::is_trivially_copyable_v<type>);
        if (file_.size() < sizeof(type) || offset > file_.size() - sizeof(type))
            throw broken_dump{"the file ends after " + std::to_string(file_.size()) +
                              " bytes"};
        type value;
        std::memcpy(&value, file_.data() + offset, sizeof value);
        return value;
    }

    void check_header() const {
        const groq_coredump &header = dump_.header;
        if (header.magic != GROQ_COREDUMP_MAGIC)
            throw broken_dump{"not a core dump of a Groq card"};
        if (header.version != GROQ_COREDUMP_VERSION)
            throw broken_dump{"a dump of version " + std::to_string(header.version) +
                              ", this groq-smi knows " +
                              std::to_string(GROQ_COREDUMP_VERSION) +
                              ": take a newer one"};
        if (header.bytes != file_.size())
            throw broken_dump{"the dump has " + std::to_string(header.bytes) +
                              " bytes, the file " + std::to_string(file_.size())};
    }

    void find_sections() {
        std::uint64_t offset = sizeof(groq_coredump);
        for (std::uint32_t i = 0; i < dump_.header.section_count; ++i) {
            const auto section = take<groq_coredump_section>(offset);
            check(section);
            sections_.push_back(section);
            offset += sizeof section;
        }
    }

    static std::string name(const groq_coredump_section &section) {
        return "section of type " + std::to_string(section.type);
    }

    void check(const groq_coredump_section &section) const {
        if (find(section.type))
            throw broken_dump{"a second " + name(section)};
        if (section.offset > file_.size() || section.offset % 8 != 0)
            throw broken_dump{"the " + name(section) + " begins at byte " +
                              std::to_string(section.offset)};
        const std::uint64_t room = file_.size() - section.offset;
        if (section.entry_bytes == 0 || section.count > room / section.entry_bytes)
            throw broken_dump{"the " + name(section) + " does not fit the file"};
    }

    std::optional<groq_coredump_section> find(std::uint32_t type) const {
        for (const groq_coredump_section &section : sections_)
            if (section.type == type)
                return section;
        return std::nullopt;
    }

    // Entries may be longer than is known here.
    template <typename entry>
    std::vector<entry> entries(groq_coredump_type type) const {
        const auto section = find(type);
        std::vector<entry> list;
        if (!section)
            return list;
        if (section->entry_bytes < sizeof(entry))
            throw broken_dump{"the entries of the " + name(*section) +
                              " are too short"};
        list.reserve(section->count);
        for (std::uint64_t i = 0; i < section->count; ++i)
            list.push_back(take<entry>(section->offset + i * section->entry_bytes));
        return list;
    }

    void join_jobs() {
        const auto commands = entries<groq_coredump_command>(GROQ_COREDUMP_COMMANDS);
        std::span<const groq_coredump_command> rest(commands);
        for (const auto &place : entries<groq_coredump_job>(GROQ_COREDUMP_JOBS)) {
            if (place.commands > rest.size() || place.done > place.commands)
                throw broken_dump{"job " + std::to_string(place.seqno) + " of queue " +
                                  std::to_string(place.queue) +
                                  " has more commands than there are"};
            const auto own = rest.first(place.commands);
            dump_.jobs.push_back({place, {own.begin(), own.end()}});
            rest = rest.subspan(place.commands);
        }
        if (!rest.empty())
            throw broken_dump{"commands that belong to no job"};
    }

    std::span<const char> file_;
    std::vector<groq_coredump_section> sections_;
    coredump dump_{};
};

} // namespace

std::variant<coredump, broken_dump> read_coredump(std::span<const char> file) {
    try {
        return reader(file).read();
    } catch (broken_dump &why) {
        return std::move(why);
    }
}

} // namespace groq::smi
