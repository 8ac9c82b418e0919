// SPDX-License-Identifier: MIT
//
// A report as two tables: what the cards are, and how they do.
#pragma once

#include <string>

#include "card.hpp"

namespace groq::smi {

std::string table(const report &report);

} // namespace groq::smi
