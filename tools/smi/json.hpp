// SPDX-License-Identifier: MIT
//
// A report for programs. groq-smi(1) documents every key; a key is never
// removed and never changes its meaning or unit within a schema_version.
#ifndef GROQ_SMI_JSON_HPP
#define GROQ_SMI_JSON_HPP

#include <string>

#include "card.hpp"

namespace groq::smi {

enum class layout { indented, one_line };

std::string json(const report &report, layout layout);

} // namespace groq::smi

#endif // GROQ_SMI_JSON_HPP
