# SPDX-License-Identifier: MIT
"""A card behind its root port: configuration space, BARs, MSI-X."""

from __future__ import annotations

import contract as hw
from machine import Machine

ECAM = 0xE0000000
PCIEXBAR = 0x60
MEMORY_WINDOW = 0xC0000000  # per card 16 MiB: BAR0, BAR4
PREFETCH_WINDOW = 0x200000000  # per card 256 MiB: BAR2
MSIX_BAR_OFFSET = 0x100000
FIRST_PORT = 0x10

# PCI's own numbers, under the names of its specification.
COMMAND, BAR, SUBSYSTEM, CAPABILITIES = 0x04, 0x10, 0x2C, 0x34
COMMAND_MEMORY, COMMAND_MASTER = 2, 4
BUSES, MEMORY_BASE, PREFETCH_BASE = 0x18, 0x20, 0x24
PREFETCH_UPPER_BASE, PREFETCH_UPPER_LIMIT = 0x28, 0x2C
CAP_POWER, CAP_EXPRESS, CAP_MSIX = 0x01, 0x10, 0x11
EXTENDED_AER, EXTENDED_SERIAL, EXTENDED_ATS = 0x0001, 0x0003, 0x000F
DEVICE_CAPABILITIES, DEVICE_CONTROL, LINK_STATUS = 0x04, 0x08, 0x12
DEVICE_CONTROL_FLR = 1 << 15
MSIX_CONTROL, MSIX_PENDING = 2, 8
MSIX_ENABLE, MSIX_MASK_ALL = 1 << 15, 1 << 14

# Where the interrupts of the tests land in RAM: four bytes per vector.
MESSAGES = 0x10000
MESSAGE = 0x600D0000


def arguments(count: int = 1, **properties: object) -> list[str]:
    """QEMU's arguments for @count cards, each behind a root port. A property may be a
    function of the number of the card."""
    words = []
    for n in range(count):
        values = {key: value(n) if callable(value) else value
                  for key, value in properties.items()}
        text = "".join(f",{key.replace('_', '-')}={value}".lower()
                       for key, value in values.items())
        words += ["-device", f"pcie-root-port,id=port{n},chassis={n + 1},"
                             f"addr={FIRST_PORT + n:#x}",
                  "-device", f"groq-lpu,id=card{n},bus=port{n}{text}"]
    return words


