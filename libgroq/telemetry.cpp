// SPDX-License-Identifier: MIT
#include "telemetry.hpp"

#include <algorithm>
#include <fstream>
#include <iterator>
#include <span>

#include "structure.hpp"
#include "unknown.hpp"

namespace groq {
namespace {

namespace fs = std::filesystem;

struct attribute {
    const char *file;
    int64_t groq_telemetry::*member;
    int64_t scale = 1; // from the file's unit to the member's
    int base = 10;
};

// Of the PCI device.
constexpr attribute driver_attributes[] = {
    {"sram_used", &groq_telemetry::sram_used},
    {"queues_used", &groq_telemetry::queues_used},
    {"uptime_s", &groq_telemetry::uptime_s},
    {"busy_ns", &groq_telemetry::busy_ns},
    {"programs_done", &groq_telemetry::programs_done},
    {"programs_faulted", &groq_telemetry::programs_faulted},
    {"bytes_in", &groq_telemetry::bytes_in},
    {"bytes_out", &groq_telemetry::bytes_out},
    {"ecc_corrected", &groq_telemetry::ecc_corrected},
    {"ecc_uncorrected", &groq_telemetry::ecc_uncorrected},
    {"resets", &groq_telemetry::resets},
    {"links_up", &groq_telemetry::links_up, 1, 16}, // of older drivers
    {"links/up", &groq_telemetry::links_up, 1, 16},
    {"clock_actual_khz", &groq_telemetry::clock_hz, 1000},
};

// Of its hwmon device, in the kernel's units.
constexpr attribute sensors[] = {
    {"temp1_input", &groq_telemetry::chip_mc},
    {"temp1_max", &groq_telemetry::chip_max_mc},
    {"temp1_crit", &groq_telemetry::chip_crit_mc},
    {"temp2_input", &groq_telemetry::board_mc},
    {"power1_input", &groq_telemetry::power_uw},
    {"power1_cap", &groq_telemetry::power_cap_uw},
    {"in0_input", &groq_telemetry::core_mv},
    {"curr1_input", &groq_telemetry::core_ma},
};

void read_all(std::span<const attribute> attributes, const fs::path &directory,
              groq_telemetry &telemetry) {
    for (const auto &each : attributes)
        if (const auto value = read_number(directory / each.file, each.base))
            telemetry.*each.member = *value * each.scale;
}

int64_t state_of(const std::string &name) {
    constexpr const char *names[] = {"ready", "busy",      "resetting", "fatal",
                                     "lost",  "unmanaged", "asleep"};
    const auto *found = std::find(std::begin(names), std::end(names), name);
    return found == std::end(names) ? GROQ_UNKNOWN : found - std::begin(names);
}

// "none", "thermal", "power", or both.
int64_t throttle_of(const std::string &reasons) {
    const auto has = [&](const char *reason) {
        return int64_t{reasons.find(reason) != reasons.npos};
    };
    return has("thermal") | has("power") << 1;
}

void read_words(const fs::path &directory, groq_telemetry &telemetry) {
    if (const auto state = read_line(directory / "state"))
        telemetry.state = state_of(*state);
    if (const auto reasons = read_line(directory / "throttle"))
        telemetry.throttle = throttle_of(*reasons);
}

// A pid a line; 0 for those of other pid namespaces.
void read_holders(const fs::path &file, groq_telemetry &telemetry) {
    std::ifstream stream(file);
    if (!stream)
        return;
    telemetry.holders = telemetry.holder = 0;
    for (int64_t pid; stream >> pid; ++telemetry.holders)
        if (telemetry.holder == 0)
            telemetry.holder = pid;
}

} // namespace

result<void> read_telemetry(const found_card &card, groq_telemetry &telemetry) {
    telemetry = unknown_telemetry();
    if (!fs::exists(card.sysfs))
        return error(errc::device_lost, {});
    read_words(card.sysfs, telemetry);
    read_holders(card.sysfs / "holders", telemetry);
    read_all(driver_attributes, card.sysfs, telemetry);
    std::error_code none;
    for (const auto &hwmon : fs::directory_iterator(card.sysfs / "hwmon", none))
        read_all(sensors, hwmon.path(), telemetry);
    return {};
}

} // namespace groq

int groq_telemetry_read(const char *uri, struct groq_telemetry *telemetry) {
    return groq::guarded([&]() -> groq::result<void> {
        if (!uri || !telemetry)
            return groq::missing_argument();
        const auto card = groq::find_uri(uri, "groq_device_read_telemetry");
        if (!card)
            return card.error();
        groq_telemetry snapshot{};
        if (const auto done = groq::read_telemetry(*card, snapshot); !done)
            return done;
        return groq::store(telemetry, snapshot);
    });
}
