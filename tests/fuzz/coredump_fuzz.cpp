// SPDX-License-Identifier: MIT
// Any bytes as a core dump for groq-smi decode: they are refused with a reason, or are
// text that leaves a terminal alone and JSON that can be read.
#include <algorithm>

#include <nlohmann/json.hpp>

#include "require.hpp"
#include "smi/coredump.hpp"
#include "smi/coredump_json.hpp"
#include "smi/coredump_text.hpp"

namespace {

bool is_harmless(const std::string &text) {
    return std::ranges::all_of(
        text, [](char each) { return each == '\n' || (each >= ' ' && each <= '~'); });
}

} // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t *data, std::size_t size) {
    using namespace groq::smi;
    const auto read = read_coredump({reinterpret_cast<const char *>(data), size});
    if (const auto *why = std::get_if<broken_dump>(&read)) {
        require(!why->text.empty() && is_harmless(why->text));
        return 0;
    }
    const auto &dump = std::get<coredump>(read);
    require(is_harmless(coredump_text(dump)));
    require(nlohmann::json::accept(coredump_json(dump)));
    return 0;
}
