# SPDX-License-Identifier: MIT
"""One queue of the card: rings in RAM, commands in, completions out."""

from __future__ import annotations

import ctypes

import contract as hw
from card import Card

# Rings and fault records of queue q lie at RINGS + q % 8 * RINGS_STRIDE.
RINGS = 0x100000
RINGS_STRIDE = 0x100000
CQ_OFFSET, FAULT_OFFSET = 0x40000, 0x80000
DATA = 0x2000000  # RAM from here on is free for the tests

ALL_ACCESS = (hw.GROQ_WINDOW_READ | hw.GROQ_WINDOW_WRITE
              | hw.GROQ_WINDOW_EXECUTE)
COMPLETION_BYTES = ctypes.sizeof(hw.groq_completion)
FAULT_BYTES = ctypes.sizeof(hw.groq_fault)


def nop(**fields: int) -> hw.groq_command:
    return hw.groq_command(opcode=hw.GROQ_OP_NOP, **fields)


def copy(opcode: int, host: int, sram: int, length: int,
         **fields: int) -> hw.groq_command:
    """A copy with its one scatter entry in the command."""
    command = hw.groq_command(opcode=opcode, **fields)
    command.flags |= hw.GROQ_COMMAND_INLINE
    command.copy.count = 1
    command.copy.entry = hw.groq_scatter(host, sram, length)
    return command


def copy_in(host: int, sram: int, length: int, **fields: int) -> hw.groq_command:
    return copy(hw.GROQ_OP_COPY_IN, host, sram, length, **fields)


def copy_out(host: int, sram: int, length: int, **fields: int) -> hw.groq_command:
    return copy(hw.GROQ_OP_COPY_OUT, host, sram, length, **fields)


def copy_list(opcode: int, address: int, count: int) -> hw.groq_command:
    """A copy with @count scatter entries at bus address @address."""
    command = hw.groq_command(opcode=opcode)
    command.copy.list = address
    command.copy.count = count
    return command


def fill(sram: int, length: int, pattern: int, **fields: int) -> hw.groq_command:
    command = hw.groq_command(opcode=hw.GROQ_OP_FILL, **fields)
    command.fill = hw.groq_command_fill(sram, length, pattern)
    return command


def run(launch: int, count: int, max_cycles: int) -> hw.groq_command:
    command = hw.groq_command(opcode=hw.GROQ_OP_RUN)
    command.run = hw.groq_command_run(launch, count, max_cycles)
    return command


