// SPDX-License-Identifier: MIT
//
// Writes the program files of the benchmarks.
#include <cstdlib>
#include <iostream>

#include <asm/elf_file.hpp>

#include "programs.hpp"

namespace {

// Beside the program, all that SRAM has room for; whole vectors.
constexpr std::size_t synthetic_bytes = 717'500 * 320;

} // namespace

int main(int argc, char **argv) {
    if (argc != 2) {
        std::cerr << "usage: write_programs FOLDER\n";
        return 2;
    }
    try {
        using namespace groq::assembly;
        const std::filesystem::path folder = argv[1];
        write_file(folder / "empty.groq", write_elf(bench::make_empty_program()));
        write_file(folder / "synthetic.groq",
                   write_elf(bench::make_synthetic_program(synthetic_bytes)));
    } catch (const std::exception &error) {
        std::cerr << "write_programs: " << error.what() << '\n';
        return 1;
    }
}
