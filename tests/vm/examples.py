# SPDX-License-Identifier: MIT
"""The examples: programs of examples/ on a card (those in Python: python.py), and the
scripts of vm/examples, as docs/driver-testing.md has them run."""

from __future__ import annotations

import re
from pathlib import Path

from harness.case import PROGRAMS, scenario
from vm.examples import failing_card
from vm.guest import Guest

SOURCE = Path(__file__).resolve().parents[2] / "examples"

AER = (r"PCIe Bus Error: severity=Correctable", r"device \[1de0:0000\] error", r"RxErr")


def assemble(guest: Guest, name: str) -> str:
    """The program file made of an example's text, in the guest."""
    guest.push((SOURCE / f"{name}.s").read_bytes(), f"/tmp/{name}.s")
    guest.run(f"groq-as -o /tmp/{name}.groq /tmp/{name}.s")
    return f"/tmp/{name}.groq"


@scenario(cards=1)
def hello(guest: Guest) -> None:
    add = assemble(guest, "add")
    for program in ("hello", "hello_c"):
        told = guest.run(f"{PROGRAMS}/{program} {add} accel:0", user="user").output
        assert re.fullmatch(r"42, in \d+ cycles\n", told), told


@scenario(cards=1)
def processes(guest: Guest) -> None:
    programs = [assemble(guest, name) for name in ("add", "max")]
    told = guest.run(f"{PROGRAMS}/processes accel:0 {' '.join(programs)}", user="user",
                     timeout=900).output
    for program in programs:
        assert re.search(rf"^\d+: {program}: 100 runs, \d+ cycles", told, re.M), told


# A kernel without ASPM does not ask the firmware for AER.
@scenario(cards=1, one_thread=True, kernel_options=("pcie_ports=native",),
          expected_log=(r"a sensor crossed its limit", *AER))
def a_failing_card(guest: Guest) -> None:
    failing_card.check(guest)
