# SPDX-License-Identifier: MIT
"""A card that fails on its way to the host: docs/driver-testing.md."""

import card
import command_queue as commands
import contract as hw
from command_queue import DATA, CommandQueue
from faults import ALL_ONES, FaultTest, Port
from test_iommu import IOVA, Iommu

# PCI's own numbers, under the names of its specification.
DEVICE_STATUS, LINK_CAPABILITIES = 0x0A, 0x0C
REPORT_CORRECTABLE, REPORT_NONFATAL, REPORT_FATAL = 1, 2, 4
UNCORRECTABLE_STATUS, UNCORRECTABLE_MASK, UNCORRECTABLE_SEVERITY = 4, 8, 12
CORRECTABLE_STATUS, CORRECTABLE_MASK, HEADER_LOG = 16, 20, 28
ROOT_COMMAND, ROOT_STATUS, ERROR_SOURCE = 44, 48, 52
POISONED, MALFORMED, RECEIVER = 1 << 12, 1 << 18, 1
BRIDGE_CONTROL, BRIDGE_SERR = 0x3E, 2
UNMAPPED = 0x70000000  # neither RAM nor a device


class Dma(FaultTest):
    def test_fetch(self):
        queue = CommandQueue(self.card)
        self.set("dma-errors", 1)
        queue.submit(commands.nop())
        queue.wait_error(hw.GROQ_QUEUE_ERROR_FETCH)
        self.assertEqual(self.get("dma-errors"), 0)
        self.check_works()

    def test_copy(self):
        queue = CommandQueue(self.card)
        for make in (commands.copy_in, commands.copy_out):
            self.set("dma-errors-after", 1)
            self.set("dma-errors", 1)
            self.machine.write_bytes(DATA, b"whole")
            index = queue.tail
            [completion] = queue.execute(make(DATA, 0, 4))
            self.assertEqual(completion.status, hw.GROQ_COMPLETION_BAD_DMA)
            self.assertEqual(queue.fault(index).address, DATA)
            self.assertEqual(self.machine.read_bytes(DATA, 5), b"whole")
            self.assertEqual(self.card.sram_read(0, 4), bytes(4))
            self.assertEqual((self.get("dma-errors"),
                              self.get("dma-errors-after")), (0, 0))

    def test_post(self):
        queue = CommandQueue(self.card)
        self.set("dma-errors-after", 2)
        self.set("dma-errors", 1)
        queue.submit(commands.copy_in(DATA, 0, 4))
        queue.wait_error(hw.GROQ_QUEUE_ERROR_POST)

    def test_values(self):
        for name in ("dma-errors", "dma-errors-after", "lost-interrupts"):
            self.set(name, 2 ** 32 - 1)
            self.assertEqual(self.get(name), 2 ** 32 - 1)
            for bad in (-1, 2 ** 32, "some", True):
                self.assertIn("0 to 4294967295", self.refused(name, bad))

    def test_among_work(self):
        """Set and lifted while copies move: each ends with the truth."""
        queue = CommandQueue(self.card)
        data = bytes(range(256)) * 16
        for round in range(20):
            self.machine.write_bytes(DATA, data)
            self.card.sram_write(0, bytes(len(data)))
            queue.disable()
            queue.enable()
            queue.submit(*(commands.copy_in(DATA, 0, len(data))
                           for _ in range(10)))
            self.set("dma-errors-after", round)
            self.set("dma-errors", 3)
            self.set("dma-errors", 0)
            for _ in range(10):
                self.machine.wait_for(
                    lambda: queue.error() or queue.poll(), "an end")
            if not queue.error():
                self.assertEqual(self.card.sram_read(0, len(data)), data)

    def test_stray(self):
        self.machine.write_bytes(DATA, bytes(8))
        self.assertEqual(self.get("stray-dma-result"), "none")
        self.set("stray-dma", f"write:{DATA + 2:#x}:4")
        self.assertEqual(self.machine.read_bytes(DATA, 8),
                         bytes.fromhex("0000a5a5a5a50000"))
        self.assertEqual(self.get("stray-dma-result"), "done")
        self.assertEqual(self.get("stray-dma"), "none")
        for way in ("read", "write"):
            self.set("stray-dma", f"{way}:{UNMAPPED}:4096")
            self.assertEqual(self.get("stray-dma-result"), "refused")
            self.set("stray-dma", f"{way}:{DATA}:4096")
            self.assertEqual(self.get("stray-dma-result"), "done")
        self.set("stray-dma", f"write:{self.card.bars[0]:#x}:4")
        self.assertEqual(self.get("stray-dma-result"), "refused")
        self.card.config_write(card.COMMAND, card.COMMAND_MEMORY, 2)
        self.set("stray-dma", f"read:{DATA}:1")
        self.assertEqual(self.get("stray-dma-result"), "refused",
                         "bus mastering is off")

    def test_stray_values(self):
        for bad in ("", "none", "read:0", "read:0:0", "write:0:4097", "erase:0:1",
                    "read:x:1", "read:0:1:2", f"read:{2 ** 64 - 1}:2"):
            self.assertIn("read:ADDRESS:BYTES or write:ADDRESS:BYTES",
                          self.refused("stray-dma", bad))
        self.assertEqual(self.get("stray-dma-result"), "none")


