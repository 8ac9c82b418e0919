# SPDX-License-Identifier: MIT
"""Identity, capabilities and properties: docs/hardware.md sections 1, 3, 4.1."""

import card
import contract as hw
from case import CardTest
from machine import MachineError


class Identity(CardTest):
    properties = {"serial": 0x1122334455667788}

    def test_ids(self):
        pci = self.card
        self.assertEqual(pci.config_read(0, 2), hw.GROQ_PCI_VENDOR)
        self.assertEqual(pci.config_read(2, 2), hw.GROQ_PCI_DEVICE)
        self.assertEqual(pci.config_read(8) >> 8, hw.GROQ_PCI_CLASS)
        self.assertEqual(pci.config_read(card.SUBSYSTEM, 2), hw.GROQ_PCI_VENDOR)
        self.assertEqual(pci.config_read(card.SUBSYSTEM + 2, 2),
                         hw.GROQ_PCI_SUBSYSTEM_GC1_010B)

    def test_express_endpoint(self):
        express = self.card.capability(card.CAP_EXPRESS)
        kind = self.card.config_read(express + 2, 2) >> 4 & 0xF
        self.assertEqual(kind, 0, "an endpoint")
        capabilities = self.card.config_read(express + card.DEVICE_CAPABILITIES)
        self.assertTrue(capabilities & 1 << 28, "function-level reset")
        link = self.card.config_read(express + card.LINK_STATUS, 2)
        self.assertEqual(link & 0x3FF, 16 << 4 | 4, "x16 at 16 GT/s")

    def test_link_of_the_port_follows(self):
        port = card.Card(self.machine)
        port.config = port.port
        express = port.capability(card.CAP_EXPRESS)
        link = port.config_read(express + card.LINK_STATUS, 2)
        self.assertEqual(link & 0x3FF, 16 << 4 | 4)

    def test_power_management_keeps_state(self):
        power = self.card.capability(card.CAP_POWER)
        self.assertTrue(self.card.config_read(power + 4, 2) & 1 << 3,
                        "No_Soft_Reset")
        self.card.write(hw.GROQ_SCRATCH, 0xABCD)
        self.card.config_write(power + 4, 3, 2)
        self.card.config_write(power + 4, 0, 2)
        self.assertEqual(self.card.read(hw.GROQ_SCRATCH), 0xABCD)

    def test_msix(self):
        msix = self.card.capability(card.CAP_MSIX)
        control = self.card.config_read(msix + card.MSIX_CONTROL, 2)
        self.assertEqual((control & 0x7FF) + 1, hw.GROQ_VECTORS)
        self.assertEqual(self.card.config_read(msix + 4) & 7, hw.GROQ_BAR_MSIX)

    def test_extended_capabilities(self):
        self.card.extended_capability(card.EXTENDED_AER)
        self.card.extended_capability(card.EXTENDED_ATS)
        serial = self.card.extended_capability(card.EXTENDED_SERIAL)
        low, high = (self.card.config_read(serial + n) for n in (4, 8))
        self.assertEqual(high << 32 | low, self.properties["serial"])

    def bar_size_and_kind(self, bar):
        """What a BAR answers to all ones: its size, and its low bits."""
        offset = card.BAR + 4 * bar
        self.card.config_write(card.COMMAND, 0, 2)
        self.card.config_write(offset, 0xFFFFFFFF)
        value = self.card.config_read(offset)
        return (~(value & ~0xF) + 1) & 0xFFFFFFFF, value & 0xF

    def test_bars(self):
        self.assertEqual(self.bar_size_and_kind(hw.GROQ_BAR_REGS),
                         (hw.GROQ_BAR_REGS_BYTES, 0x4))
        self.assertEqual(self.bar_size_and_kind(hw.GROQ_BAR_SRAM),
                         (hw.GROQ_BAR_SRAM_BYTES, 0xC))
        self.assertEqual(self.bar_size_and_kind(hw.GROQ_BAR_MSIX), (0x1000, 0x0))

    def test_registers(self):
        read = self.card.read
        self.assertEqual(read(hw.GROQ_ID), hw.GROQ_ID_MAGIC)
        self.assertEqual(read(hw.GROQ_VERSION), 1 << 16 | 2)
        self.assertEqual(read(hw.GROQ_QUEUE_COUNT), hw.GROQ_QUEUES)
        self.assertEqual(read(hw.GROQ_VECTOR_COUNT), hw.GROQ_VECTORS)
        self.assertEqual(read(hw.GROQ_SRAM_SIZE, 8), hw.GROQ_SRAM_BYTES)
        self.assertEqual(read(hw.GROQ_SERIAL, 8), self.properties["serial"])
        self.assertEqual(read(hw.GROQ_LINK_COUNT), 11)
        self.assertEqual(read(hw.GROQ_CLOCK_KHZ) * 1000, hw.GROQ_CLOCK_HZ)


class Products(CardTest):
    """Properties of cards other than the default one."""

    def subsystem(self, links):
        self.properties = {"links": links}
        other = card.Card(self.start())
        self.assertEqual(other.read(hw.GROQ_LINK_COUNT), links)
        return other.config_read(card.SUBSYSTEM + 2, 2)

    def test_links_tell_the_product(self):
        self.assertEqual(self.subsystem(9), hw.GROQ_PCI_SUBSYSTEM_GC1_0109)
        self.assertEqual(self.subsystem(0), hw.GROQ_PCI_SUBSYSTEM_GC1_0100)
        self.assertEqual(self.subsystem(4), hw.GROQ_PCI_SUBSYSTEM_GC1_010X_ES)

    def refused(self, **properties):
        self.properties = properties
        with self.assertRaisesRegex(MachineError, "did not start.*groq|card0"):
            self.start()

    def test_impossible_cards_are_refused(self):
        for properties in ({"links": 17}, {"sram_size": 0},
                           {"sram_size": hw.GROQ_SRAM_BYTES + hw.GROQ_SLICE_BYTES},
                           {"sram_size": hw.GROQ_SLICE_BYTES + 4096}):
            with self.subTest(**properties):
                self.refused(**properties)


class TwoCards(CardTest):
    count = 2

    def test_cards_are_independent(self):
        first, second = self.cards
        first.write(hw.GROQ_SCRATCH, 1)
        second.write(hw.GROQ_SCRATCH, 2)
        first.sram_write(0, b"first")
        second.sram_write(0, b"second")
        self.assertEqual(first.read(hw.GROQ_SCRATCH), 1)
        self.assertEqual(second.read(hw.GROQ_SCRATCH), 2)
        self.assertEqual(first.sram_read(0, 6), b"first\0")
        first.flr()
        self.assertEqual(first.read(hw.GROQ_SCRATCH), 0)
        self.assertEqual(second.read(hw.GROQ_SCRATCH), 2)
