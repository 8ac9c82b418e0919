// SPDX-License-Identifier: MIT
//
// Structures of the C interface in which nothing is known yet.
#pragma once

#include <initializer_list>

#include <groq/groq.h>

namespace groq {

inline groq_device_info unknown_info() {
    groq_device_info info{};
    info.size = sizeof info;
    for (auto *number :
         {&info.serial, &info.sram_bytes, &info.queues, &info.links, &info.clock_hz,
          &info.link_mts, &info.link_mts_max, &info.link_width, &info.link_width_max,
          &info.timeout_ms, &info.paths})
        *number = GROQ_UNKNOWN;
    return info;
}

inline groq_telemetry unknown_telemetry() {
    groq_telemetry t{};
    t.size = sizeof t;
    for (auto *number :
         {&t.state,        &t.holders,       &t.holder,           &t.sram_used,
          &t.queues_used,  &t.chip_mc,       &t.board_mc,         &t.chip_max_mc,
          &t.chip_crit_mc, &t.power_uw,      &t.power_cap_uw,     &t.core_mv,
          &t.core_ma,      &t.clock_hz,      &t.throttle,         &t.uptime_s,
          &t.busy_ns,      &t.programs_done, &t.programs_faulted, &t.bytes_in,
          &t.bytes_out,    &t.ecc_corrected, &t.ecc_uncorrected,  &t.resets,
          &t.links_up})
        *number = GROQ_UNKNOWN;
    return t;
}

inline groq_link unknown_link() {
    groq_link link{};
    link.size = sizeof link;
    for (auto *number : {&link.state, &link.peer_serial, &link.peer_link, &link.lanes,
                         &link.rate_mbps, &link.sent, &link.received, &link.corrected,
                         &link.uncorrected, &link.downs, &link.open})
        *number = GROQ_UNKNOWN;
    return link;
}

} // namespace groq
