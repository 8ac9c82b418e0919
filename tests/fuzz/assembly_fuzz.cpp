// SPDX-License-Identifier: MIT
// Any text as a program in assembly: what is wrong with it is said, and what the
// assembler makes of it gives the same file through its own text. Not checked as a
// program, which takes as long as the program.
#include <algorithm>

#include "asm/assembler.hpp"
#include "asm/disassembler.hpp"
#include "asm/elf_file.hpp"
#include "require.hpp"

namespace groq::assembly {
namespace {

using bytes = std::vector<std::byte>;

// An unchecked program may be one that no text gives.
void require_same_if_again(const program &image, const bytes &file) {
    const auto again = assemble(disassemble(image), {.checked = false});
    require(!again.image || write_elf(*again.image) == file);
}

bool is_refusal(const source_diagnostic &said) {
    return said.error && !said.message.empty();
}

} // namespace
} // namespace groq::assembly

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t *data, std::size_t size) {
    using namespace groq::assembly;
    const std::string_view text(reinterpret_cast<const char *>(data), size);
    if (text.find(".file") != text.npos)
        return 0; // of this machine's files there is no end
    const auto made = assemble(text, {.checked = false});
    if (!made.image) {
        require(std::ranges::any_of(made.diagnostics, is_refusal));
        return 0;
    }
    require_same_if_again(*made.image, write_elf(*made.image));
    return 0;
}
