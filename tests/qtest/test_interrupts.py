# SPDX-License-Identifier: MIT
"""MSI-X as the memory writes that it is: docs/hardware.md sections 4.3, 10."""

import card
import command_queue as commands
import contract as hw
from case import CardTest
from command_queue import CommandQueue


class Interrupts(CardTest):
    def setUp(self):
        super().setUp()
        self.card.enable_interrupts()

    def nop(self, queue, **fields):
        """One NOP, its completion read but not released."""
        queue.submit(commands.nop(**fields))
        queue.wait(release=False)
        queue.settle()

    def test_a_vector_per_queue(self):
        for number in range(hw.GROQ_QUEUES):
            queue = CommandQueue(self.card, number)
            self.nop(queue)
            self.card.wait_interrupts(hw.GROQ_VECTOR_QUEUE(number))
            queue.disable()

    def test_vector_is_chosen_by_register(self):
        queue = CommandQueue(self.card)
        queue.disable()
        queue.set_register(hw.GROQ_QUEUE_VECTOR, hw.GROQ_VECTORS - 1)
        queue.enable()
        self.nop(queue)
        self.card.wait_interrupts(hw.GROQ_VECTORS - 1)

    def test_sent_once_until_armed(self):
        queue = CommandQueue(self.card)
        vector = hw.GROQ_VECTOR_QUEUE(0)
        self.nop(queue)
        self.card.wait_interrupts(vector)
        self.nop(queue)
        self.nop(queue)
        self.assertEqual(self.card.interrupts(), [])
        queue.head = queue.next_index(0)  # two completions lie behind this
        queue.release()
        self.card.wait_interrupts(vector)
        queue.head = 3
        queue.release()
        self.assertEqual(self.card.interrupts(), [])

    def test_silent_success(self):
        queue = CommandQueue(self.card)
        self.nop(queue, flags=hw.GROQ_COMMAND_SILENT)
        self.assertEqual(self.card.interrupts(), [])
        self.nop(queue)
        self.card.wait_interrupts(hw.GROQ_VECTOR_QUEUE(0))

    def test_silence_does_not_hide_failure(self):
        queue = CommandQueue(self.card)
        queue.submit(hw.groq_command(opcode=0xFF, flags=hw.GROQ_COMMAND_SILENT))
        self.card.wait_interrupts(hw.GROQ_VECTOR_QUEUE(0))

    def test_masked_vector_waits(self):
        queue = CommandQueue(self.card)
        vector = hw.GROQ_VECTOR_QUEUE(0)
        self.card.mask_vector(vector, True)
        self.nop(queue)
        queue.release()
        self.assertEqual(self.card.interrupts(), [])
        self.card.mask_vector(vector, False)
        self.card.wait_interrupts(vector)

    def test_masked_function_waits(self):
        queue = CommandQueue(self.card)
        self.card.msix_control(card.MSIX_ENABLE | card.MSIX_MASK_ALL)
        self.nop(queue)
        queue.release()
        self.assertEqual(self.card.interrupts(), [])
        self.card.msix_control(card.MSIX_ENABLE)
        self.card.wait_interrupts(hw.GROQ_VECTOR_QUEUE(0))

    def test_disabled_msix_sends_nothing(self):
        self.card.msix_control(0)
        queue = CommandQueue(self.card)
        self.nop(queue)
        queue.release()
        self.card.msix_control(card.MSIX_ENABLE)
        self.assertEqual(self.card.interrupts(), [])

    def test_mailbox(self):
        self.card.write(hw.GROQ_INTR_ENABLE, hw.GROQ_INTR_MAILBOX)
        request = hw.groq_mailbox_message(opcode=hw.GROQ_MAILBOX_PING, sequence=9)
        request.payload[13] = 0x1234
        data = bytes(request)
        for n in range(0, len(data), 4):
            self.card.write(hw.GROQ_MAILBOX_REQUEST + n,
                            int.from_bytes(data[n:n + 4], "little"))
        self.card.write(hw.GROQ_MAILBOX_DOORBELL, 1)
        self.card.wait_interrupts(hw.GROQ_VECTOR_DEVICE)
        self.assertEqual(self.card.read(hw.GROQ_MAILBOX_STATUS),
                         hw.GROQ_MAILBOX_DONE)
        self.assertEqual(self.card.read(hw.GROQ_MAILBOX_RESPONSE + 60), 0x1234)
        self.assertEqual(self.card.read(hw.GROQ_MAILBOX_RESPONSE + 4), 9)

    def test_cause_is_sent_again_while_another_stands(self):
        self.card.write(hw.GROQ_INTR_ENABLE, hw.GROQ_INTR_ALL)
        self.card.write(hw.GROQ_MAILBOX_DOORBELL, 1)
        self.card.wait_interrupts(hw.GROQ_VECTOR_DEVICE)
        queue = CommandQueue(self.card)
        queue.tail = 1 << queue.size_log2
        queue.ring()
        queue.wait_error(hw.GROQ_QUEUE_ERROR_DOORBELL)
        self.assertEqual(self.card.interrupts(), [])
        self.card.write(hw.GROQ_INTR_STATUS, hw.GROQ_INTR_MAILBOX)
        self.card.wait_interrupts(hw.GROQ_VECTOR_DEVICE)
        self.card.write(hw.GROQ_INTR_STATUS, hw.GROQ_INTR_QUEUE_ERROR)
        self.assertEqual(self.card.interrupts(), [])
