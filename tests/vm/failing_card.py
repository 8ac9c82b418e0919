# SPDX-License-Identifier: MIT
"""A card that fails as the kernel sees it, whatever its driver: what must reach a guest
of docs/driver-testing.md. The rest is tested without a guest, in tests/qtest."""

from __future__ import annotations

import time

from harness.case import scenario
from vm.guest import COMMAND_SECONDS, Guest

CARD = "/sys/bus/pci/devices/0000:01:00.0"
PORT = "/sys/bus/pci/devices/0000:00:10.0"
NATIVE_HOT_PLUG = ("-global", "ICH9-LPC.acpi-pci-hotplug-with-bridge-support=off")
# A kernel without ASPM does not ask the firmware for what else a port can do.
NATIVE_PORTS = ("pcie_ports=native",)
# Linux's own, in hot-plug of a port (drivers/pci/hotplug/pciehp_hpc.c) under lockdep.
CIRCLE = (r"possible circular", r"Call Trace:")
# PCI's own numbers, under the names of its specification.
COMMAND, MEMORY_AND_MASTER = 4, r"\006\000"
CAPABILITIES, CAP_EXPRESS, SLOT_CONTROL = 0x34, 0x10, 0x18


def set_fault(guest: Guest, name: str, value: object) -> None:
    guest.qmp.execute("qom-set", path="/machine/peripheral/card0", property=name,
                      value=value)


def wait(guest: Guest, condition: str) -> None:
    guest.run(f"until {condition}; do sleep 0.1; done")


def power_indicator(guest: Guest) -> int:
    """Of the slot: 1 on, 2 blinking, 3 off; bits 9:8 of Slot Control."""
    config = guest.pull(f"{PORT}/config")
    capability = config[CAPABILITIES]
    while config[capability] != CAP_EXPRESS:
        capability = config[capability + 1]
    return config[capability + SLOT_CONTROL + 1] & 3


def wait_until_off(guest: Guest) -> None:
    """Linux ignores events until it has had the slot without power for a second."""
    end = time.monotonic() + COMMAND_SECONDS
    while power_indicator(guest) != 3:
        assert time.monotonic() < end, "the slot still has power"
        time.sleep(0.1)


@scenario(driver=False, cards=1, one_thread=True, qemu_options=NATIVE_HOT_PLUG,
          kernel_options=NATIVE_PORTS, expected_log=CIRCLE)
def a_link_that_goes_down_is_an_unplug(guest: Guest) -> None:
    for _ in range(3):
        set_fault(guest, "link-down", True)
        wait(guest, f"[ ! -e {CARD} ]")
        wait_until_off(guest)
        set_fault(guest, "link-down", False)
        wait(guest, f"[ -e {CARD} ]")


@scenario(driver=False, cards=1, kernel_options=NATIVE_PORTS)
def errors_of_the_link_reach_the_kernel(guest: Guest) -> None:
    for kind, counter in (("correctable", "cor"), ("nonfatal", "nonfatal"),
                          ("fatal", "fatal")):
        set_fault(guest, "aer", kind)
        wait(guest, f"grep -qx 1 {PORT}/aer_rootport_total_err_{counter}")
    for name, line in (("correctable", "RxErr 1"), ("nonfatal", "TLP 1")):
        assert line in guest.run(f"cat {CARD}/aer_dev_{name}").output.splitlines()


@scenario(driver=False, cards=1, iommu=True, expected_log=(r"DMAR: .*fault",))
def a_stray_access_is_stopped_by_the_iommu(guest: Guest) -> None:
    guest.run(f"printf '{MEMORY_AND_MASTER}' | "
              f"dd of={CARD}/config bs=1 seek={COMMAND} conv=notrunc")
    for way, name in (("read", "DMA Read"), ("write", "DMA Write")):
        set_fault(guest, "stray-dma", f"{way}:0x1000000:64")
        assert guest.qmp.execute("qom-get", path="/machine/peripheral/card0",
                                 property="stray-dma-result") == "refused"
        wait(guest, f"dmesg | grep -q 'DMAR:.*{name}.*01:00.0'")
