# SPDX-License-Identifier: MIT
"""The first program of README.md, built and run as README.md says.

usage: readme_test.py BUILD_FOLDER. Installs the build into a folder of its own
and takes program, CMake file and command line from the document's text.
"""

from __future__ import annotations

import os
import re
import subprocess
import sys
import tempfile
from pathlib import Path

from examples import SOURCE, block

README = (SOURCE / "README.md").read_text()


def main() -> None:
    build = Path(sys.argv[1]).resolve()
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        prefix = folder / "prefix"
        run("cmake", "--install", build, "--prefix", prefix)
        libraries = next(prefix.rglob("libgroq.so")).parent
        os.environ["PKG_CONFIG_PATH"] = str(next(prefix.rglob("groq.pc")).parent)
        os.environ["LD_LIBRARY_PATH"] = str(libraries)
        (folder / "first.cpp").write_text(block("README.md", "cpp"))
        (folder / "CMakeLists.txt").write_text(block("README.md", "cmake"))
        model = next(prefix.rglob("fashion-mnist.groq"))
        assert f"/usr/local/{model.relative_to(prefix)}" in README
        cycles = {try_it(build(folder, prefix), model) for build in (by_cmake, by_hand)}
    assert len(cycles) == 1, f"not the same cycles each time: {cycles}"


def by_cmake(folder: Path, prefix: Path) -> Path:
    run("cmake", "-S", folder, "-B", folder / "cmake", f"-DCMAKE_PREFIX_PATH={prefix}")
    run("cmake", "--build", folder / "cmake")
    return folder / "cmake/first"


def by_hand(folder: Path, _: Path) -> Path:
    lines = re.findall(r"^    (c\+\+ .*pkg-config.*)$", README, re.M)
    assert len(lines) == 1, lines
    run("sh", "-ec", lines[0], cwd=folder)
    return folder / "first"


def try_it(program: Path, model: Path) -> int:
    """The cycles that it prints; it fails as it should without a program file."""
    found = re.fullmatch(r"(\d+) cycles\n", run(program, model, "sim:"))
    assert found and int(found[1]) > 0, found
    usage = subprocess.run([program], capture_output=True, text=True)
    assert usage.returncode == 2 and "usage: first" in usage.stderr, usage
    refused = subprocess.run([program, "/nowhere.groq"], capture_output=True, text=True)
    assert refused.returncode == 1 and "/nowhere.groq" in refused.stderr, refused
    return int(found[1])


def run(*command: str | Path, cwd: Path | None = None) -> str:
    ran = subprocess.run(command, cwd=cwd, capture_output=True, text=True)
    assert ran.returncode == 0, f"{command}\n{ran.stdout}{ran.stderr}"
    return ran.stdout


if __name__ == "__main__":
    main()
