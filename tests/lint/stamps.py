# SPDX-License-Identifier: MIT
"""Remembers checks of single files that passed, until what they read changes."""

from __future__ import annotations

import hashlib
import json
import re

from tree import Tree


class Stamp:
    """One check (named by its command) of one file."""

    def __init__(self, tree: Tree, command: str) -> None:
        self._tree = tree
        folder = tree.build / "stamps"
        folder.mkdir(parents=True, exist_ok=True)
        self._file = folder / digest(command)

    def is_fresh(self) -> bool:
        """Whether it passed, with every file that it read as it is now."""
        try:
            read = json.loads(self._file.read_text())
        except (OSError, ValueError):
            return False
        return all(self._digest_of(path) == value for path, value in read.items())

    def write(self, rule: str) -> None:
        """It passed; `rule` is the compiler's make rule of what it read."""
        paths = re.split(r"\s+", rule.replace("\\\n", " ").partition(":")[2].strip())
        read = {path: self._digest_of(path) for path in paths if path and path != "-"}
        self._file.write_text(json.dumps(read))

    def _digest_of(self, path: str) -> str:
        try:
            return digest((self._tree.root / path).read_text(errors="replace"))
        except OSError:
            return "gone"


def digest(text: str) -> str:
    return hashlib.sha256(text.encode()).hexdigest()
