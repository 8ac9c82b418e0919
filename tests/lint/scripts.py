# SPDX-License-Identifier: MIT
"""Shell and Python parse; shellcheck finds nothing where it is installed."""

from __future__ import annotations

import subprocess
from collections.abc import Iterator

from tree import Finding, Skip, Tree, find_tool, parse_findings

# Word splitting on purpose, and `local x=$(...)`.
ALLOWED = "SC2046,SC2155"


def check(tree: Tree) -> Iterator[Finding]:
    shell, python = [], []
    for path in tree.files:
        interpreter = interpreter_of(tree, path)
        if interpreter in ("sh", "bash", "dash"):
            shell.append((path, interpreter))
        elif interpreter == "python3":
            python.append(path)
    for path, interpreter in shell:
        yield from shell_syntax(tree, path, interpreter)
    for path in python:
        yield from python_syntax(tree, path)
    yield from shellcheck(tree, [path for path, _ in shell])


def interpreter_of(tree: Tree, path: str) -> str:
    first = tree.text(path).partition("\n")[0]
    if first.startswith("#!"):
        return first.replace("/", " ").split()[-1]
    return {"sh": "sh", "py": "python3"}.get(path.rpartition(".")[2], "")


def shell_syntax(tree: Tree, path: str, interpreter: str) -> Iterator[Finding]:
    command = ["bash" if path.endswith(".sh") else interpreter, "-n", path]
    ran = subprocess.run(command, cwd=tree.root, capture_output=True, text=True)
    if ran.returncode:
        yield Finding(path, 0, ran.stderr.strip())


def python_syntax(tree: Tree, path: str) -> Iterator[Finding]:
    try:
        compile(tree.text(path), path, "exec")
    except SyntaxError as error:
        yield Finding(path, error.lineno or 0, str(error.msg))


def shellcheck(tree: Tree, paths: list[str]) -> Iterator[Finding]:
    try:
        tool = find_tool("shellcheck")
    except Skip:
        return
    if paths:
        command = [tool, "--severity=warning", f"--exclude={ALLOWED}", "--shell=bash",
                   "--format=gcc", *paths]
        ran = subprocess.run(command, cwd=tree.root, capture_output=True, text=True)
        yield from parse_findings(ran.stdout)
