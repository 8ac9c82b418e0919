# SPDX-License-Identifier: MIT
"""The kernel's modules: found, unpacked, ordered by what they need."""

from __future__ import annotations

import gzip
import lzma
import re
from pathlib import Path

DEPENDS = re.compile(rb"\0depends=([^\0]*)\0")


def normal(name: str) -> str:
    """Module names use - and _ interchangeably."""
    return name.replace("-", "_")


def module_name(path: Path) -> str:
    return normal(path.name.partition(".")[0])


class KernelModules:
    """The modules below a folder laid out as lib/modules/<release>."""

    def __init__(self, folder: Path) -> None:
        self._files = {module_name(path): path
                       for path in folder.joinpath("kernel").rglob("*.ko*")}
        builtin = folder.joinpath("modules.builtin").read_text().splitlines()
        self._builtin = {module_name(Path(line)) for line in builtin}

    def load(self, name: str) -> bytes:
        """The module's object file."""
        path = self._files[name]
        data = path.read_bytes()
        if path.suffix == ".xz":
            return lzma.decompress(data)
        return gzip.decompress(data) if path.suffix == ".gz" else data

    def closure(self, names: list[str]) -> dict[str, bytes]:
        """These modules and all that they need, in the order to load them."""
        ordered: dict[str, bytes] = {}
        for name in names:
            self._visit(normal(name), ordered)
        return ordered

    def _visit(self, name: str, ordered: dict[str, bytes]) -> None:
        if name in ordered or name in self._builtin:
            return
        module = self.load(name)
        for needed in dependencies(module):
            self._visit(needed, ordered)
        ordered[name] = module


def dependencies(module: bytes) -> list[str]:
    """The modules that a module names in its .modinfo section."""
    found = DEPENDS.search(module)
    return [normal(name) for name in found[1].decode().split(",") if name] if found else []
