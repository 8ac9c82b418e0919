// SPDX-License-Identifier: MIT
#include "asm/diagnostic.hpp"

#include "asm/queue.hpp"

namespace groq::assembly {

std::string to_text(const diagnostic &each) {
    std::string text = each.entry.empty() ? "" : each.entry + ": ";
    if (each.icu < GROQ_ICUS_ALL)
        text += queue_name(each.icu) + ", cycle " + std::to_string(each.cycle) + ": ";
    return text + each.message;
}

build_error::build_error(std::vector<diagnostic> all)
    : std::runtime_error(all.empty() ? "cannot be built" : to_text(all.front())),
      diagnostics_(std::move(all)) {}

} // namespace groq::assembly
