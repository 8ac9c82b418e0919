# SPDX-License-Identifier: MIT
"""Every access to the BARs is defined: docs/hardware.md section 3."""

import random

import contract as hw
from case import CardTest

WIDTHS = (1, 2, 4, 8)


def piece(data, offset, width):
    return int.from_bytes(data[offset:offset + width], "little")


class Registers(CardTest):
    def words(self, start, end):
        return b"".join(self.card.read(offset).to_bytes(4, "little")
                        for offset in range(start, end, 4))

    def check_reads(self, start, end):
        """Reads of all widths and alignments are pieces of the words."""
        data = self.words(start, end)
        for width in WIDTHS:
            for offset in range(0, len(data) - width + 1):
                self.assertEqual(self.card.read(start + offset, width),
                                 piece(data, offset, width),
                                 f"{width} bytes at {start + offset:#x}")

    def test_reads(self):
        self.card.write(hw.GROQ_SCRATCH, 0x89ABCDEF)
        self.check_reads(hw.GROQ_ID, 0x70)
        self.check_reads(hw.GROQ_TELEMETRY_CHIP_MAX_MC - 8,
                         hw.GROQ_TELEMETRY_CHIP_MAX_MC + 16)

    def test_reads_of_a_queue_page(self):
        page = hw.GROQ_QUEUE(7)
        self.card.write(page + hw.GROQ_QUEUE_SQ_BASE, 0x123456789000, 8)
        self.card.write(page + hw.GROQ_QUEUE_SIZE, 5)
        self.check_reads(page, page + 0x40)

    def test_unused_offsets(self):
        for offset in (0x005C, 0x0800, 0x3000, 0x6000, 0xFF00, 0x30000,
                       0x60000, hw.GROQ_BAR_REGS_BYTES - 8):
            for width in WIDTHS:
                self.card.write(offset, 2 ** (8 * width) - 1, width)
                self.assertEqual(self.card.read(offset, width), 0)

    def test_whole_bar_can_be_read(self):
        for offset in range(0, hw.GROQ_BAR_REGS_BYTES - 8, 0x3FD):
            for width in WIDTHS:
                self.assertLess(self.card.read(offset, width), 1 << 8 * width)
        last = hw.GROQ_BAR_REGS_BYTES - 1
        self.assertEqual(self.card.read(last, 1), 0)

    def test_partial_writes_are_ignored(self):
        self.card.write(hw.GROQ_SCRATCH, 0x11223344)
        for width in (1, 2):
            for offset in range(4 - width + 1):
                self.card.write(hw.GROQ_SCRATCH + offset, 0xFFFF, width)
        for shift in (-3, -2, -1, 1, 2, 3):
            self.card.write(hw.GROQ_SCRATCH + shift, 0, 4)
        self.assertEqual(self.card.read(hw.GROQ_SCRATCH), 0x11223344)

    def test_writes_act_on_words_that_they_cover(self):
        for shift in range(-4, 1):
            value = 0xA0B0C0D0 + shift
            wide = value << (-8 * shift)
            self.card.write(hw.GROQ_SCRATCH + shift, wide, 8)
            self.assertEqual(self.card.read(hw.GROQ_SCRATCH), value)

    def test_wide_write_sets_both_words(self):
        base = hw.GROQ_QUEUE(3) + hw.GROQ_QUEUE_CQ_BASE
        self.card.write(base, 0x0000567812345000, 8)
        self.assertEqual(self.card.read(base), 0x12345000)
        self.assertEqual(self.card.read(base + 4), 0x5678)


class Sram(CardTest):
    # One slice is enough, and its end is near.
    properties = {"sram_size": hw.GROQ_SLICE_BYTES}
    END = hw.GROQ_SLICE_BYTES

    def read(self, offset, width):
        return self.card.read(offset, width, hw.GROQ_BAR_SRAM)

    def write(self, offset, width, value):
        self.card.write(offset, value, width, hw.GROQ_BAR_SRAM)

    def test_starts_as_zeros(self):
        self.assertEqual(self.card.sram_read(0, 4096), bytes(4096))

    def test_any_width_and_alignment(self):
        chance = random.Random(1)
        expected = bytearray(chance.randbytes(64))
        self.card.sram_write(0, bytes(expected))
        for width in WIDTHS:
            for offset in range(0, 64 - width):
                self.assertEqual(self.read(offset, width),
                                 piece(expected, offset, width))
                value = chance.getrandbits(8 * width)
                expected[offset:offset + width] = value.to_bytes(width, "little")
                self.write(offset, width, value)
        self.assertEqual(self.card.sram_read(0, 64), bytes(expected))

    def test_past_the_end(self):
        for offset in (self.END, self.END + 4091,
                       hw.GROQ_BAR_SRAM_BYTES - 8):
            for width in WIDTHS:
                self.write(offset, width, 0)
                self.assertEqual(self.read(offset, width), 2 ** (8 * width) - 1)
        self.assertEqual(self.read(hw.GROQ_BAR_SRAM_BYTES - 1, 1), 0xFF)

    def test_across_the_end(self):
        self.write(self.END - 4, 8, 0x1122334455667788)
        self.assertEqual(self.read(self.END - 4, 4), 0x55667788)
        self.assertEqual(self.read(self.END - 4, 8), 0xFFFFFFFF55667788)

    def test_registers_tell_the_size(self):
        self.assertEqual(self.card.read(hw.GROQ_SRAM_SIZE, 8), self.END)
