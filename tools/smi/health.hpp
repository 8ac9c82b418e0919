// SPDX-License-Identifier: MIT
//
// What is well with a card and what is not, with what to do about it.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "card.hpp"

namespace groq::smi {

// One thing looked at.
struct symptom {
    std::string name; // "driver"
    bool good;
    std::string text;   // "groq 0.1.0 on /dev/accel/accel0"
    std::string advice; // if it is not good
};

// From the bus upwards; stops where nothing further can be known.
std::vector<symptom> examine(const card &card);

// Of the links of a card: those that work less well than they could, or not any more.
// That one has no cable is no symptom.
symptom links(const link_snapshot &seen);

// Whether the caller may use the card; nothing where there is no node to open.
std::optional<symptom> permission(const card &card);

// `groq-smi doctor`: every symptom of every card, one a line.
std::string diagnosis(const report &report);

bool healthy(const report &report);

// What to do where there is no card.
extern const char *const no_card_text;

} // namespace groq::smi
