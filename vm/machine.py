# SPDX-License-Identifier: MIT
"""The virtual machine: its parts, and QEMU's words for them."""

from __future__ import annotations

import functools
import hashlib
from dataclasses import dataclass
from pathlib import Path

CARD = "groq-lpu"
FIRST_SERIAL = 0x1000
DISK_BYTES = 1 << 30

# What a debug kernel takes: time, memory for KASAN's shadows and the freed memory that
# it holds back, and longer deadlines of its own and of the driver (by default 21, 30
# and 10 seconds).
DEBUG_PATIENCE = 5
DEBUG_MEMORY_MIB = 512
DEBUG_KERNEL_OPTIONS = ["rcupdate.rcu_cpu_stall_timeout=105", "workqueue.watchdog_thresh=150",
                        "groq.timeout_ms=50000"]

# A quick boot: entered through PVH, calibrates nothing, tests nothing, and has
# no mitigations, which are costly to emulate. A panic ends QEMU (-no-reboot).
KERNEL_OPTIONS = [
    "console=ttyS0", "loglevel=5", "log_buf_len=4M", "panic=-1",
    "mitigations=off", "nokaslr", "tsc=reliable", "no_timer_check",
    "cryptomgr.notests", "audit=0", "apparmor=0", "nowatchdog",
    "rcupdate.rcu_expedited=1",
]


@functools.cache
def file_hash(path: Path) -> str:
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


@dataclass(frozen=True)
class Image:
    """What a guest is made of: the links that `make guest` puts into a folder."""

    folder: Path

    @property
    def qemu(self) -> Path:
        return self.folder / "qemu"

    @property
    def kernel(self) -> Path:
        return self.folder / "kernel/vmlinux"

    @property
    def initramfs(self) -> Path:
        return self.folder / "initramfs.cpio"

    @property
    def patience(self) -> int:
        """What deadlines are multiplied with: a debug kernel is slow."""
        return DEBUG_PATIENCE if self.is_debug else 1

    @property
    def is_debug(self) -> bool:
        """Whether build-debug-kernel.sh made the kernel; it leaves its configuration."""
        return (self.folder / "kernel/.config").exists()

    @property
    def firmware(self) -> list[Path]:
        share = self.folder / "userland/usr/share"
        return [share / "seabios", share / "qemu"]

    def key(self) -> str:
        """Differs whenever a guest made of this image might behave otherwise."""
        parts = [self.qemu, self.kernel, self.initramfs]
        hashes = "".join(file_hash(path.resolve()) for path in parts)
        return hashlib.sha256(hashes.encode()).hexdigest()


@dataclass(frozen=True)
class Machine:
    """A configuration. Each card sits behind a root port of its own, so that
    card n is 0000:0<n+1>:00.0, and has QEMU's id `card<n>` on bus `port<n>`."""

    cards: int = 2
    empty_slots: int = 0  # further root ports, to plug cards into
    card_options: str = ""  # further properties of each card, "name=value,..."
    cables: tuple[str, ...] = ()  # "a=card0:0,b=card1:3[,name=value]...", cable<n> each
    memory_mib: int = 1024
    processors: int = 2
    # Under TCG, processors take turns in one thread: what a QEMU 10.0 without
    # qemu-tlb-sections.patch needs when a card is unplugged, or it may abort. Ours
    # has the patch; unplugging has not been run for long with a thread for each.
    one_thread: bool = False
    iommu: bool = False  # intel-iommu with interrupt remapping
    deterministic: bool = False  # cards and processors on one virtual clock
    disk: bool = False  # an NVMe disk of zeros, the benchmarks' yardstick
    devices: tuple[str, ...] = ()  # further -device arguments
    kernel_options: tuple[str, ...] = ()
    qemu_options: tuple[str, ...] = ()  # anything else, as on the command line

    @property
    def migratable(self) -> bool:
        """Whether it can be saved; QEMU's NVMe disk cannot."""
        return not self.disk

    def arguments(self, image: Image, accelerator: str) -> list[str]:
        """QEMU's command line but for its connections to us."""
        return [
            str(image.qemu), "-nodefaults", "-no-user-config", "-no-reboot",
            "-display", "none", *self._firmware(image),
            *self._board(accelerator, image.is_debug), *self._kernel(image),
            *self._clock(), *self._iommu(), *self._cards(), *self._cables(), *self._disk(),
            *(word for device in self.devices for word in ("-device", device)),
            *self.qemu_options,
        ]

    @staticmethod
    def _firmware(image: Image) -> list[str]:
        return [word for folder in image.firmware for word in ("-L", str(folder))]

    def _board(self, accelerator: str, debug: bool) -> list[str]:
        split = ",kernel-irqchip=split" if self.iommu and accelerator == "kvm" else ""
        if self.one_thread and accelerator == "tcg":
            accelerator = "tcg,thread=single"
        memory = self.memory_mib + (DEBUG_MEMORY_MIB if debug else 0)
        return ["-machine", f"q35{split}", "-accel", accelerator,
                "-cpu", "host" if accelerator == "kvm" else "max",
                "-smp", str(self.processors), "-m", f"{memory}M"]

    def _kernel(self, image: Image) -> list[str]:
        options = [*KERNEL_OPTIONS, *(DEBUG_KERNEL_OPTIONS if image.is_debug else []),
                   *(["intel_iommu=on"] if self.iommu else []), *self.kernel_options]
        return ["-kernel", str(image.kernel), "-initrd", str(image.initramfs),
                "-append", " ".join(options)]

    def _clock(self) -> list[str]:
        return ["-icount", "shift=3,sleep=off"] if self.deterministic else []

    def _iommu(self) -> list[str]:
        if not self.iommu:
            return []
        return ["-device", "intel-iommu,intremap=on,caching-mode=on,device-iotlb=on"]

    def _cards(self) -> list[str]:
        options = self.card_options
        if self.deterministic:
            options = ",".join(filter(None, [options, "deterministic=on"]))
        words = []
        for number in range(self.cards):
            card = (f"{CARD},id=card{number},bus=port{number},"
                    f"serial={FIRST_SERIAL + number:#x}")
            words += [*self._root_port(number),
                      "-device", f"{card},{options}" if options else card]
        for number in range(self.cards, self.cards + self.empty_slots):
            words += self._root_port(number)
        return words

    def _cables(self) -> list[str]:
        return [word for number, cable in enumerate(self.cables)
                for word in ("-object", f"groq-cable,id=cable{number},{cable}")]

    def _disk(self) -> list[str]:
        if not self.disk:
            return []
        number = self.cards + self.empty_slots
        return [*self._root_port(number),
                "-blockdev", f"null-co,node-name=zeros,size={DISK_BYTES},read-zeroes=on",
                "-device", f"nvme,serial=zeros,drive=zeros,bus=port{number}"]

    @staticmethod
    def _root_port(number: int) -> list[str]:
        return ["-device", f"pcie-root-port,id=port{number},bus=pcie.0,"
                           f"chassis={number + 1},addr={0x10 + number:#x}"]
