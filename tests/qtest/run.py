#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""Tests of the QEMU device without an operating system.

usage: tests/qtest/run.py [--qemu PATH] [PATTERN...]

Runs the tests whose name contains one of the patterns, or all; exits with 1 if
one fails. QEMU is the one given, $GROQ_QEMU, or what vm/build-qemu.sh builds.
"""

from __future__ import annotations

import argparse
import os
import subprocess
import sys
import time
import unittest
from pathlib import Path

FOLDER = Path(__file__).resolve().parent
ROOT = FOLDER.parents[1]


class Report(unittest.TestResult):
    """A line per test; what went wrong beneath it."""

    def startTest(self, test: unittest.TestCase) -> None:
        super().startTest(test)
        self.started = time.monotonic()
        self.details: list[str] = []

    def addError(self, test, err) -> None:
        super().addError(test, err)
        self.details.append(self.errors[-1][1])

    def addFailure(self, test, err) -> None:
        super().addFailure(test, err)
        self.details.append(self.failures[-1][1])

    def addSubTest(self, test, subtest, err) -> None:
        super().addSubTest(test, subtest, err)
        if err:
            self.details.append(f"{subtest}\n{err[1]!r}")

    def stopTest(self, test: unittest.TestCase) -> None:
        super().stopTest(test)
        milliseconds = 1000 * (time.monotonic() - self.started)
        word = "FAIL" if self.details else "ok  "
        print(f"{word} {test.id()} ({milliseconds:.0f} ms)", flush=True)
        self.failed = getattr(self, "failed", 0) + bool(self.details)
        for text in self.details:
            print("     " + text.replace("\n", "\n     "), flush=True)


def cases(suite: unittest.TestSuite):
    for test in suite:
        if isinstance(test, unittest.TestSuite):
            yield from cases(test)
        else:
            yield test


def build_qemu() -> str:
    output = subprocess.run([ROOT / "vm/build-qemu.sh"], check=True,
                            stdout=subprocess.PIPE, text=True).stdout
    return output.splitlines()[-1]


def main() -> int:
    parser = argparse.ArgumentParser(usage=__doc__)
    parser.add_argument("--qemu", default=os.environ.get("GROQ_QEMU"))
    parser.add_argument("patterns", nargs="*")
    options = parser.parse_args()
    os.environ["GROQ_QEMU"] = options.qemu or build_qemu()
    # Of a QEMU with sanitizers: what it does not free at its end is no matter.
    os.environ.setdefault("ASAN_OPTIONS", "detect_leaks=0")
    os.environ.setdefault("UBSAN_OPTIONS", "halt_on_error=1:print_stacktrace=1")
    sys.path[:0] = [str(FOLDER), str(ROOT)]
    found = unittest.TestLoader().discover(str(FOLDER), "test_*.py")
    report = Report()
    for test in cases(found):
        if not options.patterns or any(p in test.id() for p in options.patterns):
            test.run(report)
    failed = getattr(report, "failed", 0)
    print(f"{report.testsRun - failed} passed, {failed} failed")
    return 1 if failed or not report.testsRun else 0


if __name__ == "__main__":
    sys.exit(main())
