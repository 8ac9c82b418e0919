# SPDX-License-Identifier: MIT
"""The programs of README.md, built and run as README.md says.

usage: readme_test.py BUILD_FOLDER. Installs the build into a folder of its own, and
takes command lines, CMake file and Python from the document's text. Where that says
accel:0 a simulated card is taken.
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
PYTHON = "/usr/bin/python3"  # Debian's own, which finds Debian's NumPy

# What command lines print that begin like this.
PRINTED = {
    "./hello ": r"42, in \d+ cycles\n",
    "cc ": r"42, in \d+ cycles\n",
    "python3 examples/clients.py": r"(\d+ runs\n|480 right answers\n){2}",
    "groq-run -d sim: sum": r"sum on 8 cards (.*\n)*",
    "./processes ": r"(\d+: \w+\.groq: 100 runs, \d+ cycles in .* ms\n){2}",
}


def main() -> None:
    assert (SOURCE / "examples/hello.cpp").read_text().endswith("\n" + block("README.md", "cpp"))
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        install(Path(sys.argv[1]).resolve(), folder / "prefix")
        (folder / "examples").symlink_to(SOURCE / "examples")
        lines = command_lines()
        for line in lines:
            check_line(line, folder)
        assert all(any(line.startswith(start) for line in lines) for start in PRINTED), lines
        check_cmake(folder)
        check_python(folder)
        check_refusal(folder)


def install(build: Path, prefix: Path) -> None:
    """As a user who has installed it there finds it."""
    run("cmake", "--install", build, "--prefix", prefix)
    os.environ["PATH"] = f"{prefix}/bin:{os.environ['PATH']}"
    os.environ["PKG_CONFIG_PATH"] = str(next(prefix.rglob("groq.pc")).parent)
    os.environ["LD_LIBRARY_PATH"] = str(next(prefix.rglob("libgroq.so")).parent)
    os.environ["PYTHONPATH"] = str(SOURCE / "python")


def command_lines() -> list[str]:
    section = README.partition("## A first program")[2].partition("\n## ")[0]
    return re.findall(r"^    (\S.*)$", re.sub(r"^```.*?^```", "", section, flags=re.M | re.S),
                      re.M)


def check_line(line: str, folder: Path) -> None:
    printed = run("sh", "-ec", line.replace("accel:0", "sim:"), cwd=folder)
    for start, pattern in PRINTED.items():
        if line.startswith(start):
            assert re.fullmatch(pattern, printed), f"{line}\n{printed}"


def check_cmake(folder: Path) -> None:
    source = folder / "project"
    source.mkdir()
    (source / "hello.cpp").write_text(block("README.md", "cpp"))
    (source / "CMakeLists.txt").write_text(block("README.md", "cmake"))
    run("cmake", "-S", source, "-B", source / "build", f"-DCMAKE_PREFIX_PATH={folder}/prefix")
    run("cmake", "--build", source / "build")
    told = run(source / "build/hello", folder / "add.groq")
    assert re.fullmatch(PRINTED["./hello "], told), told


def check_python(folder: Path) -> None:
    told = run(PYTHON, "-B", "-c", block("README.md", "python"), cwd=folder)
    assert re.fullmatch("".join(rf"{n} in \d+ cycles\n" for n in range(1, 11)), told), told


def check_refusal(folder: Path) -> None:
    refused = subprocess.run([folder / "hello", "/nowhere.groq"], capture_output=True, text=True)
    assert refused.returncode == 1 and "/nowhere.groq" in refused.stderr, refused


def run(*command: str | Path, cwd: Path | None = None) -> str:
    ran = subprocess.run(command, cwd=cwd, capture_output=True, text=True)
    assert ran.returncode == 0, f"{command}\n{ran.stdout}{ran.stderr}"
    return ran.stdout


if __name__ == "__main__":
    main()
