// SPDX-License-Identifier: MIT
//
// One process of a soak: opens a card, has it do random jobs whose results are
// checked, closes it, again and again until its standard input ends. Whatever happens
// to the card, it goes on. What it prints: journal.hpp.
#include <cerrno>
#include <cstdlib>
#include <iostream>
#include <thread>

#include <groq/error.hpp>
#include <poll.h>
#include <unistd.h>

#include "adder.hpp"
#include "session.hpp"

namespace {

using namespace groq::soak;

constexpr std::chrono::milliseconds before_next_try{50};

struct task {
    std::string address;
    unsigned slot;
    randomness random;
    journal log;

    std::unique_ptr<session> open() {
        switch (pick(random, 0, 7)) {
        case 0:
        case 1:
            return open_uring_session(address);
        case 2:
            return open_raw_session(address, false);
        case 3:
            return open_raw_session(address, true);
        case 4:
        case 5:
            return open_pipeline_session(address, slot, random);
        default:
            return open_runtime_session(address, slot, random);
        }
    }
};

bool told_to_end() {
    pollfd input{STDIN_FILENO, POLLIN, 0};
    char byte;
    return poll(&input, 1, 0) > 0 && read(STDIN_FILENO, &byte, 1) <= 0;
}

// From open to close. A session is short now and then: opening and closing is work too.
void work_for_a_while(task &mine) {
    const auto open = mine.open();
    for (auto steps = pick(mine.random, 1, 60); steps > 0 && !told_to_end(); --steps)
        open->step(mine.random, mine.log);
    mine.log.did("session", 0);
}

void work(task &mine) {
    std::string last; // an absent card is told of once
    while (!told_to_end()) {
        const std::int64_t began = milliseconds();
        auto report = [&](const std::string &name, const char *what) {
            // Where a program wants to lie the driver may have put another's range.
            if (name == "sram")
                mine.log.did("no_room", 0);
            else if (name != last)
                mine.log.error(name, began, what);
            last = name;
            std::this_thread::sleep_for(before_next_try);
        };
        try {
            work_for_a_while(mine);
            last.clear();
        } catch (const refused &why) {
            report(why.name, why.what());
        } catch (const groq::failure &why) {
            report(why.error().os_error() == EIO ? "unfilled"
                                                 : groq_error_name(why.code().value()),
                   why.what());
        }
    }
    mine.log.tell();
}

} // namespace

int main(int argc, char **argv) {
    if (argc != 4 || std::atoi(argv[2]) >= int(slots_max)) {
        std::cerr << "usage: soak_worker PCI-ADDRESS SLOT SEED\n";
        return 2;
    }
    task mine{argv[1],
              unsigned(std::atoi(argv[2])),
              randomness(std::strtoull(argv[3], nullptr, 0)),
              {}};
    work(mine);
}
