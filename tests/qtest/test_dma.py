# SPDX-License-Identifier: MIT
"""What the card's DMA reaches: RAM and other cards' SRAM, nothing else."""

import card
import command_queue as commands
import contract as hw
from case import CardTest
from command_queue import DATA, CommandQueue
from machine import RAM_BYTES


class Dma(CardTest):
    count = 2

    def setUp(self):
        super().setUp()
        self.queue = CommandQueue(self.card)

    def status(self, command):
        [completion] = self.queue.execute(command)
        return completion.status

    def test_registers_are_out_of_reach(self):
        for device in self.cards:
            for bar in (hw.GROQ_BAR_REGS, hw.GROQ_BAR_MSIX):
                for make in (commands.copy_in, commands.copy_out):
                    self.assertEqual(self.status(make(device.bars[bar], 0, 256)),
                                     hw.GROQ_COMPLETION_BAD_DMA)

    def test_sram_of_another_card(self):
        peer = self.cards[1]
        peer.sram_write(0x5000, b"from the other card")
        bar = peer.bars[hw.GROQ_BAR_SRAM]
        self.assertEqual(self.status(commands.copy_in(bar + 0x5000, 99, 19)),
                         hw.GROQ_COMPLETION_OK)
        self.assertEqual(self.card.sram_read(99, 19), b"from the other card")
        self.assertEqual(self.status(commands.copy_out(bar + 0x777, 99, 19)),
                         hw.GROQ_COMPLETION_OK)
        self.assertEqual(peer.sram_read(0x777, 19), b"from the other card")

    def test_end_of_ram(self):
        self.assertEqual(self.status(commands.copy_in(RAM_BYTES - 64, 0, 64)),
                         hw.GROQ_COMPLETION_OK)
        self.assertEqual(self.status(commands.copy_in(RAM_BYTES - 64, 0, 65)),
                         hw.GROQ_COMPLETION_BAD_DMA)

    def test_without_bus_mastering(self):
        self.card.config_write(card.COMMAND, card.COMMAND_MEMORY, 2)
        self.queue.submit(commands.nop())
        self.queue.wait_error(hw.GROQ_QUEUE_ERROR_FETCH)

    def test_ring_in_the_sram_of_another_card(self):
        """Nothing in the contract forbids it, and nothing breaks."""
        self.queue.disable()
        self.queue.sq = self.cards[1].bars[hw.GROQ_BAR_SRAM]
        self.queue.configure()
        self.queue.enable()
        self.assertEqual(self.status(commands.nop(cookie=1)),
                         hw.GROQ_COMPLETION_OK)

    def test_both_cards_at_once(self):
        other = CommandQueue(self.cards[1], number=1)
        self.machine.write_bytes(DATA, bytes(range(256)))
        for queue in (self.queue, other):
            queue.submit(*(commands.copy_in(DATA, 320 * n, 256, cookie=n)
                           for n in range(10)))
        for queue in (self.queue, other):
            found = [queue.wait() for _ in range(10)]
            self.assertEqual([c.cookie for c in found], list(range(10)))
        for device in self.cards:
            self.assertEqual(device.sram_read(320 * 9, 256), bytes(range(256)))
