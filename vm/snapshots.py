# SPDX-License-Identifier: MIT
"""Booted guests kept in files, so that each test starts with a fresh one at once."""

from __future__ import annotations

import hashlib
import os
import threading
from pathlib import Path

from vm.guest import Guest
from vm.machine import Image, Machine

KEPT = 8  # files, the most recently used


class Snapshots:
    """Thread-safe. Each distinct machine and preparation is booted once."""

    def __init__(self, image: Image, accelerator: str, folder: Path) -> None:
        self._image = image
        self._accelerator = accelerator
        self._folder = folder
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
            os.utime(snapshot)
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
        with self._boot(machine, prepare) as guest:
            guest.save(part)
        part.replace(snapshot)
        newest_first = sorted(self._folder.glob("*.snapshot"), reverse=True,
                              key=lambda path: path.stat().st_mtime)
        for old in newest_first[KEPT:]:
            old.unlink()

    def _path(self, machine: Machine, prepare: str) -> Path:
        arguments = machine.arguments(self._image, self._accelerator)
        text = "\0".join([self._image.key(), *arguments, prepare])
        return self._folder / f"{hashlib.sha256(text.encode()).hexdigest()[:16]}.snapshot"
