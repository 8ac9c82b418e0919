# SPDX-License-Identifier: MIT
"""Every source file names its licence, and it is that of its folder."""

from __future__ import annotations

import re
from collections.abc import Iterator

from tree import Finding, Tree

# First match holds.
LICENCES = [
    (r"^kernel/", "GPL-2.0-only"),
    (r"^include/uapi/", "(GPL-2.0-only WITH Linux-syscall-note) OR MIT"),
    (r"^qemu-device/(chip/|tracer/|groq_(cable_wire|chip|tracer)\.h$)", "MIT"),
    (r"^qemu-device/|^vm/qemu-.*\.patch$", "GPL-2.0-or-later"),
    (r"", "MIT"),
]
# Text for people, data, and formats without comments.
EXEMPT = (r"^LICENSES/|^VERSION$|(^|/)\.(gitignore|editorconfig|clang-format)$|"
          r"^packaging/debian/(changelog|copyright|source/format)$|"
          r"\.(md|txt|diff|json|golden|bin|gz|idx|elf|gro|lst|png|abi)$")
SPDX = re.compile(r"SPDX-License-Identifier:\s*(.*?)\s*(\*/|-->)?$")


def check(tree: Tree) -> Iterator[Finding]:
    for path in tree.matching(r"", without=EXEMPT) + tree.matching(r"(^|/)CMakeLists\.txt$"):
        if tree.text(path).strip():
            yield from check_file(tree, path)


def check_file(tree: Tree, path: str) -> Iterator[Finding]:
    expected = next(name for folder, name in LICENCES if re.search(folder, path))
    for number, line in enumerate(tree.lines(path)[:3], 1):
        match = SPDX.search(line)
        if match:
            if match[1] != expected:
                yield Finding(path, number, f"licence {match[1]}, expected {expected}")
            return
    yield Finding(path, 1, f"no line SPDX-License-Identifier: {expected}")
