// SPDX-License-Identifier: MIT
#include "health.hpp"

#include <algorithm>

#include "quantity.hpp"

namespace groq::smi {
namespace {

using namespace std::string_literals;

symptom good(std::string name, std::string text) {
    return {std::move(name), true, std::move(text), {}};
}

symptom bad(std::string name, std::string text, std::string advice) {
    return {std::move(name), false, std::move(text), std::move(advice)};
}

symptom driver(const card &card) {
    if (card.info.node[0] == '\0')
        return bad("driver", "none", card.reason);
    return good("driver",
                "groq "s + or_unknown(card.info.driver) + " on " + card.info.node);
}

// Without io_uring jobs take longer, and no event is told; but they get there.
symptom paths(const card &card) {
    const auto names = path_names(known(card.info.paths));
    std::string all;
    for (const auto &name : names)
        all += (all.empty() ? "" : ", ") + name;
    const auto chosen = default_path(known(card.info.paths));
    if (!chosen)
        return bad("path", "GROQ_PATH asks for one that is not to be had",
                   "unset GROQ_PATH or let it be one of " + all);
    if (names.size() > 1)
        return good("path", *chosen + ", of " + all);
    return good("path", *chosen + "; io_uring is not to be had here (sysctl "
                                  "kernel.io_uring_disabled, or a seccomp filter)");
}

symptom sensors(const card &card) {
    if (card.reading(&telemetry::state))
        return good("sensors", "readable");
    return bad("sensors", "not readable", card.reason);
}

symptom link(const card &card) {
    const auto now = pcie_link(known(card.info.link_mts), known(card.info.link_width));
    const auto best =
        pcie_link(known(card.info.link_mts_max), known(card.info.link_width_max));
    if (!link_degraded(card.info))
        return good("link", now);
    return bad("link", now + ", could be " + best,
               "a link may slow down while idle; if it stays so under load, reseat the "
               "card or try another slot");
}

symptom state(const card &card) {
    const auto state = card.reading(&telemetry::state);
    if (state == GROQ_STATE_FATAL || state == GROQ_STATE_LOST)
        return bad(
            "state", state_name(state),
            "load the driver anew (sudo modprobe -r groq; sudo modprobe groq); if "
            "that does not help, power the machine off and on");
    if (state == GROQ_STATE_UNMANAGED)
        return bad(
            "state", state_name(state),
            "the card works, but nobody watches its sensors: power the machine off "
            "and on when its work is done");
    return good("state", state_name(state));
}

symptom temperature(const card &card) {
    const auto now = card.reading(&telemetry::chip_mc);
    const auto limit = card.reading(&telemetry::chip_max_mc);
    if (now && limit && *now >= *limit)
        return bad("temperature", celsius(now) + ", throttles from " + celsius(limit),
                   "check fans and air flow");
    return good("temperature", celsius(now));
}

symptom throttle(const card &card) {
    const auto bits = card.reading(&telemetry::throttle).value_or(0);
    if (bits == 0)
        return good("clock", megahertz(card.reading(&telemetry::clock_hz)));
    const auto cause = (bits & 1) != 0 ? "temperature"s : "power cap"s;
    return bad("clock", "throttled by " + cause,
               (bits & 1) != 0 ? "check fans and air flow" : "raise the power cap");
}

symptom memory(const card &card) {
    const auto lost = card.reading(&telemetry::ecc_uncorrected);
    const auto text = "errors corrected " +
                      count(card.reading(&telemetry::ecc_corrected)) +
                      ", uncorrected " + count(lost);
    if (lost.value_or(0) == 0)
        return good("memory", text);
    return bad("memory", text, "the card may need to be replaced if this grows");
}

// What is wrong with a link; empty if nothing is.
std::string trouble(const link_info &link) {
    if (link.state == GROQ_LINK_STATE_DEGRADED)
        return "has " + count(known(link.lanes)) + " lanes of 4";
    if (known(link.uncorrected).value_or(0) > 0)
        return "has received " + count(known(link.uncorrected)) +
               " vectors beyond correction";
    if (link.state == GROQ_LINK_STATE_DOWN && known(link.downs).value_or(0) > 0)
        return "has gone down";
    return {};
}

void append_line(std::string &text, const card &card, const symptom &symptom) {
    text += symptom.good ? "ok    " : "BAD   ";
    text += card.info.uri + " "s + symptom.name + ": " + symptom.text + "\n";
    if (!symptom.good)
        text += "      " + symptom.advice + "\n";
}

bool sound(const card &card) {
    return permission(card).value_or(good({}, {})).good &&
           std::ranges::all_of(examine(card), &symptom::good);
}

} // namespace

const char *const no_card_text =
    "no card found: nothing with PCI vendor 1de0 is on the bus (lspci -d 1de0:). Check "
    "that the card is seated and powered. To try without one: groq-smi -i sim:";

std::vector<symptom> examine(const card &card) {
    std::vector<symptom> symptoms;
    if (card.info.pci_address[0] != '\0') {
        symptoms.push_back(link(card));
        symptoms.push_back(driver(card));
        if (!symptoms.back().good)
            return symptoms;
        if (known(card.info.paths))
            symptoms.push_back(paths(card));
    }
    symptoms.push_back(sensors(card));
    if (symptoms.back().good)
        for (const auto look : {state, temperature, throttle, memory})
            symptoms.push_back(look(card));
    if (!card.links.links.empty())
        symptoms.push_back(links(card.links));
    return symptoms;
}

symptom links(const link_snapshot &seen) {
    std::string troubles;
    for (std::size_t link = 0; link < seen.links.size(); ++link)
        if (const auto text = trouble(seen.links[link]); !text.empty())
            troubles += (troubles.empty() ? "link " : ", link ") +
                        std::to_string(link) + " " + text;
    if (!troubles.empty())
        return bad(
            "links", troubles,
            "reseat or replace the cable, and look whether the card at its other "
            "end is on (groq-smi topo)");
    return good("links", std::to_string(std::ranges::count_if(seen.links, is_up)) +
                             " of " + std::to_string(seen.links.size()) + " up");
}

std::optional<symptom> permission(const card &card) {
    const std::string node = card.info.node;
    if (!card.accessible)
        return std::nullopt;
    if (*card.accessible)
        return good("permission", "this user may open " + node);
    return bad("permission", "this user may not open " + node, card.info.reason);
}

std::string diagnosis(const report &report) {
    if (report.cards.empty())
        return "BAD   "s + no_card_text + "\n";
    std::string text;
    for (const card &card : report.cards) {
        for (const symptom &symptom : examine(card))
            append_line(text, card, symptom);
        if (const auto symptom = permission(card))
            append_line(text, card, *symptom);
    }
    return text;
}

bool healthy(const report &report) {
    return !report.cards.empty() && std::ranges::all_of(report.cards, sound);
}

} // namespace groq::smi
