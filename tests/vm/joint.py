# SPDX-License-Identifier: MIT
"""Programs that run on several cards as one, and what becomes of them in trouble."""

from __future__ import annotations

import json
import re
import struct
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from harness.cabling import (NOBODY, SECONDS, count, device, end, folder, peer, plug,
                             plug_way, pull, wait_for)
from harness.case import PROGRAMS, scenario
from harness.node import CABLES, ENDS, NODE8, name, words
from harness.worker import expect_usable
from vm.agent import Command
from vm.guest import BOOT_SECONDS, LOAD_DRIVER, Guest
from vm.machine import FIRST_SERIAL

PAIR = ("a=card0:0,b=card1:0",)  # node2
PAIR_ENDS = ((0, 0), (1, 0))
EXIT_FAILED = 1
COLUMNS = 320


def linked(guest: Guest, program: str, tests: str, variable: str, cards: int) -> None:
    uris = " ".join(f"accel:{card}" for card in range(cards))
    ran = guest.run(f"{variable}='{uris}' {PROGRAMS}/{program} --gtest_brief=1 "
                    f"--gtest_filter='{tests}'", timeout=900, check=False)
    assert ran.code == 0, ran
    assert "[  PASSED  ] 0 tests" not in ran.output, ran


@scenario(cards=2, cables=("a=card0:1,b=card1:4",))
def cards_pass_vectors_on(guest: Guest) -> None:
    linked(guest, "groq_contract_test", "linked_cards.*", "GROQ_TEST_LINKED", 2)


@scenario(cards=2, cables=("a=card0:1,b=card1:4",), deterministic=True)
def cards_in_virtual_time_pass_vectors_on(guest: Guest) -> None:
    linked(guest, "groq_contract_test", "linked_cards.*", "GROQ_TEST_LINKED", 2)


@scenario(cards=3)
def cards_without_cables_are_a_system(guest: Guest) -> None:
    linked(guest, "groq_system_test", "system_of_*", "GROQ_TEST_SYSTEM", 3)


@scenario(cards=2, cables=PAIR)
def two_cards_are_a_node(guest: Guest) -> None:
    linked(guest, "groq_system_test", "cards_of_a_node.*", "GROQ_TEST_NODE", 2)


@scenario(cards=8, cables=NODE8)
def eight_cards_are_a_node(guest: Guest) -> None:
    linked(guest, "groq_system_test", "cards_of_a_node.*", "GROQ_TEST_NODE", 8)


@scenario(cards=8, cables=NODE8)
def eight_cards_do_collectives_and_split_a_product(guest: Guest) -> None:
    linked(guest, "groq_system_test", "*/collectives_contract*-*round_a_ring*",
           "GROQ_TEST_LINKED", 8)


class Sum:
    """An all-reduce of 32-bit integers on a node, as files in the guest."""

    def __init__(self, guest: Guest, cards: int, rows: int) -> None:
        self._guest = guest
        self._size = COLUMNS * rows
        self._inputs = [[(card + 1) * 0x1234567 + place for place in range(self._size)]
                        for card in range(cards)]
        guest.run(f"groq-collective -q -t i32 -n {4 * self._size} -o /tmp/sum "
                  f"all-reduce node{cards}")
        guest.push(b"".join(self._bytes(one) for one in self._inputs), "/tmp/x")

    def _bytes(self, numbers: list[int]) -> bytes:
        return struct.pack(f"<{self._size}I", *(number & 0xffffffff for number in numbers))

    def line(self, options: str = "") -> str:
        return f"rm -f /tmp/y; exec groq-run --json /tmp/sum x=/tmp/x -o y=/tmp/y {options}"

    def run(self, options: str = "") -> dict[str, Any]:
        """The report, when each card has the sum of all inputs."""
        ran = self._guest.run(self.line(options), timeout=900)
        wanted = self._bytes([sum(column) for column in zip(*self._inputs, strict=True)])
        assert self._guest.pull("/tmp/y") == wanted * len(self._inputs), ran
        found: dict[str, Any] = json.loads(ran.output)
        return found

    def cycles(self, options: str = "") -> list[int]:
        return [chip["cycles"] for chip in self.run(options)["chips"]]

    def start_for_ever(self, card: int, link: int) -> Command:
        """Runs again and again; returns when vectors have gone by this link."""
        before = count(self._guest, card, link, "sent")
        running = self._guest.start(self.line("--repeat 1000000000 --timeout 600"))
        self._guest.run(f"until [ $(cat {folder(card, link)}/sent) -gt {before} ]; "
                        "do sleep 0.05; done", timeout=SECONDS)
        return running


