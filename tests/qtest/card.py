# SPDX-License-Identifier: MIT
"""A card behind its root port: configuration space, BARs, MSI-X."""

import contract as hw
import machine

ECAM = 0xE0000000
PCIEXBAR = 0x60
MEMORY_WINDOW = 0xC0000000      # per card 16 MiB: BAR0, BAR4
PREFETCH_WINDOW = 0x200000000   # per card 256 MiB: BAR2
MSIX_BAR_OFFSET = 0x100000

# PCI's own numbers, under the names of the specification.
COMMAND, STATUS, CLASS, HEADER_TYPE, BAR, SUBSYSTEM = 4, 6, 8, 14, 0x10, 0x2C
COMMAND_MEMORY, COMMAND_MASTER = 2, 4
CAP_POWER, CAP_EXPRESS, CAP_MSIX = 0x01, 0x10, 0x11
EXTENDED_AER, EXTENDED_SERIAL, EXTENDED_ATS = 0x0001, 0x0003, 0x000F
DEVICE_CAPABILITIES, DEVICE_CONTROL = 4, 8
DEVICE_CONTROL_FLR = 1 << 15
MSIX_CONTROL, MSIX_TABLE = 2, 4
MSIX_ENABLE, MSIX_MASK_ALL = 1 << 15, 1 << 14

# Where the interrupts of the tests land in RAM: four bytes per vector.
MESSAGES = 0x10000
MESSAGE = 0x600D0000


def arguments(count=1, **properties):
    """QEMU arguments for @count cards, each behind a root port."""
    text = "".join(f",{key.replace('_', '-')}={value}"
                   for key, value in properties.items())
    result = []
    for n in range(count):
        result += ["-device", f"pcie-root-port,id=port{n},chassis={n},"
                              f"addr={4 + n:#x}"]
        result += ["-device", f"groq-lpu,id=card{n},bus=port{n}{text}"]
    return result


class Card:
    """Card number @index of a machine; enumerated on construction."""

    def __init__(self, owner, index=0):
        self.machine = owner
        self.bus = index + 1
        self.config_base = ECAM + (self.bus << 20)
        owner.out(0xCF8, 0x80000000 | PCIEXBAR)
        owner.out(0xCFC, ECAM | 1)
        self.bars = {
            hw.GROQ_BAR_REGS: MEMORY_WINDOW + (index << 24),
            hw.GROQ_BAR_SRAM: PREFETCH_WINDOW + (index << 28),
            hw.GROQ_BAR_MSIX: MEMORY_WINDOW + (index << 24) + MSIX_BAR_OFFSET,
        }
        self.open_bridge(ECAM + ((4 + index) << 15))
        self.place_bars()

    def open_bridge(self, port):
        write = self.machine.write
        memory = self.bars[hw.GROQ_BAR_REGS] >> 16
        prefetch = self.bars[hw.GROQ_BAR_SRAM]
        write(port + 0x18, 4, self.bus << 16 | self.bus << 8)
        write(port + 0x20, 4, (memory | 0xF0) << 16 | memory)
        low = prefetch >> 16 & 0xFFF0
        write(port + 0x24, 4, (low | 0xFFF0) << 16 | low)
        write(port + 0x28, 4, prefetch >> 32)
        write(port + 0x2C, 4, prefetch >> 32)
        write(port + COMMAND, 2, COMMAND_MEMORY | COMMAND_MASTER)

    def place_bars(self):
        for bar, address in self.bars.items():
            self.config_write(BAR + 4 * bar, 4, address & 0xFFFFFFFF)
            if bar != hw.GROQ_BAR_MSIX:
                self.config_write(BAR + 4 * bar + 4, 4, address >> 32)
        self.config_write(COMMAND, 2, COMMAND_MEMORY | COMMAND_MASTER)

    # --- configuration space

    def config_read(self, offset, width):
        return self.machine.read(self.config_base + offset, width)

    def config_write(self, offset, width, value):
        self.machine.write(self.config_base + offset, width, value)

    def capability(self, wanted):
        """Offset of a capability, or None."""
        offset = self.config_read(0x34, 1)
        while offset:
            if self.config_read(offset, 1) == wanted:
                return offset
            offset = self.config_read(offset + 1, 1)
        return None

    def extended_capability(self, wanted):
        """Offset of an extended capability, or None."""
        offset = 0x100
        while offset:
            header = self.config_read(offset, 4)
            if header & 0xFFFF == wanted:
                return offset
            offset = header >> 20
        return None

    def function_level_reset(self):
        """FLR, then what an operating system restores after it."""
        control = self.capability(CAP_EXPRESS) + DEVICE_CONTROL
        self.config_write(control, 2, DEVICE_CONTROL_FLR)

    # --- BARs

    def read(self, offset, width=4, bar=hw.GROQ_BAR_REGS):
        return self.machine.read(self.bars[bar] + offset, width)

    def write(self, offset, value, width=4, bar=hw.GROQ_BAR_REGS):
        self.machine.write(self.bars[bar] + offset, width, value)

    def sram_read(self, offset, count):
        return self.machine.read_bytes(self.bars[hw.GROQ_BAR_SRAM] + offset,
                                       count)

    def sram_write(self, offset, data):
        self.machine.write_bytes(self.bars[hw.GROQ_BAR_SRAM] + offset, data)

    def wait_status(self, mask, value):
        """Until STATUS & @mask is @value."""
        machine.wait_for(lambda: self.read(hw.GROQ_STATUS) & mask == value,
                         f"STATUS & {mask:#x} = {value:#x}")

    # --- MSI-X

    def enable_interrupts(self):
        """Every vector becomes a write of its own to RAM; see interrupts()."""
        for vector in range(hw.GROQ_VECTORS):
            self.machine.write(MESSAGES + 4 * vector, 4, 0)
            entry = 16 * vector
            self.write(entry, MESSAGES + 4 * vector, 4, hw.GROQ_BAR_MSIX)
            self.write(entry + 4, 0, 4, hw.GROQ_BAR_MSIX)
            self.write(entry + 8, MESSAGE | vector, 4, hw.GROQ_BAR_MSIX)
            self.write(entry + 12, 0, 4, hw.GROQ_BAR_MSIX)
        self.msix_control(MSIX_ENABLE)

    def msix_control(self, value):
        self.config_write(self.capability(CAP_MSIX) + MSIX_CONTROL, 2, value)

    def mask_vector(self, vector, masked):
        self.write(16 * vector + 12, int(masked), 4, hw.GROQ_BAR_MSIX)

    def interrupts(self):
        """The vectors that came since the last call."""
        data = self.machine.read_bytes(MESSAGES, 4 * hw.GROQ_VECTORS)
        words = [int.from_bytes(data[i:i + 4], "little")
                 for i in range(0, len(data), 4)]
        came = [v for v, word in enumerate(words) if word]
        for vector in came:
            assert words[vector] == MESSAGE | vector
            self.machine.write(MESSAGES + 4 * vector, 4, 0)
        return came

    def wait_interrupt(self, vector):
        """Until @vector comes; no other may."""
        came = []
        machine.wait_for(lambda: came.extend(self.interrupts()) or came,
                         f"interrupt {vector}")
        assert came == [vector], came
