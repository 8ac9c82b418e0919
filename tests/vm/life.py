# SPDX-License-Identifier: MIT
"""The card under a driver that keeps its head: sleep, resets, errors, removal."""

import contextlib
from collections.abc import Iterator
from dataclasses import dataclass

from harness.case import PROGRAMS, scenario
from vm.agent import Command
from vm.guest import Guest

FIRST = "0000:01:00.0"
DEVICE = f"/sys/bus/pci/devices/{FIRST}"
SECONDS = 120  # against hanging
LOST = r"\*ERROR\* the card (does not|was given)"


@dataclass(frozen=True)
class Report:
    """How the jobs of a worker ended, and the worker itself."""

    jobs: dict[str, int]
    end: str
    kept: str

    def expect(self, *statuses: str, end: str = "asked", kept: str = "yes") -> None:
        """Jobs were done, others ended as told, and there were no other ways."""
        assert set(self.jobs) == {"OK", *statuses}, self
        assert (self.end, self.kept) == (end, kept), self


class Worker:
    """A process that works on a card until it is asked to end."""

    def __init__(self, guest: Guest, card: int = 0) -> None:
        self._guest = guest
        self._command = guest.start(f"{PROGRAMS}/driver_worker {card}")
        self._command.wait_for_output("ready", SECONDS)

    def end(self) -> Report:
        self._command.close_input()
        return self.report()

    def report(self) -> Report:
        """After its end, which somebody else brings about."""
        result = self._command.wait(SECONDS)
        assert result.code == 0, result
        lines = result.output.split("ready\n")[-1].splitlines()
        values = dict(line.replace(": ", " ").split(" ", 1) for line in lines)
        end, kept = values.pop("end"), values.pop("kept")
        return Report({name: int(count) for name, count in values.items()}, end, kept)


def attribute(guest: Guest, name: str) -> str:
    return guest.run(f"cat {DEVICE}/{name}").output.strip()


def wait_until(guest: Guest, condition: str) -> None:
    guest.run(f"until {condition}; do sleep 0.05; done", timeout=SECONDS)


def expect_usable(guest: Guest, card: int = 0) -> None:
    Worker(guest, card).end().expect()


# Runtime power management

def allow_sleep(guest: Guest) -> None:
    guest.run(f"echo 50 >{DEVICE}/power/autosuspend_delay_ms && "
              f"echo auto >{DEVICE}/power/control")


def wait_for_sleep(guest: Guest) -> None:
    wait_until(guest, f"[ $(cat {DEVICE}/power/runtime_status) = suspended ]")
    assert attribute(guest, "power_state") == "D3hot"


@scenario(cards=1)
def a_card_stays_awake_unless_it_may_sleep(guest: Guest) -> None:
    assert attribute(guest, "power/control") == "on"
    assert attribute(guest, "power/runtime_status") == "active"
    assert attribute(guest, "power/autosuspend_delay_ms") == "5000"


@scenario(cards=1)
def a_card_that_nobody_uses_sleeps(guest: Guest) -> None:
    allow_sleep(guest)
    for _ in range(5):
        wait_for_sleep(guest)
        expect_usable(guest)
    assert attribute(guest, "resets") == "0"


@scenario(cards=1)
def a_context_keeps_the_card_awake(guest: Guest) -> None:
    allow_sleep(guest)
    worker = Worker(guest)
    guest.run("sleep 1")
    assert attribute(guest, "power/runtime_status") == "active"
    worker.end().expect()
    wait_for_sleep(guest)


@scenario(cards=1)
def looking_at_sensors_wakes_the_card_and_at_its_state_does_not(guest: Guest) -> None:
    def wakes(name: str) -> bool:
        wait_for_sleep(guest)
        before = attribute(guest, "power/runtime_active_time")
        attribute(guest, name)
        wait_for_sleep(guest)
        return attribute(guest, "power/runtime_active_time") != before

    allow_sleep(guest)
    for name in ["serial", "sram_used", "queues_used", "holders", "resets", "state"]:
        assert not wakes(name), name
    assert attribute(guest, "state") == "asleep"
    for name in ["uptime_s", "throttle", "links_up", "firmware_version", "hwmon/*/temp1_input"]:
        assert wakes(name), name


@scenario(cards=1)
def a_sleeping_card_can_be_reset_unbound_and_removed(guest: Guest) -> None:
    allow_sleep(guest)
    for change in [f"echo 1 >{DEVICE}/reset",
                   f"cd /sys/bus/pci/drivers/groq && echo {FIRST} >unbind && echo {FIRST} >bind",
                   "rmmod groq && modprobe groq",
                   f"echo 1 >{DEVICE}/remove && echo 1 >/sys/bus/pci/rescan"]:
        allow_sleep(guest)
        wait_for_sleep(guest)
        guest.run(f"{change} && udevadm settle")
        expect_usable(guest)


# System sleep

@scenario(cards=1)
def work_goes_on_after_the_system_has_slept(guest: Guest) -> None:
    for depth in ["devices", "platform", "core"]:
        worker = Worker(guest)
        guest.run(f"echo {depth} >/sys/power/pm_test && echo mem >/sys/power/state",
                  timeout=SECONDS)
        worker.end().expect()
