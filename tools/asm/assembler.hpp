// SPDX-License-Identifier: MIT
//
// Text assembly to a program: docs/assembly.md.
#pragma once

#include <filesystem>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "asm/program.hpp"

namespace groq::assembly {

struct source_diagnostic {
    bool error = true;   // or a warning
    unsigned line = 0;   // from 1; 0: of the whole program
    unsigned column = 0; // from 1; 0: of the whole line
    std::string message;
};

struct assembly_options {
    std::filesystem::path directory = "."; // of the names in .file
    bool checked = true; // run check.hpp; without, faults are left to the chip
};

struct assembly_result {
    std::optional<program> image; // none when there is an error
    std::vector<source_diagnostic> diagnostics;
};

assembly_result assemble(std::string_view source, const assembly_options &options = {});

} // namespace groq::assembly
