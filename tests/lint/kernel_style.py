# SPDX-License-Identifier: MIT
"""checkpatch.pl --strict on the driver, kernel-doc on its interface; and that it
asks what the kernel has, in one place, and never which version it is.
"""

from __future__ import annotations

import re
import subprocess
from collections.abc import Iterator
from pathlib import Path

from tree import Finding, Skip, Tree, find_tool, parse_findings

VERSIONS = re.compile(r"\b(LINUX_VERSION_\w+|KERNEL_VERSION|UTS_RELEASE|RHEL_RELEASE\w*)\b")
ANSWER = re.compile(r"\bGROQ_HAS_(\w+)")
INCLUDE = re.compile(r"^#include (<.*>)", re.M)
COMPAT = "kernel/groq_compat.h"
PROBES = r"^kernel/probes/.*\.c$"

# Iterators use their arguments more than once.
IGNORED = ["MACRO_ARG_REUSE"]


def features(tree: Tree) -> Iterator[Finding]:
    for path in tree.matching(r"^kernel/"):
        for number, line in enumerate(tree.lines(path), 1):
            if VERSIONS.search(line):
                yield Finding(path, number, "compares versions; a probe asks what the kernel has")
            if path.endswith((".c", ".h")) and path != COMPAT and ANSWER.search(line):
                yield Finding(path, number, "what differs between kernels is in groq_compat.h alone")
    yield from probes(tree)


def probes(tree: Tree) -> Iterator[Finding]:
    """Each is asked for, and includes nothing that the canary does not."""
    paths = tree.matching(PROBES)
    asked = {Path(path).stem.upper() for path in paths} - {"CANARY", "REFUSED"}
    wanted = set(ANSWER.findall(tree.text(COMPAT))) if COMPAT in tree.known else set()
    for name in wanted - asked:
        yield Finding(COMPAT, 0, f"no probe asks for {name}")
    for name in asked - wanted:
        yield Finding(f"kernel/probes/{name.lower()}.c", 0, "nobody wants to know")
    canary = "kernel/probes/canary.c"
    alive = set(INCLUDE.findall(tree.text(canary))) if canary in tree.known else set()
    for path in paths:
        for header in set(INCLUDE.findall(tree.text(path))) - alive:
            yield Finding(path, 0, f"canary.c does not include {header}")


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
