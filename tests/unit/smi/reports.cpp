// SPDX-License-Identifier: MIT
#include "reports.hpp"

#include <chrono>
#include <cstring>
#include <string_view>

namespace groq::smi {
namespace {

using namespace std::chrono;

template <std::size_t N>
void set(char (&member)[N], std::string_view text) {
    std::memset(member, 0, N);
    text.copy(member, N - 1);
}

void set_unknown(std::initializer_list<std::int64_t *> numbers) {
    for (auto *number : numbers)
        *number = GROQ_UNKNOWN;
}

card blank_card() {
    card card{};
    card.info.size = sizeof card.info;
    return card;
}

card second_card() {
    card card = healthy_card();
    set(card.info.uri, "accel:1");
    set(card.info.pci_address, "0000:02:00.0");
    set(card.info.node, "/dev/accel/accel1");
    card.info.serial = -1; // as unsigned: all ones
    card.readings->state = GROQ_STATE_BUSY;
    card.readings->holders = 2;
    card.readings->holder = 4321;
    card.holder_name = "groq-run";
    card.readings->sram_used = 13'000'000;
    card.readings->queues_used = 2;
    card.readings->power_uw = 220'400'000;
    return card;
}

card card_without_driver() {
    card card = blank_card();
    card.reason = "no driver is bound to 0000:03:00.0: load it (modprobe groq)";
    set(card.info.uri, "pci:0000:03:00.0");
    set(card.info.pci_address, "0000:03:00.0");
    set(card.info.board, "GC1-0109");
    set_unknown({&card.info.serial, &card.info.sram_bytes, &card.info.queues,
                 &card.info.links, &card.info.clock_hz, &card.info.paths});
    card.info.link_mts = card.info.link_mts_max = 16000;
    card.info.link_width = card.info.link_width_max = 16;
    return card;
}

// Everything that can be wrong with a card that works.
card troubled_card() {
    card card = healthy_card();
    card.accessible = false;
    set(card.info.reason, "add yourself to group render and log in again");
    card.info.link_mts = 8000;
    card.info.link_width = 4;
    card.info.paths = 1 << GROQ_PATH_IOCTL;
    card.readings->state = GROQ_STATE_FATAL;
    card.readings->chip_mc = 91'500;
    card.readings->throttle = 3;
    card.readings->ecc_uncorrected = 7;
    card.readings->holders = 1;
    card.readings->holder = 99;
    return card;
}

// On no bus; its process is its only holder.
card simulated_card() {
    card card = healthy_card();
    set(card.info.uri, "sim:0");
    set(card.info.pci_address, "");
    set(card.info.node, "");
    set(card.info.driver, "");
    set_unknown({&card.info.link_mts, &card.info.link_mts_max, &card.info.link_width,
                 &card.info.link_width_max, &card.info.paths});
    card.accessible.reset();
    return card;
}

// The driver is there, its sensors are not: every number of them unknown.
card silent_card() {
    card card = healthy_card();
    auto &r = *card.readings;
    set_unknown({&r.resets,           &r.links_up,    &r.holders,      &r.state,
                 &r.holder,           &r.sram_used,   &r.queues_used,  &r.chip_mc,
                 &r.board_mc,         &r.chip_max_mc, &r.chip_crit_mc, &r.power_uw,
                 &r.power_cap_uw,     &r.core_mv,     &r.core_ma,      &r.clock_hz,
                 &r.throttle,         &r.uptime_s,    &r.busy_ns,      &r.programs_done,
                 &r.programs_faulted, &r.bytes_in,    &r.bytes_out,    &r.ecc_corrected,
                 &r.ecc_uncorrected});
    card.reason = "the card does not answer";
    return card;
}

} // namespace

card healthy_card() {
    card card = blank_card();
    card.accessible = true;
    set(card.info.uri, "accel:0");
    set(card.info.pci_address, "0000:01:00.0");
    set(card.info.board, "GC1-010B");
    set(card.info.node, "/dev/accel/accel0");
    set(card.info.driver, "0.1.0");
    set(card.info.firmware, "1.0.0");
    card.info.serial = 0xc0ffee;
    card.info.sram_bytes = 230'686'720;
    card.info.queues = 32;
    card.info.links = 11;
    card.info.clock_hz = 900'000'000;
    card.info.link_mts = card.info.link_mts_max = 16000;
    card.info.link_width = card.info.link_width_max = 16;
    card.info.paths =
        1 << GROQ_PATH_IOCTL | 1 << GROQ_PATH_URING | 1 << GROQ_PATH_SQPOLL;
    card.readings = telemetry{.size = sizeof(telemetry),
                              .state = GROQ_STATE_READY,
                              .holders = 0,
                              .holder = 0,
                              .sram_used = 0,
                              .queues_used = 0,
                              .chip_mc = 45'125,
                              .board_mc = 38'000,
                              .chip_max_mc = 90'000,
                              .chip_crit_mc = 105'000,
                              .power_uw = 60'000'000,
                              .power_cap_uw = 375'000'000,
                              .core_mv = 850,
                              .core_ma = 70'588,
                              .clock_hz = 900'000'000,
                              .throttle = 0,
                              .uptime_s = 3600,
                              .busy_ns = 1'500'000'000,
                              .programs_done = 10'000,
                              .programs_faulted = 1,
                              .bytes_in = 7'840'000,
                              .bytes_out = 400'000,
                              .ecc_corrected = 2,
                              .ecc_uncorrected = 0,
                              .resets = 1,
                              .links_up = 0x401};
    return card;
}

std::vector<named_report> sample_reports() {
    return {{"no_card", report_of({})},
            {"two_cards", report_of({healthy_card(), second_card()})},
            {"no_driver", report_of({healthy_card(), card_without_driver()})},
            {"trouble", report_of({troubled_card()})},
            {"simulated", report_of({simulated_card()})},
            {"silent", report_of({silent_card()})}};
}

report report_of(std::vector<card> cards) {
    return {.version = "0.1.0",
            .time = sys_days(2026y / January / 31) + 12h + 345ms,
            .cards = std::move(cards)};
}

} // namespace groq::smi
