# SPDX-License-Identifier: MIT
"""Queues and commands through PCI: docs/hardware.md sections 8 to 11."""

import random

import command_queue as commands
import contract as hw
import long_program
from case import CardTest
from command_queue import DATA, CommandQueue

UNMAPPED = 0x70000000  # neither RAM nor a device


class Queues(CardTest):
    def test_nop(self):
        queue = CommandQueue(self.card)
        [completion] = queue.execute(commands.nop(cookie=0xC00C1E))
        self.assertEqual(completion.status, hw.GROQ_COMPLETION_OK)
        self.assertEqual(completion.cookie, 0xC00C1E)
        self.assertEqual(completion.queue, 0)
        self.assertEqual(completion.sq_head, 1)
        self.assertEqual(completion.result, 0)

    def test_every_queue(self):
        for number in range(hw.GROQ_QUEUES):
            queue = CommandQueue(self.card, number)
            [completion] = queue.execute(commands.nop(cookie=number))
            self.assertEqual((completion.cookie, completion.queue),
                             (number, number))
            queue.disable()

    def test_rings_wrap(self):
        queue = CommandQueue(self.card, size_log2=2)
        for cookie in range(19):
            [completion] = queue.execute(commands.nop(cookie=cookie))
            self.assertEqual(completion.cookie, cookie)

    def test_order_within_a_queue(self):
        queue = CommandQueue(self.card, size_log2=6)
        found = queue.execute(*(commands.nop(cookie=n) for n in range(63)))
        self.assertEqual([c.cookie for c in found], list(range(63)))

    def test_full_completion_ring_holds_commands_back(self):
        queue = CommandQueue(self.card, size_log2=1)
        queue.submit(commands.nop(cookie=1))
        queue.wait(release=False)
        queue.submit(commands.nop(cookie=2))
        self.assertEqual(queue.register(hw.GROQ_QUEUE_SQ_HEAD), 1)
        queue.release()
        self.assertEqual(queue.wait().cookie, 2)

    def test_disabled_queue_ignores_its_doorbells(self):
        queue = CommandQueue(self.card)
        queue.disable()
        queue.submit(commands.nop())
        self.assertEqual(queue.register(hw.GROQ_QUEUE_SQ_TAIL), 0)
        self.assertEqual(queue.error(), hw.GROQ_QUEUE_ERROR_NONE)

    def test_doorbell_out_of_range(self):
        queue = CommandQueue(self.card, 5)
        self.card.enable_interrupts()
        self.card.write(hw.GROQ_INTR_ENABLE, hw.GROQ_INTR_ALL)
        queue.tail = 1 << queue.size_log2
        queue.ring()
        queue.wait_error(hw.GROQ_QUEUE_ERROR_DOORBELL)
        self.assertEqual(queue.status() & hw.GROQ_QUEUE_ENABLED, 0)
        self.assertEqual(self.card.read(hw.GROQ_QUEUE_ERRORS), 1 << 5)
        self.assertEqual(self.card.read(hw.GROQ_INTR_STATUS),
                         hw.GROQ_INTR_QUEUE_ERROR)
        self.card.wait_interrupts(hw.GROQ_VECTOR_DEVICE)

    def test_bad_configurations(self):
        queue = CommandQueue(self.card)
        for register, width, value in (
                (hw.GROQ_QUEUE_SQ_BASE, 8, queue.sq + 8),
                (hw.GROQ_QUEUE_CQ_BASE, 8, queue.cq + 2048),
                (hw.GROQ_QUEUE_FAULT_BASE, 8, queue.faults + 64),
                (hw.GROQ_QUEUE_SIZE, 4, 0),
                (hw.GROQ_QUEUE_SIZE, 4, 13),
                (hw.GROQ_QUEUE_VECTOR, 4, hw.GROQ_VECTORS)):
            with self.subTest(register=register, value=value):
                queue.disable()
                queue.configure()
                queue.set_register(register, value, width)
                queue.enable()
                self.assertEqual(queue.error(), hw.GROQ_QUEUE_ERROR_CONFIG)
                queue.configure()
                queue.enable()
                self.assertEqual(queue.error(), hw.GROQ_QUEUE_ERROR_NONE)


