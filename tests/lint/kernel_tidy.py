# SPDX-License-Identifier: MIT
"""clang-tidy and the analyzer of clang on the driver, file by file, with the options
that it is compiled with.
"""

from __future__ import annotations

import re
import shlex
import subprocess
from collections.abc import Iterator
from pathlib import Path

from kernel_build import findings, fetch_headers, make, unbuilt_sources
from tree import Finding, Skip, Tree, find_tool

CHECKS = ",".join([
    "-*", "clang-analyzer-*", "linuxkernel-*", "bugprone-*",
    # memset and memcpy with sizes that the kernel checks by itself
    "-clang-analyzer-security.insecureAPI.DeprecatedOrUnsafeBufferHandling",
    "-clang-analyzer-unix.Malloc",  # does not understand reference counts
    "-bugprone-narrowing-conversions", "-bugprone-easily-swappable-parameters",
    "-bugprone-reserved-identifier", "-bugprone-sizeof-expression", "-bugprone-macro-parentheses",
])
# What gcc alone understands, and -Wp,-MMD, which would write.
GCC_ONLY = re.compile(
    r"-m(preferred-stack-boundary|skip-rax-setup|indirect-branch|function-return|harden-sls|"
    r"record-mcount|fentry)|-f(no-allow-store-data-races|conserve-stack|patchable-function|"
    r"no-var-tracking|align-|ftrivial-auto-var-init|no-stack-clash-protection|cf-protection|"
    r"macro-prefix-map|trivial-auto-var-init|no-code-hoisting)|-Wp,-M|-Werror|-Wimplicit-fall|-pg$")


def check(tree: Tree) -> Iterator[Finding]:
    tool = find_tool("clang-tidy-14", "clang-tidy")
    headers = fetch_headers()
    folder = unbuilt_sources(tree, "module-tidy")
    yield from make(folder, headers)
    commands = sorted((folder / "kernel").glob(".groq_*.o.cmd"))
    if not commands:
        raise Skip("nothing was compiled")
    options = [option for command in commands if (option := compile_options(command))]
    found = tree.check_each(options, lambda words: examine(tool, folder, headers, words))
    yield from dict.fromkeys(found)


def compile_options(command: Path) -> list[str]:
    """Of the file, which is the last word; empty for what is no file of the driver's."""
    line = command.read_text().partition("\n")[0].partition(":=")[2].partition(" ; ")[0]
    words = shlex.split(line)
    if not words or not words[-1].endswith(".c") or words[-1].endswith(".mod.c"):
        return []
    kept = [word for word in words[1:-1] if not GCC_ONLY.match(word)]
    del kept[kept.index("-o") : kept.index("-o") + 2]
    return [*kept, words[-1]]


def examine(tool: str, folder: Path, headers: str, options: list[str]) -> list[Finding]:
    command = [tool, "--quiet", f"--checks={CHECKS}", options[-1], "--", *options[:-1],
               "-Wno-everything"]
    ran = subprocess.run(command, cwd=headers, capture_output=True, text=True)
    found = [f for f in findings(ran.stdout, folder)
             if f.path.startswith("kernel/") and "note: " not in f.text]
    if ran.returncode and not found:
        return [Finding(options[-1], 0, (ran.stdout + ran.stderr).strip()[-500:])]
    return found
