# SPDX-License-Identifier: MIT
"""Where the benchmark programs run: in virtual machines, and beside them."""

from __future__ import annotations

import os
import platform
import shlex
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from vm.guest import LOAD_DRIVER, Guest
from vm.machine import Image, Machine

DISK = "/dev/nvme0n1"
# In the guest: the programs, and where they write files.
PROGRAMS = "/usr/lib/groq/bench"
FILES = "/run/bench"
LOAD_DISK = (f"modprobe nvme && for i in $(seq 300); do [ -e {DISK} ] && exit 0; "
             "sleep 0.1; done; exit 1")
GUEST_MEMORY_MIB = 1536
# glibc would choose `rep movsb` for some sizes, which is slow to emulate: the
# yardstick is its other way to copy, several times quicker there.
MEMCPY = "GLIBC_TUNABLES=glibc.cpu.x86_rep_movsb_threshold=0x40000000"
PROGRAM_SECONDS = 900  # against hanging only


def say(message: str) -> None:
    print(f"bench: {message}", file=sys.stderr, flush=True)


@dataclass(frozen=True)
class Rig:
    """One run of the benchmarks."""

    image: Image
    accelerator: str
    programs: Path  # folder of the benchmark programs
    rounds: int
    seconds: float

    def each_round(self, what: str) -> Iterator[int]:
        for number in range(1, self.rounds + 1):
            say(f"{what}: round {number} of {self.rounds}")
            yield number

    def boot(self, *, iommu: bool = False) -> Guest:
        say("booting a guest" + (" with an intel-iommu" if iommu else ""))
        machine = Machine(cards=1, disk=True, iommu=iommu, memory_mib=GUEST_MEMORY_MIB)
        guest = Guest.boot(self.image, machine, self.accelerator)
        try:
            self._prepare(guest)
        except BaseException:
            guest.close()
            raise
        return guest

    def _prepare(self, guest: Guest) -> None:
        guest.run(LOAD_DRIVER)
        guest.run(LOAD_DISK)
        guest.run(f"mkdir -p {FILES}")
        self.in_guest(guest, "write_programs .")

    def in_guest(self, guest: Guest, line: str) -> str:
        """Runs a benchmark program there; its output."""
        return guest.run(f"cd {FILES} && {MEMCPY} {PROGRAMS}/{line}", timeout=PROGRAM_SECONDS).output

    def on_host(self, line: str) -> str:
        words = shlex.split(line)
        return subprocess.run([self.programs / words[0], *words[1:]], check=True,
                              stdout=subprocess.PIPE, text=True).stdout

    def description(self) -> dict[str, object]:
        """The machine, without its name."""
        lines = Path("/proc/cpuinfo").read_text().splitlines()
        model = next((line.partition(":")[2].strip() for line in lines
                      if line.startswith("model name")), platform.machine())
        return {"processors": os.cpu_count(), "model": model,
                "accelerator": self.accelerator, "rounds": self.rounds,
                "seconds": self.seconds, "load": os.getloadavg()[0]}
