# SPDX-License-Identifier: MIT
"""The kernel's semantic patches (scripts/coccinelle), as reports on the driver."""

from __future__ import annotations

import re
import subprocess
from collections.abc import Iterator
from pathlib import Path

from kernel_style import fetch_scripts
from tree import Finding, Skip, Tree, find_tool

FOUND = re.compile(r"^(?P<path>[^\s:]+\.[ch]):(?P<line>\d+):(?:[\d-]+:)? *(?P<text>.*)")


def check(tree: Tree) -> Iterator[Finding]:
    find_tool("spatch")
    files = tree.matching(r"^kernel/.*\.[ch]$")
    if not files:
        return
    patches = [patch for patch in sorted(Path(fetch_scripts()).glob("coccinelle/**/*.cocci"))
               if is_report(patch.read_text())]
    if len(patches) < 50:
        raise Skip(f"{len(patches)} semantic patches are not all that there are")
    yield from tree.check_each(patches, lambda patch: apply(tree, patch, files))


def is_report(patch: str) -> bool:
    """Those in OCaml need a compiler of their own; they are about one other driver each."""
    return "virtual report" in patch and "script:ocaml" not in patch


def apply(tree: Tree, patch: Path, files: list[str]) -> list[Finding]:
    options = re.findall(r"^// Options: *(.*)$", patch.read_text(), re.M)
    command = ["spatch", "-D", "report", "--no-show-diff", "--very-quiet",
               "--cocci-file", str(patch), *" ".join(options).split(), *files]
    ran = subprocess.run(command, cwd=tree.root, capture_output=True, text=True)
    found = [Finding(match["path"], int(match["line"]), f"{match['text']} [{patch.stem}]")
             for line in ran.stdout.splitlines() if (match := FOUND.match(line))]
    return found or failed(patch, ran)


def failed(patch: Path, ran: subprocess.CompletedProcess[str]) -> list[Finding]:
    """Whatever else it says is not understood, and so not to be passed over."""
    said = (ran.stdout + ran.stderr).strip()
    if ran.returncode or ran.stdout.strip():
        return [Finding(patch.name, 0, f"status {ran.returncode}: {said[-300:]}")]
    return []
