# SPDX-License-Identifier: MIT
"""The kernel's modules: found, unpacked, and what they need of each other."""

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

    def closure(self, names: list[str]) -> dict[str, bytes]:
        """The object files of these modules and of all that they need."""
        found: dict[str, bytes] = {}
        wanted = [normal(name) for name in names]
        while wanted:
            name = wanted.pop()
            if name not in found and name not in self._builtin:
                found[name] = unpack(self._files[name])
                wanted += dependencies(found[name])
        return found


def unpack(path: Path) -> bytes:
    data = path.read_bytes()
    if path.suffix == ".xz":
        return lzma.decompress(data)
    return gzip.decompress(data) if path.suffix == ".gz" else data


def dependencies(module: bytes) -> list[str]:
    """The modules that a module names in its .modinfo section."""
    found = DEPENDS.search(module)
    return [normal(name) for name in found[1].decode().split(",") if name] if found else []


def dependency_table(modules: dict[str, bytes]) -> str:
    """What modprobe reads as modules.dep, all files being in its folder: after
    each module those it needs, the first to be loaded at the end."""
    lines = []
    for name in modules:
        order: list[str] = []
        visit(name, modules, order)
        files = [f"{needed}.ko" for needed in reversed(order[:-1])]
        lines.append(f"{name}.ko: {' '.join(files)}\n")
    return "".join(lines)


def visit(name: str, modules: dict[str, bytes], order: list[str]) -> None:
    """Appends a module to the order of loading, after what it needs."""
    if name in modules and name not in order:
        for needed in dependencies(modules[name]):
            visit(needed, modules, order)
        order.append(name)
