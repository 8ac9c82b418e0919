// SPDX-License-Identifier: MIT
#include "report.hpp"

#include <algorithm>
#include <cmath>
#include <cstdio>
#include <cstring>

#include <nlohmann/json.hpp>

namespace groq::run {
namespace {

constexpr std::size_t elements_shown = 10;

struct element_type {
    const char *name;
    std::size_t bytes;
};

// By GROQ_ELEMENT_*.
constexpr element_type element_types[] = {{"i8", 1},  {"u8", 1},  {"i16", 2},
                                          {"i32", 4}, {"f16", 2}, {"f32", 4}};

template <class T>
T read_as(const std::byte *data) {
    T value;
    std::memcpy(&value, data, sizeof value);
    return value;
}

double from_half(std::uint16_t bits) {
    const int exponent = bits >> 10 & 31, fraction = bits & 1023;
    const double sign = bits & 0x8000 ? -1 : 1;
    if (exponent == 31)
        return fraction ? NAN : sign * INFINITY;
    return sign * (exponent ? std::ldexp(1024 + fraction, exponent - 25)
                            : std::ldexp(fraction, -24));
}

std::string element_text(std::uint32_t type, const std::byte *data) {
    char text[32];
    switch (type) {
    case GROQ_ELEMENT_I8:
        return std::to_string(read_as<std::int8_t>(data));
    case GROQ_ELEMENT_U8:
        return std::to_string(read_as<std::uint8_t>(data));
    case GROQ_ELEMENT_I16:
        return std::to_string(read_as<std::int16_t>(data));
    case GROQ_ELEMENT_I32:
        return std::to_string(read_as<std::int32_t>(data));
    case GROQ_ELEMENT_F16:
        std::snprintf(text, sizeof text, "%.5g",
                      from_half(read_as<std::uint16_t>(data)));
        return text;
    default:
        std::snprintf(text, sizeof text, "%.9g", double(read_as<float>(data)));
        return text;
    }
}

std::string first_elements(const output &output) {
    const auto size = element_types[output.tensor.element].bytes;
    const auto shown = std::min<std::size_t>(output.tensor.columns, elements_shown);
    std::string all;
    for (std::size_t i = 0; i < shown; ++i)
        all += " " + element_text(output.tensor.element, output.data.data() + i * size);
    const bool is_all = shown * size == output.data.size();
    return all + (is_all ? "" : " ...");
}

std::string output_text(const output &output) {
    const auto &tensor = output.tensor;
    const auto where = output.chip ? " of chip " + std::to_string(*output.chip) : "";
    const auto head = tensor.name + where + " (" + std::to_string(tensor.rows) + " x " +
                      std::to_string(tensor.columns) + " " +
                      element_types[tensor.element].name + "):";
    return head + (output.file.empty() ? first_elements(output) : " " + output.file) +
           "\n";
}

std::string with_unit(std::chrono::nanoseconds time) {
    const auto ns = double(time.count());
    char text[32];
    if (ns < 1e3)
        std::snprintf(text, sizeof text, "%.0f ns", ns);
    else if (ns < 1e6)
        std::snprintf(text, sizeof text, "%.1f us", ns / 1e3);
    else if (ns < 1e9)
        std::snprintf(text, sizeof text, "%.1f ms", ns / 1e6);
    else
        std::snprintf(text, sizeof text, "%.2f s", ns / 1e9);
    return text;
}

std::chrono::nanoseconds median(std::vector<std::chrono::nanoseconds> times) {
    std::nth_element(times.begin(), times.begin() + std::ptrdiff_t(times.size() / 2),
                     times.end());
    return times[times.size() / 2];
}

// Of the longest program.
std::uint64_t cycles(const outcome &outcome) {
    return *std::ranges::max_element(outcome.cycles);
}

// What the run takes at the chip's nominal clock, whatever a model of it takes.
std::chrono::nanoseconds chip_time(const outcome &outcome) {
    const auto hz = double(known(outcome.devices[0].clock_hz).value_or(0));
    return std::chrono::nanoseconds(
        hz > 0 ? std::llround(double(cycles(outcome)) * 1e9 / hz) : 0);
}

// Its URI without options: those of a simulated card may be long.
std::string name_of(const device_info &device) {
    const std::string uri = device.uri;
    return uri.substr(0, uri.find('?'));
}

std::string cards_text(const outcome &outcome) {
    if (outcome.devices.size() == 1)
        return std::string(outcome.devices[0].uri) + " (" + outcome.devices[0].board +
               ")";
    auto all = std::to_string(outcome.devices.size()) + " cards (";
    for (const auto &device : outcome.devices)
        all += (all.ends_with('(') ? "" : " ") + name_of(device);
    return all + ")";
}

void add_chips(nlohmann::ordered_json &all, const outcome &outcome) {
    all["chips"] = nlohmann::ordered_json::array();
    for (std::size_t chip = 0; chip < outcome.devices.size(); ++chip)
        all["chips"].push_back({{"device", outcome.devices[chip].uri},
                                {"board", outcome.devices[chip].board},
                                {"cycles", outcome.cycles[chip]}});
    all["replays"] = outcome.replays;
}

} // namespace

std::string text(const options &options, const outcome &outcome) {
    auto all = options.program + " on " + cards_text(outcome) + ": " +
               std::to_string(cycles(outcome)) + " cycles, " +
               with_unit(chip_time(outcome)) + " on the chip\n" + "loaded in " +
               with_unit(outcome.load_time) + "; ";
    if (outcome.run_times.size() == 1)
        all += "ran once in " + with_unit(outcome.run_times[0]) + " with copies\n";
    else
        all += "ran " + std::to_string(outcome.run_times.size()) + " times, median " +
               with_unit(median(outcome.run_times)) + ", least " +
               with_unit(*std::ranges::min_element(outcome.run_times)) +
               " with copies\n";
    for (const auto &why : outcome.replays)
        all += "run once more: " + why + "\n";
    for (const auto &output : outcome.outputs)
        all += output_text(output);
    return all;
}

std::string json(const options &options, const outcome &outcome) {
    nlohmann::ordered_json all{
        {"program", options.program},
        {"device", outcome.devices[0].uri},
        {"board", outcome.devices[0].board},
        {"cycles", cycles(outcome)},
        {"chip_ns", chip_time(outcome).count()},
        {"copied_bytes", outcome.bytes},
        {"load_ns", outcome.load_time.count()},
        {"runs", outcome.run_times.size()},
        {"median_ns", median(outcome.run_times).count()},
        {"least_ns", std::ranges::min_element(outcome.run_times)->count()},
        {"outputs", nlohmann::ordered_json::array()},
    };
    all["entry"] = nullptr;
    if (options.entry)
        all["entry"] = *options.entry;
    if (is_joint(options))
        add_chips(all, outcome);
    for (const auto &output : outcome.outputs) {
        nlohmann::ordered_json each{
            {"name", output.tensor.name},
            {"element", element_types[output.tensor.element].name},
            {"rows", output.tensor.rows},
            {"columns", output.tensor.columns},
            {"file", nullptr}};
        if (output.chip)
            each["chip"] = *output.chip;
        if (!output.file.empty())
            each["file"] = output.file;
        all["outputs"].push_back(std::move(each));
    }
    // Names of files are any bytes; those that are no UTF-8 become U+FFFD.
    return all.dump(2, ' ', false, nlohmann::ordered_json::error_handler_t::replace) +
           "\n";
}

} // namespace groq::run
