// SPDX-License-Identifier: MIT
//
// The links of a card as the driver shows them in sysfs, to anybody.
#pragma once

#include <groq/link.hpp>

#include "discovery.hpp"

namespace groq {

// errc::device_lost once the card has left the bus; errc::too_old: no links there.
result<link_snapshot> read_links(const found_card &card);

} // namespace groq
