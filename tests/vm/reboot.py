# SPDX-License-Identifier: MIT
"""Another kernel takes over while the card works."""

import gzip
import time
from pathlib import Path

from harness.case import PROGRAMS, Skip, scenario
from harness.worker import SECONDS, expect_usable
from vm.guest import BOOT_SECONDS, LOAD_DRIVER, Guest


def argument(guest: Guest, option: str) -> Path:
    return Path(guest.arguments[guest.arguments.index(option) + 1])


@scenario(cards=1, memory_mib=2048)
def another_kernel_finds_the_card_quiet(guest: Guest) -> None:
    kernels = list(argument(guest, "-kernel").parent.glob("root/boot/vmlinuz-*"))
    if not kernels:
        raise Skip("this kernel comes without an image that kexec could load")
    guest.push(kernels[0].read_bytes(), "/tmp/kernel")
    # Small, since the running kernel hashes it, slowly.
    initramfs = gzip.compress(argument(guest, "-initrd").read_bytes(), compresslevel=1)
    guest.push(initramfs, "/tmp/initramfs")
    before = guest.run("cat /proc/sys/kernel/random/boot_id").output
    guest.start(f"{PROGRAMS}/driver_kexec /tmp/kernel /tmp/initramfs") \
        .wait_for_output("busy", SECONDS)
    # What is sent now is for the next kernel.
    time.sleep(1)
    guest.run("true", timeout=BOOT_SECONDS)
    assert guest.run("cat /proc/sys/kernel/random/boot_id").output != before
    guest.run(LOAD_DRIVER)
    expect_usable(guest)
