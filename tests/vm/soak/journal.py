# SPDX-License-Identifier: MIT
"""What was done to the cards, and whether what went wrong may have come of it.

Times are seconds of the guest's monotonic clock.
"""

from __future__ import annotations

import re
from collections import Counter
from dataclasses import dataclass, field

from harness.kernel_log import complaints

# The clocks of host and guest are compared over a channel that takes its time.
SLACK = 2.0
LOG_TIME = re.compile(r"\[ *(\d+\.\d+)\]")


class Failed(Exception):
    """The soak has found something."""


@dataclass
class Trouble:
    """Something done to a card, from when it was begun until, after it was done, each
    of its workers was seen to do jobs; `errors` and `log` are what may come of it."""

    kind: str
    card: int
    began: float
    errors: frozenset[str]
    log: tuple[str, ...]
    tail: float = 0.0
    acted: float | None = None
    ended: float | None = None

    def covers(self, began: float, ended: float) -> bool:
        return self.began - SLACK <= ended and (
            self.ended is None or began <= self.ended + self.tail + SLACK)


@dataclass
class Journal:
    troubles: list[Trouble] = field(default_factory=list)
    errors: Counter[str] = field(default_factory=Counter)
    announced: Counter[str] = field(default_factory=Counter)

    def begin(self, trouble: Trouble) -> Trouble:
        self.troubles.append(trouble)
        return trouble

    def pending(self, card: int) -> list[Trouble]:
        return [t for t in self.troubles if t.card == card and t.ended is None]

    def counts(self) -> Counter[str]:
        return Counter(trouble.kind for trouble in self.troubles)

    def error(self, card: int, name: str, began: float, ended: float, what: str) -> None:
        """An error that a worker met; Failed if nothing explains it."""
        if not any(t.card == card and name in t.errors and t.covers(began, ended)
                   for t in self.troubles):
            raise Failed(f"card {card}: error {name!r} from {began:.2f} to {ended:.2f} that "
                         f"nothing can have caused: {what}\n{self.last(card)}")
        self.errors[name] += 1

    def log(self, raw_lines: list[str]) -> None:
        """New lines of the kernel log; Failed at a complaint that nothing explains."""
        found = complaints(raw_lines)
        unexplained = [line for line in found if not self._explained(line)]
        if unexplained:
            last = "\n".join(self.last(card) for card in sorted({t.card for t in self.troubles}))
            raise Failed("the kernel complained:\n" + "\n".join(unexplained) + "\n" + last)
        self.announced.update(LOG_TIME.sub("", line).strip() for line in found)

    def last(self, card: int) -> str:
        """The latest troubles of a card, for messages."""
        return "\n".join(
            f"card {card}: {t.kind} from {t.began:.2f} to "
            f"{'now' if t.ended is None else f'{t.ended:.2f}'}"
            for t in [t for t in self.troubles if t.card == card][-5:])

    def _explained(self, line: str) -> bool:
        time = LOG_TIME.search(line)
        at = float(time[1]) if time else 0.0
        return any(t.covers(at, at) and any(re.search(p, line) for p in t.log)
                   for t in self.troubles)
