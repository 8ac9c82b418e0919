# SPDX-License-Identifier: MIT
"""checkpatch.pl --strict on the driver, kernel-doc on its interface."""

from __future__ import annotations

import subprocess
from collections.abc import Iterator
from pathlib import Path

from tree import Finding, Skip, Tree, find_tool, parse_findings

# Iterators use their arguments more than once.
IGNORED = ["MACRO_ARG_REUSE"]


def checkpatch(tree: Tree) -> Iterator[Finding]:
    files = tree.matching(r"^kernel/.*\.[ch]$")
    if not files:
        return
    scripts = fetch_scripts()
    command = [f"{scripts}/checkpatch.pl", "--no-tree", "--strict", "--terse",
               "--show-types", "--no-summary", f"--ignore={','.join(IGNORED)}",
               "--file", *files]
    ran = subprocess.run(command, cwd=tree.root, capture_output=True, text=True)
    yield from parse_findings(ran.stdout)
    if ran.returncode and not ran.stdout:
        raise Skip(f"checkpatch.pl: {ran.stderr.strip()}")


def kernel_doc(tree: Tree) -> Iterator[Finding]:
    scripts = fetch_scripts()
    for path in tree.matching(r"^include/uapi/.*\.h$"):
        command = [f"{scripts}/kernel-doc", "-none", "-Wall", path]
        ran = subprocess.run(command, cwd=tree.root, capture_output=True, text=True)
        for line in ran.stderr.splitlines():
            yield from parse_findings(line.removeprefix("Warning: ").removeprefix("Error: "))
        if ran.returncode and not ran.stderr:
            yield Finding(path, 0, f"kernel-doc ended with {ran.returncode}")


def fetch_scripts() -> str:
    find_tool("perl")
    folder = Path(__file__).resolve().parent
    if not (folder / "../../vm/apt.sh").exists():
        raise Skip("no vm/apt.sh")
    script = folder / "fetch-kernel-scripts.sh"
    ran = subprocess.run([script], stdout=subprocess.PIPE, text=True)
    if ran.returncode:
        raise Skip("the kernel's scripts could not be fetched")
    return ran.stdout.strip()
