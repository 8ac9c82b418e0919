# SPDX-License-Identifier: MIT
"""FLR, CONTROL.RESET and the machine's reset: docs/hardware.md section 13."""

import card
import command_queue as commands
import contract as hw
import long_program
from case import CardTest
from command_queue import COMPLETION_BYTES, DATA, CommandQueue


class Reset(CardTest):
    def check_reset_values(self):
        self.assertEqual(self.card.read(hw.GROQ_STATUS),
                         hw.GROQ_STATUS_READY | hw.GROQ_STATUS_CONTROLLER)
        self.assertEqual(self.card.read(hw.GROQ_SCRATCH), 0)
        self.assertEqual(self.card.read(hw.GROQ_INTR_ENABLE), 0)
        page = hw.GROQ_QUEUE(0)
        for offset in range(0, 0x200, 4):
            self.assertEqual(self.card.read(page + offset), 0, hex(offset))

    def dirty(self):
        """A card in use; returns its queue."""
        self.card.write(hw.GROQ_SCRATCH, 0x55AA)
        self.card.write(hw.GROQ_INTR_ENABLE, hw.GROQ_INTR_ALL)
        self.card.sram_write(320, b"kept")
        queue = CommandQueue(self.card)
        queue.execute(commands.nop())
        return queue

    def test_flr(self):
        self.dirty()
        self.card.enable_interrupts()
        self.card.start_flr()
        self.assertEqual(self.card.config_read(card.COMMAND, 2), 0)
        self.card.place_bars()
        self.card.wait_ready()
        self.check_reset_values()
        self.assertEqual(self.card.sram_read(320, 4), b"kept")
        msix = self.card.capability(card.CAP_MSIX)
        self.assertEqual(
            self.card.config_read(msix + card.MSIX_CONTROL, 2)
            & card.MSIX_ENABLE, 0)

    def test_link_after_flr(self):
        self.card.flr()
        express = self.card.capability(card.CAP_EXPRESS)
        link = self.card.config_read(express + card.LINK_STATUS, 2)
        self.assertEqual(link & 0x3FF, 16 << 4 | 4)

    def test_control_reset(self):
        self.dirty()
        self.card.write(hw.GROQ_CONTROL, hw.GROQ_CONTROL_RESET)
        self.card.wait_ready()
        self.check_reset_values()
        self.assertEqual(self.card.sram_read(320, 4), b"kept")

    def test_machine_reset(self):
        self.dirty()
        self.machine.qmp.execute("system_reset")
        self.machine.qmp.wait_event("RESET", 60)
        self.card = card.Card(self.machine)
        self.card.wait_ready()
        self.check_reset_values()

    def test_counters_survive(self):
        queue = self.dirty()
        queue.execute(commands.copy_in(DATA, 0, 1000))
        self.card.flr()
        self.assertEqual(self.card.read(hw.GROQ_BYTES_IN, 8), 1000)

    def test_works_again_at_once(self):
        for cookie in range(50):
            queue = CommandQueue(self.card)
            [completion] = queue.execute(commands.nop(cookie=cookie))
            self.assertEqual(completion.cookie, cookie)
            self.card.flr()


class ResetInTheMiddle(CardTest):
    """Whatever the chip was doing, nothing of it is seen after the reset."""

    BLOCK = 1 << 20

    def start_copies(self, queue):
        """Fifteen copies of a pattern that no RAM holds yet."""
        queue.execute(commands.fill(0, self.BLOCK, 0xC0FFEE00))
        queue.submit(*(commands.copy_out(DATA, 0, self.BLOCK)
                       for _ in range(15)))

    def check_silence(self, queue):
        """From the return of the FLR on, host memory keeps what we write."""
        self.machine.commands(self.card.flr_command(),
                              f"memset {DATA:#x} {self.BLOCK:#x} 0x11")
        rings = self.machine.read_bytes(queue.cq, 16 * COMPLETION_BYTES)
        self.card.interrupts()
        self.card.place_bars()
        self.card.wait_ready()
        self.assertEqual(self.machine.read_bytes(DATA, self.BLOCK),
                         b"\x11" * self.BLOCK)
        self.assertEqual(self.machine.read_bytes(queue.cq, len(rings)), rings)
        self.assertEqual(self.card.interrupts(), [])

    def test_flr_during_copies(self):
        for _ in range(20):
            queue = CommandQueue(self.card)
            self.card.enable_interrupts()
            self.start_copies(queue)
            self.check_silence(queue)

    def test_bus_mastering_off_during_copies(self):
        queue = CommandQueue(self.card)
        self.start_copies(queue)
        self.card.config_write(card.COMMAND, card.COMMAND_MEMORY, 2)
        self.machine.wait_for(lambda: queue.error() in (hw.GROQ_QUEUE_ERROR_POST,
                                           hw.GROQ_QUEUE_ERROR_FETCH)
                 or queue.register(hw.GROQ_QUEUE_CQ_TAIL) == queue.tail,
                 "the queue to notice")
        self.card.flr()
        [completion] = CommandQueue(self.card).execute(commands.nop())
        self.assertEqual(completion.status, hw.GROQ_COMPLETION_OK)

    def start_program(self):
        queue = CommandQueue(self.card)
        queue.submit(long_program.load_endless(self.card))
        self.card.wait_status(hw.GROQ_STATUS_RUNNING, hw.GROQ_STATUS_RUNNING)
        return queue

    def test_flr_during_a_program(self):
        queue = self.start_program()
        self.check_silence(queue)
        self.assertEqual(self.card.read(hw.GROQ_STATUS)
                         & hw.GROQ_STATUS_RUNNING, 0)

    def test_control_reset_during_a_program(self):
        queue = self.start_program()
        self.card.write(hw.GROQ_CONTROL, hw.GROQ_CONTROL_RESET)
        self.card.wait_ready()
        self.assertIsNone(queue.poll())

    def test_quitting_during_a_program(self):
        self.start_program()  # the end of QEMU is checked by every test

    def test_disabling_the_queue_of_a_program(self):
        queue = self.start_program()
        queue.disable()
        self.machine.wait_for(lambda: not queue.status() & hw.GROQ_QUEUE_ACTIVE,
                 "the queue to let go")
        self.assertIsNone(queue.poll())

    def test_aborting_a_program(self):
        queue = self.start_program()
        queue.set_register(hw.GROQ_QUEUE_ABORT, 1)
        self.assertEqual(queue.wait().status, hw.GROQ_COMPLETION_ABORTED)
        self.assertEqual(queue.fault(0).cause, hw.GROQ_FAULT_ABORTED)
