# SPDX-License-Identifier: MIT
"""The files of the repository, and what a check reports about them."""

from __future__ import annotations

import os
import re
import subprocess
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path
from typing import TypeVar

Item = TypeVar("Item")


@dataclass(frozen=True)
class Finding:
    """Something wrong (or, as a warning, worth a look) in one place."""

    path: str
    line: int
    text: str
    warning: bool = False

    def __str__(self) -> str:
        mark = "warning: " if self.warning else ""
        place = f"{self.path}:{self.line}" if self.line else self.path
        return f"{place}: {mark}{self.text}"


class Skip(Exception):
    """The check cannot run here; the text says what is missing."""


@dataclass
class Tree:
    """A checked-out tree. Paths are relative to its root, with slashes."""

    root: Path
    # Told how many parts of a long check are done, and of how many.
    progress: Callable[[int, int], None] = lambda done, total: None
    _texts: dict[str, str] = field(default_factory=dict)

    @property
    def build(self) -> Path:
        """A folder for what checks leave behind."""
        return self.root / "build/lint"

    @cached_property
    def files(self) -> list[str]:
        """Every file that is in version control or about to be."""
        return sorted(path for path in self._list() if (self.root / path).is_file())

    @cached_property
    def known(self) -> frozenset[str]:
        return frozenset(self.files)

    def matching(self, pattern: str, without: str = r"(?!)") -> list[str]:
        keep, drop = re.compile(pattern), re.compile(without)
        return [f for f in self.files if keep.search(f) and not drop.search(f)]

    def text(self, path: str) -> str:
        """The file as text; empty for a binary one."""
        if path not in self._texts:
            data = (self.root / path).read_bytes()
            binary = b"\0" in data[:8192]
            self._texts[path] = "" if binary else data.decode(errors="replace")
        return self._texts[path]

    def lines(self, path: str) -> list[str]:
        return self.text(path).splitlines()

    def check_each(
        self, items: list[Item], check: Callable[[Item], list[Finding]]
    ) -> Iterator[Finding]:
        """Two at a time, in order."""
        with ThreadPoolExecutor(max_workers=2) as pool:
            for done, findings in enumerate(pool.map(check, items), 1):
                self.progress(done, len(items))
                yield from findings

    def _list(self) -> Iterator[str]:
        if (self.root / ".git").exists():
            command = ["git", "ls-files", "-z", "-co", "--exclude-standard"]
            listing = subprocess.run(
                command, cwd=self.root, check=True, capture_output=True, text=True
            ).stdout
            yield from filter(None, listing.split("\0"))
            return
        for folder, folders, names in os.walk(self.root):
            folders[:] = [f for f in folders if f not in ("build", ".git", "__pycache__")]
            for name in names:
                yield (Path(folder) / name).relative_to(self.root).as_posix()


def find_tool(*names: str) -> str:
    """The first of these programs that is installed."""
    for name in names:
        for folder in os.get_exec_path():
            if os.access(os.path.join(folder, name), os.X_OK):
                return name
    raise Skip(f"{names[0]} is not installed")


def parse_findings(output: str, root: Path | str = "") -> Iterator[Finding]:
    """Reads `path:line: text` or `path:line:column: text` lines of a tool."""
    for line in output.splitlines():
        match = re.match(r"([^\s:][^:]*):(\d+):(?:\d+:)? *(.*)", line)
        if match:
            path, number, text = match.groups()
            if root and path.startswith(f"{root}/"):
                path = path[len(str(root)) + 1 :]
            yield Finding(path, int(number), text)


def without_comments(text: str) -> str:
    """C or C++ source with comments and literals blanked, lines kept."""
    pattern = re.compile(
        r"//[^\n]*|/\*.*?\*/|\"(?:\\.|[^\"\\\n])*\"|(?<!\w)'(?:\\.|[^'\\\n])+'", re.S
    )
    return pattern.sub(lambda m: "\n" * m.group().count("\n") or " ", text)
