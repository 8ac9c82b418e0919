# SPDX-License-Identifier: MIT
"""Processes that work on a card while a test does things to it."""

from __future__ import annotations

from dataclasses import dataclass

from harness.case import PROGRAMS
from vm.guest import Guest

SECONDS = 120  # against hanging


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


def expect_usable(guest: Guest, card: int = 0) -> None:
    """New jobs are done on this card."""
    Worker(guest, card).end().expect()
