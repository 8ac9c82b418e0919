# SPDX-License-Identifier: MIT
"""Cables between cards, and to another machine: what the driver says of its links."""

import time

from harness import cabling
from harness.case import program, scenario
from harness.cabling import (NOBODY, attribute, count, device, end, folder, generation, peer,
                             plug, pull, uevents, wait_for, wait_for_change, wait_for_log)
from harness.worker import Worker, expect_usable
from vm.guest import Guest

# What the driver says when a program waits for longer than it may.
HUNG = r"queue \d+: command timed out"
AWAITED = r"link 0: a program waits, none has opened link 3 of card [0-9a-f]{16}"

PAIR = ("a=card0:0,b=card1:3",)
ENDS = ((0, 0), (1, 3))
RING = ("a=card0:0,b=card1:1", "a=card1:0,b=card2:1", "a=card2:0,b=card0:1")
RING_ENDS = tuple((card, link) for card in range(3) for link in (0, 1))

program("driver_cabled_test", label="programs_and_ioctls", cables=PAIR, timeout=600,
        expected_log=(HUNG, AWAITED))


@scenario(cards=3, cables=RING)
def links_say_who_is_at_the_other_end(guest: Guest) -> None:
    wait_for(guest, "up", *RING_ENDS)
    for card in range(3):
        assert peer(guest, card, 0) == end((card + 1) % 3, 1), card
        assert peer(guest, card, 1) == end((card + 2) % 3, 0), card
        assert attribute(guest, card, 2, "state") == "down"
        assert peer(guest, card, 2) == NOBODY


@scenario(cards=3, cables=RING)
def a_cable_that_is_pulled_is_named(guest: Guest) -> None:
    wait_for(guest, "up", *RING_ENDS)
    ends, untouched = ((0, 0), (1, 1)), generation(guest, 2)
    before, counted = generation(guest, 0), [count(guest, *each, "downs") for each in ends]
    there = f"GROQ_LINK_PEER={cabling.serial(1)}:1"
    with uevents(guest, "GROQ_LINK=0", "GROQ_LINK_STATE=down", there):
        pull(guest)
    wait_for(guest, "down", *ends)
    wait_for_log(guest, f"link 0: down, was to link 1 of card {cabling.serial(1)}")
    wait_for_log(guest, f"link 1: down, was to link 0 of card {cabling.serial(0)}")
    for each in ends:
        assert peer(guest, *each) == NOBODY
        assert [attribute(guest, *each, name) for name in ("lanes", "rate_mbps")] == ["0"] * 2
    assert [count(guest, *each, "downs") for each in ends] == [one + 1 for one in counted]
    assert generation(guest, 0) > before
    assert generation(guest, 2) == untouched


@scenario(cards=3, cables=RING)
def a_cable_is_plugged_elsewhere(guest: Guest) -> None:
    wait_for(guest, "up", *RING_ENDS)
    pull(guest)
    wait_for(guest, "down", (0, 0), (1, 1))
    before = generation(guest, 0)
    with uevents(guest, "GROQ_LINK_STATE=up"):
        plug(guest, "card0:0", "card1:5")
    wait_for(guest, "up", (0, 0), (1, 5))
    wait_for_log(guest, f"link 0: up, to link 5 of card {cabling.serial(1)}")
    assert peer(guest, 0, 0) == end(1, 5)
    assert generation(guest, 0) > before


@scenario(cards=3, cables=RING)
def a_reset_shows_at_the_neighbours_alone(guest: Guest) -> None:
    wait_for(guest, "up", *RING_ENDS)
    between = count(guest, 1, 0, "downs")
    for _ in range(3):
        neighbours = ((1, 1), (2, 0))
        counted = [count(guest, *each, "downs") for each in neighbours]
        before = [generation(guest, card) for card, _ in neighbours]
        guest.run(f"echo 1 >{device(0)}/reset")
        for (card, _), seen in zip(neighbours, before, strict=True):
            wait_for_change(guest, card, seen)
        wait_for(guest, "up", *RING_ENDS)
        now = [count(guest, *each, "downs") for each in neighbours]
        assert all(one > was for one, was in zip(now, counted, strict=True)), (counted, now)
    assert count(guest, 1, 0, "downs") == between
    expect_usable(guest)


