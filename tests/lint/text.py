# SPDX-License-Identifier: MIT
"""What no text in the repository may contain."""

from __future__ import annotations

import re
from collections.abc import Iterator

from tree import Finding, Tree

# Texts that are not ours.
EXEMPT = r"^LICENSES/|\.(gz|bin|golden|patch)$"

WRONG = [
    (re.compile(r"\b(TO" r"DO|FIX" r"ME|XX" r"X|HA" r"CK)\b"), "unfinished: do it or open an issue"),
    (re.compile(r"(?<![\w.$})/-])/(home|root|work|Users)/\w"), "path of one machine"),
    (re.compile(r"^(<{7}|>{7}|={7})( |$)"), "merge conflict"),
    (re.compile(r"[ \t]+$"), "space at the end of the line"),
    (re.compile(r"\r"), "carriage return"),
]
TABS = re.compile(r"^ *\t")
TABS_EXPECTED = (r"(^|/)(Makefile|Kbuild|Kconfig|debian/rules|\.gitmodules)$|\.mk$|^kernel/|"
                 r"^include/(hw|uapi)/|^include/groq/.*\.h$|^qemu-device/groq_chip\.h$|"
                 r"\.(h|c|diff|map|tsv|s|roff|\d)$")


def check(tree: Tree) -> Iterator[Finding]:
    for path in tree.matching(r"", without=EXEMPT):
        text = tree.text(path)
        for number, line in enumerate(text.split("\n"), 1):
            yield from check_line(path, number, line)
        if text and not text.endswith("\n"):
            yield Finding(path, text.count("\n") + 1, "no newline at the end of the file")


def check_line(path: str, number: int, line: str) -> Iterator[Finding]:
    for pattern, meaning in WRONG:
        if pattern.search(line):
            yield Finding(path, number, meaning)
    if TABS.search(line) and not re.search(TABS_EXPECTED, path):
        yield Finding(path, number, "indented with a tab")
