# SPDX-License-Identifier: MIT
"""What everything else here relies on: the emulator itself."""

from __future__ import annotations

from harness.case import PROGRAMS, scenario
from vm.guest import Guest

CONFIG = "/sys/bus/pci/devices/0000:01:00.0/config"


@scenario(driver=False, cards=1)
def processors_keep_their_timers_while_the_memory_map_changes(guest: Guest) -> None:
    """QEMU 10.0 without vm/qemu-tlb-sections.patch loses one in about ten seconds."""
    guest.run(f"{PROGRAMS}/driver_remap {CONFIG} 15", timeout=120)