class CommandQueue:
    """Queue @number with 2^@size_log2 entries; enabled on construction."""

    def __init__(self, card: Card, number: int = 0, size_log2: int = 4,
                 sram_bytes: int = hw.GROQ_SRAM_BYTES) -> None:
        self.card = card
        self.machine = card.machine
        self.number = number
        self.size_log2 = size_log2
        self.sq = RINGS + number % 8 * RINGS_STRIDE
        self.cq = self.sq + CQ_OFFSET
        self.faults = self.sq + FAULT_OFFSET
        self.set_window(0, 0, sram_bytes, ALL_ACCESS)
        self.configure()
        self.enable()

    # --- set-up

    def register(self, offset: int, width: int = 4) -> int:
        return self.card.read(hw.GROQ_QUEUE(self.number) + offset, width)

    def set_register(self, offset: int, value: int, width: int = 4) -> None:
        self.card.write(hw.GROQ_QUEUE(self.number) + offset, value, width)

    def set_window(self, n: int, base: int, size: int, access: int) -> None:
        window = hw.GROQ_QUEUE_WINDOW(n)
        self.set_register(window + hw.GROQ_WINDOW_BASE, base)
        self.set_register(window + hw.GROQ_WINDOW_SIZE, size)
        self.set_register(window + hw.GROQ_WINDOW_ACCESS, access)

    def configure(self) -> None:
        self.set_register(hw.GROQ_QUEUE_SQ_BASE, self.sq, 8)
        self.set_register(hw.GROQ_QUEUE_CQ_BASE, self.cq, 8)
        self.set_register(hw.GROQ_QUEUE_FAULT_BASE, self.faults, 8)
        self.set_register(hw.GROQ_QUEUE_SIZE, self.size_log2)
        self.set_register(hw.GROQ_QUEUE_VECTOR,
                          hw.GROQ_VECTOR_QUEUE(self.number))

    def enable(self) -> None:
        self.tail = self.head = 0
        self.phase = hw.GROQ_COMPLETION_PHASE
        self.machine.write_bytes(
            self.cq, bytes(COMPLETION_BYTES << self.size_log2))
        self.set_register(hw.GROQ_QUEUE_CONTROL, hw.GROQ_QUEUE_ENABLE)

    def disable(self) -> None:
        self.set_register(hw.GROQ_QUEUE_CONTROL, 0)

    def status(self) -> int:
        return self.register(hw.GROQ_QUEUE_STATUS)

    def error(self) -> int:
        return (self.status() & hw.GROQ_QUEUE_ERROR) >> 8

    def wait_error(self, expected: int) -> None:
        self.machine.wait_for(lambda: self.error() == expected, f"queue error {expected}")

    # --- work

    def next_index(self, index: int) -> int:
        return (index + 1) % (1 << self.size_log2)

    def place(self, *commands: hw.groq_command) -> None:
        """Into the ring, without telling the chip."""
        for command in commands:
            self.machine.write_bytes(
                self.sq + self.tail * ctypes.sizeof(command), bytes(command))
            self.tail = self.next_index(self.tail)

    def ring(self) -> None:
        self.card.write(
            hw.GROQ_DOORBELL(self.number) + hw.GROQ_DOORBELL_SQ_TAIL, self.tail)

    def submit(self, *commands: hw.groq_command) -> None:
        self.place(*commands)
        self.ring()

    def release(self) -> None:
        """Gives the completions read so far back to the chip."""
        self.card.write(
            hw.GROQ_DOORBELL(self.number) + hw.GROQ_DOORBELL_CQ_HEAD, self.head)

    def poll(self) -> hw.groq_completion | None:
        """The next completion, if it is there."""
        data = self.machine.read_bytes(self.cq + self.head * COMPLETION_BYTES,
                                       COMPLETION_BYTES)
        completion = hw.groq_completion.from_buffer_copy(data)
        if completion.flags & hw.GROQ_COMPLETION_PHASE != self.phase:
            return None
        self.head = self.next_index(self.head)
        if self.head == 0:
            self.phase ^= hw.GROQ_COMPLETION_PHASE
        return completion

    def wait(self, release: bool = True) -> hw.groq_completion:
        """The next completion."""
        found: list[hw.groq_completion | None] = [None]

        def arrived() -> bool:
            found[0] = self.poll()
            return found[0] is not None

        self.machine.wait_for(arrived, f"a completion of queue {self.number}")
        if release:
            self.release()
        return found[0]

    def settle(self) -> None:
        """Until nothing is in work, and the interrupts of what was have been sent."""
        self.machine.wait_for(lambda: not self.status() & hw.GROQ_QUEUE_ACTIVE,
                              f"queue {self.number} to have nothing in work")

    def execute(self, *commands: hw.groq_command) -> list[hw.groq_completion]:
        """Submits @commands and returns their completions. The last one's interrupt has
        been sent then: a completion that is given back before wants none any more."""
        self.submit(*commands)
        completions = [self.wait() for _ in commands[1:]]
        completions.append(self.wait(release=False))
        self.settle()
        self.release()
        return completions

    def fault(self, index: int) -> hw.groq_fault:
        """The fault record of the command at SQ index @index."""
        data = self.machine.read_bytes(self.faults + index * FAULT_BYTES,
                                       FAULT_BYTES)
        return hw.groq_fault.from_buffer_copy(data)
