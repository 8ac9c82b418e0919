# SPDX-License-Identifier: MIT
"""Sleep: of a card that nobody uses, and of the whole system."""

import time

from harness.case import Skip, program, scenario
from harness.worker import SECONDS, Worker, expect_usable
from vm.agent import Command
from vm.guest import Guest

FIRST = "0000:01:00.0"
DEVICE = f"/sys/bus/pci/devices/{FIRST}"
# Of card 0 in the machine's view: the power management capability is at 0x40.
POWER_STATE_ADDRESS = 0xB0100044


def attribute(guest: Guest, name: str) -> str:
    return guest.run(f"cat {DEVICE}/{name}").output.strip()


def wait_until(guest: Guest, condition: str) -> None:
    guest.run(f"until {condition}; do sleep 0.05; done", timeout=SECONDS)


# Runtime power management

def is_in_d3(guest: Guest) -> bool:
    """As the card sees it."""
    text = guest.qmp.execute("human-monitor-command",
                             command_line=f"xp /1wx {POWER_STATE_ADDRESS:#x}")
    return int(text.split()[-1], 16) & 3 == 3


def allow_sleep(guest: Guest) -> None:
    guest.run(f"echo 50 >{DEVICE}/power/autosuspend_delay_ms && "
              f"echo auto >{DEVICE}/power/control")


def wait_for_sleep(guest: Guest) -> None:
    wait_until(guest, f"[ $(cat {DEVICE}/power/runtime_status) = suspended ]")
    assert attribute(guest, "power_state") == "D3hot" and is_in_d3(guest)


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
    for name in ["serial", "sram_used", "queues_used", "holders", "resets", "state",
                 "links/up", "links/link0/state", "links/link0/sent", "links/link0/prbs"]:
        assert not wakes(name), name
    assert attribute(guest, "state") == "asleep"
    for name in ["uptime_s", "throttle", "firmware_version", "hwmon/*/temp1_input"]:
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

def fall_asleep(guest: Guest) -> Command:
    """The command that ends when the system has woken up again."""
    keyboard = "/sys/bus/serio/devices/serio0/power/wakeup"
    if guest.run(f"[ -e {keyboard} ]", check=False).code:
        raise Skip("this kernel has no keyboard that could wake the system")
    guest.run(f"echo enabled >{keyboard} && echo s2idle >/sys/power/mem_sleep")
    assert not is_in_d3(guest)
    sleep = guest.start("echo mem >/sys/power/state")
    deadline = time.monotonic() + SECONDS
    while not is_in_d3(guest):
        assert time.monotonic() < deadline
        time.sleep(0.1)
    return sleep


def wake_up(guest: Guest, sleep: Command) -> None:
    deadline = time.monotonic() + SECONDS
    while sleep.code is None:
        guest.qmp.execute("send-key", keys=[{"type": "qcode", "data": "a"}])
        try:
            sleep.wait(1)
        except TimeoutError:
            assert time.monotonic() < deadline
    assert sleep.code == 0
    assert guest.run("cat /sys/power/suspend_stats/success").output == "1\n"


@scenario(cards=1)
def the_system_sleeps_and_the_card_with_it(guest: Guest) -> None:
    worker = Worker(guest)
    wake_up(guest, fall_asleep(guest))
    assert not is_in_d3(guest)
    worker.end().expect()


def fail(guest: Guest, name: str, value: object) -> None:
    guest.qmp.execute("qom-set", path="/machine/peripheral/card0", property=name, value=value)


@scenario(cards=1)
def contexts_end_with_the_sram_that_they_had(guest: Guest) -> None:
    guest.run("sleep 5")  # the card has been on for longer than clocks may differ
    worker = Worker(guest)
    sleep = fall_asleep(guest)
    fail(guest, "temperature", "110000")  # the card is without power now
    fail(guest, "temperature", "auto")
    fail(guest, "gone", False)
    wake_up(guest, sleep)
    report = worker.report()
    assert report.end == "ENODEV" and set(report.jobs) <= {"OK", "LOST"}, report
    assert "without power" in "\n".join(guest.dmesg())
    expect_usable(guest)


@scenario(cards=1, expected_log=(r"the card does not (answer|recover)", r"D3hot to D0"))
def a_card_that_does_not_wake_up_is_lost(guest: Guest) -> None:
    worker = Worker(guest)
    sleep = fall_asleep(guest)
    fail(guest, "gone", True)
    wake_up(guest, sleep)
    report = worker.report()
    assert report.end == "ENODEV" and set(report.jobs) <= {"OK", "LOST"}, report
    assert attribute(guest, "state") == "lost"


program("driver_life_test", cards=1, label="over_work")


@scenario(cards=1)
def work_goes_on_after_the_system_has_slept(guest: Guest) -> None:
    for depth in ["devices", "platform", "core"]:
        worker = Worker(guest)
        guest.run(f"echo {depth} >/sys/power/pm_test && echo mem >/sys/power/state",
                  timeout=SECONDS)
        worker.end().expect()
