// SPDX-License-Identifier: MIT
// Instructions for programs that are written by hand.
#ifndef GROQ_TESTS_CONFORMANCE_MNEMONICS_HPP
#define GROQ_TESTS_CONFORMANCE_MNEMONICS_HPP

#include "program.hpp"

namespace groq::conformance {

inline encoded nop(int64_t cycles) {
    return reference::encode(GROQ_OPCODE_NOP, {{"cycles", cycles}});
}
inline encoded sync() {
    return reference::encode(GROQ_OPCODE_SYNC);
}
inline encoded notify() {
    return reference::encode(GROQ_OPCODE_NOTIFY);
}
inline encoded config(int64_t superlanes) {
    return reference::encode(GROQ_OPCODE_CONFIG, {{"superlanes", superlanes}});
}
inline encoded ifetch(uint32_t text) {
    return reference::encode(GROQ_OPCODE_IFETCH, {{"text", text}});
}
inline encoded repeat(int64_t times, int64_t interval) {
    return reference::encode(GROQ_OPCODE_REPEAT,
                             {{"times", times}, {"interval", interval}});
}
inline encoded read(int64_t word, int64_t stream, int64_t step = 0) {
    return reference::encode(GROQ_OPCODE_READ,
                             {{"stream", stream}, {"word", word}, {"step", step}});
}
inline encoded write(int64_t word, int64_t stream, int64_t step = 0) {
    return reference::encode(GROQ_OPCODE_WRITE,
                             {{"stream", stream}, {"word", word}, {"step", step}});
}
inline encoded read_write(int64_t from, int64_t read_stream, int64_t to,
                          int64_t write_stream) {
    return reference::encode(GROQ_OPCODE_READ_WRITE, {{"read_stream", read_stream},
                                                      {"read_word", from},
                                                      {"write_stream", write_stream},
                                                      {"write_word", to}});
}
inline encoded gather(int64_t stream, int64_t base, int64_t map) {
    return reference::encode(GROQ_OPCODE_GATHER,
                             {{"stream", stream}, {"base", base}, {"map", map}});
}
inline encoded scatter(int64_t stream, int64_t base, int64_t map) {
    return reference::encode(GROQ_OPCODE_SCATTER,
                             {{"stream", stream}, {"base", base}, {"map", map}});
}
inline encoded unary(unsigned opcode, int64_t type, int64_t target, int64_t a,
                     int64_t immediate = 0) {
    return reference::encode(
        opcode,
        {{"type", type}, {"target", target}, {"a", a}, {"immediate", immediate}});
}
inline encoded binary(unsigned opcode, int64_t type, int64_t target, int64_t a,
                      int64_t b, int64_t immediate = 0) {
    return reference::encode(opcode, {{"type", type},
                                      {"target", target},
                                      {"a", a},
                                      {"b", b},
                                      {"immediate", immediate}});
}
inline encoded load_weights(int64_t stream, int64_t block, int64_t step = 0) {
    return reference::encode(GROQ_OPCODE_LW,
                             {{"stream", stream}, {"block", block}, {"step", step}});
}
inline encoded install() {
    return reference::encode(GROQ_OPCODE_IW);
}
inline encoded activate(int64_t stream, int64_t type) {
    return reference::encode(GROQ_OPCODE_ABC, {{"stream", stream}, {"type", type}});
}
inline encoded accumulate(int64_t type, int64_t entry, bool add = false) {
    return reference::encode(GROQ_OPCODE_ACC,
                             {{"type", type}, {"entry", entry}, {"add", add}});
}
inline encoded accumulate_and_emit(int64_t type, int64_t entry, int64_t stream,
                                   bool add = false) {
    return reference::encode(GROQ_OPCODE_ACC, {{"type", type},
                                               {"entry", entry},
                                               {"add", add},
                                               {"emit", 1},
                                               {"stream", stream}});
}

constexpr int64_t nowhere = GROQ_OPERAND_NONE;
constexpr int64_t immediate = GROQ_OPERAND_IMMEDIATE;
constexpr int64_t alu(int64_t n) {
    return GROQ_OPERAND_ALU | n;
}
constexpr int64_t west(int64_t n) {
    return GROQ_STREAM_WEST(n);
}

} // namespace groq::conformance

#endif
