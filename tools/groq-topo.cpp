// SPDX-License-Identifier: MIT
//
// groq-topo: networks of cards, on paper.
#include <cerrno>
#include <cstdio>
#include <cstring>
#include <string>
#include <utility>
#include <vector>

#include "topo/drawing.hpp"
#include "topo/options.hpp"
#include "topo/published.hpp"
#include "topo/report.hpp"

namespace groq::topo {
namespace {

constexpr int exit_refused = 1;
constexpr int exit_usage = 2;
constexpr std::uint64_t usual_route_bytes = 8192;

int complain(const std::string &text, int status) {
    std::fprintf(stderr, "groq-topo: %s\n", text.c_str());
    return status;
}

int print(const std::string &text) {
    if (std::fwrite(text.data(), 1, text.size(), stdout) == text.size() &&
        std::fflush(stdout) == 0)
        return 0;
    return complain("cannot write the output: " + std::string(std::strerror(errno)),
                    exit_refused);
}

int show_routes(network of, const options &options) {
    for (const auto card : {options.from, options.to})
        if (card >= of.cards())
            return complain("there is no card " + std::to_string(card) +
                                ": the last is " + std::to_string(of.cards() - 1),
                            exit_refused);
    const auto bytes = options.bytes.empty() ? usual_route_bytes : options.bytes.back();
    const auto routes = make_route_report(std::move(of), options.from, options.to,
                                          options.extra, bytes);
    return print(options.json ? json(routes) : text(routes));
}

int show_published(bool as_json) {
    const auto rows = published();
    return print(as_json ? json(rows) : text(rows));
}

int draw_to(const network &of, const std::string &file) {
    const auto drawn = draw(of, file);
    return drawn ? 0 : complain(drawn.error().message(), exit_refused);
}

int show(network of, const options &options) {
    using action = enum options::action;
    switch (options.action) {
    case action::route:
        return show_routes(std::move(of), options);
    case action::dot:
        return print(dot(of));
    case action::svg:
        return draw_to(of, options.svg);
    case action::file:
        return print(of.to_text());
    case action::qemu:
        return print(qemu_options(of));
    default:
        const auto report = make_report(options.network, std::move(of), options.bytes);
        return print(options.json ? json(report) : text(report));
    }
}

int run(const options &options) {
    using action = enum options::action;
    if (options.action == action::help)
        return print(help_text);
    if (options.action == action::version)
        return print("groq-topo " GROQ_VERSION "\n");
    if (options.action == action::published)
        return show_published(options.json);
    auto of = network::load(options.network);
    if (!of)
        return complain(of.error().message(), exit_refused);
    return show(std::move(*of), options);
}

} // namespace
} // namespace groq::topo

int main(int argc, char **argv) {
    using namespace groq::topo;
    const std::vector<const char *> arguments(argv + 1, argv + argc);
    const auto parsed = parse(arguments);
    if (const auto *error = std::get_if<usage_error>(&parsed))
        return complain(error->text + " (groq-topo --help)", exit_usage);
    return run(std::get<options>(parsed));
}
