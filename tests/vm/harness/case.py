# SPDX-License-Identifier: MIT
"""What a VM test is, and how the files beside `run` declare them.

    program("submit", cards=1)            # /usr/lib/groq/tests/submit in the guest

    @scenario(driver=False)
    def driver_loads_and_unloads(guest):  # anything, also from outside the guest
        guest.run("modprobe groq && rmmod groq")
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Any

from vm.agent import CommandFailed
from vm.guest import COMMAND_SECONDS, Guest
from vm.machine import Machine

Body = Callable[[Guest], None]
PROGRAMS = "/usr/lib/groq/tests"
SKIPPED = 77  # exit status of a program that cannot test here; its last line is why


class Skip(Exception):
    """Raised by a test that cannot run here; its text says why."""


@dataclass(frozen=True)
class Case:
    """One test. It passes if `body` returns and the kernel log is clean."""

    name: str
    body: Body
    machine: Machine
    driver: bool  # whether groq.ko is loaded before `body` starts
    expected_log: tuple[str, ...]  # patterns of complaints that it provokes

    def within(self, group: str) -> Case:
        return replace(self, name=f"{group}/{self.name}")


CASES: list[Case] = []


def scenario(*, driver: bool = True, expected_log: tuple[str, ...] = (),
             **machine: Any) -> Callable[[Body], Body]:
    """Declares the function as a test; `machine` are fields of Machine."""
    def declare(body: Body) -> Body:
        CASES.append(Case(body.__name__, body, Machine(**machine), driver, expected_log))
        return body
    return declare


def program(name: str, arguments: str = "", *, label: str = "", user: str | None = None,
            code: int = 0, timeout: float = COMMAND_SECONDS, driver: bool = True,
            expected_log: tuple[str, ...] = (), **machine: Any) -> None:
    """Declares a test that runs a program of tests/vm in the guest and expects it
    to exit with `code`; it is called `label`, or else like the program."""
    line = f"{PROGRAMS}/{name} {arguments}".rstrip()

    def body(guest: Guest) -> None:
        result = guest.run(line, user=user, timeout=timeout, check=False)
        if result.code == SKIPPED and code != SKIPPED:
            raise Skip((result.error or result.output).strip().rpartition("\n")[2])
        if result.code != code:
            raise CommandFailed(f"exit {result.code}, not {code}: {line}\n"
                                f"{result.output}{result.error}")

    CASES.append(Case(label or name, body, Machine(**machine), driver, expected_log))