class Card:
    """Card number @index of a machine; enumerated on construction."""

    def __init__(self, machine: Machine, index: int = 0,
                 enumerate_bus: bool = True) -> None:
        self.machine = machine
        self.bus = index + 1
        self.requester = self.bus << 8
        self.port = ECAM + ((FIRST_PORT + index) << 15)
        self.config = ECAM + (self.bus << 20)
        self.bars = {
            hw.GROQ_BAR_REGS: MEMORY_WINDOW + (index << 24),
            hw.GROQ_BAR_SRAM: PREFETCH_WINDOW + (index << 28),
            hw.GROQ_BAR_MSIX: MEMORY_WINDOW + (index << 24) + MSIX_BAR_OFFSET,
        }
        if enumerate_bus:
            self.open_path()
            self.place_bars()
            self.wait_ready()

    def open_path(self) -> None:
        """To its configuration space, as after a reset of the machine."""
        self._open_ecam()
        self._open_bridge()

    def _open_ecam(self) -> None:
        self.machine.out(0xCF8, 0x80000000 | PCIEXBAR)
        self.machine.out(0xCFC, ECAM | 1)

    def _open_bridge(self) -> None:
        write, port = self.machine.write, self.port
        memory = self.bars[hw.GROQ_BAR_REGS] >> 16
        prefetch = self.bars[hw.GROQ_BAR_SRAM]
        low = prefetch >> 16 & 0xFFF0
        write(port + BUSES, 4, self.bus << 16 | self.bus << 8)
        write(port + MEMORY_BASE, 4, (memory | 0xF0) << 16 | memory)
        write(port + PREFETCH_BASE, 4, (low | 0xFF0) << 16 | low)
        write(port + PREFETCH_UPPER_BASE, 4, prefetch >> 32)
        write(port + PREFETCH_UPPER_LIMIT, 4, prefetch >> 32)
        write(port + COMMAND, 2, COMMAND_MEMORY | COMMAND_MASTER)

    def place_bars(self) -> None:
        """As after power-on or a reset."""
        for bar, address in self.bars.items():
            self.config_write(BAR + 4 * bar, address & 0xFFFFFFFF)
            if bar != hw.GROQ_BAR_MSIX:
                self.config_write(BAR + 4 * bar + 4, address >> 32)
        self.config_write(COMMAND, COMMAND_MEMORY | COMMAND_MASTER, 2)

    # --- configuration space

    def config_read(self, offset: int, width: int = 4) -> int:
        return self.machine.read(self.config + offset, width)

    def config_write(self, offset: int, value: int, width: int = 4) -> None:
        self.machine.write(self.config + offset, width, value)

    def capability(self, wanted: int) -> int:
        """Offset of a capability."""
        offset = self.config_read(CAPABILITIES, 1)
        while offset and self.config_read(offset, 1) != wanted:
            offset = self.config_read(offset + 1, 1)
        assert offset, f"no capability {wanted:#x}"
        return offset

    def extended_capability(self, wanted: int) -> int:
        """Offset of an extended capability."""
        offset = 0x100
        while offset and self.config_read(offset, 2) != wanted:
            offset = self.config_read(offset + 2, 2) >> 4
        assert offset, f"no extended capability {wanted:#x}"
        return offset

    def start_flr(self) -> None:
        """Function-level reset; place_bars() brings the BARs back."""
        control = self.capability(CAP_EXPRESS) + DEVICE_CONTROL
        self.config_write(control, DEVICE_CONTROL_FLR, 2)

    def flr_command(self) -> str:
        """The same as a qtest command, to be sent along with others."""
        control = self.capability(CAP_EXPRESS) + DEVICE_CONTROL
        return f"writew {self.config + control:#x} {DEVICE_CONTROL_FLR:#x}"

    def flr(self) -> None:
        self.start_flr()
        self.place_bars()
        self.wait_ready()

    # --- BARs

    def read(self, offset: int, width: int = 4,
             bar: int = hw.GROQ_BAR_REGS) -> int:
        return self.machine.read(self.bars[bar] + offset, width)

    def write(self, offset: int, value: int, width: int = 4,
              bar: int = hw.GROQ_BAR_REGS) -> None:
        self.machine.write(self.bars[bar] + offset, width, value)

    def sram_read(self, offset: int, count: int) -> bytes:
        return self.machine.read_bytes(self.bars[hw.GROQ_BAR_SRAM] + offset,
                                       count)

    def sram_write(self, offset: int, data: bytes) -> None:
        self.machine.write_bytes(self.bars[hw.GROQ_BAR_SRAM] + offset, data)

    def wait_status(self, mask: int, value: int) -> None:
        """Until STATUS & @mask is @value."""
        self.machine.wait_for(lambda: self.read(hw.GROQ_STATUS) & mask == value,
                 f"STATUS & {mask:#x} = {value:#x}")

    def wait_ready(self) -> None:
        self.wait_status(hw.GROQ_STATUS_READY | hw.GROQ_STATUS_RESETTING,
                         hw.GROQ_STATUS_READY)

    # --- MSI-X

    def enable_interrupts(self) -> None:
        """Each vector becomes a write of its own to RAM; see interrupts()."""
        for vector in range(hw.GROQ_VECTORS):
            self.set_message(vector, MESSAGES + 4 * vector, MESSAGE | vector)
        self.machine.write_bytes(MESSAGES, bytes(4 * hw.GROQ_VECTORS))
        self.msix_control(MSIX_ENABLE)

    def set_message(self, vector: int, address: int, data: int) -> None:
        for n, word in enumerate((address & 0xFFFFFFFF, address >> 32, data, 0)):
            self.write(16 * vector + 4 * n, word, 4, hw.GROQ_BAR_MSIX)

    def mask_vector(self, vector: int, masked: bool) -> None:
        self.write(16 * vector + 12, int(masked), 4, hw.GROQ_BAR_MSIX)

    def is_pending(self, vector: int) -> bool:
        """Whether a masked vector has something to say."""
        array = self.config_read(self.capability(CAP_MSIX) + MSIX_PENDING, 4) & ~7
        word = self.read(array + vector // 32 * 4, 4, hw.GROQ_BAR_MSIX)
        return bool(word >> vector % 32 & 1)

    def msix_control(self, value: int) -> None:
        self.config_write(self.capability(CAP_MSIX) + MSIX_CONTROL, value, 2)

    def interrupts(self) -> list[int]:
        """The vectors that came since the last call."""
        data = self.machine.read_bytes(MESSAGES, 4 * hw.GROQ_VECTORS)
        came = []
        for vector in range(hw.GROQ_VECTORS):
            word = int.from_bytes(data[4 * vector:4 * vector + 4], "little")
            if word:
                assert word == MESSAGE | vector, hex(word)
                self.machine.write(MESSAGES + 4 * vector, 4, 0)
                came.append(vector)
        return came

    def wait_interrupts(self, *vectors: int) -> None:
        """Until these have come; no other may."""
        came: list[int] = []
        self.machine.wait_for(lambda: came.extend(self.interrupts())
                 or len(came) >= len(vectors), f"interrupts {vectors}")
        assert sorted(came) == sorted(vectors), came
