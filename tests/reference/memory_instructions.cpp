// SPDX-License-Identifier: MIT
// docs/isa.md 5.1.
#include <algorithm>

#include "hw/groq_regs.h"
#include "machine.hpp"

namespace groq::reference {

void machine::execute_memory(const issue &i) {
    switch (i.what.of->opcode) {
    case GROQ_OPCODE_READ:
        return read(i, i.stepped("word", "step"), i["stream"]);
    case GROQ_OPCODE_WRITE:
        return write(i, i.stepped("word", "step"), i["stream"]);
    case GROQ_OPCODE_READ_WRITE: {
        // What is wrong with either word comes before a stream that is empty.
        int64_t to = i.stepped("write_word", "write_step");
        int64_t from = i.stepped("read_word", "read_step");
        locate(i, from, GROQ_WINDOW_READ);
        locate(i, to, GROQ_WINDOW_WRITE);
        read(i, from, i["read_stream"]);
        return write(i, to, i["write_stream"]);
    }
    case GROQ_OPCODE_GATHER:
        return gather(i);
    default:
        return scatter(i);
    }
}

void machine::read(const issue &i, int64_t word, unsigned stream) {
    uint32_t address = locate(i, word, GROQ_WINDOW_READ);
    use_slice(address, false, {bank_of(address)});
    drive(i, stream, {sram_.read(address)});
}

void machine::write(const issue &i, int64_t word, unsigned stream) {
    uint32_t address = locate(i, word, GROQ_WINDOW_WRITE);
    use_slice(address, true, {bank_of(address)});
    need(i, stream);
    vector value = *streams_.at(position_of(i.icu), stream);
    store(i, [this, i, address, value] { sram_.write(address, value, i.superlanes); });
}

void machine::gather(const issue &i) {
    need(i, i["map"], 2);
    std::vector<uint32_t> words = words_of_map(i, GROQ_WINDOW_READ);
    vector gathered;
    std::set<unsigned> banks;
    for (unsigned tile = 0; tile < words.size(); ++tile) {
        vector word = sram_.read(words[tile]);
        banks.insert(bank_of(words[tile]));
        for (unsigned lane = tile * GROQ_TILE_LANES;
             lane < (tile + 1) * GROQ_TILE_LANES; ++lane)
            gathered.lanes[lane] = word.lanes[lane];
        if (word.errors.contains(tile))
            gathered.errors[tile] = word.errors[tile];
    }
    use_slice(words[0], false, banks);
    drive(i, i["stream"], {gathered});
}

void machine::scatter(const issue &i) {
    // Addresses that can be known are looked at before streams.
    std::vector<uint32_t> words;
    if (carries(i, i["map"], 2))
        words = words_of_map(i, GROQ_WINDOW_WRITE);
    need(i, i["stream"]);
    need(i, i["map"], 2);
    std::set<unsigned> banks;
    for (uint32_t word : words)
        banks.insert(bank_of(word));
    use_slice(words[0], true, banks);
    vector value = *streams_.at(position_of(i.icu), i["stream"]);
    store(i, [this, words, value] {
        for (unsigned tile = 0; tile < words.size(); ++tile) {
            vector word = sram_.read(words[tile]);
            for (unsigned lane = tile * GROQ_TILE_LANES;
                 lane < (tile + 1) * GROQ_TILE_LANES; ++lane)
                word.lanes[lane] = value.lanes[lane];
            word.errors.erase(tile);
            if (value.errors.contains(tile))
                word.errors[tile] = value.errors.at(tile);
            sram_.write(words[tile], word, GROQ_TILES);
        }
    });
}

// The address of the word of every powered tile: base and the number in its lane 0.
std::vector<uint32_t> machine::words_of_map(const issue &i, uint32_t access) {
    lanes32 map = take_typed(i, i["map"], 2);
    need_correct();
    std::vector<uint32_t> words;
    for (unsigned tile = 0; tile < i.superlanes; ++tile)
        words.push_back(
            locate(i, i.at("base") + map[tile * GROQ_TILE_LANES], access, tile));
    return words;
}

// The linear address of @word of the queue's slice, of which the instruction touches
// all, or @tile alone.
uint32_t machine::locate(const issue &i, int64_t word, uint32_t access,
                         std::optional<unsigned> tile) const {
    if (word < 0 || word >= GROQ_SLICE_WORDS)
        throw trap{GROQ_FAULT_ADDRESS, ~uint64_t{0}, static_cast<uint32_t>(word)};
    uint32_t address = i.icu * uint32_t{GROQ_SLICE_BYTES} +
                       static_cast<uint32_t>(word) * GROQ_VECTOR_BYTES;
    if (address >= sram_.bytes())
        throw trap{GROQ_FAULT_ADDRESS, address, static_cast<uint32_t>(word)};
    uint32_t first = address + tile.value_or(0) * GROQ_TILE_LANES;
    uint32_t bytes = tile ? GROQ_TILE_LANES : GROQ_VECTOR_BYTES;
    if (!windows_allow(windows_, sram_, first, bytes, access))
        throw trap{GROQ_FAULT_ACCESS, first};
    return address;
}

unsigned machine::bank_of(uint32_t address) const {
    return address % GROQ_SLICE_BYTES / GROQ_VECTOR_BYTES / wrong_.bank_words;
}

// "One read and one write per cycle and slice, in different banks; else BANK".
void machine::use_slice(uint32_t address, bool is_write, std::set<unsigned> banks) {
    slice_use &u = used_[address / GROQ_SLICE_BYTES];
    unsigned &accesses = is_write ? u.writes : u.reads;
    const std::set<unsigned> &others = is_write ? u.read_banks : u.write_banks;
    bool shared = std::any_of(banks.begin(), banks.end(),
                              [&](unsigned bank) { return others.contains(bank); });
    if (accesses > 0 || shared)
        throw trap{GROQ_FAULT_BANK, address, bank_of(address)};
    ++accesses;
    (is_write ? u.write_banks : u.read_banks) = std::move(banks);
}

// A write counts as an effect in the cycle in which it issues.
void machine::store(const issue &i, std::function<void()> act) {
    schedule(i, delay_of(i), std::move(act));
}

} // namespace groq::reference
