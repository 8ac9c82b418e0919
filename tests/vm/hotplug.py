# SPDX-License-Identifier: MIT
"""Cards that are pulled out and plugged in, links that go down, under work."""

from harness.case import scenario
from harness.worker import SECONDS, Report, Worker, expect_usable
from vm.guest import Guest
from vm.machine import CARD

FIRST = "0000:01:00.0"
DEVICE = f"/sys/bus/pci/devices/{FIRST}"
SILENT = r"the card does not answer any more"


def fail(guest: Guest, name: str, value: object, card: str = "card0") -> None:
    guest.qmp.execute("qom-set", path=f"/machine/peripheral/{card}", property=name, value=value)


def patience(guest: Guest, milliseconds: int) -> None:
    guest.run(f"echo {milliseconds} >/sys/module/groq/parameters/timeout_ms")


def pull(guest: Guest, card: str = "card0") -> None:
    guest.qmp.execute("device_del", id=card)
    guest.qmp.wait_event("DEVICE_DELETED", SECONDS)


def plug(guest: Guest, card: str) -> None:
    guest.qmp.execute("device_add", driver=CARD, id=card, bus="port0", serial=0x77)
    wait_for_driver(guest)


def wait_for_driver(guest: Guest) -> None:
    guest.run(f"until ls {DEVICE}/accel; do sleep 0.05; done 2>/dev/null; udevadm settle",
              timeout=SECONDS)


def number(guest: Guest) -> int:
    """Of the node of the card in the first slot."""
    return int(guest.run(f"ls {DEVICE}/accel").output.strip().removeprefix("accel"))


def expect_lost(report: Report) -> None:
    assert report.end == "ENODEV" and set(report.jobs) <= {"OK", "LOST"}, report


@scenario(one_thread=True)
def a_card_is_pulled_out_with_a_word_of_warning(guest: Guest) -> None:
    worker, other = Worker(guest, 0), Worker(guest, 1)
    pull(guest)
    expect_lost(worker.report())
    plug(guest, "new")
    expect_usable(guest, number(guest))
    other.end().expect()


@scenario(one_thread=True, expected_log=(SILENT,))
def a_card_is_pulled_out_without_warning(guest: Guest) -> None:
    worker, other = Worker(guest, 0), Worker(guest, 1)
    patience(guest, 400)
    fail(guest, "gone", True)
    expect_lost(worker.report())
    assert guest.run(f"cat {DEVICE}/state").output == "lost\n"
    for name in ["uptime_s", "links/up", "hwmon/*/temp1_input"]:
        assert "No such device" in guest.run(f"cat {DEVICE}/{name}", check=False).error, name
    pull(guest)
    plug(guest, "new")
    expect_usable(guest, number(guest))
    other.end().expect()


@scenario(one_thread=True, expected_log=(SILENT,))
def an_idle_card_is_pulled_out_and_nobody_waits(guest: Guest) -> None:
    fail(guest, "gone", True)
    pull(guest)
    plug(guest, "new")
    expect_usable(guest, number(guest))


@scenario(one_thread=True, cards=1, expected_log=(SILENT,))
def cards_come_and_go(guest: Guest) -> None:
    patience(guest, 400)
    card = "card0"
    for round in range(10):
        worker = Worker(guest, number(guest))
        if round % 2:
            fail(guest, "gone", True, card)
        pull(guest, card)
        expect_lost(worker.report())
        card = f"new{round}"
        plug(guest, card)
    expect_usable(guest, number(guest))
    guest.run("rmmod groq && modprobe groq && udevadm settle")
    expect_usable(guest, number(guest))


@scenario(one_thread=True, cards=1, expected_log=(SILENT,))
def a_link_that_went_down_comes_back_with_a_rescan(guest: Guest) -> None:
    worker = Worker(guest)
    patience(guest, 400)
    fail(guest, "link-down", True)
    expect_lost(worker.report())
    fail(guest, "link-down", False)
    guest.run(f"echo 1 >{DEVICE}/remove && echo 1 >/sys/bus/pci/rescan && udevadm settle")
    expect_usable(guest, number(guest))


@scenario(one_thread=True, cards=1)
def the_module_goes_and_comes_with_work_before_and_after(guest: Guest) -> None:
    for _ in range(5):
        expect_usable(guest)
        guest.run("rmmod groq && modprobe groq && udevadm settle")
    worker = Worker(guest)
    assert guest.run("rmmod groq", check=False).code != 0
    worker.end().expect()
