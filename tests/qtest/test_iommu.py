# SPDX-License-Identifier: MIT
"""DMA behind an IOMMU: translated, and refused where nothing is mapped."""

import command_queue as commands
import contract as hw
from case import CardTest
from command_queue import DATA, CommandQueue

# Intel's VT-d, under the names of its specification.
REGISTERS = 0xFED90000
GLOBAL_COMMAND, GLOBAL_STATUS, ROOT_TABLE, FAULT_STATUS = 0x18, 0x1C, 0x20, 0x34
SET_ROOT_TABLE, TRANSLATION_ENABLE = 1 << 30, 1 << 31
PRESENT, READ_WRITE, LARGE = 1, 3, 1 << 7
WIDTH_39_BITS = 1

# Tables in RAM
ROOT, CONTEXT, LEVEL3, LEVEL2 = 0x20000, 0x21000, 0x22000, 0x23000
# RAM as a whole appears once more from here on, and nowhere else.
IOVA = 0x10000000
LARGE_PAGE = 2 << 20


class Iommu(CardTest):
    options = ("-device", "intel-iommu")

    def write64(self, address, value):
        self.machine.write(address, 8, value)

    def enable_translation(self, map_ram):
        for table in (ROOT, CONTEXT, LEVEL3, LEVEL2):
            self.machine.write_bytes(table, bytes(4096))
        self.write64(ROOT + 16 * self.card.bus, CONTEXT | PRESENT)
        self.write64(CONTEXT, LEVEL3 | PRESENT)
        self.write64(CONTEXT + 8, 1 << 8 | WIDTH_39_BITS)
        self.write64(LEVEL3, LEVEL2 | READ_WRITE)
        for n in range(32 if map_ram else 0):
            self.write64(LEVEL2 + 8 * (IOVA // LARGE_PAGE + n),
                         n * LARGE_PAGE | LARGE | READ_WRITE)
        self.machine.write(REGISTERS + ROOT_TABLE, 8, ROOT)
        for command in (SET_ROOT_TABLE, TRANSLATION_ENABLE):
            self.machine.write(REGISTERS + GLOBAL_COMMAND, 4, command)
            status = self.machine.read(REGISTERS + GLOBAL_STATUS, 4)
            self.assertTrue(status & command)

    def faults(self):
        """Whether the IOMMU has recorded one."""
        return self.machine.read(REGISTERS + FAULT_STATUS, 4) & 2

    def translated_queue(self):
        queue = CommandQueue(self.card)
        queue.disable()
        for register in (hw.GROQ_QUEUE_SQ_BASE, hw.GROQ_QUEUE_CQ_BASE,
                         hw.GROQ_QUEUE_FAULT_BASE):
            queue.set_register(register, queue.register(register, 8) + IOVA, 8)
        queue.enable()
        return queue

    def test_before_translation(self):
        [completion] = CommandQueue(self.card).execute(commands.nop())
        self.assertEqual(completion.status, hw.GROQ_COMPLETION_OK)

    def test_translated(self):
        self.enable_translation(map_ram=True)
        queue = self.translated_queue()
        data = bytes(range(256)) * 40
        self.machine.write_bytes(DATA + 7, data)
        found = queue.execute(
            commands.copy_in(IOVA + DATA + 7, 320, len(data)),
            commands.copy_out(320, 320, 1),
            commands.copy_out(IOVA + DATA + 0x100000, 320, len(data)))
        self.assertEqual([c.status for c in found],
                         [hw.GROQ_COMPLETION_OK, hw.GROQ_COMPLETION_BAD_DMA,
                          hw.GROQ_COMPLETION_OK])
        self.assertEqual(self.machine.read_bytes(DATA + 0x100000, len(data)), data)
        self.assertTrue(self.faults())

    def test_across_large_pages(self):
        self.enable_translation(map_ram=True)
        queue = self.translated_queue()
        data = bytes(range(256)) * 16
        start = DATA + LARGE_PAGE - 2048
        self.machine.write_bytes(start, data)
        queue.execute(commands.copy_in(IOVA + start, 0, len(data)))
        self.assertEqual(self.card.sram_read(0, len(data)), data)

    def test_nothing_mapped(self):
        queue = CommandQueue(self.card)
        self.enable_translation(map_ram=False)
        queue.submit(commands.nop())
        queue.wait_error(hw.GROQ_QUEUE_ERROR_FETCH)
        self.assertTrue(self.faults())

    def test_unmapped_during_copies(self):
        self.enable_translation(map_ram=True)
        queue = self.translated_queue()
        queue.submit(*(commands.copy_in(IOVA + DATA, 0, 1 << 20)
                       for _ in range(15)))
        self.machine.write(REGISTERS + GLOBAL_COMMAND, 4, 0)
        self.machine.wait_for(lambda: queue.error() or
                 queue.register(hw.GROQ_QUEUE_CQ_TAIL) == 15, "the queue")
        self.card.flr()
        [completion] = CommandQueue(self.card).execute(commands.nop())
        self.assertEqual(completion.status, hw.GROQ_COMPLETION_OK)

    def test_flr_during_copies(self):
        self.enable_translation(map_ram=True)
        for _ in range(5):
            queue = self.translated_queue()
            queue.submit(*(commands.copy_out(IOVA + DATA, 0, 1 << 20)
                           for _ in range(15)))
            self.card.start_flr()
            self.machine.command(f"memset {DATA:#x} 0x100000 0x22")
            self.card.place_bars()
            self.card.wait_ready()
            self.assertEqual(self.machine.read_bytes(DATA, 1 << 20),
                             b"\x22" * (1 << 20))
