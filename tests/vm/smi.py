# SPDX-License-Identifier: MIT
"""groq-smi against the driver, and without it. Card n is 0000:0<n+1>:00.0."""

from __future__ import annotations

import json
from typing import Any

from harness.case import scenario
from vm.guest import Guest

FIRST = "0000:01:00.0"
ABOUT_ALL, NO_CARD, INCOMPLETE, UNHEALTHY = 0, 3, 4, 5

# A report from the time in which another process leases card 0.
HELD = """
mkfifo /tmp/end
/usr/lib/groq/tests/smi_hold_card accel:0 </tmp/end >/tmp/held &
exec 3>/tmp/end
until grep -q held /tmp/held; do sleep 0.01; done
groq-smi --json -i 0
exec 3>&-
wait
"""


def report(guest: Guest, arguments: str = "", *, code: int = ABOUT_ALL,
           user: str | None = None) -> dict[str, Any]:
    ran = guest.run(f"groq-smi --json {arguments}", user=user, check=False)
    assert ran.code == code, ran
    assert not ran.error, ran
    found: dict[str, Any] = json.loads(ran.output)
    return found


def sysfs(guest: Guest, address: str, name: str) -> str:
    return guest.run(f"cat /sys/bus/pci/devices/{address}/{name}").output.strip()


@scenario()
def two_cards_are_known_completely(guest: Guest) -> None:
    cards = report(guest)["cards"]
    assert [card["pcie"]["address"] for card in cards] == [FIRST, "0000:02:00.0"]
    for card in cards:
        assert card["reason"] is None and card["problems"] == [], card
        assert card["state"] == "ready" and card["holders"] == 0, card
        assert card["sram_bytes"] == 230686720 and card["sram_used_bytes"] == 0, card
        assert card["pcie"]["rate_mts"] == 16000 and card["pcie"]["width_lanes"] == 16
        assert 20000 < card["sensors"]["chip_millicelsius"] < 90000, card
        assert 50e6 < card["sensors"]["power_microwatts"] < 375e6, card
        assert card["serial"] == sysfs(guest, card["pcie"]["address"], "serial")
        assert None not in [*card["sensors"].values(), *card["counters"].values()], card
        assert card["driver_version"] and card["firmware_version"], card


@scenario()
def nobody_needs_rights_to_look(guest: Guest) -> None:
    assert report(guest, user="guest").keys() == report(guest).keys()
    assert report(guest, user="guest")["cards"][0]["sensors"]["chip_millicelsius"]


@scenario()
def doctor_finds_missing_rights_and_says_what_to_do(guest: Guest) -> None:
    assert guest.run("groq-smi doctor").code == ABOUT_ALL
    ran = guest.run("groq-smi doctor", user="guest", check=False)
    assert ran.code == UNHEALTHY and "usermod -aG render" in ran.output, ran


@scenario(driver=False)
def without_driver_cards_are_listed_with_the_reason(guest: Guest) -> None:
    cards = report(guest, code=INCOMPLETE)["cards"]
    assert [card["uri"] for card in cards] == [f"pci:{FIRST}", "pci:0000:02:00.0"]
    for card in cards:
        assert card["node"] is None and "modprobe groq" in card["reason"], card
        assert card["board"] == "GC1-010B" and card["pcie"]["width_max_lanes"] == 16
    ran = guest.run("groq-smi", check=False)
    assert ran.code == INCOMPLETE and "modprobe groq" in ran.output, ran


@scenario(driver=False, cards=0)
def without_a_card_it_says_so(guest: Guest) -> None:
    found = report(guest, code=NO_CARD)
    assert found["cards"] == [] and "no card found" in found["reason"], found
    ran = guest.run("groq-smi", check=False)
    assert ran.code == NO_CARD and "no card found" in ran.output, ran


@scenario()
def one_card_is_picked_by_any_of_its_names(guest: Guest) -> None:
    serial = sysfs(guest, FIRST, "serial")
    for name in ["0", "accel:0", FIRST, f"pci:{FIRST}", f"serial:{serial}"]:
        cards = report(guest, f"-i {name}")["cards"]
        assert [card["pcie"]["address"] for card in cards] == [FIRST], name
    ran = guest.run("groq-smi -i accel:9", check=False)
    assert ran.code == NO_CARD and "accel:9" in ran.error and not ran.output, ran


@scenario()
def holder_is_named_while_it_holds(guest: Guest) -> None:
    card = json.loads(guest.run(HELD).output)["cards"][0]
    assert card["holders"] == 1 and card["holder"]["pid"] > 0, card
    assert card["holder"]["name"] == "smi_hold_card", card
    assert report(guest, "-i 0")["cards"][0]["holders"] == 0


@scenario()
def watch_writes_one_line_a_report(guest: Guest) -> None:
    lines = guest.run("groq-smi --json --watch 0.05 --count 3").output.splitlines()
    assert len(lines) == 3, lines
    heartbeats = [json.loads(line)["cards"][0]["counters"]["uptime_seconds"]
                  for line in lines]
    assert heartbeats == sorted(heartbeats), heartbeats
