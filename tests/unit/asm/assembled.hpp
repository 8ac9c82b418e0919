// SPDX-License-Identifier: MIT
// Programs from assembly that the checks have not seen.
#pragma once

#include <string>

#include <gtest/gtest.h>

#include "asm/assembler.hpp"

namespace groq::assembly::test {

inline program build(const std::string &source) {
    assembly_options unchecked;
    unchecked.checked = false;
    const assembly_result result = assemble(source, unchecked);
    for (const source_diagnostic &each : result.diagnostics)
        ADD_FAILURE() << each.line << ": " << each.message;
    return result.image.value_or(program{});
}

// SRAM that holds zeroes, and an entry point whose queues follow.
inline const std::string scheduled = R"(
        .data   e.0[0]
        .zero   3200
        .data   e.1[0]
        .zero   3200
        .data   w.0[0]
        .zero   3200
        .data   e.43[0]
        .zero   3200
        .text   w.40, w.41
        .entry  main
)";

// An entry point whose text and launch table follow.
inline const std::string by_hand = R"(
        .data   e.0[8190]
        .zero   640
        .entry  main, launch=w.1[0], count=1
)";

} // namespace groq::assembly::test
