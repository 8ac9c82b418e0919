# SPDX-License-Identifier: MIT
"""A test on the debug kernel passes only if our modules lost no memory."""

from __future__ import annotations

import re

from vm.guest import Guest

# The first scan notes what unreferenced objects contain, the second reports those
# that still contain it and are older than 5 seconds.
SCAN = """\
[ -e /sys/kernel/debug/kmemleak ] || exit 0
echo scan >/sys/kernel/debug/kmemleak && sleep 6 &&
echo scan >/sys/kernel/debug/kmemleak && cat /sys/kernel/debug/kmemleak"""
OBJECT = re.compile(r"^(?=unreferenced object)", re.MULTILINE)
# A caller in a module of ours, or in one that is gone.
OURS = re.compile(r"\[groq\w*\]|\s0xffffffffc[0-9a-f]{7}$", re.MULTILINE)


def find_leaks(guest: Guest) -> list[str]:
    """The objects that kmemleak finds and that our modules allocated."""
    return [text for text in OBJECT.split(guest.run(SCAN).output) if OURS.search(text)]
