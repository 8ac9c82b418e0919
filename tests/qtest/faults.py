# SPDX-License-Identifier: MIT
"""What the tests of faults on demand have in common: docs/driver-testing.md."""

from __future__ import annotations

import card
import command_queue as commands
import contract as hw
from case import CardTest
from command_queue import CommandQueue
from vm.qmp import QmpError

ALL_ONES = 0xFFFFFFFF
LINK_ACTIVE = 1 << 13  # of Link Status
PORT_MSIX = 0xC8000000
PORT_MESSAGE = 0x11000


class Port(card.Card):
    """The root port above a card, in the same terms."""

    def __init__(self, of):
        super().__init__(of.machine, enumerate_bus=False)
        self.config = of.port
        self.express = self.capability(card.CAP_EXPRESS)
        self.aer = self.extended_capability(card.EXTENDED_AER)

    def enable_interrupts(self):
        """All of its vectors become writes to PORT_MESSAGE."""
        self.config_write(card.BAR, PORT_MSIX)
        self.config_write(card.COMMAND, 6, 2)
        for vector in range(2):
            for n, word in enumerate((PORT_MESSAGE, 0, 0xE0 + vector, 0)):
                self.machine.write(PORT_MSIX + 16 * vector + 4 * n, 4, word)
        self.msix_control(card.MSIX_ENABLE)

    def interrupted(self):
        came = self.machine.read(PORT_MESSAGE, 4) != 0
        self.machine.write(PORT_MESSAGE, 4, 0)
        return came


class FaultTest(CardTest):
    """Sets properties of card0."""

    def set(self, name: str, value: object) -> None:
        self.machine.qmp.execute("qom-set", path="/machine/peripheral/card0",
                                 property=name, value=value)

    def get(self, name: str) -> object:
        return self.machine.qmp.execute(
            "qom-get", path="/machine/peripheral/card0", property=name)

    def refused(self, name: str, value: object) -> str:
        """The complaint about a @value that changes nothing."""
        before = self.get(name)
        with self.assertRaises(QmpError) as caught:
            self.set(name, value)
        self.assertEqual(self.get(name), before)
        return str(caught.exception)

    def check_works(self) -> None:
        """As a card does that nothing is wrong with."""
        self.card.place_bars()
        self.card.wait_status(ALL_ONES, hw.GROQ_STATUS_READY
                              | hw.GROQ_STATUS_CONTROLLER)
        queue = CommandQueue(self.card, 31)
        found = queue.execute(commands.nop(cookie=1), commands.fill(0, 64, 7))
        self.assertEqual([c.status for c in found],
                         2 * [hw.GROQ_COMPLETION_OK])
        queue.disable()
