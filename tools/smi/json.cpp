// SPDX-License-Identifier: MIT
#include "json.hpp"

#include <cstdio>

#include <nlohmann/json.hpp>

#include "health.hpp"
#include "quantity.hpp"

namespace groq::smi {
namespace {

using value = nlohmann::ordered_json;

constexpr int schema_version = 1;

value or_null(number number) {
    return number ? value(*number) : value(nullptr);
}

value or_null(const std::string &text) {
    return text.empty() ? value(nullptr) : value(text);
}

value pcie(const device_info &info) {
    if (info.pci_address[0] == '\0')
        return nullptr;
    return {{"address", info.pci_address},
            {"rate_mts", or_null(known(info.link_mts))},
            {"rate_max_mts", or_null(known(info.link_mts_max))},
            {"width_lanes", or_null(known(info.link_width))},
            {"width_max_lanes", or_null(known(info.link_width_max))}};
}

value holder(const card &card) {
    const auto pid = card.reading(&telemetry::holder).value_or(0);
    if (pid == 0)
        return nullptr;
    return {{"pid", pid}, {"name", or_null(card.holder_name)}};
}

value paths(const device_info &info) {
    const auto bits = known(info.paths);
    return bits ? value(path_names(bits)) : value(nullptr);
}

value path(const device_info &info) {
    const auto chosen = default_path(known(info.paths));
    return chosen ? value(*chosen) : value(nullptr);
}

value links_up(const card &card) {
    const auto bits = card.reading(&telemetry::links_up);
    if (!bits)
        return nullptr;
    auto links = value::array();
    for (int link = 0; link < 63; ++link)
        if ((*bits >> link & 1) != 0)
            links.push_back(link);
    return links;
}

value throttled_by(const card &card) {
    const auto bits = card.reading(&telemetry::throttle);
    if (!bits)
        return nullptr;
    auto causes = value::array();
    if ((*bits & 1) != 0)
        causes.push_back("temperature");
    if ((*bits & 2) != 0)
        causes.push_back("power");
    return causes;
}

value state(const card &card) {
    const auto state = card.reading(&telemetry::state);
    return state ? value(state_name(state)) : value(nullptr);
}

value sensors(const card &card) {
    const auto read = [&](auto member) { return or_null(card.reading(member)); };
    return {{"chip_millicelsius", read(&telemetry::chip_mc)},
            {"chip_throttle_millicelsius", read(&telemetry::chip_max_mc)},
            {"chip_critical_millicelsius", read(&telemetry::chip_crit_mc)},
            {"board_millicelsius", read(&telemetry::board_mc)},
            {"power_microwatts", read(&telemetry::power_uw)},
            {"power_cap_microwatts", read(&telemetry::power_cap_uw)},
            {"core_millivolts", read(&telemetry::core_mv)},
            {"core_milliamperes", read(&telemetry::core_ma)},
            {"clock_hertz", read(&telemetry::clock_hz)},
            {"throttled_by", throttled_by(card)}};
}

value counters(const card &card) {
    const auto read = [&](auto member) { return or_null(card.reading(member)); };
    return {{"uptime_seconds", read(&telemetry::uptime_s)},
            {"busy_nanoseconds", read(&telemetry::busy_ns)},
            {"programs_done", read(&telemetry::programs_done)},
            {"programs_faulted", read(&telemetry::programs_faulted)},
            {"in_bytes", read(&telemetry::bytes_in)},
            {"out_bytes", read(&telemetry::bytes_out)},
            {"ecc_corrected", read(&telemetry::ecc_corrected)},
            {"ecc_uncorrected", read(&telemetry::ecc_uncorrected)},
            {"resets", read(&telemetry::resets)}};
}

value problems(const card &card) {
    auto list = value::array();
    for (const symptom &symptom : examine(card))
        if (!symptom.good)
            list.push_back({{"name", symptom.name},
                            {"text", symptom.text},
                            {"advice", or_null(symptom.advice)}});
    return list;
}

value describe(const card &card) {
    const device_info &info = card.info;
    const auto serial = known(info.serial);
    return {{"uri", info.uri},
            {"board", or_null(info.board)},
            {"serial", serial ? value(serial_number(serial)) : value(nullptr)},
            {"pcie", pcie(info)},
            {"node", or_null(info.node)},
            {"driver_version", or_null(info.driver)},
            {"firmware_version", or_null(info.firmware)},
            {"reason", or_null(card.reason)},
            {"state", state(card)},
            {"holders", or_null(card.reading(&telemetry::holders))},
            {"holder", holder(card)},
            {"sram_bytes", or_null(known(info.sram_bytes))},
            {"sram_used_bytes", or_null(card.reading(&telemetry::sram_used))},
            {"queues", or_null(known(info.queues))},
            {"queues_used", or_null(card.reading(&telemetry::queues_used))},
            {"links", or_null(known(info.links))},
            {"links_up", links_up(card)},
            {"clock_nominal_hertz", or_null(known(info.clock_hz))},
            {"path", path(info)},
            {"paths", paths(info)},
            {"sensors", sensors(card)},
            {"counters", counters(card)},
            {"problems", problems(card)}};
}

} // namespace

std::string timestamp(std::chrono::sys_time<std::chrono::milliseconds> time) {
    using namespace std::chrono;
    const auto day = floor<days>(time);
    const year_month_day date(day);
    const hh_mm_ss clock(time - day);
    char text[40];
    std::snprintf(text, sizeof text, "%04d-%02u-%02uT%02d:%02d:%02d.%03dZ",
                  static_cast<int>(date.year()), static_cast<unsigned>(date.month()),
                  static_cast<unsigned>(date.day()),
                  static_cast<int>(clock.hours().count()),
                  static_cast<int>(clock.minutes().count()),
                  static_cast<int>(clock.seconds().count()),
                  static_cast<int>(clock.subseconds().count()));
    return text;
}

std::string json(const report &report, layout layout) {
    auto cards = value::array();
    for (const card &card : report.cards)
        cards.push_back(describe(card));
    const value root = {{"schema_version", schema_version},
                        {"time", timestamp(report.time)},
                        {"library_version", report.version},
                        {"reason", or_null(report.cards.empty() ? no_card_text : "")},
                        {"cards", std::move(cards)}};
    const int indent = layout == layout::indented ? 2 : -1;
    return root.dump(indent, ' ', false, value::error_handler_t::replace) + "\n";
}

} // namespace groq::smi
