# SPDX-License-Identifier: MIT
"""deterministic=on: nothing happens but on the guest's clock."""

import command_queue as commands
import contract as hw
import long_program
from case import CardTest
from command_queue import DATA, CommandQueue

TICK_NS = 10000


class Deterministic(CardTest):
    properties = {"deterministic": True}

    def test_nothing_without_time(self):
        queue = CommandQueue(self.card)
        queue.submit(commands.nop())
        self.assertIsNone(queue.poll())
        self.machine.step_clock(TICK_NS - 1)
        self.assertIsNone(queue.poll())
        self.machine.step_clock(1)
        self.assertEqual(queue.poll().status, hw.GROQ_COMPLETION_OK)

    def test_copies_take_time(self):
        """A Gen4 x16 link moves some 31 GB/s: 1 MiB takes over 30 us."""
        queue = CommandQueue(self.card)
        queue.submit(commands.copy_in(DATA, 0, 1 << 20))
        self.machine.step_clock(3 * TICK_NS)
        self.assertIsNone(queue.poll())
        self.machine.step_clock(2 * TICK_NS)
        self.assertEqual(queue.poll().result, 1 << 20)

    def history(self):
        """What a fixed sequence of commands leaves behind, times included."""
        machine = self.start()
        device = type(self.card)(machine)
        queue = CommandQueue(device)
        program = long_program.load(device, 100, 16)
        queue.submit(commands.copy_in(DATA, 1 << 20, 300_000), program,
                     commands.nop(), commands.copy_in(DATA, 1 << 20, 5000))
        found = []
        for step in range(60):
            machine.step_clock(1000 + 777 * step)
            completion = queue.poll()
            if completion:
                found.append((step, bytes(completion)))
        self.assertEqual(len(found), 4)
        return found, device.read(hw.GROQ_TIME, 8)

    def test_two_runs_are_one(self):
        self.assertEqual(self.history(), self.history())

    def test_reset_takes_effect_on_the_clock(self):
        queue = CommandQueue(self.card)
        queue.submit(long_program.load_endless(self.card))
        self.machine.step_clock(4 * TICK_NS)
        self.assertTrue(self.card.read(hw.GROQ_STATUS) & hw.GROQ_STATUS_RUNNING)
        self.card.start_flr()
        self.card.place_bars()
        self.machine.step_clock(TICK_NS)
        self.assertEqual(self.card.read(hw.GROQ_STATUS),
                         hw.GROQ_STATUS_READY | hw.GROQ_STATUS_CONTROLLER)
        self.assertIsNone(queue.poll())
