# SPDX-License-Identifier: MIT
"""
A guest that writes nonsense cannot crash or hang QEMU, and a reset always
brings the card back. Bounded and repeatable; $GROQ_FUZZ_SEED makes another run of it.
"""

import os
import random

import command_queue as commands
import contract as hw
from case import CardTest
from command_queue import CommandQueue
from links import Link, cable, serial, wait_up

WIDTHS = (1, 2, 4, 8)
SEED = os.environ.get("GROQ_FUZZ_SEED", "1")


SXM_KINDS = ("SXU", "SXD", "SXC", "SXP", *4 * ("SXB",), "SXR", *2 * ("SXT",), *3 * ("SXM",))


def queue_kind(icu):
    """The column of GROQ_ISA that names what instruction queue @icu executes."""
    if icu < hw.GROQ_ICU_VXM(0):
        return "MEM"
    if icu < hw.GROQ_ICU_SXM(0, 0):
        return "VXM"
    if icu >= hw.GROQ_ICU_C2C(0):
        return "C2C"
    if icu < hw.GROQ_ICU_MXM(0, 0):
        return SXM_KINDS[(icu - hw.GROQ_ICU_SXM(0, 0)) % hw.GROQ_SXM_ICUS]
    return ("MXW", "MXA", "MXR")[(icu - hw.GROQ_ICU_MXM(0, 0)) % 3]


class Fuzz(CardTest):
    """Two cards with a cable between them, and the first one with one to itself."""

    count = 2
    properties = {"serial": serial}
    options = [*cable("c0", "card0:0", "card1:0"), *cable("c1", "card0:1", "card0:2")]

    def check_alive(self):
        for device in self.cards:
            device.flr()
            [completion] = CommandQueue(device).execute(commands.nop(cookie=7))
            self.assertEqual(completion.status, hw.GROQ_COMPLETION_OK)
            self.assertEqual(completion.cookie, 7)
        wait_up(*(Link(self.cards[n], link) for n, link in ((0, 0), (1, 0), (0, 1), (0, 2))))

    def interesting(self, chance):
        """A value that has some chance to mean something."""
        return chance.choice((
            0, 1, 2 ** 64 - 1, chance.getrandbits(64), chance.getrandbits(8),
            1 << chance.randrange(64), chance.randrange(1 << 26) & ~0xFFF,
            self.card.bars[chance.choice((0, 2, 4))]))

    def test_registers(self):
        chance = random.Random(self.id() + SEED)
        regions = ((0, 0x100), (hw.GROQ_MAILBOX_DOORBELL, 0x100),
                   (hw.GROQ_LINK(0), 0x100), (hw.GROQ_LINK(0), 0x1800),
                   (hw.GROQ_QUEUE(0), 0x4000), (hw.GROQ_DOORBELL(0), 0x4000),
                   (0, hw.GROQ_BAR_REGS_BYTES - 8))
        for _ in range(8000):
            base, size = chance.choice(regions)
            offset = base + chance.randrange(size)
            width = chance.choice(WIDTHS)
            if chance.random() < 0.8:
                self.card.write(offset, self.interesting(chance)
                                & (1 << 8 * width) - 1, width)
            else:
                self.card.read(offset, width)
        self.check_alive()

    def test_commands(self):
        chance = random.Random(self.id() + SEED)
        queue = CommandQueue(self.card, size_log2=6)
        self.card.sram_write(0, chance.randbytes(1 << 16))
        for _ in range(150):
            queue.place(*(self.random_command(chance) for _ in range(10)))
            queue.ring()
            for _ in range(10):
                queue.wait()
        self.check_alive()

    def random_command(self, chance):
        data = bytearray(chance.randbytes(64) if chance.random() < 0.2 else 64)
        data[0] = chance.choice((1, 2, 3, 4, 5, chance.randrange(256)))
        command = hw.groq_command.from_buffer(data)
        if chance.random() < 0.7:
            command.flags &= chance.randrange(hw.GROQ_COMMAND_FLAGS + 1)
            command.reserved0 = command.reserved1 = 0
            self.fill_in(command, chance)
        return command

    def fill_in(self, command, chance):
        small = chance.choice((0, 1, 64, 320, 4096, 65536))
        sram = chance.choice((0, 640, 4096, chance.getrandbits(32)))
        if command.opcode == hw.GROQ_OP_RUN:
            command.run = hw.groq_command_run(sram & ~15, small % 161, 2000)
        elif command.opcode == hw.GROQ_OP_FILL:
            command.fill = hw.groq_command_fill(sram, small, 1)
        else:
            command.copy.list = self.interesting(chance) & ~15
            command.copy.count = chance.choice((1, 1, small))
            command.copy.entry = hw.groq_scatter(
                self.interesting(chance), sram, small)

    def test_programs(self):
        """Text at random, or nearly right, for a few instruction queues."""
        chance = random.Random(self.id() + SEED)
        queue = CommandQueue(self.card)
        for _ in range(200):
            count = self.random_program(chance)
            [completion] = queue.execute(commands.run(0, count, 5000))
            self.assertIn(completion.status, (hw.GROQ_COMPLETION_OK,
                                              hw.GROQ_COMPLETION_FAULT))
        self.check_alive()

    def random_program(self, chance):
        """Puts it into SRAM and returns the entries of its launch table."""
        icus = chance.sample(range(hw.GROQ_ICUS), chance.randrange(1, 7))
        if chance.random() < 0.3:  # one alone would wait for the other for ever
            icus += [hw.GROQ_ICU_C2C(1), hw.GROQ_ICU_C2C(2)]
        table = b"".join(bytes(hw.groq_launch(
            icu=icu, text=6400 + hw.GROQ_TEXT_BYTES * n,
            count=chance.randrange(1, 12))) for n, icu in enumerate(icus))
        text = b"".join(self.random_instruction(chance, icu)
                        for icu in icus
                        for _ in range(hw.GROQ_TEXT_INSTRUCTIONS))
        self.card.sram_write(0, table)
        self.card.sram_write(6400, text)
        return len(icus)

    def random_instruction(self, chance, icu):
        if chance.random() < 0.02:
            return chance.randbytes(hw.GROQ_INSTRUCTION_BYTES)
        name = chance.choice([name for name, (_, _, queue)
                              in hw.INSTRUCTIONS.items()
                              if queue in ("ANY", queue_kind(icu))])
        _, fields, _ = hw.INSTRUCTIONS[name]
        return hw.instruction(name, **{
            field: chance.choice((0, 0, 0, 1, 1, chance.getrandbits(bits)))
            for field, (_, bits) in fields.items()})

    def test_configuration_space(self):
        chance = random.Random(self.id() + SEED)
        for _ in range(4000):
            width = chance.choice((1, 2, 4))
            offset = chance.randrange(0, 0x1000, width)
            if 0x10 <= offset < 0x28:
                continue  # where the BARs are is the test's own business
            self.card.config_write(offset, chance.getrandbits(8 * width), width)
            self.card.config_read(offset, width)
        self.check_alive()

    def test_resets_among_work(self):
        chance = random.Random(self.id() + SEED)
        for _ in range(60):
            queue = CommandQueue(self.card, number=chance.randrange(32))
            queue.submit(*(self.random_command(chance) for _ in range(12)))
            if chance.random() < 0.5:
                self.card.write(hw.GROQ_CONTROL, hw.GROQ_CONTROL_RESET)
                self.card.wait_ready()
            else:
                self.card.flr()
        self.check_alive()
