# SPDX-License-Identifier: MIT
"""What the documents point at is there: links, and folders in tables."""

from __future__ import annotations

import re
from collections.abc import Iterator

from include_rules import normal
from tree import Finding, Tree

LINK = re.compile(r"\[[^\]]*\]\((?!\w+:|#)([^)#\s]+)[^)]*\)")
FOLDER = re.compile(r"`([\w./-]+/)`")


def check(tree: Tree) -> Iterator[Finding]:
    folders = {"/".join(path.split("/")[:n]) for path in tree.files
               for n in range(1, path.count("/") + 1)}
    known = tree.known | folders
    for path in tree.matching(r"\.md$"):
        here = path.rpartition("/")[0]
        for number, line in enumerate(tree.lines(path), 1):
            for target in LINK.findall(line):
                if normal(f"{here}/{target}") not in known:
                    yield Finding(path, number, f"links to {target}, which is not there")
            for folder in FOLDER.findall(line if line.startswith("|") else ""):
                if not {normal(folder), normal(f"{here}/{folder}")} & known:
                    yield Finding(path, number, f"names the folder {folder}: not there")
