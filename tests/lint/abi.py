# SPDX-License-Identifier: MIT
"""What programs are linked with stays: the runtime's exports and their types.

exports: groq.h declares what libgroq.map exports, and the other way round. The
linker passes over names of the map that nobody defines.

interface: the library as it is built now against tests/abi/libgroq.abi, which
tests/abi/dump made of the last release. Functions may come, and structures that
begin with their size may grow at their end; nothing else may change.
"""

from __future__ import annotations

import os
import re
import subprocess
import tempfile
from collections.abc import Iterator
from pathlib import Path
from xml.etree import ElementTree

from tree import Finding, Skip, Tree, find_tool, without_comments

HEADER, MAP = "include/groq/groq.h", "libgroq/libgroq.map"
RELEASED, IGNORED = "tests/abi/libgroq.abi", "tests/abi/libgroq.abignore"
DUMP = Path(__file__).resolve().parents[1] / "abi/dump"
ADVICE = ("programs that exist would break: leave what was released as it is and add "
          "another function (docs/runtime.md, Binary compatibility)")

# Name to offset and type of each member; "" is the structure's size.
Layout = dict[str, tuple[int, str]]


def exports(tree: Tree) -> Iterator[Finding]:
    if not {HEADER, MAP} <= tree.known:
        return
    declared = names(tree, HEADER, r"\b(groq_\w+)\(")
    exported = names(tree, MAP, r"^\t(groq_\w+);")
    for name, line in declared.items():
        if name not in exported:
            yield Finding(HEADER, line, f"{name} is not in {MAP}")
    for name, line in exported.items():
        if name not in declared:
            yield Finding(MAP, line, f"{name} is not in {HEADER}")


def names(tree: Tree, path: str, pattern: str) -> dict[str, int]:
    """To the lines where they are found first."""
    found: dict[str, int] = {}
    for number, line in enumerate(without_comments(tree.text(path)).splitlines(), 1):
        for name in re.findall(pattern, line):
            found.setdefault(name, number)
    return found


def interface(tree: Tree) -> Iterator[Finding]:
    if RELEASED not in tree.known:
        return
    for tool in ("abidiff", "abidw"):
        find_tool(tool)
    with tempfile.TemporaryDirectory() as folder:
        now = Path(folder) / "now.abi"
        now.write_text(run(DUMP, build(tree), tree.root / "include/groq"))
        yield from compare(tree.root / RELEASED, now, tree.root / IGNORED)


def build(tree: Tree) -> Path:
    """The library, where `make user` builds it too."""
    folder = tree.root / "build/user"
    if not (folder / "build.ninja").exists():
        run(find_tool("cmake"), "-S", tree.root, "-B", folder, "-G", "Ninja")
    run("cmake", "--build", folder, "--target", "groq", "-j", str(os.cpu_count()))
    return folder / "libgroq/libgroq.so"


def compare(released: Path, now: Path, ignored: Path) -> Iterator[Finding]:
    ran = subprocess.run(["abidiff", "--no-added-syms", "--suppressions", ignored,
                          released, now], capture_output=True, text=True)
    if ran.returncode:
        yield Finding(RELEASED, 0, f"{ADVICE}\n{ran.stdout}{ran.stderr}")
    after = structures(now)
    for name, before in structures(released).items():
        if wrong := difference(before, after.get(name, {})):
            yield Finding(RELEASED, 0, f"struct {name}: {wrong}: {ADVICE}")


def structures(dump: Path) -> dict[str, Layout]:
    found = {}
    for declared in ElementTree.parse(dump).iter("class-decl"):
        if size := declared.get("size-in-bits"):
            layout = {"": (int(size), "")}
            for member in declared.iter("data-member"):
                variable = member.find("var-decl")
                assert variable is not None
                layout[variable.get("name", "")] = (
                    int(member.get("layout-offset-in-bits", 0)), variable.get("type-id", ""))
            found[declared.get("name", "")] = layout
    return found


def difference(before: Layout, after: Layout) -> str:
    """What is not as it was, or lies in front of what was there; else nothing."""
    size = before[""][0]
    for name, place in before.items():
        if name and after.get(name) != place:
            return f"{name} has changed"
    if after.keys() > before.keys() and "size" not in before:
        return "has grown, and does not say its size"
    added = (after[name] for name in after.keys() - before.keys())
    return "" if all(offset >= size for offset, _ in added) else "has grown inside"


def run(*command: str | Path) -> str:
    ran = subprocess.run(command, capture_output=True, text=True)
    if ran.returncode:
        raise Skip(f"{Path(command[0]).name}: {(ran.stderr or ran.stdout).strip()[-500:]}")
    return ran.stdout
