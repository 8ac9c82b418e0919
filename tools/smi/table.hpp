// SPDX-License-Identifier: MIT
//
// A report as two tables: what the cards are, and how they do.
#ifndef GROQ_SMI_TABLE_HPP
#define GROQ_SMI_TABLE_HPP

#include <string>

#include "card.hpp"

namespace groq::smi {

std::string table(const report &report);

} // namespace groq::smi

#endif // GROQ_SMI_TABLE_HPP
