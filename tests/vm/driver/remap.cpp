// SPDX-License-Identifier: MIT
//
// usage: remap CONFIG SECONDS. One processor takes a card's BARs out of the memory map
// and puts them back, again and again, while another sets its timer and waits for it.
// Prints how often each did.
#include <atomic>
#include <chrono>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <thread>

#include <fcntl.h>
#include <linux/pci_regs.h>
#include <sched.h>
#include <unistd.h>

namespace {

void stay_on(int processor) {
    cpu_set_t only;
    CPU_ZERO(&only);
    CPU_SET(processor, &only);
    if (sched_setaffinity(0, sizeof only, &only) != 0)
        std::exit(2);
}

void write_command(int config, std::uint16_t value) {
    if (pwrite(config, &value, sizeof value, PCI_COMMAND) != sizeof value)
        std::exit(2);
}

} // namespace

int main(int argc, char **argv) {
    const int config = argc == 3 ? open(argv[1], O_RDWR | O_CLOEXEC) : -1;
    std::uint16_t command = 0;
    if (pread(config, &command, sizeof command, PCI_COMMAND) != sizeof command)
        return 2;
    using clock = std::chrono::steady_clock;
    const auto end = clock::now() + std::chrono::seconds(std::atoi(argv[2]));
    std::atomic<bool> done = false;
    unsigned long changes = 0, waits = 0;
    std::thread waiter([&] {
        stay_on(1);
        for (; !done; ++waits)
            usleep(50);
    });
    stay_on(0);
    for (; clock::now() < end; ++changes) {
        write_command(config, command ^ PCI_COMMAND_MEMORY);
        write_command(config, command);
    }
    done = true;
    waiter.join();
    std::printf("%lu changes, %lu waits\n", changes, waits);
}
