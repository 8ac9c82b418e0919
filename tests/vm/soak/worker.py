# SPDX-License-Identifier: MIT
"""A process in the guest that works on a card; journal.hpp says what it prints."""

from __future__ import annotations

import time
from collections import Counter

from harness.case import PROGRAMS
from soak.journal import Failed, Journal
from vm.agent import Command
from vm.guest import Guest

NO_JOBS = ("bytes", "no_room", "session", "shared_image", "abandoned")
KILLED = 128 + 9
END_SECONDS = 240.0


def jobs(counts: Counter[str]) -> Counter[str]:
    """Those that were done, by kind."""
    return Counter({kind: count for kind, count in counts.items() if kind not in NO_JOBS})


class Worker:
    """One after the other, in one place: a killed one is followed by the next."""

    def __init__(self, guest: Guest, journal: Journal, *, number: int, card: int,
                 address: str, slot: int, seed: int) -> None:
        self.number = number
        self.card = card
        self._guest = guest
        self._journal = journal
        self._arguments = f"{address} {slot}"
        self._seed = seed
        self._lives = 0
        self._before: Counter[str] = Counter()  # done by those that were killed
        self._done: Counter[str] = Counter()
        self._rest = b""
        self.start()

    def start(self) -> None:
        seed = self._seed + 1000 * self._lives
        self._lives += 1
        self._rest = b""
        self._command: Command = self._guest.start(
            f"exec {PROGRAMS}/soak_worker {self._arguments} {seed}", on_output=self._take)
        self.seen = time.monotonic()  # when it last told of more done
        self.done_at = 0.0  # the guest's time of that

    @property
    def counts(self) -> Counter[str]:
        return self._before + self._done

    @property
    def jobs(self) -> int:
        return jobs(self.counts).total()

    def kill(self) -> None:
        self._command.kill()
        code = self._command.wait(END_SECONDS).code
        if code != KILLED:
            raise Failed(f"worker {self.number} ended with {code}, not killed")
        self._before = self.counts
        self._done = Counter()

    def end(self) -> None:
        """Tells it to end; `wait` waits for that."""
        self._command.close_input()

    def wait(self) -> None:
        code = self._command.wait(END_SECONDS).code
        if code != 0:
            raise Failed(f"worker {self.number} ended with {code}")

    def check(self) -> None:
        if self._command.code is not None:
            raise Failed(f"worker {self.number} ended by itself with {self._command.code}: "
                         f"{self._command.error.decode(errors='replace')}")

    def _take(self, data: bytes) -> None:
        *lines, self._rest = (self._rest + data).split(b"\n")
        for line in lines:
            self._line(line.decode(errors="replace"))

    def _line(self, line: str) -> None:
        word, _, rest = line.partition(" ")
        if word == "did":
            self._did(*rest.split())
        elif word == "error":
            name, began, ended, what = rest.split(" ", 3)
            self._journal.error(self.card, name, int(began) / 1000, int(ended) / 1000,
                                f"worker {self.number}: {what}")
        else:
            raise Failed(f"worker {self.number} on card {self.card}: {line}")

    def _did(self, at: str, *counts: str) -> None:
        before = self.jobs
        self._done = Counter({name: int(count) for name, count in
                              (item.split("=") for item in counts)})
        if self.jobs != before:
            self.seen = time.monotonic()
            self.done_at = int(at) / 1000
