// SPDX-License-Identifier: MIT
//
// Several processes share a card: processes CARD PROGRAM...
//
// Each process opens the card with "?shared", has a program of its own in SRAM that is
// its alone, and runs it; the chip takes turns. (Simulated cards are each process's
// own.)
#include <cstdio>
#include <string>
#include <vector>

#include <sys/wait.h>
#include <unistd.h>

#include <groq/groq.hpp>

constexpr int runs = 100;

static void run(const std::string &card_uri, const char *program_path) {
    const groq::program program(program_path);
    const groq::device card(
        card_uri + (card_uri.find('?') == card_uri.npos ? "?" : "&") + "shared");
    const groq::image image(card, program);
    groq::job job(image);
    groq::queue queue(card);
    std::chrono::nanoseconds first{}, last{};
    std::uint64_t cycles = 0;
    for (int i = 0; i < runs; ++i) {
        const auto end = queue.run(job, std::chrono::minutes(1)).value();
        (i == 0 ? first : last) = end.device_time;
        cycles += end.cycles;
    }
    std::printf("%d: %s: %d runs, %llu cycles in %.1f ms\n", int(getpid()),
                program_path, runs, static_cast<unsigned long long>(cycles),
                std::chrono::duration<double, std::milli>(last - first).count());
}

// A handle is not to be used by two processes: each opens the card after the fork.
static pid_t start(const std::string &card, const char *program) {
    const pid_t child = fork();
    if (child != 0)
        return child;
    int status = 0;
    try {
        run(card, program);
    } catch (const groq::failure &failure) {
        std::fprintf(stderr, "%s: %s\n", program, failure.what());
        status = 1;
    }
    std::fflush(stdout);
    _exit(status);
}

int main(int argc, char **argv) {
    if (argc < 3) {
        std::fprintf(stderr, "usage: processes CARD PROGRAM...\n");
        return 2;
    }
    std::vector<pid_t> children;
    for (int i = 2; i < argc; ++i)
        children.push_back(start(argv[1], argv[i]));
    int failed = 0;
    for (const pid_t child : children) {
        int status = 0;
        if (child < 0 || waitpid(child, &status, 0) != child || status != 0)
            ++failed;
    }
    return failed ? 1 : 0;
}