class DeterministicDma(Dma):
    properties = {"deterministic": True}


class StrayBehindIommu(FaultTest, Iommu):
    """Only these of its tests: those of Iommu run by themselves."""

    def test_refused_and_recorded(self):
        self.enable_translation(map_ram=True)
        self.machine.write_bytes(DATA, bytes(4))
        self.set("stray-dma", f"write:{DATA}:4")
        self.assertEqual(self.get("stray-dma-result"), "refused")
        self.assertEqual(self.machine.read_bytes(DATA, 4), bytes(4))
        self.assertTrue(self.faults())

    def test_translated_strays_land(self):
        self.enable_translation(map_ram=True)
        self.set("stray-dma", f"write:{IOVA + DATA}:4")
        self.assertEqual(self.get("stray-dma-result"), "done")
        self.assertEqual(self.machine.read_bytes(DATA, 4), b"\xa5" * 4)
        self.assertFalse(self.faults())

    def test_errors_among_translated_copies(self):
        self.enable_translation(map_ram=True)
        queue = self.translated_queue()
        self.set("dma-errors-after", 3)
        self.set("dma-errors", 1)
        found = queue.execute(*(commands.copy_in(IOVA + DATA, 0, 64)
                                for _ in range(3)))
        self.assertIn(hw.GROQ_COMPLETION_BAD_DMA, [c.status for c in found])


for name in [n for n in dir(Iommu) if n.startswith("test_")]:
    setattr(StrayBehindIommu, name, None)


class Interrupts(FaultTest):
    def setUp(self):
        super().setUp()
        self.card.enable_interrupts()
        self.queue = CommandQueue(self.card)

    def test_lost(self):
        self.set("lost-interrupts", 2)
        for left in (1, 0):
            self.queue.execute(commands.nop())
            # A completion is there before its interrupt is sent, or lost.
            self.machine.wait_for(lambda: self.get("lost-interrupts") == left,
                                  f"{left} interrupts to be left to lose")
            self.assertEqual(self.card.interrupts(), [])
        self.queue.execute(commands.nop())
        self.card.wait_interrupts(hw.GROQ_VECTOR_QUEUE(0))

    def test_masked_vector_loses_nothing(self):
        vector = hw.GROQ_VECTOR_QUEUE(0)
        self.card.mask_vector(vector, True)
        self.set("lost-interrupts", 1)
        self.queue.execute(commands.nop())
        self.machine.wait_for(lambda: self.card.is_pending(vector), "it to be pending")
        self.assertEqual(self.get("lost-interrupts"), 1)
        self.card.mask_vector(vector, False)
        self.card.wait_interrupts(vector)


