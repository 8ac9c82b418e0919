# SPDX-License-Identifier: MIT
"""A card saved to a file and restored: everything in it goes on as it was."""

import random
import tempfile

import card
import command_queue as commands
import contract as hw
import long_program
from case import QEMU, CardTest
from command_queue import DATA, CommandQueue
from machine import Machine, MachineError, wait_for
from test_ecc import WRONG, flip
from vm.qmp import QmpError


def finish(machine: Machine) -> None:
    """Waits for the end of a migration; raises if it failed."""
    def status() -> str:
        return machine.qmp.execute("query-migrate").get("status", "none")

    wait_for(lambda: status() in ("completed", "failed"), "the migration")
    if status() == "failed":
        raise MachineError(f"the migration failed: {machine.output()}")


def save(machine: Machine, path: str) -> None:
    machine.qmp.execute("stop")
    machine.qmp.execute("migrate", uri=f"file:{path}")
    finish(machine)


def load(machine: Machine, path: str) -> None:
    machine.qmp.execute("migrate-incoming", uri=f"file:{path}")
    finish(machine)
    machine.qmp.execute("cont")


class Migration(CardTest):
    def setUp(self):
        super().setUp()
        file = tempfile.NamedTemporaryFile(prefix="groq-", suffix=".state")
        self.addCleanup(file.close)
        self.path = file.name

    def move(self):
        """Saves the machine; from here on self.card is the restored one."""
        save(self.machine, self.path)
        self.restore()

    def restore(self):
        self.machine = self.start("-incoming", "defer")
        load(self.machine, self.path)
        self.card = card.Card(self.machine, enumerate_bus=False)

    def adopt(self, queue):
        """The same queue, on the restored machine."""
        queue.card, queue.machine = self.card, self.machine

    def test_registers_and_sram(self):
        chance = random.Random(4)
        blocks = {chance.randrange(hw.GROQ_SRAM_BYTES - 4096):
                  chance.randbytes(4096) for _ in range(64)}
        for offset, data in blocks.items():
            self.card.sram_write(offset, data)
        expected = [self.card.sram_read(offset, 4096) for offset in blocks]
        self.card.write(hw.GROQ_SCRATCH, 0xFEEDF00D)
        self.card.write(hw.GROQ_INTR_ENABLE, hw.GROQ_INTR_ALARM)
        self.move()
        self.assertEqual(self.card.read(hw.GROQ_SCRATCH), 0xFEEDF00D)
        self.assertEqual(self.card.read(hw.GROQ_INTR_ENABLE),
                         hw.GROQ_INTR_ALARM)
        self.assertEqual(
            [self.card.sram_read(offset, 4096) for offset in blocks], expected)

    def test_sram_that_the_chip_wrote(self):
        queue = CommandQueue(self.card)
        queue.execute(commands.fill(0, 1 << 20, 0x12345678))
        self.move()
        self.assertEqual(self.card.sram_read((1 << 20) - 8, 12),
                         bytes.fromhex("7856341278563412") + bytes(4))

    def test_queues_and_interrupts(self):
        self.card.enable_interrupts()
        queues = [CommandQueue(self.card, n, size_log2=2 + n) for n in range(3)]
        for n, queue in enumerate(queues):
            queue.execute(*(commands.nop() for _ in range(n + 1)))
        self.card.interrupts()
        self.move()
        for n, queue in enumerate(queues):
            self.adopt(queue)
            [completion] = queue.execute(commands.nop(cookie=100 + n))
            self.assertEqual(completion.cookie, 100 + n)
            self.card.wait_interrupts(hw.GROQ_VECTOR_QUEUE(n))

    def test_work_that_had_not_begun(self):
        """Rung while the machine stood still."""
        queue = CommandQueue(self.card)
        self.machine.qmp.execute("stop")
        queue.submit(commands.nop(cookie=5))
        self.assertIsNone(queue.poll())
        self.move()
        self.adopt(queue)
        self.assertEqual(queue.wait().cookie, 5)

    def test_copies_in_the_middle(self):
        queue = CommandQueue(self.card)
        data = random.Random(5).randbytes(1 << 20)
        for n in range(8):
            self.machine.write_bytes(DATA + (n << 20), data)
        queue.submit(*(commands.copy_in(DATA + (n << 20), n << 20, 1 << 20)
                       for n in range(8)))
        self.move()
        self.adopt(queue)
        for n in range(8):
            completion = queue.wait()
            self.assertEqual((completion.status, completion.result),
                             (hw.GROQ_COMPLETION_OK, 1 << 20))
            self.assertEqual(self.card.sram_read(n << 20, 1 << 20), data)

    def test_program_in_the_middle(self):
        """It ends after as many cycles as one that was not disturbed."""
        times = 400
        queue = CommandQueue(self.card)
        queue.submit(long_program.load(self.card, times, hw.GROQ_VXM_ALUS))
        self.move()
        self.adopt(queue)
        completion = queue.wait()
        self.assertEqual(completion.status, hw.GROQ_COMPLETION_OK)
        self.assertEqual(completion.result, long_program.cycles(times))

    def test_endless_program_keeps_running(self):
        queue = CommandQueue(self.card)
        queue.submit(long_program.load_endless(self.card))
        self.card.wait_status(hw.GROQ_STATUS_RUNNING, hw.GROQ_STATUS_RUNNING)
        self.move()
        self.adopt(queue)
        self.assertTrue(self.card.read(hw.GROQ_STATUS) & hw.GROQ_STATUS_RUNNING)
        queue.set_register(hw.GROQ_QUEUE_ABORT, 1)
        self.assertEqual(queue.wait().status, hw.GROQ_COMPLETION_ABORTED)

    def test_ecc_errors_and_counters(self):
        queue = CommandQueue(self.card)
        flip(self.card, 5)
        queue.execute(commands.copy_out(DATA, WRONG, 16))
        self.move()
        self.adopt(queue)
        self.assertEqual(self.card.read(hw.GROQ_ECC_CORRECTED, 8), 1)
        flip(self.card, 6)
        [completion] = queue.execute(commands.copy_out(DATA, WRONG, 16))
        self.assertEqual(completion.status, hw.GROQ_COMPLETION_FAULT)
        self.assertEqual(self.card.read(hw.GROQ_ECC_UNCORRECTED, 8), 1)

    def test_the_original_can_go_on(self):
        queue = CommandQueue(self.card)
        save(self.machine, self.path)
        self.machine.qmp.execute("cont")
        [completion] = queue.execute(commands.nop(cookie=1))
        self.assertEqual(completion.cookie, 1)

    def test_other_card_is_refused(self):
        save(self.machine, self.path)
        self.properties = {"sram_size": hw.GROQ_SLICE_BYTES}
        machine = Machine(QEMU, ["-incoming", "defer",
                                        *card.arguments(1, **self.properties)])
        self.addCleanup(machine.close)
        with self.assertRaises((MachineError, OSError, QmpError)):
            load(machine, self.path)


class DeterministicMigration(Migration):
    """The same, with engines on the guest's clock."""

    properties = {"deterministic": True}
