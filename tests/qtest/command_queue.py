# SPDX-License-Identifier: MIT
"""One queue of the card: rings in RAM, commands in, completions out."""

import ctypes

import contract as hw
import machine

# Rings and fault records of queue q lie at RINGS + q * RING_STRIDE.
RINGS = 0x100000
RING_STRIDE = 0x80000
CQ_OFFSET, FAULT_OFFSET = 0x40000, 0x20000
# Free for the tests.
DATA = 0x2000000

ALL_ACCESS = (hw.GROQ_WINDOW_READ | hw.GROQ_WINDOW_WRITE |
              hw.GROQ_WINDOW_EXECUTE)


def nop(**fields):
    return hw.groq_command(opcode=hw.GROQ_OP_NOP, **fields)


def copy(opcode, host, sram, length, **fields):
    """A copy with its one scatter entry in the command."""
    command = hw.groq_command(opcode=opcode, **fields)
    command.flags |= hw.GROQ_COMMAND_INLINE
    command.copy.count = 1
    command.copy.entry = hw.groq_scatter(host, sram, length)
    return command


def copy_in(host, sram, length, **fields):
    return copy(hw.GROQ_OP_COPY_IN, host, sram, length, **fields)


def copy_out(host, sram, length, **fields):
    return copy(hw.GROQ_OP_COPY_OUT, host, sram, length, **fields)


def copy_list(opcode, address, count, **fields):
    command = hw.groq_command(opcode=opcode, **fields)
    command.copy.list = address
    command.copy.count = count
    return command


def run(launch, count, max_cycles, **fields):
    command = hw.groq_command(opcode=hw.GROQ_OP_RUN, **fields)
    command.run = hw.groq_command_run(launch, count, max_cycles)
    return command


def fill(sram, length, pattern, **fields):
    command = hw.groq_command(opcode=hw.GROQ_OP_FILL, **fields)
    command.fill = hw.groq_command_fill(sram, length, pattern)
    return command


class CommandQueue:
    """Queue @number with 2^@size_log2 entries, enabled on construction."""

    def __init__(self, card, number=0, size_log2=4, window=True):
        self.card = card
        self.machine = card.machine
        self.number = number
        self.size_log2 = size_log2
        self.page = hw.GROQ_QUEUE(number)
        self.sq = RINGS + number % 8 * RING_STRIDE
        self.cq = self.sq + CQ_OFFSET
        self.faults = self.sq + FAULT_OFFSET
        if window:
            self.set_window(0, 0, hw.GROQ_SRAM_BYTES, ALL_ACCESS)
        self.configure()
        self.enable()

    # --- set-up

    def register(self, offset, width=4):
        return self.card.read(self.page + offset, width)

    def set_register(self, offset, value, width=4):
        self.card.write(self.page + offset, value, width)

    def set_window(self, n, base, size, access):
        window = hw.GROQ_QUEUE_WINDOW(n)
        self.set_register(window + hw.GROQ_WINDOW_BASE, base)
        self.set_register(window + hw.GROQ_WINDOW_SIZE, size)
        self.set_register(window + hw.GROQ_WINDOW_ACCESS, access)

    def configure(self):
        self.set_register(hw.GROQ_QUEUE_SQ_BASE, self.sq, 8)
        self.set_register(hw.GROQ_QUEUE_CQ_BASE, self.cq, 8)
        self.set_register(hw.GROQ_QUEUE_FAULT_BASE, self.faults, 8)
        self.set_register(hw.GROQ_QUEUE_SIZE, self.size_log2)
        self.set_register(hw.GROQ_QUEUE_VECTOR,
                          hw.GROQ_VECTOR_QUEUE(self.number))

    def enable(self):
        self.tail = self.head = 0
        self.phase = hw.GROQ_COMPLETION_PHASE
        entries = 1 << self.size_log2
        self.machine.write_bytes(
            self.cq, bytes(entries * ctypes.sizeof(hw.groq_completion)))
        self.set_register(hw.GROQ_QUEUE_CONTROL, hw.GROQ_QUEUE_ENABLE)

    def disable(self):
        self.set_register(hw.GROQ_QUEUE_CONTROL, 0)

    def status(self):
        return self.register(hw.GROQ_QUEUE_STATUS)

    def error(self):
        return (self.status() & hw.GROQ_QUEUE_ERROR) >> 8

    # --- work

    def next_index(self, index):
        return (index + 1) % (1 << self.size_log2)

    def place(self, *commands):
        """Into the ring, without telling the chip."""
        for command in commands:
            self.machine.write_bytes(
                self.sq + self.tail * ctypes.sizeof(command), bytes(command))
            self.tail = self.next_index(self.tail)

    def ring(self):
        self.card.write(
            hw.GROQ_DOORBELL(self.number) + hw.GROQ_DOORBELL_SQ_TAIL,
            self.tail)

    def release(self):
        """Give the completions read so far back to the chip."""
        self.card.write(
            hw.GROQ_DOORBELL(self.number) + hw.GROQ_DOORBELL_CQ_HEAD,
            self.head)

    def poll(self):
        """The next completion, or None when it is not there yet."""
        size = ctypes.sizeof(hw.groq_completion)
        data = self.machine.read_bytes(self.cq + self.head * size, size)
        completion = hw.groq_completion.from_buffer_copy(data)
        if completion.flags & hw.GROQ_COMPLETION_PHASE != self.phase:
            return None
        self.head = self.next_index(self.head)
        if self.head == 0:
            self.phase ^= hw.GROQ_COMPLETION_PHASE
        return completion

    def wait(self):
        """The next completion."""
        found = []
        machine.wait_for(
            lambda: found.append(self.poll()) or found[-1] is not None,
            f"a completion of queue {self.number}")
        self.release()
        return found[-1]

    def execute(self, *commands):
        """Submit @commands and return their completions."""
        self.place(*commands)
        self.ring()
        return [self.wait() for _ in commands]

    def fault(self, index):
        """The fault record of the command at SQ @index."""
        size = ctypes.sizeof(hw.groq_fault)
        data = self.machine.read_bytes(self.faults + index * size, size)
        return hw.groq_fault.from_buffer_copy(data)
