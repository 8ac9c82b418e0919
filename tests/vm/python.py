# SPDX-License-Identifier: MIT
"""The Python binding on a card: its own tests, those of tests/python, and its example."""

from __future__ import annotations

import re
from pathlib import Path

from harness import interpreter
from harness.case import PROGRAMS, scenario
from vm.guest import Guest

REPOSITORY = Path(__file__).resolve().parents[2]
TESTS = ("card", "queue", "pipeline")
# Of the scripts below.
IMPORTS = ("__future__", "collections.abc", "ctypes", "enum", "mmap", "numpy", "pathlib", "random",
           "selectors", "signal", "socket", "subprocess", "tempfile", "threading", "types",
           "typing", "unittest", "weakref")


def prepare(guest: Guest) -> None:
    """Python in /usr, and in /tmp the binding, its tests, and programs for the card."""
    interpreter.install(guest, *IMPORTS)
    guest.run("mkdir /tmp/groq")
    for path in [*(REPOSITORY / "python/groq").glob("*.py"),
                 *(REPOSITORY / f"tests/python/{name}_test.py" for name in TESTS),
                 *(REPOSITORY / "examples").glob("*.py")]:
        folder = "groq/" if path.parent.name == "groq" else ""
        guest.push(path.read_bytes(), f"/tmp/{folder}{path.name}", mode=0o755)
    guest.run(f"{PROGRAMS}/groq_test_programs /tmp/programs")


def python(guest: Guest, arguments: str) -> str:
    """What python3 prints there, as one of those who may use the card."""
    ran = guest.run("cd /tmp && GROQ_TEST_DEVICE=accel:0 GROQ_TEST_PROGRAMS=/tmp/programs"
                    f" python3 -B {arguments} 2>&1", user="user", timeout=900)
    return ran.output


@scenario(cards=1)
def binding(guest: Guest) -> None:
    prepare(guest)
    for name in TESTS:
        told = python(guest, f"{name}_test.py")
        assert re.search(r"^Ran [1-9]\d* tests", told, re.M), told


@scenario(cards=1)
def examples(guest: Guest) -> None:
    prepare(guest)
    told = python(guest, "hello.py programs/adder.groq accel:0")
    assert re.match(r"[1-9]\d* cycles on accel:0\nout: uint8\n\[\[2 2 2", told), told
    guest.push((REPOSITORY / "examples/add.s").read_bytes(), "/tmp/add.s")
    guest.run("groq-as -o /tmp/add.groq /tmp/add.s")
    told = python(guest, f"clients.py socket {PROGRAMS}/server add.groq accel:0")
    assert "480 right answers" in told, told
    runs = re.search(r"^(\d+) runs$", told, re.M)
    assert runs and 480 / 16 <= int(runs[1]) < 480, told  # several questions in each