def failure(running: Command) -> str:
    """What groq-run says of its end: one line."""
    ended = running.wait(SECONDS)
    assert ended.code == EXIT_FAILED and not ended.output, ended
    assert ended.error.startswith("groq-run: the run failed: "), ended
    assert ended.error.count("\n") == 1, ended
    return ended.error


def expect_same_cycles_as_simulated(guest: Guest, total: Sum) -> None:
    simulated = f"-d 'sim:?serial={FIRST_SERIAL:x}'"
    for options in ("", "--repeat 3"):
        here, there = total.cycles(options), total.cycles(f"{simulated} {options}")
        assert here == there, (options, here, there)


@scenario(cards=2, cables=PAIR)
def two_cards_add_up_in_the_cycles_that_are_simulated(guest: Guest) -> None:
    wait_for(guest, "up", *PAIR_ENDS)
    expect_same_cycles_as_simulated(guest, Sum(guest, 2, 20))


@scenario(cards=8, cables=NODE8)
def eight_cards_add_up_in_the_cycles_that_are_simulated(guest: Guest) -> None:
    wait_for(guest, "up", *ENDS)
    expect_same_cycles_as_simulated(guest, Sum(guest, 8, 8))


@scenario(cards=2, cables=(f"{PAIR[0]},uncorrected-at=5",))
def a_link_error_is_told_and_the_run_made_once_more(guest: Guest) -> None:
    wait_for(guest, "up", *PAIR_ENDS)
    total = Sum(guest, 2, 8)
    [why] = total.run()["replays"]
    assert "LINK_ERROR" in why and "chip " in why and "(accel:" in why, why
    assert "; at the other end of link 0 is chip " in why, why
    assert not total.run()["replays"]


@scenario(cards=8, cables=NODE8)
def a_cable_that_is_pulled_in_mid_run_ends_it_and_is_named(guest: Guest) -> None:
    wait_for(guest, "up", *ENDS)
    total, (a, b) = Sum(guest, 8, 8), CABLES[11]
    running = total.start_for_ever(*a)
    pull(guest, 11)
    told = failure(running)
    assert "LINK_DOWN" in told and "; at the other end of link " in told, told
    assert f"no cable leads from {name(a)} (down) to {name(b)} (down)" in told, told
    refused = guest.run(total.line(), check=False)
    assert refused.code == 3 and name(a) in refused.error, refused
    plug(guest, words(a), words(b), 11)
    wait_for(guest, "up", a, b)
    total.run()


@scenario(cards=2, cables=PAIR)
def a_card_that_is_reset_in_mid_run_ends_it(guest: Guest) -> None:
    wait_for(guest, "up", *PAIR_ENDS)
    total = Sum(guest, 2, 8)
    running = total.start_for_ever(*PAIR_ENDS[0])
    guest.run(f"echo 1 >{device(1)}/reset")
    told = failure(running)
    assert "(accel:1)" in told and "not here" not in told, told
    wait_for(guest, "up", *PAIR_ENDS)
    total.run()


@scenario(cards=8, cables=NODE8)
def a_process_that_is_killed_in_mid_run_leaves_the_cards_usable(guest: Guest) -> None:
    wait_for(guest, "up", *ENDS)
    total = Sum(guest, 8, 8)
    for _ in range(3):
        running = total.start_for_ever(0, 0)
        running.kill()
        assert running.wait(SECONDS).code == 128 + 9, running
        total.run()


