// SPDX-License-Identifier: MIT
#include "program.hpp"

#include <cstring>
#include <iomanip>
#include <sstream>

#include "hw/groq_regs.h"

namespace groq::conformance {
namespace {

template <class T>
std::vector<uint8_t> bytes_of(const T *first, size_t count) {
    std::vector<uint8_t> bytes(count * sizeof(T));
    std::memcpy(bytes.data(), first, bytes.size());
    return bytes;
}

std::string text_of(const encoded &word) {
    std::ostringstream out;
    std::optional<reference::instruction> i = reference::dissect(word);
    out << (i ? i->of->mnemonic : "?");
    for (size_t n = 0; i && n < i->values.size(); ++n)
        out << ' ' << i->of->fields[n].name << '=' << i->values[n];
    out << "  #" << std::hex << std::setfill('0');
    for (uint8_t byte : word)
        out << std::setw(2) << +byte;
    return out.str();
}

std::string text_of(const reference::fault_record &f) {
    std::ostringstream out;
    out << "cause " << f.cause << ", unit " << f.unit << ", cycle " << f.cycle
        << ", address 0x" << std::hex << f.address << ", text 0x" << f.text << std::dec
        << ", detail " << f.detail << ", " << text_of(f.instruction);
    return out.str();
}

std::string text_of(const reference::outcome &o) {
    if (o.fault.cause == GROQ_FAULT_NONE)
        return "ends after " + std::to_string(o.cycles) + " cycles";
    return "faults: " + text_of(o.fault);
}

} // namespace

std::vector<reference::window> program::all_windows() const {
    constexpr uint32_t all = GROQ_WINDOW_READ | GROQ_WINDOW_WRITE | GROQ_WINDOW_EXECUTE;
    if (windows.empty())
        return {{0, sram_bytes(), all}};
    return windows;
}

std::vector<reference::launch> program::launches() const {
    std::vector<reference::launch> table;
    for (const auto &[icu, text] : queues) {
        auto count = static_cast<uint32_t>(text.size());
        table.push_back(
            {icu, text_address(icu, 0), counts.contains(icu) ? counts.at(icu) : count});
    }
    return table;
}

std::map<uint32_t, std::vector<uint8_t>> program::image() const {
    std::map<uint32_t, std::vector<uint8_t>> all = data;
    std::vector<groq_launch> table;
    for (const reference::launch &l : launches()) {
        groq_launch entry{};
        entry.icu = static_cast<uint16_t>(l.icu);
        entry.text = l.text;
        entry.count = l.count;
        table.push_back(entry);
        const auto &text = queues.at(l.icu);
        all[l.text] = bytes_of(text.data(), text.size());
    }
    all[table_address] = bytes_of(table.data(), table.size());
    return all;
}

std::string program::listing() const {
    std::ostringstream out;
    for (const auto &[icu, text] : queues) {
        out << "queue " << icu;
        if (counts.contains(icu))
            out << ", count " << counts.at(icu);
        out << '\n';
        for (const encoded &word : text)
            out << "    " << text_of(word) << '\n';
    }
    for (const reference::window &w : windows)
        out << "window " << w.base << " + " << w.size << ", access " << w.access
            << '\n';
    for (const injection &e : injections)
        out << "errors in bits " << e.first << " and " << e.second << " of "
            << (e.into_stream ? "stream " : "SRAM ") << e.where << " tile " << e.tile
            << '\n';
    out << "at most " << max_cycles << " cycles, " << slices << " slices\n";
    return out.str();
}

std::string difference(const reference::outcome &chip,
                       const reference::outcome &reference) {
    std::ostringstream out;
    if (chip.cycles != reference.cycles || !(chip.fault == reference.fault))
        out << "chip       " << text_of(chip) << "\nreference  " << text_of(reference)
            << '\n';
    if (chip.issues != reference.issues)
        for (unsigned icu = 0; icu < GROQ_ICUS_ALL; ++icu) {
            auto count = [&](const auto &o) {
                return o.issues.contains(icu) ? o.issues.at(icu) : 0;
            };
            if (count(chip) != count(reference))
                out << "queue " << icu << " issues " << count(chip)
                    << " times in the chip, " << count(reference)
                    << " times in the reference\n";
        }
    if (chip.ecc_corrected != reference.ecc_corrected ||
        chip.ecc_uncorrected != reference.ecc_uncorrected)
        out << "errors: " << chip.ecc_corrected << " corrected and "
            << chip.ecc_uncorrected << " not in the chip, " << reference.ecc_corrected
            << " and " << reference.ecc_uncorrected << " in the reference\n";
    return out.str();
}

} // namespace groq::conformance
