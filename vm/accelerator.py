# SPDX-License-Identifier: MIT
"""Which of QEMU's accelerators runs the guest.

/dev/kvm may open and yet no kernel boots under it (nested virtualisation that
does not emulate what a boot needs). So one boot is tried, and its outcome
remembered for this machine, kernel and QEMU.
"""

from __future__ import annotations

import hashlib
import json
import os
import platform
from pathlib import Path

from vm.guest import Guest
from vm.machine import Image, Machine

TRIAL_SECONDS = 40


def choose(image: Image, memory: Path) -> str:
    """`kvm` or `tcg`; outcomes are kept in the file `memory`. The environment's
    GROQ_ACCELERATOR decides without a trial."""
    if named := os.environ.get("GROQ_ACCELERATOR"):
        return named
    if not os.access("/dev/kvm", os.R_OK | os.W_OK):
        return "tcg"
    outcomes: dict[str, str] = json.loads(memory.read_text()) if memory.exists() else {}
    key = trial_key(image)
    if key not in outcomes:
        outcomes[key] = "kvm" if boots_under_kvm(image) else "tcg"
        memory.write_text(json.dumps(outcomes, indent=1) + "\n")
    return outcomes[key]


def boots_under_kvm(image: Image) -> bool:
    try:
        Guest.boot(image, Machine(cards=0), "kvm", TRIAL_SECONDS).close()
    except Exception:  # however it failed, the guest must be emulated
        return False
    return True


def trial_key(image: Image) -> str:
    """Equal for boots that must end alike."""
    processor = [line for line in Path("/proc/cpuinfo").read_text().splitlines()
                 if line.startswith(("model name", "flags", "microcode"))][:3]
    parts = [platform.release(), platform.version(), *processor,
             str(image.qemu.resolve()), str(image.kernel.resolve())]
    return hashlib.sha256("\n".join(parts).encode()).hexdigest()[:16]
