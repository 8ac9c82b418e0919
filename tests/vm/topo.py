# SPDX-License-Identifier: MIT
"""A node of eight cards: groq-smi says who is wired to whom, and which cable is not."""

from __future__ import annotations

import json
from typing import Any

from harness.cabling import SECONDS, attribute, plug, pull, serial, wait_for, wait_for_log
from harness.case import scenario
from harness.node import CABLES, CARDS, ENDS, NODE8, End, name, peer, words
from vm.guest import Guest

RIGHT, UNHEALTHY, MISWIRED = 0, 5, 6


def topo(guest: Guest, arguments: str = "", *, code: int = RIGHT) -> str:
    ran = guest.run(f"groq-smi topo {arguments}", user="guest", check=False)
    assert ran.code == code and not ran.error, ran
    return ran.output


def report(guest: Guest, *, code: int) -> dict[str, Any]:
    found: dict[str, Any] = json.loads(topo(guest, "--json --expect node8", code=code))
    return found


def matrix(text: str) -> dict[str, dict[str, str]]:
    """Row by row, the cells by their columns."""
    lines = text.split("\n\n")[1].splitlines()
    heading = lines[0].split()
    rows = [line.split() for line in lines[1:]]
    return {row[0]: dict(zip(heading, row[1:], strict=True)) for row in rows}


def expected_matrix(cables: list[tuple[End, End]]) -> dict[str, dict[str, str]]:
    ends = sorted([*cables, *((b, a) for a, b in cables)])
    rows = {}
    for row in range(CARDS):
        cells = {f"accel:{column}": ",".join(f"{a[1]}-{b[1]}" for a, b in ends
                                             if (a[0], b[0]) == (row, column)) or "."
                 for column in range(CARDS)}
        rows[f"accel:{row}"] = cells | {f"accel:{row}": "X", "SERIAL": serial(row)}
    return rows


def expect_matrix(guest: Guest, cables: list[tuple[End, End]], code: int) -> str:
    text = topo(guest, "--expect node8", code=code)
    seen = matrix(text)
    for row in seen.values():
        del row["NUMA"]
    assert seen == expected_matrix(cables), text
    return text


def wait_for_node(guest: Guest) -> None:
    guest.run(f"until groq-smi topo --expect node8 >/tmp/seen; do sleep 0.2; done; "
              f"[ $(ls -d /sys/class/accel/accel* | wc -l) = {CARDS} ]", timeout=SECONDS)


def is_as_cabled(seen: dict[str, Any], cables: list[tuple[End, End]]) -> bool:
    found = [tuple((end["card"], end["link"]) for end in cable) for cable in seen["cables"]]
    return found == sorted(tuple((f"accel:{card}", link) for card, link in cable)
                           for cable in cables)


@scenario(cards=CARDS, cables=NODE8)
def a_node_shows_how_it_is_wired(guest: Guest) -> None:
    wait_for_node(guest)
    text = expect_matrix(guest, CABLES, RIGHT)
    assert "8 cards, 28 cables" in text, text
    order = " ".join(f"accel:{card}" for card in range(CARDS))
    assert f"wired like node8; its cards, in order: {order}\n" in text, text
    seen = report(guest, code=RIGHT)
    assert is_as_cabled(seen, CABLES), seen["cables"]
    assert seen["expected"]["is_right"] and not seen["expected"]["faults"], seen
    for card in seen["cards"]:
        assert [link["state"] for link in card["links"][:7]] == ["up"] * 7, card
    told = guest.run("dmesg").output
    for card, link in ENDS:
        there, number = peer(card, link)
        assert f"link {link}: up, to link {number} of card {serial(there)}" in told, told
        assert seen["cards"][card]["links"][link]["peer"] == {
            "card": f"accel:{there}", "serial": serial(there), "link": number}, (card, link)


@scenario(cards=CARDS, cables=NODE8)
def a_cable_that_is_pulled_is_named(guest: Guest) -> None:
    wait_for_node(guest)
    number = 17
    a, b = CABLES[number]
    others = [cable for cable in CABLES if cable != (a, b)]
    downs = int(attribute(guest, *a, "downs"))
    pull(guest, number)
    wait_for(guest, "down", a, b)
    fault = (f"no cable leads from {name(a)} (down) to {name(b)} (down): plug it in at both "
             "ends, or enable the links")
    text = expect_matrix(guest, others, MISWIRED)
    assert f"NOT wired like node8:\n{fault}\n" in text, text
    seen = report(guest, code=MISWIRED)
    assert seen["expected"]["faults"] == [fault] and not seen["expected"]["is_right"], seen
    assert is_as_cabled(seen, others), seen["cables"]
    for card, link in (a, b):
        told = seen["cards"][card]
        assert told["serial"] == serial(card), told
        assert told["links"][link]["state"] == "down", told
        assert told["links"][link]["peer"] is None, told
        state = next(line.split() for line in topo(guest, "--links").splitlines()
                     if line.startswith(name((card, link)) + " "))
        assert state[3] == "down", state
    assert seen["cards"][a[0]]["links"][a[1]]["downs"] == downs + 1, seen["cards"][a[0]]
    doctor = guest.run("groq-smi doctor", check=False)
    assert doctor.code == UNHEALTHY, doctor
    for card, link in (a, b):
        assert f"BAD   accel:{card} links: link {link} has gone down" in doctor.output, doctor
    wait_for_log(guest, f"link {a[1]}: down, was to link {b[1]} of card {serial(b[0])}")
    wait_for_log(guest, f"link {b[1]}: down, was to link {a[1]} of card {serial(a[0])}")
    plug(guest, words(a), words(b), number)
    wait_for_node(guest)
    expect_matrix(guest, CABLES, RIGHT)


@scenario(cards=CARDS, cables=NODE8)
def cables_that_are_swapped_are_named(guest: Guest) -> None:
    wait_for_node(guest)
    (a, b), (c, d) = CABLES[3], CABLES[20]
    for number in (3, 20):
        pull(guest, number)
    plug(guest, words(a), words(d), 3)
    plug(guest, words(c), words(b), 20)
    wait_for(guest, "up", a, b, c, d)
    wired = [cable for cable in CABLES if cable not in ((a, b), (c, d))]
    text = expect_matrix(guest, [*wired, (a, d), (c, b)], MISWIRED)
    fault = (f"{name(a)} should lead to {name(b)}, but leads to {name(d)}: swap the plugs in "
             f"{name(b)} and {name(d)}")
    assert text.endswith(f"NOT wired like node8:\n{fault}\n"), text
    assert report(guest, code=MISWIRED)["expected"]["faults"] == [fault]
