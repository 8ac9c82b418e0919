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
memory_slices::slice_state &memory_slices::state_of(uint32_t slice) {
    slice_state &s = slices_[slice];
    if (s.program != program_) {
        s = slice_state();
        s.program = program_;
    }
    return s;
}

trouble memory_slices::locate(uint32_t slice, int32_t word, uint32_t &address) const {
    bool exists = word >= 0 && word < GROQ_SLICE_WORDS;
    uint64_t at = uint64_t{slice} * GROQ_SLICE_BYTES +
                  static_cast<uint64_t>(static_cast<int64_t>(word) * GROQ_VECTOR_BYTES);
    if (!exists || !sram_.contains(at, GROQ_VECTOR_BYTES))
        return {GROQ_FAULT_ADDRESS, static_cast<uint32_t>(word),
                exists ? at : no_address};
    address = static_cast<uint32_t>(at);
    return no_trouble;
}

// Words and windows are both multiples of 320 bytes: a word is in or out.
trouble memory_slices::permit(uint32_t address, range &last,
                              const granted_ranges &granted) {
    if (address >= last.begin && address < last.end)
        return no_trouble;
    last = granted.around(address);
    return last.end ? no_trouble : trouble{GROQ_FAULT_ACCESS, 0, address};
}

trouble memory_slices::take_read_port(slice_state &s, uint32_t address,
                                      uint64_t cycle) {
    uint32_t bank = bank_of(address);
    bool is_taken =
        s.read.cycle == cycle || (s.write.cycle == cycle && s.write.bank == bank);
    s.read = {cycle, bank};
    return is_taken ? trouble{GROQ_FAULT_BANK, bank, address} : no_trouble;
}

trouble memory_slices::take_write_port(slice_state &s, uint32_t address,
                                       uint64_t cycle) {
    uint32_t bank = bank_of(address);
    bool is_taken =
        s.write.cycle == cycle || (s.read.cycle == cycle && s.read.bank == bank);
    s.write = {cycle, bank};
    return is_taken ? trouble{GROQ_FAULT_BANK, bank, address} : no_trouble;
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
    return take_read_port(s, address, cycle);
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
    return take_write_port(s, address, cycle);
}

trouble memory_slices::fetch(uint32_t address, uint64_t cycle) {
    if (!sram_.contains(address, GROQ_VECTOR_BYTES))
        return {GROQ_FAULT_ADDRESS, 0, address};
    if (grants_.execute.first_denied(address, address + GROQ_VECTOR_BYTES) == address)
        return {GROQ_FAULT_ACCESS, 0, address};
    return take_read_port(state_of(address / GROQ_SLICE_BYTES), address, cycle);
}

void memory_slices::serialize(archive &a, const grants &grants) {
    if (a.is_loading())
        start(grants);
    for (uint32_t slice = 0; slice < slices; ++slice) {
        slice_state &s = state_of(slice);
        a.values(s.read.cycle, s.write.cycle);
        a.below(s.read.bank, 2);
        a.below(s.write.bank, 2);
    }
}

} // namespace groq::chip