@scenario(cables=PAIR)
def a_card_that_sleeps_is_not_there_for_its_peer(guest: Guest) -> None:
    wait_for(guest, "up", *ENDS)
    guest.run(f"echo 50 >{device(1)}/power/autosuspend_delay_ms && "
              f"echo auto >{device(1)}/power/control")
    wait_for(guest, "down", *ENDS)
    assert guest.run(f"cat {device(1)}/state").output == "asleep\n"
    assert peer(guest, *ENDS[1]) == NOBODY
    worker = Worker(guest, 1)
    wait_for(guest, "up", *ENDS)
    worker.end().expect()
    wait_for(guest, "down", *ENDS)


@scenario(cables=PAIR, one_thread=True)
def a_card_that_is_pulled_out_is_a_link_that_is_down(guest: Guest) -> None:
    wait_for(guest, "up", *ENDS)
    guest.qmp.execute("device_del", id="card1")
    guest.qmp.wait_event("DEVICE_DELETED", cabling.SECONDS)
    wait_for(guest, "down", ENDS[0])
    expect_usable(guest)


@scenario(cables=PAIR)
def a_disabled_link_stays_down_over_resets(guest: Guest) -> None:
    wait_for(guest, "up", *ENDS)
    guest.run(f"echo 0 >{folder(*ENDS[1])}/enabled")
    wait_for(guest, "down", *ENDS)
    guest.run(f"echo 1 >{device(1)}/reset && sleep 1")
    assert attribute(guest, *ENDS[1], "enabled") == "0"
    wait_for(guest, "down", *ENDS)
    guest.run(f"echo 1 >{folder(*ENDS[1])}/enabled")
    wait_for(guest, "up", *ENDS)


@scenario(cables=PAIR)
def a_link_trains_again_when_it_is_told_to(guest: Guest) -> None:
    wait_for(guest, "up", *ENDS)
    before, counted = generation(guest, 1), [count(guest, *each, "downs") for each in ENDS]
    guest.run(f"echo 1 >{folder(*ENDS[0])}/retrain")
    wait_for_change(guest, 1, before)
    wait_for(guest, "up", *ENDS)
    assert [count(guest, *each, "downs") for each in ENDS] == [one + 1 for one in counted]


@scenario(cables=("a=card0:0,b=card1:3,lanes=2,bit-errors=1000000",))
def a_bad_cable_shows(guest: Guest) -> None:
    wait_for(guest, "degraded", *ENDS)
    wait_for_log(guest, "link 0: up with 2 of 4 lanes")
    for each in ENDS:
        assert attribute(guest, *each, "lanes") == "2"
        assert attribute(guest, *each, "rate_mbps") == "50000"
    prbs = f"{folder(*ENDS[0])}/prbs"
    assert attribute(guest, *ENDS[0], "prbs") == "0 0"
    guest.run(f"echo 30 >{prbs}")
    bits, errors = map(int, attribute(guest, *ENDS[0], "prbs").split())
    assert bits == 1 << 30 and 500 < errors < 2000, errors  # 1 of 10^6 bits
    denied = guest.run(f"echo 30 >{prbs}", user="guest", check=False)
    assert denied.code != 0 and "ermission" in denied.error, denied


@scenario(cables=PAIR, one_thread=True)
def links_come_and_go_while_everybody_looks(guest: Guest) -> None:
    """And their cards with them; nothing worse happens."""
    reading = guest.start(f"cd {device(0)}; while :; do cat links/* links/*/* "
                          ">/dev/null 2>&1; done")
    for _ in range(3):
        pull(guest)
        guest.run(f"echo 1 >{device(0)}/reset")
        plug(guest, "card0:0", "card1:3")
        guest.run("cd /sys/bus/pci/drivers/groq && echo 0000:01:00.0 >unbind && "
                  "echo 0000:01:00.0 >bind")
    reading.kill()
    wait_for(guest, "up", *ENDS)


@scenario(cables=PAIR)
def a_measurement_does_not_hold_the_card_up(guest: Guest) -> None:
    wait_for(guest, "up", *ENDS)
    for _ in range(5):
        measuring = guest.start(f"while echo 40 >{folder(*ENDS[0])}/prbs; do :; done")
        time.sleep(0.2)
        guest.run("echo 0000:01:00.0 >/sys/bus/pci/drivers/groq/unbind")
        measuring.wait(cabling.SECONDS)
        guest.run("echo 0000:01:00.0 >/sys/bus/pci/drivers/groq/bind")
        wait_for(guest, "up", *ENDS)
