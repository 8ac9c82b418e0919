# SPDX-License-Identifier: MIT
"""C++ looks as clang-format 14 with the repository's .clang-format leaves it."""

from __future__ import annotations

import re
import subprocess
from collections.abc import Iterator

from tree import Finding, Skip, Tree, find_tool

CPP = r"\.(cpp|hpp)$"


def check(tree: Tree) -> Iterator[Finding]:
    files = tree.matching(CPP)
    if not files:
        return
    tool = find_tool("clang-format-14", "clang-format")
    version = subprocess.run([tool, "--version"], capture_output=True, text=True).stdout
    if " version 14." not in version:
        raise Skip(f"needs clang-format 14 (others format differently), found {version.strip()}")
    command = [tool, "--dry-run", *files]
    ran = subprocess.run(command, cwd=tree.root, capture_output=True, text=True)
    yield from first_of_each_file(ran.stderr)


def first_of_each_file(output: str) -> Iterator[Finding]:
    seen = set()
    for match in re.finditer(r"^(\S+?):(\d+):\d+: warning: code should be", output, re.M):
        if match[1] not in seen:
            seen.add(match[1])
            text = f"not formatted: clang-format-14 -i {match[1]}"
            yield Finding(match[1], int(match[2]), text)
