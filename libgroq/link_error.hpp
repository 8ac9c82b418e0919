// SPDX-License-Identifier: MIT
//
// Why a link cannot be measured, and what to do, in the words that all ports have.
#pragma once

#include <cstdint>
#include <string>

#include "error.hpp"
#include "kernel_port.hpp"

namespace groq {

// `card`: its URI.
error link_down(const std::string &card, std::uint32_t link, int os_error = 0);
error links_in_use(const std::string &card, int os_error = 0);
error no_such_link(const std::string &card, std::uint32_t link, std::uint64_t links,
                   int os_error = 0);
// errc::timeout; says which links a program of the card waits for, if one does.
error late(const port_links &seen);

} // namespace groq
