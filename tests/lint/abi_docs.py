# SPDX-License-Identifier: MIT
"""Every attribute that the driver makes is documented, and the other way round.

docs/ABI/sysfs-driver-groq against the attributes in kernel/groq_sysfs.c and
kernel/groq_link_sysfs.c; those of hwmon are compared in the virtual machine
(tests/vm/observe.py).
"""

from __future__ import annotations

import re
from collections.abc import Iterator

from tree import Finding, Tree

DOCUMENT, TABLE = "docs/ABI/sysfs-driver-groq", "docs/sysfs.md"
ENTRY = re.compile(r"What:\s+/sys/bus/pci/drivers/groq/<BDF>/([\w/<>]+)$")
# Files with attributes: in which folder each makes them, and how.
CARD, LINK = "kernel/groq_sysfs.c", "kernel/groq_link_sysfs.c"
SOURCES = [
    (CARD, "", re.compile(r"\s*&dev_attr_(\w+)\.attr,")),
    (LINK, "links/", re.compile(r"\s*&groq_links_attr_(\w+)\.attr,")),
    (LINK, "links/link<N>/", re.compile(r"\s*&groq_link_attr_(\w+)\.attr,")),
]


def check(tree: Tree) -> Iterator[Finding]:
    documented = names(tree, DOCUMENT, ENTRY)
    table = tree.text(TABLE) if TABLE in tree.known else ""
    made = {}
    for source, folder, form in SOURCES:
        for name, line in names(tree, source, form).items():
            made[folder + name] = (source, line)
            if f"`{name}`" not in table:
                yield Finding(source, line, f"{name} is not in {TABLE}")
    for name in made.keys() - documented.keys():
        yield Finding(*made[name], f"{name} is not in {DOCUMENT}")
    for name in documented.keys() - made.keys():
        yield Finding(DOCUMENT, documented[name], f"{name} is not made by the driver")


def names(tree: Tree, path: str, form: re.Pattern[str]) -> dict[str, int]:
    """What matches, and its line."""
    lines = tree.lines(path) if path in tree.known else []
    found = [(form.match(line), number) for number, line in enumerate(lines, 1)]
    return {match[1]: number for match, number in found if match}
