# SPDX-License-Identifier: MIT
"""groff formats every manual page without a warning, and each tool has one."""

from __future__ import annotations

import re
import subprocess
from collections.abc import Iterator

from tree import Finding, Tree, find_tool

PAGES = r"^tools/man/.*\.\d$"


def check(tree: Tree) -> Iterator[Finding]:
    yield from missing(tree)
    for path in tree.matching(PAGES):
        command = [find_tool("groff"), "-mandoc", "-ww", "-Tutf8", "-z", path]
        ran = subprocess.run(command, cwd=tree.root, capture_output=True, text=True)
        if ran.stderr:
            yield Finding(path, 0, f"groff: {ran.stderr.strip()}")


def missing(tree: Tree) -> Iterator[Finding]:
    """Tools that are installed but have no page."""
    for path in tree.matching(r"^(tools|models)/.*CMakeLists\.txt$"):
        text = tree.text(path)
        names = [f"groq-{name}" for name in re.findall(r"^groq_tool\((\w+)", text, re.M)]
        for targets in re.findall(r"install\(TARGETS ([^)]*)\)", text):
            names += re.findall(r"\bgroq(?:-[a-z]+)+(?![\w$-])", targets)
        for name in names:
            if f"tools/man/{name}.1" not in tree.known:
                yield Finding(path, 0, f"{name} has no tools/man/{name}.1")
