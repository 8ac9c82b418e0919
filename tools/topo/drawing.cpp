// SPDX-License-Identifier: MIT
#include "topo/drawing.hpp"

#include <algorithm>
#include <cerrno>
#include <cmath>
#include <cstdio>
#include <cstring>
#include <memory>
#include <numbers>

#include <fcntl.h>
#include <spawn.h>
#include <sys/wait.h>
#include <unistd.h>

extern char **environ;

namespace groq::topo {
namespace {

constexpr std::uint32_t most_on_one_circle = 16;
constexpr std::uint32_t circle_cards = 8;

struct place {
    double x, y; // points

    static place around(place centre, double radius, std::uint32_t nth,
                        std::uint32_t of) {
        const auto angle = std::numbers::pi * (0.5 - 2.0 * nth / of);
        return {centre.x + radius * std::cos(angle),
                centre.y + radius * std::sin(angle)};
    }
};

place place_of(std::uint32_t card, std::uint32_t cards) {
    if (cards <= most_on_one_circle)
        return place::around({}, 30.0 * std::max(cards, 4u), card, cards);
    const auto circles = (cards + circle_cards - 1) / circle_cards;
    const auto centre = place::around({}, 50.0 * circles, card / circle_cards, circles);
    return place::around(centre, 80, card % circle_cards, circle_cards);
}

std::string card_text(std::uint32_t card, std::uint32_t cards) {
    const auto [x, y] = place_of(card, cards);
    char line[96];
    std::snprintf(line, sizeof line, "  %u [pos=\"%.1f,%.1f\"];\n", card, x, y);
    return line;
}

std::string cable_text(const cable &drawn, bool with_links) {
    const auto name = [](std::uint32_t number) { return std::to_string(number); };
    return "  " + name(drawn.a.card) + " -- " + name(drawn.b.card) +
           (with_links ? " [taillabel=" + name(drawn.a.link) +
                             ", headlabel=" + name(drawn.b.link) + ']'
                       : "") +
           ";\n";
}

// Runs neato on an open file. errno of what kept it from running; its status otherwise.
int run_neato(int input, const std::string &file, int &status) {
    posix_spawn_file_actions_t actions;
    posix_spawn_file_actions_init(&actions);
    posix_spawn_file_actions_adddup2(&actions, input, STDIN_FILENO);
    const std::string output = "-o" + file;
    const char *const words[] = {"neato", "-n2", "-Tsvg", output.c_str(), nullptr};
    pid_t child = 0;
    const int failed = posix_spawnp(&child, words[0], &actions, nullptr,
                                    const_cast<char *const *>(words), environ);
    posix_spawn_file_actions_destroy(&actions);
    if (failed)
        return failed;
    while (waitpid(child, &status, 0) < 0)
        if (errno != EINTR)
            return errno;
    return 0;
}

} // namespace

std::string dot(const network &of) {
    const bool small = of.cards() <= most_on_one_circle;
    std::string text = "graph network {\n  node [shape=circle, width=0.35, "
                       "fixedsize=true, fontsize=10];\n  edge [color=\"#57606a" +
                       std::string(small ? "" : "60") +
                       "\", fontsize=8, labelangle=0, labeldistance=3.5, "
                       "fontcolor=\"#1f6feb\"];\n";
    for (std::uint32_t card = 0; card < of.cards(); ++card)
        text += card_text(card, of.cards());
    for (const auto &each : of.cables())
        text += cable_text(each, small);
    return text + "}\n";
}

result<void> draw(const network &of, const std::string &file) {
    if (of.cards() > most_drawn)
        return error(errc::size, "more than " + std::to_string(most_drawn) +
                                     " cards are too many to draw: take --dot");
    const std::unique_ptr<std::FILE, int (*)(std::FILE *)> input(std::tmpfile(),
                                                                 std::fclose);
    const auto text = dot(of);
    if (!input ||
        std::fwrite(text.data(), 1, text.size(), input.get()) != text.size() ||
        std::fflush(input.get()) != 0 || fseek(input.get(), 0, SEEK_SET) != 0)
        return error(errc::system,
                     std::string("no temporary file: ") + std::strerror(errno), errno);
    int status = 0;
    const int failed = run_neato(fileno(input.get()), file, status);
    if (failed == ENOENT)
        return error(errc::unsupported, "there is no neato to draw with: install the "
                                        "package graphviz, or take --dot");
    if (failed)
        return error(errc::system,
                     std::string("cannot run neato: ") + std::strerror(failed), failed);
    if (!WIFEXITED(status) || WEXITSTATUS(status) != 0)
        return error(errc::system, "neato could not write " + file);
    return {};
}

std::string qemu_options(const network &of) {
    std::string text;
    for (std::size_t i = 0; i < of.cables().size(); ++i) {
        const auto &each = of.cables()[i];
        auto settings = settings_text(each, cable().seed);
        std::ranges::replace(settings, ' ', ',');
        text += "-object groq-cable,id=c" + std::to_string(i) + ",a=card" +
                groq::to_string(each.a) + ",b=card" + groq::to_string(each.b) +
                settings + '\n';
    }
    return text;
}

} // namespace groq::topo