class Copies(CardTest):
    def setUp(self):
        super().setUp()
        self.queue = CommandQueue(self.card)
        self.chance = random.Random(2)

    def execute(self, command):
        [completion] = self.queue.execute(command)
        self.assertEqual(completion.status, hw.GROQ_COMPLETION_OK)
        return completion.result

    def test_in_and_out(self):
        data = self.chance.randbytes(100001)
        self.machine.write_bytes(DATA + 3, data)
        self.assertEqual(
            self.execute(commands.copy_in(DATA + 3, 77777, len(data))), len(data))
        self.assertEqual(self.card.sram_read(77777, len(data)), data)
        self.execute(commands.copy_out(DATA + 0x400001, 77777, len(data)))
        self.assertEqual(self.machine.read_bytes(DATA + 0x400001, len(data)), data)

    def test_large_copy(self):
        """More than the device moves at a time."""
        block = self.chance.randbytes(4096)
        for n in range(0, 4 << 20, len(block)):
            self.machine.command(
                f"memset {DATA + n:#x} {len(block):#x} {n // len(block) % 251:#x}")
        self.execute(commands.copy_in(DATA, 1, 4 << 20))
        for n in range(0, 4 << 20, 1 << 18):
            self.assertEqual(self.card.sram_read(1 + n, 4096),
                             bytes([n // 4096 % 251]) * 4096)

    def test_last_byte(self):
        self.machine.write_bytes(DATA, b"\x5a")
        self.execute(commands.copy_in(DATA, hw.GROQ_SRAM_BYTES - 1, 1))
        self.assertEqual(self.card.sram_read(hw.GROQ_SRAM_BYTES - 1, 1), b"\x5a")

    def test_scatter_list(self):
        pieces = [(DATA + 0x10000 * n + n, 320 * n, 1 + 37 * n % 320)
                  for n in range(200)]
        entries = b"".join(bytes(hw.groq_scatter(*piece)) for piece in pieces)
        self.machine.write_bytes(DATA - 0x10000, entries)
        contents = [self.chance.randbytes(length) for _, _, length in pieces]
        for (host, _, _), content in zip(pieces, contents):
            self.machine.write_bytes(host, content)
        moved = self.execute(commands.copy_list(
            hw.GROQ_OP_COPY_IN, DATA - 0x10000, len(pieces)))
        self.assertEqual(moved, sum(length for _, _, length in pieces))
        for (_, sram, length), content in zip(pieces, contents):
            self.assertEqual(self.card.sram_read(sram, length), content)

    def test_fill(self):
        self.execute(commands.fill(4, 12, 0x04030201))
        self.assertEqual(self.card.sram_read(0, 20),
                         bytes(4) + bytes([1, 2, 3, 4] * 3) + bytes(4))


class Abort(CardTest):
    """Of a command that is named: it, and never its successor."""

    def setUp(self):
        super().setUp()
        self.queue = CommandQueue(self.card, size_log2=2)

    def abort(self, index):
        self.queue.set_register(hw.GROQ_QUEUE_ABORT,
                                hw.GROQ_QUEUE_ABORT_MATCH | index << 16)

    def run_endless(self):
        """The index of a program that is under way when this returns."""
        index = self.queue.tail
        self.queue.submit(long_program.load_endless(self.card))
        self.card.wait_status(hw.GROQ_STATUS_RUNNING, hw.GROQ_STATUS_RUNNING)
        return index

    def test_the_command_in_work(self):
        for _ in range(6):
            self.abort(self.run_endless())
            self.assertEqual(self.queue.wait().status, hw.GROQ_COMPLETION_ABORTED)

    def test_a_later_command_is_untouched(self):
        self.queue.execute(commands.nop())
        index = self.run_endless()
        for other in {0, 1, 2, 3, 0x8000 | index} - {index}:
            self.abort(other)
        self.machine.step_clock(100_000)
        self.assertTrue(self.card.read(hw.GROQ_STATUS) & hw.GROQ_STATUS_RUNNING)
        self.assertIsNone(self.queue.poll())
        self.abort(index)
        self.assertEqual(self.queue.wait().status, hw.GROQ_COMPLETION_ABORTED)

    def test_one_that_is_over(self):
        self.queue.execute(commands.nop())
        self.abort(0)
        found = self.queue.execute(commands.nop(), commands.nop())
        self.assertEqual([c.status for c in found], 2 * [hw.GROQ_COMPLETION_OK])


class BadCommands(CardTest):
    def setUp(self):
        super().setUp()
        self.queue = CommandQueue(self.card, sram_bytes=6400)

    def refused(self, command, status, cause):
        index = self.queue.tail
        [completion] = self.queue.execute(command)
        self.assertEqual(completion.status, status)
        fault = self.queue.fault(index)
        self.assertEqual(fault.cause, cause)
        self.assertEqual(fault.cookie, command.cookie)
        return fault

    def test_unknown_opcodes(self):
        known = {hw.GROQ_OP_NOP, hw.GROQ_OP_COPY_IN, hw.GROQ_OP_COPY_OUT,
                 hw.GROQ_OP_RUN, hw.GROQ_OP_FILL}
        for opcode in set(range(256)) - known:
            self.refused(hw.groq_command(opcode=opcode, cookie=opcode),
                         hw.GROQ_COMPLETION_BAD_OPCODE, hw.GROQ_FAULT_BAD_OPCODE)

    def test_reserved_bytes_must_be_zero(self):
        used = range(8, 16)  # of a NOP: opcode, flags and cookie
        for offset in range(2, 64):
            if offset not in used:
                data = bytearray(bytes(commands.nop()))
                data[offset] = 1
                self.refused(hw.groq_command.from_buffer(data),
                             hw.GROQ_COMPLETION_BAD_FIELD,
                             hw.GROQ_FAULT_BAD_FIELD)

    def test_windows_bound_copies(self):
        for command in (commands.copy_in(DATA, 6399, 2),
                        commands.copy_out(DATA, 6400, 1),
                        commands.copy_in(DATA, 0xFFFFFFFF, 2),
                        commands.copy_in(DATA, 0, 0xFFFFFFFF),
                        commands.fill(6396, 8, 0)):
            self.refused(command, hw.GROQ_COMPLETION_BAD_WINDOW,
                         hw.GROQ_FAULT_WINDOW)

    def test_unreachable_host_memory(self):
        for host in (UNMAPPED, 1 << 63, 2 ** 64 - 64):
            for make in (commands.copy_in, commands.copy_out):
                fault = self.refused(make(host, 0, 64, cookie=3),
                                     hw.GROQ_COMPLETION_BAD_DMA,
                                     hw.GROQ_FAULT_DMA)
                self.assertEqual(fault.address, host)

    def test_unreachable_scatter_list(self):
        self.refused(commands.copy_list(hw.GROQ_OP_COPY_IN, UNMAPPED, 3),
                     hw.GROQ_COMPLETION_BAD_DMA, hw.GROQ_FAULT_DMA)

    def test_launch_table_of_zeros(self):
        self.refused(commands.run(0, 1, 1000), hw.GROQ_COMPLETION_FAULT,
                     hw.GROQ_FAULT_BAD_LAUNCH)

    def test_the_queue_goes_on(self):
        self.refused(commands.copy_in(UNMAPPED, 0, 1),
                     hw.GROQ_COMPLETION_BAD_DMA, hw.GROQ_FAULT_DMA)
        [completion] = self.queue.execute(commands.nop())
        self.assertEqual(completion.status, hw.GROQ_COMPLETION_OK)


class UnreachableRings(CardTest):
    def setUp(self):
        super().setUp()
        self.queue = CommandQueue(self.card)
        self.queue.disable()

    def submit_with(self, register):
        self.queue.set_register(register, UNMAPPED, 8)
        self.queue.enable()
        self.queue.submit(hw.groq_command(opcode=0xFF))

    def test_submission_ring(self):
        self.submit_with(hw.GROQ_QUEUE_SQ_BASE)
        self.queue.wait_error(hw.GROQ_QUEUE_ERROR_FETCH)

    def test_completion_ring(self):
        self.submit_with(hw.GROQ_QUEUE_CQ_BASE)
        self.queue.wait_error(hw.GROQ_QUEUE_ERROR_POST)

    def test_fault_records(self):
        self.submit_with(hw.GROQ_QUEUE_FAULT_BASE)
        self.queue.wait_error(hw.GROQ_QUEUE_ERROR_POST)


# The same on the guest's clock.
class DeterministicQueues(Queues):
    properties = {"deterministic": True}


class DeterministicAbort(Abort):
    properties = {"deterministic": True}


class DeterministicCopies(Copies):
    properties = {"deterministic": True}
