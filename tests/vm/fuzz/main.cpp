// SPDX-License-Identifier: MIT
//
// Calls of the driver, right and wrong in every field, from several threads that share
// open files and close them under each other. Everything follows from the seed but the
// order in which threads come to their turns; a trace holds that too, and can be
// replayed by one thread.
//
//   uapi_fuzz [--seed N] [--seconds N] [--threads N] [--trace FILE] [--fail]
//             [--removal] [--first N] PCI-ADDRESS
//   uapi_fuzz --replay FILE --seed N PCI-ADDRESS
//
// --fail: memory runs out for it as failslab says (make-it-fail). --removal: the card
// may go until a line comes on standard input, after "done". With one thread, refused
// calls are held against what they have changed. Exit status: 0 all is well, 1
// something was found.
#include <atomic>
#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <fstream>
#include <string>
#include <thread>
#include <vector>

#include <fcntl.h>
#include <getopt.h>
#include <sys/resource.h>
#include <unistd.h>

#include "actor.hpp"
#include "session.hpp"
#include "verify.hpp"

namespace {

using namespace groq::fuzz;
using clock_type = std::chrono::steady_clock;

constexpr std::chrono::seconds clean_up_time{60}; // against hanging
constexpr rlim_t locked_bytes = 1 << 20;

struct options {
    std::uint64_t seed = std::random_device{}(), first = 0;
    int seconds = 30, threads = 4;
    bool fail = false, removal = false;
    std::string trace, replay, address;
};

struct turn {
    std::uint32_t thread;
    std::uint64_t number;
};

options parse(int argc, char **argv) {
    static const option known[] = {
        {"seed", 1, nullptr, 's'},    {"seconds", 1, nullptr, 't'},
        {"threads", 1, nullptr, 'n'}, {"trace", 1, nullptr, 'w'},
        {"replay", 1, nullptr, 'r'},  {"fail", 0, nullptr, 'f'},
        {"removal", 0, nullptr, 'm'}, {"first", 1, nullptr, '1'},
        {nullptr, 0, nullptr, 0}};
    options made;
    for (int which; (which = getopt_long(argc, argv, "", known, nullptr)) != -1;)
        switch (which) {
        case 's':
            made.seed = std::strtoull(optarg, nullptr, 0);
            break;
        case 't':
            made.seconds = std::atoi(optarg);
            break;
        case 'n':
            made.threads = std::atoi(optarg);
            break;
        case 'w':
            made.trace = optarg;
            break;
        case 'r':
            made.replay = optarg;
            break;
        case 'f':
            made.fail = true;
            break;
        case 'm':
            made.removal = true;
            break;
        case '1':
            made.first = std::strtoull(optarg, nullptr, 0);
            break;
        default:
            std::exit(2);
        }
    if (optind + 1 != argc)
        std::exit(2);
    made.address = argv[optind];
    return made;
}

// Writes "thread number" of each operation before it is done.
class trace {
public:
    explicit trace(const std::string &path)
        : fd_(path.empty()
                  ? -1
                  : open(path.c_str(), O_WRONLY | O_CREAT | O_TRUNC | O_APPEND, 0644)) {
    }
    void add(turn which) const {
        char line[48];
        const int size = std::snprintf(line, sizeof line, "%u %llu\n", which.thread,
                                       static_cast<unsigned long long>(which.number));
        if (fd_ >= 0 && write(fd_, line, static_cast<std::size_t>(size)) < 0)
            std::exit(2);
    }

private:
    int fd_;
};

void let_memory_run_out() {
    std::ofstream file("/proc/thread-self/make-it-fail");
    file << 1 << std::flush;
    if (!file) {
        std::puts("this kernel cannot fail allocations");
        std::_Exit(77);
    }
}

void act(actor &mine, const options &chosen, std::uint32_t thread, const trace &record,
         clock_type::time_point end) {
    if (chosen.fail)
        let_memory_run_out();
    for (std::uint64_t number = chosen.first; clock_type::now() < end; ++number) {
        record.add({thread, number});
        mine.operate(thread, number);
    }
}

// Somebody with a card of their own is not to notice any of it.
void verify_all_along(const options &chosen, clock_type::time_point end,
                      std::atomic<std::uint64_t> &count) {
    for (std::uint64_t seed = chosen.seed; clock_type::now() < end; ++seed)
        try {
            if (!works(chosen.address, seed, false)) {
                std::puts("a copy that was reported as done is wrong");
                std::exit(1);
            }
            ++count;
        } catch (const groq::soak::refused &) {
            // no queue free, a lease, removal
            std::this_thread::sleep_for(std::chrono::milliseconds(5));
        }
}

tally run(const options &chosen, files &cards) {
    const trace record(chosen.trace);
    const auto end = clock_type::now() + std::chrono::seconds(chosen.seconds);
    std::vector<std::unique_ptr<actor>> actors;
    std::vector<std::thread> threads;
    std::atomic<std::uint64_t> verified = 0;
    const bool quiet = chosen.threads == 1 && !chosen.removal && !chosen.fail;
    for (int i = 0; i < chosen.threads; ++i) {
        actors.push_back(std::make_unique<actor>(chosen.seed, cards, quiet));
        threads.emplace_back(act, std::ref(*actors.back()), std::cref(chosen), i,
                             std::cref(record), end);
    }
    if (!quiet)
        threads.emplace_back(verify_all_along, std::cref(chosen), end,
                             std::ref(verified));
    tally all;
    for (std::thread &thread : threads)
        thread.join();
    for (const auto &one : actors)
        for (const auto &[what, count] : one->outcomes())
            all[what] += count;
    all["verified meanwhile"] = verified;
    return all;
}

tally replay(const options &chosen, files &cards) {
    std::ifstream from(chosen.replay);
    actor one(chosen.seed, cards, false);
    for (turn next; from >> next.thread >> next.number;)
        one.operate(next.thread, next.number);
    return one.outcomes();
}

// What was closed may take its time to be gone: io_uring lets go of files later.
bool is_as_before(const std::string &address, const spare &before) {
    for (const auto end = clock_type::now() + clean_up_time; clock_type::now() < end;
         std::this_thread::sleep_for(std::chrono::milliseconds(20)))
        try {
            if (spare_of(address) == before)
                return true;
        } catch (const groq::soak::refused &) { // it is still away
        }
    const spare now = spare_of(address);
    std::printf("left behind: %llu bytes of SRAM, %lld queues\n",
                static_cast<unsigned long long>(before.sram - now.sram),
                static_cast<long long>(before.queues - now.queues));
    return false;
}

} // namespace

int main(int argc, char **argv) {
    const options chosen = parse(argc, argv);
    const rlimit locked{locked_bytes, locked_bytes};
    setrlimit(RLIMIT_MEMLOCK, &locked);
    const spare before = spare_of(chosen.address);
    std::printf("seed %llu\n", static_cast<unsigned long long>(chosen.seed));
    std::fflush(stdout);
    tally outcomes;
    {
        files cards(chosen.address);
        outcomes = chosen.replay.empty() ? run(chosen, cards) : replay(chosen, cards);
    }
    for (const auto &[what, count] : outcomes)
        std::printf("%s %llu\n", what.c_str(), static_cast<unsigned long long>(count));
    std::puts("done");
    std::fflush(stdout);
    if (chosen.removal)
        std::getchar();
    if (!is_as_before(chosen.address, before))
        return 1;
    for (std::uint64_t i = 0; i < 5; ++i)
        if (!works(chosen.address, chosen.seed + i, true)) {
            std::puts("the card does not work any more");
            return 1;
        }
}
