# SPDX-License-Identifier: MIT
"""The Debian packages: lintian finds nothing, and in a clean system they install,
do what their users want of them, and go again (installed.sh).

usage: debian_test.py FOLDER KERNEL RESULTS
FOLDER    where packaging/build-deb made them
KERNEL    of vm/fetch-kernel.sh, for which DKMS builds the driver
RESULTS   gets groq.ko and, in tests/vm, programs, both built there: for a card
Needs root, for the clean system (clean-root.sh).
"""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path

from examples import SOURCE, block

HERE = Path(__file__).resolve().parent
# It takes parts of words, where the compiler splits a text, for misspelt ones.
WRONG_TAGS = "spelling-error-in-binary"


def main() -> None:
    built, kernel, results = map(Path, sys.argv[1:])
    run("lintian", "--fail-on", "error,warning,info", "--display-info", "--allow-root",
        "--suppress-tags", WRONG_TAGS, *built.glob("*.changes"))
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        prepare(folder, built, kernel)
        run(HERE / "clean-root.sh", folder, "/mnt/installed.sh")
        shutil.copytree(folder / "programs", results / "tests/vm")
        shutil.copy(folder / "groq.ko", results)


def prepare(folder: Path, built: Path, kernel: Path) -> None:
    """What installed.sh wants to find in /mnt."""
    os.chmod(folder, 0o755)  # apt reads packages as somebody else
    for package in built.glob("*.deb"):
        if "-dbgsym_" not in package.name:
            shutil.copy(package, folder)
    shutil.copytree(kernel / "root/usr", folder / "kernel/usr", symlinks=True)
    shutil.copy(kernel / "release", folder / "kernel")
    shutil.copy(HERE / "installed.sh", folder)
    first = folder / "first"
    first.mkdir()
    (first / "hello.cpp").write_text(block("README.md", "cpp"))
    (first / "CMakeLists.txt").write_text(block("README.md", "cmake"))
    shutil.copy(SOURCE / "tests/contract/c_interface_test.c", first)


def run(*command: str | Path) -> None:
    ran = subprocess.run(command, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True)
    if ran.returncode:
        sys.exit(f"{ran.stdout[-5000:]}\n{command}: status {ran.returncode}")


if __name__ == "__main__":
    main()
