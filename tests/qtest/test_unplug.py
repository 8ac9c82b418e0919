# SPDX-License-Identifier: MIT
"""Cards that leave and come while the machine runs, in the midst of work."""

import card
import command_queue as commands
import contract as hw
import long_program
from case import CardTest
from command_queue import DATA, CommandQueue
from machine import TIMEOUT_S

SLOT_CONTROL = 0x18
POWER_INDICATOR_OFF, POWER_OFF = 3 << 8, 1 << 10


class Unplug(CardTest):
    # The root port's own hot-plug, for which no firmware is needed.
    options = ("-global", "ICH9-LPC.acpi-pci-hotplug-with-bridge-support=off")

    def slot_control(self):
        port = card.Card(self.machine, enumerate_bus=False)
        port.config = port.port
        return port, port.capability(card.CAP_EXPRESS) + SLOT_CONTROL

    def unplug(self):
        self.machine.qmp.execute("device_del", id="card0")
        port, control = self.slot_control()
        port.config_write(control, POWER_INDICATOR_OFF | POWER_OFF, 2)
        self.machine.qmp.wait_event("DEVICE_DELETED", TIMEOUT_S)
        self.assertEqual(self.card.config_read(0), 0xFFFFFFFF)

    def plug(self):
        port, control = self.slot_control()
        port.config_write(control, 0, 2)
        self.machine.qmp.execute("device_add", driver="groq-lpu", id="card0",
                                 bus="port0", **self.properties)
        return card.Card(self.machine)

    def test_idle(self):
        self.unplug()

    def test_during_copies(self):
        queue = CommandQueue(self.card)
        queue.submit(*(commands.copy_out(DATA, 0, 4 << 20) for _ in range(15)))
        self.unplug()

    def test_during_a_program(self):
        queue = CommandQueue(self.card)
        queue.submit(long_program.load_endless(self.card))
        self.unplug()

    def test_comes_back(self):
        for cookie in range(3):
            self.unplug()
            self.card = self.plug()
            queue = CommandQueue(self.card)
            [completion] = queue.execute(commands.nop(cookie=cookie))
            self.assertEqual(completion.cookie, cookie)


class DeterministicUnplug(Unplug):
    """With engines on the guest's clock, which goes on without the card."""

    properties = {"deterministic": True}

    def unplug(self):
        super().unplug()
        self.machine.step_clock(1_000_000)