class Aer(FaultTest):
    def setUp(self):
        super().setUp()
        self.express = self.card.capability(card.CAP_EXPRESS)
        self.aer = self.card.extended_capability(card.EXTENDED_AER)
        self.root = Port(self.card)
        self.enable(self.card, REPORT_CORRECTABLE | REPORT_NONFATAL | REPORT_FATAL)
        self.enable(self.root, REPORT_CORRECTABLE | REPORT_NONFATAL | REPORT_FATAL)
        self.root.config_write(BRIDGE_CONTROL, BRIDGE_SERR, 2)
        self.root.enable_interrupts()
        self.root.config_write(self.root.aer + ROOT_COMMAND, 7)

    def enable(self, device, messages):
        device.config_write(device.capability(card.CAP_EXPRESS)
                            + card.DEVICE_CONTROL, messages, 2)

    def status(self):
        """Of the card: uncorrectable and correctable errors."""
        return (self.card.config_read(self.aer + UNCORRECTABLE_STATUS),
                self.card.config_read(self.aer + CORRECTABLE_STATUS))

    def root_status(self):
        return self.root.config_read(self.root.aer + ROOT_STATUS) & 0x7F

    def check_message(self, name, status, root_status, source):
        self.set("aer", name)
        self.assertEqual(self.get("aer"), "none")
        self.assertEqual(self.status(), status)
        self.assertEqual(self.root_status(), root_status)
        self.assertTrue(self.root.interrupted())
        sources = self.root.config_read(self.root.aer + ERROR_SOURCE)
        self.assertEqual(sources >> source & 0xFFFF, self.card.requester)

    def test_correctable(self):
        self.check_message("correctable", (0, RECEIVER), 1, 0)
        self.assertEqual(self.card.config_read(self.express + DEVICE_STATUS, 2)
                         & 15, 1)

    def test_nonfatal(self):
        self.check_message("nonfatal", (POISONED, 0), 1 << 5 | 1 << 2, 16)
        self.assertNotEqual(self.card.config_read(self.aer + HEADER_LOG), 0)

    def test_fatal(self):
        self.check_message("fatal", (MALFORMED, 0), 1 << 6 | 1 << 4 | 1 << 2, 16)

    def test_leaves_other_registers_alone(self):
        before = self.card.config_read(self.express + LINK_CAPABILITIES)
        for name in ("correctable", "nonfatal", "fatal"):
            self.set("aer", name)
            self.assertEqual(
                self.card.config_read(self.express + LINK_CAPABILITIES), before)

    def test_severity_is_the_drivers(self):
        self.card.config_write(self.aer + UNCORRECTABLE_SEVERITY, POISONED)
        self.check_message("nonfatal", (POISONED, 0), 1 << 6 | 1 << 4 | 1 << 2, 16)

    def test_masks(self):
        self.card.config_write(self.aer + UNCORRECTABLE_MASK, POISONED | MALFORMED)
        self.card.config_write(self.aer + CORRECTABLE_MASK, RECEIVER)
        for name in ("correctable", "nonfatal", "fatal"):
            self.set("aer", name)
        self.assertEqual(self.status(), (POISONED | MALFORMED, RECEIVER))
        self.assertEqual(self.root_status(), 0)
        self.assertFalse(self.root.interrupted())

    def test_device_control(self):
        self.enable(self.card, 0)
        for name in ("correctable", "nonfatal", "fatal"):
            self.set("aer", name)
        self.assertEqual(self.status(), (POISONED | MALFORMED, RECEIVER))
        self.assertEqual(self.root_status(), 0)

    def test_again_and_cleared(self):
        for _ in range(12):
            self.set("aer", "nonfatal")
        self.card.config_write(self.aer + UNCORRECTABLE_STATUS, ALL_ONES)
        self.assertEqual(self.status()[0], 0)
        self.root.config_write(self.root.aer + ROOT_STATUS, ALL_ONES)
        self.root.interrupted()
        self.check_message("nonfatal", (POISONED, 0), 1 << 5 | 1 << 2, 16)

    def test_values(self):
        self.assertIn("correctable, nonfatal or fatal", self.refused("aer", "none"))
        self.set("gone", True)
        self.assertIn("gone", self.refused("aer", "fatal"))
        self.assertEqual(self.root_status(), 0)
