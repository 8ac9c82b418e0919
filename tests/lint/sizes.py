# SPDX-License-Identifier: MIT
"""Long files and functions: worth a second look, never an error."""

from __future__ import annotations

import re
from collections.abc import Iterator

from include_rules import SOURCE
from tree import Finding, Tree, without_comments

FILE_LINES = 500
CONTRACT_LINES = 400
FUNCTION_LINES = 60

# A line that opens a block but is no function's head.
OTHER_BLOCK = re.compile(
    r"^\s*(if|else|for|while|do|switch|case|default|try|\}|namespace|struct|class|enum|"
    r"union|extern|typedef|#)\b|=\s*\{$|=\s*$|\[[^\]]*\]\s*(\(|\{)|^\s*[\w:<>, ]*\{.*\}")


def check(tree: Tree) -> Iterator[Finding]:
    for path in tree.matching(SOURCE + r"|\.py$"):
        count = len(tree.lines(path))
        limit = CONTRACT_LINES if path.startswith("include/") else FILE_LINES
        if count > limit:
            yield Finding(path, 0, f"{count} lines, aim below {limit}", warning=True)
    for path in tree.matching(SOURCE):
        for line, length in functions(without_comments(tree.text(path)).split("\n")):
            if length > FUNCTION_LINES:
                text = f"function of {length} lines, aim below {FUNCTION_LINES}"
                yield Finding(path, line, text, warning=True)


def functions(lines: list[str]) -> Iterator[tuple[int, int]]:
    """Line and length of each function, going by the layout that the formatters
    produce: the head opens a block, a brace of the same indentation ends it."""
    head = 0
    while head < len(lines):
        indent = opens_function(lines, head)
        end = closing_brace(lines, head, indent) if indent is not None else None
        if end is None:
            head += 1
            continue
        yield head + 1, end - head + 1
        head = end + 1


def opens_function(lines: list[str], number: int) -> str | None:
    """The indentation of a function's head that ends on this line."""
    line = lines[number]
    if line == "{" and number and re.search(r"[\w)]$", lines[number - 1]):
        return ""
    if not line.endswith("{") or OTHER_BLOCK.search(line) or "(" not in line + lines[number - 1]:
        return None
    return line[: len(line) - len(line.lstrip())]


def closing_brace(lines: list[str], head: int, indent: str) -> int | None:
    for number in range(head + 1, len(lines)):
        if re.match(rf"{indent}\}};?$", lines[number]):
            return number
    return None
