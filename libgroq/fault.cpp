// SPDX-License-Identifier: MIT
#include "fault.hpp"

#include <algorithm>
#include <cinttypes>
#include <cstring>
#include <iterator>

#include "error.hpp"

namespace groq {
namespace {

// How the detail of a cause is to be read.
enum class reading { none, field, index, stream, alu, lane, links };

struct cause_words {
    std::uint32_t cause;
    const char *name;
    const char *text;
    reading detail = reading::none;
};

constexpr cause_words causes[] = {
    {1, "BAD_OPCODE", "the chip does not know the command"},
    {2, "BAD_FIELD", "a field of the command is out of range", reading::field},
    {3, "WINDOW", "the command touches SRAM outside of what it may"},
    {4, "DMA", "host memory could not be reached", reading::index},
    {5, "ABORTED", "the command was ended by the driver", reading::links},
    {6, "BAD_LAUNCH", "the launch table is wrong", reading::index},
    {16, "ILLEGAL", "illegal instruction, or not one for this queue"},
    {17, "STARVED", "the queue ran out of instructions"},
    {18, "TEXT_OVERFLOW", "instructions fetched into a full queue"},
    {19, "ADDRESS", "address out of range after stepping"},
    {20, "ACCESS", "the program touches SRAM outside of what it may"},
    {21, "BANK", "two accesses to one bank of a slice in one cycle"},
    {22, "STREAM_EMPTY", "nothing on the stream that is read", reading::stream},
    {23, "STREAM_CONFLICT", "two values driven onto one stream", reading::stream},
    {24, "OPERAND_EMPTY", "an ALU is read that has no result yet", reading::alu},
    {25, "MXM_EMPTY", "no result leaves the array in this cycle"},
    {26, "MXM_LOST", "a result left the array and nobody took it"},
    {27, "DEADLOCK", "every queue is parked and no notify is on its way"},
    {28, "CYCLE_LIMIT", "the program did not end within its cycles"},
    {29, "ECC", "uncorrectable memory error", reading::stream},
    {30, "MXM_CONFLICT", "an earlier instruction still takes the plane or its array"},
    {31, "POWER", "the queue has no superlane powered"},
    {32, "MAP", "the map names no lane or word, or one twice", reading::lane},
    {33, "LINK_DOWN", "the link is not up, or went down under the program"},
    {34, "LINK_BUSY", "the wire of the link is still taken"},
    {35, "LINK_EMPTY", "nothing has come by the link, or nothing more will"},
    {36, "LINK_OVERFLOW", "more vectors have come by the link than it holds"},
    {37, "LINK_ERROR", "a vector that came by the link is beyond correction",
     reading::index},
    {38, "LINK_DRIFT", "the chip's clock is too far from the aligned counter"},
};

const cause_words *find_cause(std::uint32_t cause) {
    const auto *found =
        std::find_if(std::begin(causes), std::end(causes),
                     [&](const auto &words) { return words.cause == cause; });
    return found == std::end(causes) ? nullptr : found;
}

[[gnu::format(printf, 1, 2)]] std::string text(const char *format, ...) {
    std::va_list arguments;
    va_start(arguments, format);
    auto made = vformat(format, arguments);
    va_end(arguments);
    return made;
}

const char *side(bool east) {
    return east ? "east" : "west";
}

// Of those that a program waits for in its cycle 0, a bit each.
std::string links_text(std::uint32_t mask) {
    std::string names;
    for (std::uint32_t link = 0; link < 32; ++link)
        if (mask >> link & 1)
            names += (names.empty() ? "link " : ", link ") + std::to_string(link);
    return names + ": no program has opened it at the other end";
}

std::string detail_text(reading kind, std::uint32_t value) {
    constexpr std::uint32_t is_west = 0x20, number = 0x1f;
    switch (kind) {
    case reading::field:
        return text(" at byte %u", value);
    case reading::index:
        return text(" in entry %u", value);
    case reading::stream:
        return text(": stream %u %s", value & number, side(!(value & is_west)));
    case reading::alu:
        return text(": ALU %u", value);
    case reading::links:
        return value ? " while it waited for " + links_text(value) : std::string();
    case reading::lane:
        return text(": lane %u", value);
    case reading::none:
        break;
    }
    return {};
}

// A memory error has an address, or it came along a stream.
bool has_detail(const groq_fault_info &fault) {
    constexpr std::uint32_t ecc = 29;
    return fault.cause != ecc || fault.address == ~std::uint64_t{0};
}

std::string instruction_text(const groq_fault_info &fault) {
    auto bytes = text("; instruction at SRAM 0x%x:", fault.text);
    for (const auto byte : fault.instruction)
        bytes += text(" %02x", byte);
    return bytes;
}

} // namespace

// Numbers: docs/isa.md section 1.
std::string unit_name(std::uint32_t unit) {
    constexpr const char *mxm_queues[] = {"weights", "activations", "results"};
    if (unit < 88)
        return text("MEM %s slice %u", side(unit >= 44), unit % 44);
    if (unit < 104)
        return text("VXM ALU %u", unit - 88);
    if (unit < 132)
        return text("SXM %s queue %u", side(unit >= 118), (unit - 104) % 14);
    if (unit < 144) {
        const auto queue = (unit - 132) % 6;
        return text("MXM %s plane %u %s", side(unit >= 138), queue / 3,
                    mxm_queues[queue % 3]);
    }
    if (unit < 160)
        return text("link %u", unit - 144);
    return text("unit %u", unit);
}

std::string describe(const groq_fault_info &fault) {
    const auto *cause = find_cause(fault.cause);
    auto words = cause ? text("%s: %s", cause->name, cause->text)
                       : text("fault of the unknown cause %u", fault.cause);
    if (cause && has_detail(fault))
        words += detail_text(cause->detail, fault.detail);
    const bool of_program = fault.unit != ~std::uint32_t{0};
    if (of_program)
        words += text("; %s", unit_name(fault.unit).c_str());
    if (of_program || fault.cycle != 0)
        words += text("; cycle %" PRIu64, fault.cycle);
    if (fault.address != ~std::uint64_t{0})
        words += text("; address 0x%" PRIx64, fault.address);
    if (fault.text != ~std::uint32_t{0})
        words += instruction_text(fault);
    return words;
}

} // namespace groq

size_t groq_fault_describe(const struct groq_fault_info *fault, char *text,
                           size_t capacity) {
    std::string words;
    groq::guarded([&]() -> groq::result<void> {
        if (fault)
            words = groq::describe(*fault);
        return {};
    });
    if (text && capacity > 0) {
        const auto length = std::min(words.size(), capacity - 1);
        std::memcpy(text, words.data(), length);
        text[length] = '\0';
    }
    return words.size();
}
