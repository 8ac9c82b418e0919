// SPDX-License-Identifier: MIT
// Starts another kernel while the card works: driver_kexec KERNEL INITRAMFS
#include "card.hpp"
#include "endless.hpp"

#include <cstdio>
#include <fcntl.h>
#include <linux/reboot.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <gtest/gtest.h>

int main(int count, char **arguments) {
    using namespace groq::test;

    testing::InitGoogleTest(&count, arguments);
    if (count != 3)
        return 2;
    std::string options = read_file("/proc/cmdline");
    int kernel = open(arguments[1], O_RDONLY), initramfs = open(arguments[2], O_RDONLY);
    if (syscall(SYS_kexec_file_load, kernel, initramfs, options.size() + 1,
                options.c_str(), 0ul)) {
        std::perror("kexec_file_load");
        return 1;
    }
    card device;
    endless work(device, device.create_context());
    if (testing::Test::HasFailure())
        return 1;
    std::puts("busy");
    std::fflush(stdout);
    syscall(SYS_reboot, LINUX_REBOOT_MAGIC1, LINUX_REBOOT_MAGIC2,
            LINUX_REBOOT_CMD_KEXEC, nullptr);
    std::perror("reboot");
    return 1;
}
