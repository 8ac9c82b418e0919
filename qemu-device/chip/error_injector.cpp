// SPDX-License-Identifier: MIT
#include "error_injector.hpp"

namespace groq::chip {

void error_injector::inject(uint32_t targets) {
    uint32_t address = registers_.read(GROQ_ECC_INJECT_ADDRESS);
    uint32_t bits = registers_.read(GROQ_ECC_INJECT_BITS);
    uint32_t first = bits & GROQ_ECC_INJECT_FIRST;
    uint32_t second = (bits & GROQ_ECC_INJECT_SECOND) >> 8;
    if (first >= codeword::bits || second >= codeword::bits)
        return;
    codeword error = codeword::single(first);
    if (second != first)
        error ^= codeword::single(second);
    if (targets & GROQ_ECC_INJECT_INTO_SRAM)
        into_sram(address, error);
    if (targets & GROQ_ECC_INJECT_INTO_STREAM)
        into_stream(address, error);
}

void error_injector::into_sram(uint32_t address, const codeword &error) {
    if (address == memory_errors::granule_of(address) &&
        sram_.contains(address, memory_errors::granule_bytes))
        sram_.errors().add(address, error);
}

void error_injector::into_stream(uint32_t address, const codeword &error) {
    uint32_t tile = (address & GROQ_ECC_INJECT_TILE) >> 8;
    if (tile < GROQ_TILES)
        streams_.add(address & GROQ_ECC_INJECT_STREAM, tile, error);
}

} // namespace groq::chip
