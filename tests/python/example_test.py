# SPDX-License-Identifier: MIT
"""examples/hello.py does what it says."""

from __future__ import annotations

import os
import subprocess
import sys
import unittest
from pathlib import Path

HELLO = Path(__file__).resolve().parents[2] / "examples/hello.py"
PROGRAMS = Path(os.environ["GROQ_TEST_PROGRAMS"])


def hello(*arguments: str | Path) -> subprocess.CompletedProcess[str]:
    return subprocess.run([sys.executable, "-B", HELLO, *arguments], capture_output=True,
                          text=True)


class Hello(unittest.TestCase):
    def test_it_runs_a_program_and_shows_its_output(self) -> None:
        ran = hello(PROGRAMS / "adder.groq")
        self.assertEqual(ran.returncode, 0, ran.stderr)
        first, name, *rows = ran.stdout.splitlines()
        self.assertRegex(first, r"^[1-9]\d* cycles on sim:0$")
        self.assertEqual(name, "out: uint8")
        self.assertEqual(set("".join(rows)) - set("[]. "), {"2"})

    def test_it_says_what_is_wrong(self) -> None:
        ran = hello("/nowhere.groq", "sim:")
        self.assertEqual(ran.returncode, 1)
        self.assertRegex(ran.stderr, r"^hello\.py: .*/nowhere\.groq")
        self.assertNotIn("Traceback", ran.stderr)

    def test_it_says_how_it_is_used(self) -> None:
        self.assertIn("usage: hello.py", hello().stderr)


if __name__ == "__main__":
    unittest.main()
