# SPDX-License-Identifier: MIT
"""Topologies, as groq-topo knows them: files, or shapes like node8."""

from __future__ import annotations

import os
import shlex
import subprocess

from vm.machine import Image


class TopologyError(Exception):
    """What groq-topo says of a name that is no topology."""


def groq_topo(image: Image, *arguments: str) -> str:
    """What the groq-topo prints that `make guest` put into the image."""
    usr = image.folder / "stage/usr"
    try:
        done = subprocess.run([usr / "bin/groq-topo", *arguments], text=True,
                              capture_output=True, check=False,
                              env={**os.environ, "LD_LIBRARY_PATH": str(usr / "lib")})
    except FileNotFoundError as error:
        raise TopologyError(f"{error.filename} is not there: make guest") from None
    if done.returncode != 0:
        raise TopologyError(done.stderr.strip())
    return done.stdout


def card_count(image: Image, topology: str) -> int:
    """How many cards it has, which a topology file says first."""
    return int(groq_topo(image, "--file", topology).split()[1])


def cables(image: Image, topology: str) -> tuple[str, ...]:
    """QEMU's options for the cables between card0, card1 and so on."""
    return tuple(shlex.split(groq_topo(image, "--qemu", topology)))
