# SPDX-License-Identifier: MIT
"""Booted guests kept in files, so that each test starts with a fresh one at once."""

from __future__ import annotations

import hashlib
import os
import threading
from pathlib import Path

from vm.agent import CommandFailed, GuestGone
from vm.guest import Guest
from vm.machine import Image, Machine

# All that is restored from a file hangs, sooner or later, if a processor of the guest in
# it gets no timer interrupts any more, as without qemu-tlb-sections.patch. A sleep on
# every processor shows it.
SLEEPS = "for cpu in $(seq 0 $(($(nproc) - 1))); do taskset -c $cpu sleep 0.1; done"
SLEEPS_SECONDS = 60
ATTEMPTS = 3


class Snapshots:
    """Thread-safe. Each distinct machine and preparation is booted once."""

    def __init__(self, image: Image, accelerator: str, folder: Path) -> None:
        self._image = image
        self._accelerator = accelerator
        self._folder = folder
        self._prefix = image.key()[:16]
        self._lock = threading.Lock()
        folder.mkdir(parents=True, exist_ok=True)

    def start(self, machine: Machine, prepare: str) -> Guest:
        """A fresh guest in which the shell line `prepare` has run."""
        if not machine.migratable:
            return self._boot(machine, prepare)
        with self._lock:
            snapshot = self._path(machine, prepare)
            if not snapshot.exists():
                self._take(machine, prepare, snapshot)
        return Guest.restore(self._image, machine, self._accelerator, snapshot)

    def _boot(self, machine: Machine, prepare: str) -> Guest:
        guest = Guest.boot(self._image, machine, self._accelerator)
        try:
            guest.run(prepare)
        except BaseException:
            guest.close()
            raise
        return guest

    def _take(self, machine: Machine, prepare: str, snapshot: Path) -> None:
        part = snapshot.with_suffix(f".{os.getpid()}.part")
        for _ in range(ATTEMPTS):
            with self._boot(machine, prepare) as guest:
                guest.save(part)
            if self._is_alive(machine, part):
                break
        else:
            part.unlink()
            raise RuntimeError(f"{ATTEMPTS} guests in a row had a processor without timer "
                               "interrupts when they were restored")
        part.replace(snapshot)
        for path in self._folder.iterdir():
            if not path.name.startswith(self._prefix):
                path.unlink()  # of an image that is no more

    def _is_alive(self, machine: Machine, snapshot: Path) -> bool:
        with Guest.restore(self._image, machine, self._accelerator, snapshot) as guest:
            try:
                guest.run(SLEEPS, timeout=SLEEPS_SECONDS)
            except (CommandFailed, GuestGone, TimeoutError):
                return False
        return True

    def _path(self, machine: Machine, prepare: str) -> Path:
        arguments = machine.arguments(self._image, self._accelerator)
        key = hashlib.sha256("\0".join([*arguments, prepare]).encode()).hexdigest()
        return self._folder / f"{self._prefix}-{key[:16]}.snapshot"
