# SPDX-License-Identifier: MIT
"""A test passes only if the kernel had nothing to complain about."""

from __future__ import annotations

import re

COMPLAINTS = re.compile("|".join([
    r"BUG:", r"WARNING:", r"KASAN", r"UBSAN", r"KCSAN", r"\bOops\b", r"Call Trace:",
    r"general protection", r"DMA-API: (?!preallocated|debugging enabled)",
    r"possible circular", r"inconsistent lock state",
    r"suspicious RCU usage", r"\bINFO:", r"refcount_t",
    r"unreferenced object", r"ODEBUG", r"list_(add|del) corruption", r"DMAR: .*fault",
    r"page allocation failure", r"Out of memory:", r"Kernel panic",
]))
DRIVER_ERROR = re.compile(r"groq.*\berror\b", re.IGNORECASE)
RAW_LINE = re.compile(r"<(\d+)>(.*)")
LEVEL_MASK = 7
LEVEL_ERROR = 3


def complaints(raw_lines: list[str], expected: tuple[str, ...] = ()) -> list[str]:
    """The lines of `dmesg -r` that fail a test, but for those that match one of
    the `expected` patterns. Any line of our driver at level error is one."""
    found = []
    for raw in raw_lines:
        match = RAW_LINE.match(raw)
        level, text = (int(match[1]) & LEVEL_MASK, match[2]) if match else (7, raw)
        if is_complaint(level, text) and not any(re.search(p, text) for p in expected):
            found.append(text)
    return found


def is_complaint(level: int, text: str) -> bool:
    return bool(COMPLAINTS.search(text) or DRIVER_ERROR.search(text)
                or (level <= LEVEL_ERROR and "groq" in text))
