// SPDX-License-Identifier: MIT
//
// How long a program that was just started takes to its first result: this one starts
// itself, once and again, to open the card, load a program, run it and say so.
//
//   first-result   from the start of the process
//   nothing        a process that only starts and says so
#include <cerrno>
#include <cstdlib>
#include <iostream>
#include <stdexcept>
#include <string>
#include <string_view>
#include <system_error>
#include <vector>

#include <fcntl.h>
#include <spawn.h>
#include <sys/wait.h>
#include <unistd.h>

#include <groq/groq.hpp>

#include "sample.hpp"

namespace {

using namespace bench;

constexpr int told_file = 3; // the child's

void must(int error, const char *what) {
    if (error)
        throw std::system_error(error, std::generic_category(), what);
}

void tell() {
    if (::write(told_file, "", 1) != 1)
        throw std::system_error(errno, std::generic_category(), "tell");
}

void run_once(const char *uri, const char *path) {
    const groq::device device(uri);
    const groq::program program(path);
    const groq::image image(device, program);
    groq::job job(device);
    job.run(image, program.entry(0).value().name).value();
    groq::queue queue(device);
    queue.run(job, groq::forever).value();
}

// Seconds until a process with these arguments tells.
double time_until_told(char *const *arguments) {
    int ends[2];
    must(::pipe2(ends, O_CLOEXEC) ? errno : 0, "pipe");
    posix_spawn_file_actions_t actions;
    must(::posix_spawn_file_actions_init(&actions), "posix_spawn");
    must(::posix_spawn_file_actions_adddup2(&actions, ends[1], told_file), "dup2");
    pid_t child = 0;
    const auto start = clock::now();
    must(::posix_spawn(&child, "/proc/self/exe", &actions, nullptr, arguments, environ),
         "posix_spawn");
    ::close(ends[1]);
    char told = 0;
    const bool is_told = ::read(ends[0], &told, 1) == 1;
    const double elapsed = seconds(clock::now() - start).count();
    ::close(ends[0]);
    ::posix_spawn_file_actions_destroy(&actions);
    int status = 0;
    ::waitpid(child, &status, 0);
    if (!is_told || status != 0)
        throw std::runtime_error("the process that was started has failed");
    return elapsed;
}

void measure(const char *name, std::vector<std::string> arguments, seconds length) {
    std::vector<char *> words;
    for (auto &each : arguments)
        words.push_back(each.data());
    words.push_back(nullptr);
    time_until_told(words.data());
    double sum = 0;
    int times = 0;
    for (; times == 0 || sum < length.count(); ++times)
        sum += time_until_told(words.data());
    print_sample(name, "ms", 1e3 * sum / times);
}

// As the process that is started: "run DEVICE PROGRAM", or "nothing".
void be_child(std::span<char *> arguments) {
    if (arguments.size() == 4)
        run_once(arguments[2], arguments[3]);
    tell();
}

} // namespace

int main(int argc, char **argv) {
    const std::string_view first = argc > 1 ? argv[1] : "";
    try {
        if (first == "run" || first == "nothing") {
            be_child(std::span(argv, argc));
        } else if (argc == 4) {
            const seconds length(std::atof(argv[1]));
            measure("nothing", {argv[0], "nothing"}, length);
            measure("first-result", {argv[0], "run", argv[2], argv[3]}, length);
        } else {
            std::cerr << "usage: first_result SECONDS DEVICE PROGRAM\n";
            return 2;
        }
    } catch (const std::exception &error) {
        std::cerr << "first_result: " << error.what() << '\n';
        return 1;
    }
}
