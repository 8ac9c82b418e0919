// SPDX-License-Identifier: MIT
//
// groq-run: runs a program on a card.
#include <cerrno>
#include <csignal>
#include <cstdio>
#include <cstring>
#include <exception>
#include <span>
#include <string>

#include "run/report.hpp"
#include "run/session.hpp"

namespace groq::run {
namespace {

void print(const std::string &text) {
    if (std::fputs(text.c_str(), stdout) < 0 || std::fflush(stdout) != 0)
        throw problem{status::usage,
                      "cannot write the output: " + std::string(std::strerror(errno))};
}

void act(const options &options) {
    switch (options.action) {
    case options::action::help:
        return print(help_text);
    case options::action::version:
        return print("groq-run " GROQ_VERSION "\nlibgroq " +
                     std::string(groq_library_version()) + "\n");
    case options::action::run:
        break;
    }
    const auto done = execute(options);
    print(options.json ? json(options, done) : text(options, done));
    check_written(options, done);
}

int complain(const std::string &text, status status) {
    std::fprintf(stderr, "groq-run: %s\n", text.c_str());
    return int(status);
}

} // namespace
} // namespace groq::run

int main(int argc, char **argv) {
    using namespace groq::run;
    // A file that may not grow is an error of its write, not the end of the process.
    std::signal(SIGXFSZ, SIG_IGN);
    try {
        act(parse(std::span<const char *const>(argv + 1, argv + argc)));
    } catch (const problem &problem) {
        return complain(problem.text, problem.status);
    } catch (const std::exception &failure) {
        return complain(failure.what(), status::run_failed);
    }
    return int(status::good);
}
