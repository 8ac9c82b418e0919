# SPDX-License-Identifier: MIT
"""The driver builds without a warning under W=1, and sparse finds nothing.

It is built in a copy under build/, against the headers of the guest's kernel and
of the newest kernel there is.
"""

from __future__ import annotations

import subprocess
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

from tree import Finding, Skip, Tree, find_tool, parse_findings

COPIED = r"^(kernel|include)/|^VERSION$"


def warnings(tree: Tree) -> Iterator[Finding]:
    yield from make(unbuilt_sources(tree, "module"), fetch_headers(), "W=1")


def newest(tree: Tree) -> Iterator[Finding]:
    headers = fetch_headers("vm/fetch-newest-kernel.sh")
    yield from make(unbuilt_sources(tree, "module-newest"), headers, "W=1")


def analyzer(tree: Tree) -> Iterator[Finding]:
    """gcc follows the paths through each file."""
    yield from make(unbuilt_sources(tree, "module-analyzer"), fetch_headers(),
                    "KCFLAGS=-fanalyzer")


def sparse(tree: Tree) -> Iterator[Finding]:
    find_tool("sparse")
    options = ["C=2", "CF=-D__CHECK_ENDIAN__ -Wsparse-error"]
    yield from make(copy_sources(tree, "module"), fetch_headers(), *options)


def unbuilt_sources(tree: Tree, name: str) -> Path:
    folder = copy_sources(tree, name)
    for built in folder.glob("kernel/**/*.o"):
        built.unlink()
    return folder


def copy_sources(tree: Tree, name: str) -> Path:
    if "kernel/Kbuild" not in tree.known:
        raise Skip("no kernel/Kbuild")
    folder = tree.build / name
    for path in tree.matching(COPIED):
        target = folder / path
        data = (tree.root / path).read_bytes()
        if not target.exists() or target.read_bytes() != data:
            target.parent.mkdir(parents=True, exist_ok=True)
            target.write_bytes(data)
    remove_deleted(tree, folder)
    return folder


def remove_deleted(tree: Tree, folder: Path) -> None:
    for path in folder.glob("**/*.[ch]"):
        name = path.relative_to(folder).as_posix()
        if name not in tree.known and not name.endswith((".mod.c", "groq_probed.h")):
            path.unlink()


def make(folder: Path, headers: str, *options: str) -> Iterator[Finding]:
    find_tool("make")
    command = ["make", "-C", headers, f"M={folder}/kernel", "-j2", *options, "modules"]
    ran = subprocess.run(command, capture_output=True, text=True)
    found = [f for f in findings(ran.stderr, folder) if f.path.startswith("kernel/")]
    yield from found
    if ran.returncode and not found:
        yield Finding("kernel/Kbuild", 0, ran.stderr.strip()[-2000:])


def findings(output: str, folder: Path) -> Iterator[Finding]:
    """Some kernels are built from within kernel/, and name files relative to it."""
    for found in parse_findings(output, folder):
        relative = not found.path.startswith(("/", "kernel/"))
        yield replace(found, path=f"kernel/{found.path}") if relative else found


def fetch_headers(script: str = "vm/fetch-kernel.sh") -> str:
    path = Path(__file__).resolve().parents[2] / script
    if not path.exists():
        raise Skip(f"no {script}")
    ran = subprocess.run([path], stdout=subprocess.PIPE, text=True)
    if ran.returncode:
        raise Skip("the kernel's headers could not be fetched; with network, or with "
                   f"a GROQ_CACHE that has them, {script} gets them")
    return ran.stdout.strip() + "/headers"
