# SPDX-License-Identifier: MIT
"""ECC errors on purpose, and the counters: docs/hardware.md 4.4 to 4.6."""

import command_queue as commands
import contract as hw
import long_program
from case import CardTest
from command_queue import DATA, CommandQueue

WRONG = 0x4000  # the 16 bytes of SRAM that the tests make wrong


def flip(card, *bits, address=WRONG):
    """One or two bits of 16 bytes of SRAM; again: as they were."""
    card.write(hw.GROQ_ECC_INJECT_ADDRESS, address)
    card.write(hw.GROQ_ECC_INJECT_BITS, bits[0] | bits[-1] << 8)
    card.write(hw.GROQ_ECC_INJECT, hw.GROQ_ECC_INJECT_INTO_SRAM)


class Ecc(CardTest):
    def setUp(self):
        super().setUp()
        self.card.sram_write(WRONG, bytes(range(64)))
        self.queue = CommandQueue(self.card)

    def copy_out(self, address, length):
        """The completion of a copy to DATA."""
        return self.queue.execute(commands.copy_out(DATA, address, length))[0]

    def counts(self):
        return (self.card.read(hw.GROQ_ECC_CORRECTED, 8),
                self.card.read(hw.GROQ_ECC_UNCORRECTED, 8))

    def test_features(self):
        self.assertEqual(
            self.card.read(hw.GROQ_FEATURES, 8),
            hw.GROQ_FEATURE_ECC_INJECT | hw.GROQ_FEATURE_UNIT_COUNTERS
            | hw.GROQ_FEATURE_ABORT_MATCH | hw.GROQ_FEATURE_LINKS)

    def test_one_bit_is_corrected(self):
        flip(self.card, 77)
        completion = self.copy_out(WRONG, 64)
        self.assertEqual(completion.status, hw.GROQ_COMPLETION_OK)
        self.assertEqual(self.machine.read_bytes(DATA, 64), bytes(range(64)))
        self.assertEqual(self.counts(), (1, 0))

    def test_two_bits_fault(self):
        flip(self.card, 3, 136, address=WRONG + 32)
        self.machine.write_bytes(DATA, b"\xee" * 64)
        completion = self.copy_out(WRONG, 64)
        self.assertEqual((completion.status, completion.result),
                         (hw.GROQ_COMPLETION_FAULT, 32))
        fault = self.queue.fault(0)
        self.assertEqual((fault.cause, fault.address),
                         (hw.GROQ_FAULT_ECC, WRONG + 32))
        self.assertEqual(self.machine.read_bytes(DATA, 64),
                         bytes(range(32)) + b"\xee" * 32)
        self.assertEqual(self.counts(), (0, 1))
        self.assertEqual(self.card.sram_read(WRONG, 64), bytes(range(64)),
                         "BAR2 sees no errors")

    def test_writing_clears(self):
        flip(self.card, 3, 4)
        self.queue.execute(commands.fill(WRONG, 16, 0))
        self.assertEqual(self.copy_out(WRONG, 16).status, hw.GROQ_COMPLETION_OK)
        self.assertEqual(self.counts(), (0, 0))

    def test_a_reset_keeps_errors_and_counters(self):
        flip(self.card, 3)
        self.copy_out(WRONG, 16)
        self.card.flr()
        self.assertEqual(self.counts(), (1, 0))
        self.assertEqual(self.card.read(hw.GROQ_ECC_INJECT_ADDRESS), 0)
        self.queue = CommandQueue(self.card)
        self.copy_out(WRONG, 16)
        self.assertEqual(self.counts(), (2, 0))

    def test_text_is_consumed(self):
        run = long_program.load(self.card, 1)
        flip(self.card, 0, address=long_program.TEXT)
        [completion] = self.queue.execute(run)
        self.assertEqual(completion.status, hw.GROQ_COMPLETION_OK)
        self.assertEqual(self.counts(), (1, 0))
        flip(self.card, 1, address=long_program.TEXT)
        [completion] = self.queue.execute(run)
        self.assertEqual(completion.status, hw.GROQ_COMPLETION_FAULT)
        fault = self.queue.fault(1)
        self.assertEqual((fault.cause, fault.unit, fault.address),
                         (hw.GROQ_FAULT_ECC, hw.GROQ_ICU_VXM(0), long_program.TEXT))

    def test_unit_counters(self):
        times = 7
        run = long_program.load(self.card, times, alus=3)
        for runs in (1, 2):
            self.queue.execute(run)
            for alu in range(hw.GROQ_VXM_ALUS):
                expected = runs * long_program.PAIRS * (times + 1) if alu < 3 else 0
                icu = hw.GROQ_ICU_VXM(alu)
                self.assertEqual(self.card.read(hw.GROQ_UNIT_ISSUES(icu), 8),
                                 expected)
