# SPDX-License-Identifier: MIT
"""A machine with cards, workers on them, and an eye on all of it."""

from __future__ import annotations

import random
import re
import time
from collections import Counter
from pathlib import Path

from harness.leaks import find_leaks
from soak.faults import DEVICES, FAULTS, Fault
from soak.journal import SLACK, Failed, Journal, Trouble
from soak.worker import Worker
from vm.guest import LOAD_DRIVER, Guest
from vm.machine import FIRST_SERIAL, Image, Machine

CARDS = 2
# Deadlines against hanging, not expectations.
PROGRESS_SECONDS = 240.0
TIMEOUT_MS = 3000  # after which the driver takes a command for hung
LISTEN_SECONDS = 0.2
DIAGNOSIS = ("cat /sys/kernel/debug/accel/*/queues; echo w >/proc/sysrq-trigger; "
             "echo l >/proc/sysrq-trigger; dmesg | tail -300")


class Rig:
    def __init__(self, image: Image, accelerator: str, workers: int, seed: int,
                 log: Path) -> None:
        self._log = log.open("w")
        self.journal = Journal()
        self.machine = Machine(cards=CARDS, one_thread=True, memory_mib=2048)
        self.guest = Guest.boot(image, self.machine, accelerator)
        self._take_log()  # what the kernel says about itself is not ours
        self.guest.run(LOAD_DRIVER)
        self.guest.run(f"echo {TIMEOUT_MS} >/sys/module/groq/parameters/timeout_ms")
        self._clock = self._compare_clocks()
        self.idle = [self._usage(card) for card in range(CARDS)]
        self.properties = {p["name"] for p in self.guest.qmp.execute(
            "qom-list", path="/machine/peripheral/card0")}
        self.workers = [
            Worker(self.guest, self.journal, number=number, card=number % CARDS,
                   address=self.address(number % CARDS), slot=number // CARDS,
                   seed=seed + number)
            for number in range(workers)]

    @staticmethod
    def address(card: int) -> str:
        return f"0000:{card + 1:02x}:00.0"

    @staticmethod
    def serial(card: int) -> int:
        return FIRST_SERIAL + card

    def now(self) -> float:
        """The guest's monotonic time."""
        return time.monotonic() - self._clock

    def faults(self) -> list[Fault]:
        """Those that this machine can have."""
        return [f for f in FAULTS if not f.needs or f.needs in self.properties]

    def missing(self) -> list[str]:
        known = {fault.name for fault in self.faults()}
        return sorted(fault.name for fault in FAULTS if fault.name not in known)

    def set(self, card: int, name: str, value: object) -> None:
        """Sets a property of the emulated card."""
        self.guest.qmp.execute("qom-set", path=f"/machine/peripheral/card{card}",
                               property=name, value=value)

    def trouble(self, fault: Fault, card: int, chance: random.Random) -> None:
        begun = self.journal.begin(Trouble(fault.name, card, self.now(),
                                           frozenset(fault.errors), fault.log, fault.tail))
        fault.act(self, card, chance)
        begun.acted = self.now() + fault.lasts

    def listen(self, seconds: float) -> None:
        """Takes in what workers say, and judges it."""
        end = time.monotonic() + seconds
        while True:
            self.guest.run(f"sleep {LISTEN_SECONDS}")
            self._look()
            if time.monotonic() >= end:
                return

    def check_log(self) -> None:
        self.journal.log(self._take_log())

    def recover(self) -> None:
        """Until all that was done to the cards is over."""
        while any(self.journal.pending(card) for card in range(CARDS)):
            self.listen(1)

    def counts(self) -> Counter[str]:
        return sum((worker.counts for worker in self.workers), Counter())

    def finish(self) -> None:
        """Ends the workers; then nothing may be left of them."""
        for worker in self.workers:
            worker.end()
        for worker in self.workers:
            worker.wait()
        for card in range(CARDS):
            if (usage := self._usage(card)) != self.idle[card]:
                raise Failed(f"card {card}: left behind: {usage}, not {self.idle[card]}")
        self.guest.run("rmmod groq")
        if leaks := find_leaks(self.guest):
            raise Failed("memory was lost:\n" + "\n".join(leaks[:20]))
        self._check_locks()
        self.check_log()

    def diagnose(self) -> str:
        """What can be learned about a guest in which something hangs."""
        try:
            text = self.guest.run(DIAGNOSIS, check=False).output
        except Exception as error:  # it may be in any state
            text = str(error)
        self._log.write(text)
        self._log.flush()
        return text

    def close(self) -> None:
        self.guest.close()
        self._log.close()

    def _take_log(self) -> list[str]:
        text = self.guest.run("dmesg -c -r").output
        self._log.write(text)
        self._log.flush()
        return text.splitlines()

    def _look(self) -> None:
        for worker in self.workers:
            worker.check()
            if time.monotonic() - worker.seen > PROGRESS_SECONDS:
                raise Failed(f"worker {worker.number} has done nothing for "
                             f"{PROGRESS_SECONDS:.0f} s\n{self.journal.last(worker.card)}")
        for card in range(CARDS):
            for trouble in self.journal.pending(card):
                self._end_if_recovered(trouble)

    def _end_if_recovered(self, trouble: Trouble) -> None:
        done = [w.done_at for w in self.workers if w.card == trouble.card]
        if trouble.acted is not None and min(done) > trouble.acted + SLACK:
            trouble.ended = max(done)

    def _usage(self, card: int) -> dict[str, str]:
        folder = f"{DEVICES}/{self.address(card)}"
        names = ["sram_used", "queues_used", "holders"]
        return {name: self.guest.run(f"cat {folder}/{name}").output.strip() for name in names}

    def _check_locks(self) -> None:
        stats = self.guest.run("cat /proc/lockdep_stats", check=False).output
        if "debug_locks" in stats and not re.search(r"debug_locks: +1$", stats, re.M):
            raise Failed("lockdep has given up")

    def _compare_clocks(self) -> float:
        before = time.monotonic()
        uptime = float(self.guest.run("cat /proc/uptime").output.split()[0])
        return (before + time.monotonic()) / 2 - uptime
