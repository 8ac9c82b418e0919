# SPDX-License-Identifier: MIT
"""Every header compiles alone: the contracts in C and C++, the rest in C++."""

from __future__ import annotations

import hashlib
import subprocess
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor

from contract_names import CONTRACTS
from tree import Finding, Skip, Tree, find_tool, parse_findings

WARNINGS = ["-Wall", "-Wextra", "-Wpedantic", "-Werror", "-fsyntax-only"]
FOLDERS = ["include", "libgroq", "qemu-device", "qemu-device/chip", "models", "tools",
           "tests", "."]
C = ["-std=c11", "-x", "c"]
CXX = ["-std=c++20", "-x", "c++"]


def check(tree: Tree) -> Iterator[Finding]:
    jobs = [(path, C) for path in tree.matching(CONTRACTS)]
    jobs += [(path, CXX) for path in tree.matching(CONTRACTS)]
    jobs += [(path, CXX) for path in tree.matching(r"\.hpp$")]
    stamps = Stamps(tree)
    with ThreadPoolExecutor(max_workers=2) as pool:
        for findings in pool.map(lambda job: compile_alone(tree, stamps, *job), jobs):
            yield from findings


def compile_alone(tree: Tree, stamps: Stamps, path: str, language: list[str]) -> list[Finding]:
    own = path.rpartition("/")[0]
    folders = [f"-I{folder}" for folder in [own, *FOLDERS]]
    command = [*language, *WARNINGS, *folders, *libdrm(), "-"]
    source = f'#include "{path}"\nextern int not_empty;\n'
    stamp = stamps.of([*command, source])
    if stamp.exists():
        return []
    compiler = find_tool("gcc" if language is C else "g++")
    ran = subprocess.run([compiler, *command], input=source, cwd=tree.root,
                         capture_output=True, text=True)
    if ran.returncode == 0:
        stamp.touch()
        return []
    if "No such file or directory" in ran.stderr and "fatal error: drm.h" in ran.stderr:
        raise Skip("libdrm-dev is not installed")
    name = "C" if language is C else "C++"
    wrong = [f for f in parse_findings(ran.stderr) if "error" in f.text]
    reason = wrong[0].text if wrong else ran.stderr.strip()
    return [Finding(path, 0, f"does not compile alone as {name}: {reason}")]


class Stamps:
    """Remembers what compiled, for as long as no header of the tree changes."""

    def __init__(self, tree: Tree) -> None:
        self._folder = tree.cache / "headers-alone"
        self._folder.mkdir(parents=True, exist_ok=True)
        headers = "".join(path + tree.text(path) for path in tree.matching(r"\.(h|hpp)$"))
        self._headers = hashlib.sha256(headers.encode()).hexdigest()

    def of(self, command: list[str]):
        key = hashlib.sha256(f"{self._headers} {command}".encode()).hexdigest()
        return self._folder / key


def libdrm() -> list[str]:
    ran = subprocess.run(["pkg-config", "--cflags", "libdrm"], capture_output=True, text=True)
    return ran.stdout.split()
