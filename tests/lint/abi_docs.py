# SPDX-License-Identifier: MIT
"""Every attribute that the driver makes is documented, and the other way round.

docs/ABI/sysfs-driver-groq against the attributes in kernel/groq_sysfs.c; those of
hwmon are compared in the virtual machine (tests/vm/observe.py).
"""

from __future__ import annotations

import re
from collections.abc import Iterator

from tree import Finding, Tree

DOCUMENT, TABLE = "docs/ABI/sysfs-driver-groq", "docs/sysfs.md"
SOURCE = "kernel/groq_sysfs.c"
ENTRY = re.compile(r"What:\s+/sys/bus/pci/drivers/groq/<BDF>/(\w+)$")
ATTRIBUTE = re.compile(r"\s*&dev_attr_(\w+)\.attr,")


def check(tree: Tree) -> Iterator[Finding]:
    documented = names(tree, DOCUMENT, ENTRY)
    made = names(tree, SOURCE, ATTRIBUTE)
    for name in made.keys() - documented.keys():
        yield Finding(SOURCE, made[name], f"{name} is not in {DOCUMENT}")
    for name in documented.keys() - made.keys():
        yield Finding(DOCUMENT, documented[name], f"{name} is not in {SOURCE}")
    table = tree.text(TABLE) if TABLE in tree.known else ""
    for name in sorted(made):
        if f"`{name}`" not in table:
            yield Finding(SOURCE, made[name], f"{name} is not in {TABLE}")


def names(tree: Tree, path: str, form: re.Pattern[str]) -> dict[str, int]:
    """What matches, and its line."""
    lines = tree.lines(path) if path in tree.known else []
    found = [(form.match(line), number) for number, line in enumerate(lines, 1)]
    return {match[1]: number for match, number in found if match}