# A vector, and the notification that it has been sent; it goes by link 1.
SENDER = """
        .text   e.2
        .tensor in, input, i8, 1, 320
        .part   0, 0, 320, e.0[0], 320
        .entry  main
        .queue  mem.e.0
        read    e0, 0
        .queue  c2c.1
        @13     send e0
        @44     transmit
"""

# The notification releases the slice, and the vector is taken when it can write it.
RECEIVER = """
        .text   w.2
        .tensor out, output, i8, 1, 320
        .part   0, 0, 320, w.0[0], 320
        .entry  main
        .queue  mem.w.0
        sync
        @36     write e0, 0
        .queue  c2c.4
        await   4, 1
        @1      notify
        @23     receive e0
"""


# Each waits for the other for ever, after the first has sent a notification.
FIRST_WAITING = """
        .text   e.2
        .entry  main
        .queue  c2c.1
        @44     transmit
        await   1, 1
"""
SECOND_WAITING = """
        .text   e.2
        .entry  main
        .queue  c2c.4
        await   4, 2
"""


def assemble(guest: Guest, source: str) -> None:
    guest.push(source.encode(), "/tmp/half.s")
    guest.run("groq-as -o /tmp/half.groq /tmp/half.s")


@contextmanager
def other_machine(guest: Guest) -> Iterator[Guest]:
    """Its card has the next serial number, and link 4, to which link 1 of the guest's
    leads."""
    words = [word.replace(f"serial={FIRST_SERIAL:#x}", f"serial={FIRST_SERIAL + 1:#x}")
             for word in guest.arguments]
    with tempfile.TemporaryDirectory() as way, Guest(words) as other:
        path = str(Path(way) / "way")
        plug_way(guest, "card0:1", path, server=True, wait=False)
        plug_way(other, "card0:4", path, server=False, **{"reconnect-ms": 100})
        other.run(LOAD_DRIVER, timeout=BOOT_SECONDS)
        wait_for(guest, "up", (0, 1))
        wait_for(other, "up", (0, 4))
        yield other


def pass_on(guest: Guest, other: Guest, data: bytes) -> tuple[int, int]:
    """Runs a half on each machine. Returns the cycles of both."""
    guest.push(data, "/tmp/in")
    receiving = other.start("groq-run --json /tmp/half.groq -o /tmp/out")
    sent = guest.run("groq-run --json /tmp/half.groq /tmp/in", timeout=SECONDS)
    received = receiving.wait(SECONDS)
    assert received.code == 0, received
    assert other.pull("/tmp/out") == data
    return json.loads(sent.output)["cycles"], json.loads(received.output)["cycles"]


@scenario(cards=1)
def halves_of_a_program_run_on_two_machines(guest: Guest) -> None:
    with other_machine(guest) as other:
        assert peer(guest, 0, 1) == end(1, 4) and peer(other, 0, 4) == end(0, 1)
        assemble(guest, SENDER)
        assemble(other, RECEIVER)
        cycles = pass_on(guest, other, bytes(range(160)) * 2)
        for first in range(1, 4):
            assert pass_on(guest, other, bytes(range(first, first + 160)) * 2) == cycles


@scenario(cards=1)
def a_machine_that_is_killed_in_mid_run_is_a_link_that_goes_down(guest: Guest) -> None:
    with other_machine(guest) as other:
        assemble(guest, FIRST_WAITING)
        assemble(other, SECOND_WAITING)
        other.start("groq-run /tmp/half.groq")
        before = count(guest, 0, 1, "sent")
        running = guest.start("groq-run /tmp/half.groq")
        guest.run(f"until [ $(cat {folder(0, 1)}/sent) -gt {before} ]; do sleep 0.05; done",
                  timeout=SECONDS)
        other.close()  # by SIGKILL
        assert re.search("LINK_(DOWN|EMPTY)", failure(running)), running
        wait_for(guest, "down", (0, 1))
        assert peer(guest, 0, 1) == NOBODY
    expect_usable(guest)
