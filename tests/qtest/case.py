# SPDX-License-Identifier: MIT
"""What the tests have in common: a machine with cards, ended cleanly."""

from __future__ import annotations

import os
import unittest
from collections.abc import Sequence

import card
from machine import Machine

QEMU = os.environ.get("GROQ_QEMU", "")


class CardTest(unittest.TestCase):
    """Starts the machine of its class; `cards` are its cards, `card` the first."""

    count = 1
    properties: dict[str, object] = {}
    options: Sequence[str] = ()

    def setUp(self) -> None:
        self.machine = self.start(*self.options)
        self.cards = [card.Card(self.machine, n) for n in range(self.count)]
        self.card = self.cards[0]

    def start(self, *options: str) -> Machine:
        """A machine with these options; QEMU must have ended well by the end."""
        machine = Machine(
            QEMU, [*options, *card.arguments(self.count, **self.properties)])
        self.addCleanup(self._end, machine)
        return machine

    def _end(self, machine: Machine) -> None:
        status = machine.close()
        self.assertEqual(status, 0, f"QEMU's exit status: {machine.output()}")
