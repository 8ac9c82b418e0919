# SPDX-License-Identifier: MIT
"""Every header compiles alone: the contracts in C and C++, the rest in C++."""

from __future__ import annotations

import subprocess
import tempfile
from collections.abc import Iterator
from pathlib import Path

from contract_names import CONTRACTS
from stamps import Stamp
from tree import Finding, Skip, Tree, find_tool, parse_findings

WARNINGS = ["-Wall", "-Wextra", "-Wpedantic", "-Werror", "-fsyntax-only"]
FOLDERS = ["include", "include/hw", "include/uapi", "libgroq", "qemu-device",
           "qemu-device/chip", "models", "tools", "tests", "tests/unit", "."]
C = ["gcc", "-std=c11", "-x", "c"]
CXX = ["g++", "-std=c++20", "-x", "c++"]


def check(tree: Tree) -> Iterator[Finding]:
    contracts = tree.matching(CONTRACTS)
    jobs = [(path, C) for path in contracts]
    jobs += [(path, CXX) for path in contracts + tree.matching(r"\.hpp$")]
    if jobs:
        find_tool("g++")
    yield from tree.check_each(jobs, lambda job: compile_alone(tree, *job))


def compile_alone(tree: Tree, path: str, language: list[str]) -> list[Finding]:
    folders = [f"-I{folder}" for folder in [path.rpartition("/")[0], *FOLDERS]]
    command = [*language, *WARNINGS, *folders, *flags_of("libdrm"), *flags_of("mpi-c"), "-"]
    source = f'#include "{path}"\nextern int not_empty;\n'
    stamp = Stamp(tree, f"{command} {source}")
    if stamp.is_fresh():
        return []
    with tempfile.NamedTemporaryFile() as read:
        ran = subprocess.run([*command, "-MMD", "-MF", read.name], input=source,
                             cwd=tree.root, capture_output=True, text=True)
        if ran.returncode == 0:
            stamp.write(Path(read.name).read_text())
            return []
    return [Finding(path, 0, f"does not compile alone as {language[-1]}: {why(ran.stderr)}")]


def why(output: str) -> str:
    if "fatal error: drm.h: No such file" in output:
        raise Skip("libdrm-dev is not installed")
    if "fatal error: mpi.h: No such file" in output:
        raise Skip("libopenmpi-dev is not installed")
    errors = [finding for finding in parse_findings(output) if "error" in finding.text]
    return str(errors[0]) if errors else output.strip()


def flags_of(library: str) -> list[str]:
    ran = subprocess.run(["pkg-config", "--cflags", library], capture_output=True, text=True)
    return ran.stdout.split()
