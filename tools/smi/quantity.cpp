// SPDX-License-Identifier: MIT
#include "quantity.hpp"

#include <algorithm>
#include <array>
#include <cinttypes>
#include <cstdio>
#include <cstdlib>
#include <utility>

namespace groq::smi {
namespace {

constexpr auto unknown = "?";
constexpr double mebibyte = 1 << 20;

// With one digit after the point.
std::string scaled(number value, double unit) {
    if (!value)
        return unknown;
    char text[32];
    std::snprintf(text, sizeof text, "%.1f", static_cast<double>(*value) / unit);
    return text;
}

// The generation of PCI Express with this rate per lane, 0 if there is none.
int generation(std::int64_t megatransfers) {
    constexpr std::array<std::int64_t, 6> rates{2500, 5000, 8000, 16000, 32000, 64000};
    for (std::size_t i = 0; i < rates.size(); ++i)
        if (rates[i] == megatransfers)
            return static_cast<int>(i) + 1;
    return 0;
}

} // namespace

std::string or_unknown(const std::string &text) {
    return text.empty() ? unknown : text;
}

std::string count(number value) {
    return value ? std::to_string(*value) : unknown;
}

std::string celsius(number millidegrees) {
    return millidegrees ? scaled(millidegrees, 1e3) + " C" : unknown;
}

std::string watts(number microwatts, number cap) {
    if (!microwatts && !cap)
        return unknown;
    return scaled(microwatts, 1e6) + "/" + scaled(cap, 1e6) + " W";
}

std::string megahertz(number hertz) {
    return hertz ? std::to_string(*hertz / 1'000'000) + " MHz" : unknown;
}

std::string mebibytes(number bytes, number total) {
    if (!bytes && !total)
        return unknown;
    return scaled(bytes, mebibyte) + "/" + scaled(total, mebibyte) + " MiB";
}

std::string used(number value, number total) {
    if (!value && !total)
        return unknown;
    return count(value) + "/" + count(total);
}

std::string serial_number(number serial) {
    if (!serial)
        return unknown;
    char text[17];
    std::snprintf(text, sizeof text, "%016" PRIx64,
                  static_cast<std::uint64_t>(*serial));
    return text;
}

std::string pcie_link(number megatransfers, number width) {
    if (!megatransfers || !width)
        return unknown;
    const int gen = generation(*megatransfers);
    const auto rate =
        gen ? "Gen" + std::to_string(gen) : std::to_string(*megatransfers) + " MT/s";
    return rate + " x" + std::to_string(*width);
}

std::string state_name(number state) {
    constexpr std::array names{"ready", "busy",      "resetting", "fatal",
                               "lost",  "unmanaged", "asleep"};
    if (!state || *state < 0 || *state >= static_cast<std::int64_t>(names.size()))
        return unknown;
    return names[static_cast<std::size_t>(*state)];
}

std::vector<std::string> path_names(number bits) {
    static constexpr std::pair<int, const char *> paths[] = {
        {GROQ_PATH_IOCTL, "ioctl"},
        {GROQ_PATH_URING, "io_uring"},
        {GROQ_PATH_SQPOLL, "sqpoll"},
    };
    std::vector<std::string> names;
    for (const auto &[path, name] : paths)
        if (bits.value_or(0) & 1 << path)
            names.push_back(name);
    return names;
}

std::optional<std::string> default_path(number bits) {
    const auto names = path_names(bits);
    const char *asked = std::getenv("GROQ_PATH");
    const std::string wanted = asked && *asked    ? asked
                               : names.size() > 1 ? "io_uring"
                                                  : "ioctl";
    if (std::ranges::find(names, wanted) == names.end())
        return std::nullopt;
    return wanted;
}

bool link_degraded(const device_info &card) {
    const auto below = [](number value, number best) {
        return value && best && *value < *best;
    };
    return below(known(card.link_mts), known(card.link_mts_max)) ||
           below(known(card.link_width), known(card.link_width_max));
}

} // namespace groq::smi
