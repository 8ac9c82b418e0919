# SPDX-License-Identifier: MIT
"""The driver builds without a warning under W=1, and sparse finds nothing.

It is built in a copy under build/, against the guest kernel's headers.
"""

from __future__ import annotations

import subprocess
from collections.abc import Iterator
from pathlib import Path

from tree import Finding, Skip, Tree, find_tool, parse_findings

COPIED = r"^(kernel|include)/|^VERSION$"


def warnings(tree: Tree) -> Iterator[Finding]:
    folder = copy_sources(tree)
    for built in folder.glob("kernel/**/*.o"):
        built.unlink()
    yield from make(folder, "W=1")


def sparse(tree: Tree) -> Iterator[Finding]:
    find_tool("sparse")
    folder = copy_sources(tree)
    yield from make(folder, "C=2", "CF=-D__CHECK_ENDIAN__ -Wsparse-error")


def copy_sources(tree: Tree) -> Path:
    if "kernel/Kbuild" not in tree.known:
        raise Skip("no kernel/Kbuild")
    folder = tree.build / "module"
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


def make(folder: Path, *options: str) -> Iterator[Finding]:
    find_tool("make")
    headers = fetch_headers()
    command = ["make", "-C", headers, f"M={folder}/kernel", "-j2", *options, "modules"]
    ran = subprocess.run(command, capture_output=True, text=True)
    found = [f for f in parse_findings(ran.stderr, folder) if f.path.startswith("kernel/")]
    yield from found
    if ran.returncode and not found:
        yield Finding("kernel/Kbuild", 0, ran.stderr.strip()[-2000:])


def fetch_headers() -> str:
    script = Path(__file__).resolve().parents[2] / "vm/fetch-kernel.sh"
    if not script.exists():
        raise Skip("no vm/fetch-kernel.sh")
    ran = subprocess.run([script], stdout=subprocess.PIPE, text=True)
    if ran.returncode:
        raise Skip("the kernel's headers could not be fetched")
    return ran.stdout.strip() + "/headers"
