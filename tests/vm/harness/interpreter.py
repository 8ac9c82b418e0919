# SPDX-License-Identifier: MIT
"""The host's Python, brought into a guest with what some modules import: guests have
none of their own, since most tests want none."""

from __future__ import annotations

import importlib.util
import json
import subprocess
from pathlib import Path

from vm.cpio import Cpio
from vm.guest import Guest
from vm.initramfs import Libraries

# Debian's own, which finds Debian's NumPy.
PYTHON = Path("/usr/bin/python3")

# Prints the files that came with the imports, and the interpreter's own.
LIST = """
import importlib, json, sys
for name in {imports}:
    importlib.import_module(name)
print(json.dumps([sys.executable, *(file for module in list(sys.modules.values())
                                    if (file := getattr(module, "__file__", None)))]))
"""


def install(guest: Guest, *imports: str) -> None:
    """Afterwards `python3` there can import these modules."""
    guest.run("cd / && cpio -idu", data=archive(imports))


def archive(imports: tuple[str, ...]) -> bytes:
    contents = Cpio()
    libraries = Libraries(contents)
    for path in map(Path, files(imports)):
        compiled = Path(importlib.util.cache_from_source(str(path)))
        if path.suffix == ".py" and compiled.exists():
            contents.add_host_file(str(path.with_suffix(".pyc")), compiled)
        else:
            contents.add_host_file(str(path), path)
            libraries.add_for(path)
    return contents.to_bytes()


def files(imports: tuple[str, ...]) -> list[str]:
    script = LIST.format(imports=[*imports, "encodings.ascii", "encodings.utf_8"])
    ran = subprocess.run([PYTHON, "-E", "-s", "-c", script], check=True, capture_output=True,
                         text=True)
    found: list[str] = json.loads(ran.stdout)
    return found
