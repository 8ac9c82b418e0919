# SPDX-License-Identifier: MIT
"""clang-tidy finds nothing in the product's C++, with the checks of clang-tidy.yaml.

Tests are left out: macros of the test framework take it half a minute each.
"""

from __future__ import annotations

import json
import shlex
import subprocess
from collections.abc import Iterator
from pathlib import Path

from stamps import Stamp, digest
from tree import Finding, Skip, Tree, find_tool, parse_findings

CONFIGURATION = Path(__file__).with_name("clang-tidy.yaml")


def check(tree: Tree) -> Iterator[Finding]:
    tool = find_tool("clang-tidy-14", "clang-tidy")
    units = [unit for unit in compile_commands(tree) if is_product(unit["file"])]
    found = tree.check_each(units, lambda unit: examine(tree, tool, unit))
    yield from dict.fromkeys(found)  # a header's findings come with each of its users


def is_product(path: str) -> bool:
    return path.endswith(".cpp") and "/tests/" not in path and not path.endswith("_test.cpp")


def compile_commands(tree: Tree) -> list[dict[str, str]]:
    """As CMake would compile them, in a build folder of our own."""
    folder = tree.build / "user"
    command = [find_tool("cmake"), "-S", str(tree.root), "-B", str(folder), "-G", "Ninja"]
    ran = subprocess.run(command, capture_output=True, text=True)
    if ran.returncode:
        raise Skip(f"cmake: {ran.stderr.strip().splitlines()[0]}")
    units: list[dict[str, str]] = json.loads((folder / "compile_commands.json").read_text())
    return units


def examine(tree: Tree, tool: str, unit: dict[str, str]) -> list[Finding]:
    path = unit["file"]
    stamp = Stamp(tree, f"{tool} {unit['command']} {digest(CONFIGURATION.read_text())}")
    if stamp.is_fresh():
        return []
    command = [tool, "--quiet", f"--config-file={CONFIGURATION}", "-p",
               f"{tree.build}/user", path]
    ran = subprocess.run(command, capture_output=True, text=True)
    found = [f for f in parse_findings(ran.stdout, tree.root) if "note: " not in f.text]
    if not found and ran.returncode == 0:
        stamp.write(dependencies(unit))
    return found or failed(path, ran)


def failed(path: str, ran: subprocess.CompletedProcess[str]) -> list[Finding]:
    return [Finding(path, 0, ran.stderr.strip()[-500:])] if ran.returncode else []


def dependencies(unit: dict[str, str]) -> str:
    """The make rule of what the compiler reads for it."""
    words = shlex.split(unit["command"])
    output = words.index("-o")
    command = [*words[:output], *words[output + 2 :], "-MM"]
    return subprocess.run(
        command, cwd=unit["directory"], capture_output=True, text=True
    ).stdout
