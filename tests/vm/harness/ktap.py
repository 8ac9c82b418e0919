# SPDX-License-Identifier: MIT
"""Results of KUnit tests, in the kernel's form of TAP."""

from __future__ import annotations

import re

PLAN = re.compile(r"\s*1\.\.(\d+)$")
RESULT = re.compile(r"(\s*)(ok|not ok) \d+ (?:- )?(\w+)(.*)$")


def results(text: str) -> dict[str, bool]:
    """Of each case of one suite whether it passed. A suite that did not come to the
    end of its plan raises ValueError."""
    planned, cases = 0, {}
    for line in text.splitlines():
        if match := PLAN.match(line):
            planned = int(match[1])
        elif (match := RESULT.match(line)) and match[1]:
            cases[match[3]] = match[2] == "ok" and "SKIP" not in match[4]
    if not planned or len(cases) != planned:
        raise ValueError(f"{len(cases)} of {planned} cases have a result:\n{text}")
    return cases
