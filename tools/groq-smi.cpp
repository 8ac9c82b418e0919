// SPDX-License-Identifier: MIT
//
// groq-smi: the cards of this machine and how they do.
#include <algorithm>
#include <cerrno>
#include <chrono>
#include <cstdio>
#include <cstring>
#include <string>
#include <thread>
#include <vector>

#include <unistd.h>

#include "smi/card.hpp"
#include "smi/coredump_file.hpp"
#include "smi/coredump_json.hpp"
#include "smi/coredump_text.hpp"
#include "smi/health.hpp"
#include "smi/json.hpp"
#include "smi/options.hpp"
#include "smi/selection.hpp"
#include "smi/table.hpp"
#include "smi/wiring.hpp"

namespace groq::smi {
namespace {

int exit_status(status status) {
    return static_cast<int>(status);
}

int complain(const std::string &text, status status) {
    std::fprintf(stderr, "groq-smi: %s\n", text.c_str());
    return exit_status(status);
}

int complain(const error &error) {
    const auto reason = error == errc::no_device ? status::no_card
                        : error == errc::invalid ? status::usage
                                                 : status::failure;
    return complain(error.message(), reason);
}

// False when nobody reads any more.
bool print(const std::string &text) {
    return std::fputs(text.c_str(), stdout) >= 0 && std::fflush(stdout) == 0;
}

std::string render(const report &report, const options &options) {
    if (options.json)
        return json(report, options.period ? layout::one_line : layout::indented);
    const bool redraw = options.period && isatty(STDOUT_FILENO);
    return (redraw ? "\033[H\033[2J" : "") + table(report);
}

std::string render(const wiring &wiring, const options &options) {
    if (options.json)
        return json(wiring, options.period ? layout::one_line : layout::indented);
    const bool redraw = options.period && isatty(STDOUT_FILENO);
    return (redraw ? "\033[H\033[2J" : "") + matrix(wiring, options.links);
}

status status_of(const wiring &wiring) {
    if (wiring.expected && !wiring.expected->placement.is_right())
        return status::miswired;
    const auto cards = wiring.seen.cards();
    if (cards.empty())
        return status::no_card;
    return std::ranges::all_of(cards, [](auto &card) { return card.reason.empty(); })
               ? status::good
               : status::incomplete;
}

int complain_of_output() {
    return complain("cannot write the output: " + std::string(std::strerror(errno)),
                    status::failure);
}

int doctor(const selection &cards) {
    const auto report = cards.read();
    if (!report)
        return complain(report.error());
    if (!print(diagnosis(*report)))
        return complain_of_output();
    return exit_status(healthy(*report) ? status::good : status::unhealthy);
}

int decode(const options &options) {
    const auto newest = options.file.empty() ? newest_coredump() : std::nullopt;
    if (options.file.empty() && !newest)
        return complain(
            "no core dump: the driver leaves one below "
            "/sys/class/devcoredump when a card fails, and the kernel drops "
            "it after five minutes",
            status::failure);
    const auto dump = load_coredump(newest ? newest->string() : options.file);
    if (const auto *why = std::get_if<broken_dump>(&dump))
        return complain(why->text, status::failure);
    const auto &whole = std::get<coredump>(dump);
    if (!print(options.json ? coredump_json(whole) : coredump_text(whole)))
        return complain_of_output();
    return exit_status(status::good);
}

// What `read` gives, once, or every period; the exit status is that of the last.
template <class Read>
int show(const options &options, Read read) {
    auto next = std::chrono::steady_clock::now();
    for (long shown = 1;; ++shown) {
        const auto report = read();
        if (!report)
            return complain(report.error());
        if (!print(render(*report, options)))
            return complain_of_output();
        if (!options.period || shown == options.count)
            return exit_status(status_of(*report));
        next += *options.period;
        std::this_thread::sleep_until(next);
    }
}

int run(const options &options) {
    if (options.action == options::action::help)
        return print(help_text) ? 0 : complain_of_output();
    if (options.action == options::action::version)
        return print("groq-smi " GROQ_VERSION "\nlibgroq " +
                     std::string(groq_library_version()) + "\n")
                   ? 0
                   : complain_of_output();
    if (options.action == options::action::decode)
        return decode(options);
    const auto cards = selection::open(options.cards);
    if (!cards)
        return complain(cards.error());
    if (options.action == options::action::doctor)
        return doctor(*cards);
    if (options.action == options::action::topo)
        return show(options, [&] { return cards->read_wiring(options.expected); });
    return show(options, [&] { return cards->read(); });
}

} // namespace
} // namespace groq::smi

int main(int argc, char **argv) {
    using namespace groq::smi;
    const std::vector<const char *> arguments(argv + 1, argv + argc);
    const auto parsed = parse(arguments);
    if (const auto *error = std::get_if<usage_error>(&parsed))
        return complain(error->text + " (groq-smi --help)", status::usage);
    return run(std::get<options>(parsed));
}
