// SPDX-License-Identifier: MIT
//
// Where core dumps come from: files, standard input, and what the kernel keeps.
#pragma once

#include <filesystem>
#include <optional>
#include <string>
#include <variant>

#include "coredump.hpp"

namespace groq::smi {

// Of the dumps that the kernel keeps, the last one of a Groq card.
std::optional<std::filesystem::path>
newest_coredump(const std::filesystem::path &folder = "/sys/class/devcoredump");

// "-" is standard input.
std::variant<coredump, broken_dump> load_coredump(const std::string &file);

} // namespace groq::smi
