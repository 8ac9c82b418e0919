// SPDX-License-Identifier: MIT
#include "memory_slices.hpp"

namespace groq::chip {

constexpr uint32_t bank_bytes = GROQ_BANK_WORDS * GROQ_VECTOR_BYTES;

static uint32_t bank_of(uint32_t address) {
    return address / bank_bytes % 2;
}

void memory_slices::start(const grants &grants) {
    grants_ = grants;
    ++program_;
}

// A slice starts anew when the program first uses it.
inline memory_slices::slice_state &memory_slices::state_of(uint32_t slice) {
    slice_state &s = slices_[slice];
    if (s.program != program_) [[unlikely]] {
        s = slice_state();
        s.program = program_;
    }
    return s;
}

inline trouble memory_slices::locate(uint32_t slice, int32_t word,
                                     uint32_t &address) const {
    constexpr uint64_t word_bytes = GROQ_VECTOR_BYTES;
    bool exists = static_cast<uint32_t>(word) < GROQ_SLICE_WORDS;
    uint64_t at =
        uint64_t{slice} * GROQ_SLICE_BYTES + static_cast<uint32_t>(word) * word_bytes;
    if (!exists || !sram_.contains(at, GROQ_VECTOR_BYTES)) [[unlikely]]
        return {GROQ_FAULT_ADDRESS, static_cast<uint32_t>(word),
                exists ? at : no_address};
    address = static_cast<uint32_t>(at);
    return no_trouble;
}

// Words and windows are both multiples of 320 bytes: a word is in or out.
inline trouble memory_slices::permit(uint32_t address, range &last,
                                     const granted_ranges &granted) {
    if (address >= last.begin && address < last.end) [[likely]]
        return no_trouble;
    last = granted.around(address);
    return last.end ? no_trouble : trouble{GROQ_FAULT_ACCESS, 0, address};
}

// In ascending order of the tiles, so that the lowest is at fault.
trouble memory_slices::locate_tiles(uint32_t slice, std::span<const int32_t> words,
                                    range &last, const granted_ranges &granted,
                                    uint32_t *addresses) const {
    for (uint32_t tile = 0; tile < words.size(); ++tile) {
        if (trouble t = locate(slice, words[tile], addresses[tile]))
            return t;
        addresses[tile] += tile * GROQ_TILE_LANES;
        if (trouble t = permit(addresses[tile], last, granted))
            return t;
    }
    return no_trouble;
}

// One read and one write per cycle, in different banks.
inline trouble memory_slices::check_free(const use &port, const use &other,
                                         uint32_t address, uint64_t cycle) {
    uint32_t bank = bank_of(address);
    bool is_taken =
        port.cycle == cycle || (other.cycle == cycle && (other.banks >> bank & 1) != 0);
    return is_taken ? trouble{GROQ_FAULT_BANK, bank, address} : no_trouble;
}

trouble memory_slices::take(use &port, const use &other,
                            std::span<const uint32_t> addresses, uint64_t cycle) {
    uint32_t banks = 0;
    for (uint32_t address : addresses) {
        if (trouble t = check_free(port, other, address, cycle))
            return t;
        banks |= 1u << bank_of(address);
    }
    port = {cycle, banks};
    return no_trouble;
}

inline trouble memory_slices::take(use &port, const use &other, uint32_t address,
                                   uint64_t cycle) {
    if (trouble t = check_free(port, other, address, cycle)) [[unlikely]]
        return t;
    port = {cycle, 1u << bank_of(address)};
    return no_trouble;
}

trouble memory_slices::read(uint32_t slice, int32_t word, uint64_t cycle,
                            const uint8_t *&data) {
    slice_state &s = state_of(slice);
    uint32_t address;
    if (trouble t = locate(slice, word, address))
        return t;
    if (trouble t = permit(address, s.readable, grants_.read))
        return t;
    data = sram_.at(address);
    return take(s.read, s.write, address, cycle);
}

trouble memory_slices::write(uint32_t slice, int32_t word, uint64_t cycle,
                             uint8_t *&data) {
    slice_state &s = state_of(slice);
    uint32_t address;
    if (trouble t = locate(slice, word, address))
        return t;
    if (trouble t = permit(address, s.writable, grants_.write))
        return t;
    data = sram_.at(address);
    return take(s.write, s.read, address, cycle);
}

trouble memory_slices::gather(uint32_t slice, std::span<const int32_t> words,
                              uint64_t cycle, tiles<const uint8_t> &data) {
    slice_state &s = state_of(slice);
    uint32_t addresses[GROQ_TILES];
    if (trouble t = locate_tiles(slice, words, s.readable, grants_.read, addresses))
        return t;
    for (size_t tile = 0; tile < words.size(); ++tile)
        data[tile] = sram_.at(addresses[tile]);
    return take(s.read, s.write, std::span(addresses, words.size()), cycle);
}

trouble memory_slices::scatter(uint32_t slice, std::span<const int32_t> words,
                               uint64_t cycle, tiles<uint8_t> &data) {
    slice_state &s = state_of(slice);
    uint32_t addresses[GROQ_TILES];
    if (trouble t = locate_tiles(slice, words, s.writable, grants_.write, addresses))
        return t;
    for (size_t tile = 0; tile < words.size(); ++tile)
        data[tile] = sram_.at(addresses[tile]);
    return take(s.write, s.read, std::span(addresses, words.size()), cycle);
}

trouble memory_slices::fetch(uint32_t address, uint64_t cycle) {
    if (!sram_.contains(address, GROQ_VECTOR_BYTES))
        return {GROQ_FAULT_ADDRESS, 0, address};
    if (grants_.execute.first_denied(address, address + GROQ_VECTOR_BYTES) == address)
        return {GROQ_FAULT_ACCESS, 0, address};
    slice_state &s = state_of(address / GROQ_SLICE_BYTES);
    if (trouble t = take(s.read, s.write, address, cycle))
        return t;
    return check_text(address);
}

trouble memory_slices::check_text(uint32_t address) {
    trouble found = no_trouble;
    if (!has_errors())
        return found;
    for (uint32_t at = address; at < address + GROQ_VECTOR_BYTES;
         at += memory_errors::granule_bytes) {
        soundness s = sram_.consume(at, text_);
        tally_.count_ecc(s);
        if (s == soundness::uncorrectable && !found)
            found = {GROQ_FAULT_ECC, 0, at};
    }
    return found;
}

const uint8_t *memory_slices::text(uint32_t address) {
    if (!has_errors())
        return sram_.at(address);
    for (uint32_t at = 0; at < GROQ_TEXT_BYTES; at += memory_errors::granule_bytes)
        sram_.consume(address + at, text_ + at);
    return text_;
}

void memory_slices::serialize(archive &a, const grants &grants) {
    if (a.is_loading())
        start(grants);
    for (uint32_t slice = 0; slice < slices; ++slice) {
        slice_state &s = state_of(slice);
        a.values(s.read.cycle, s.write.cycle);
        a.below(s.read.banks, 4);
        a.below(s.write.banks, 4);
    }
}

} // namespace groq::chip
