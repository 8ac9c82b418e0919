// SPDX-License-Identifier: MIT
// Any bytes as a program file for groq-objdump: what the reader refuses has a reason,
// and what it takes is text that gives the same text again.
#include <exception>
#include <utility>

#include "asm/assembler.hpp"
#include "asm/disassembler.hpp"
#include "asm/elf_file.hpp"
#include "mended_file.hpp"
#include "require.hpp"

namespace groq::assembly {
namespace {

std::optional<program> read(std::span<const std::byte> file) {
    try {
        return read_elf(file);
    } catch (const std::exception &refusal) {
        require(*refusal.what() != '\0');
        return std::nullopt;
    }
}

// Not all that can be read can be written in assembly. What is launched is followed,
// for as long as it runs, to say when, or how many cycles it takes where that is not
// said: neither here.
void require_same_text_again(program source) {
    for (auto &entry : source.entries) {
        entry.launch_count = 0;
        entry.cycles = 1;
    }
    const auto text = disassemble(source);
    const auto again = assemble(text, {.checked = false});
    require(!again.image || disassemble(*again.image) == text);
}

} // namespace
} // namespace groq::assembly

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t *data, std::size_t size) {
    const auto *first = reinterpret_cast<const std::byte *>(data);
    groq::assembly::read({first, size});
    const auto whole = groq::mended({first, first + size});
    if (!whole)
        return 0;
    if (auto program = groq::assembly::read(*whole))
        groq::assembly::require_same_text_again(std::move(*program));
    return 0;
}
