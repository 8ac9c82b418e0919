# SPDX-License-Identifier: MIT
"""Contracts are declared once, and registers are reached through one place.

Nobody re-declares a macro, constant or type of a contract header, and only
kernel/groq_hw.* touches device registers.
"""

from __future__ import annotations

import re
from collections.abc import Iterator

from include_rules import SOURCE
from tree import Finding, Tree, without_comments

CONTRACTS = r"^include/(hw|uapi|groq)/.*\.h$|^qemu-device/groq_chip\.h$"

MACRO = re.compile(r"^[ \t]*#[ \t]*define[ \t]+((?:DRM_)?(?:IOCTL_)?GROQ_\w+)", re.M)
TYPE = re.compile(r"^[ \t]*(?:typedef\s+)?(?:struct|union|enum(?:\s+class)?)\s+"
                  r"((?:drm_)?groq_\w+)\s*(?::\s*\w+\s*)?\{", re.M)
ENUM = re.compile(r"\benum\b[^;{}()]*\{([^}]*)\}")
CONSTANT = re.compile(r"[{,]\s*((?:DRM_)?GROQ_\w+)")
REGISTER_ACCESS = re.compile(
    r"\b((?:__raw_)?(?:read|write)[bwlq](?:_relaxed)?|"
    r"(?:io)(?:read|write)(?:8|16|32|64)\w*)\s*\(")


def check(tree: Tree) -> Iterator[Finding]:
    yield from redeclared(tree)
    for path in tree.matching(r"^kernel/.*\.[ch]$", without=r"^kernel/groq_hw\.[ch]$"):
        yield from register_access(tree, path)


def redeclared(tree: Tree) -> Iterator[Finding]:
    owner: dict[str, str] = {}
    for path in tree.matching(CONTRACTS) + tree.matching(SOURCE, without=CONTRACTS):
        for line, name in declarations(tree, path):
            if owner.setdefault(name, path) != path and re.search(CONTRACTS, owner[name]):
                yield Finding(path, line, f"declares {name} again: it is {owner[name]}'s")


def declarations(tree: Tree, path: str) -> Iterator[tuple[int, str]]:
    text = without_comments(tree.text(path))
    found = [*MACRO.finditer(text), *TYPE.finditer(text)]
    for enum in ENUM.finditer(text):
        found += CONSTANT.finditer(text, enum.start(1) - 1, enum.end(1))
    for match in found:
        yield text.count("\n", 0, match.start(1)) + 1, match[1]


def register_access(tree: Tree, path: str) -> Iterator[Finding]:
    for number, line in enumerate(without_comments(tree.text(path)).split("\n"), 1):
        match = REGISTER_ACCESS.search(line)
        if match:
            yield Finding(path, number, f"{match[1]}() outside groq_hw.c and groq_hw.h")
