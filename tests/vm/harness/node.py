# SPDX-License-Identifier: MIT
"""A node of eight cards, each wired to each, as docs/topology.md 2 has it.

It is written down a second time here, so that groq-topo and groq-smi have something to
be compared with.
"""

from __future__ import annotations

CARDS = 8

End = tuple[int, int]  # card and link


def peer(card: int, link: int) -> End:
    return (card + link + 1) % CARDS, CARDS - 2 - link


ENDS = [(card, link) for card in range(CARDS) for link in range(CARDS - 1)]
CABLES = [(end, peer(*end)) for end in ENDS if end < peer(*end)]


def words(end: End) -> str:
    """In QEMU's options."""
    return "card{}:{}".format(*end)


def name(end: End) -> str:
    """In messages."""
    return "accel:{} link {}".format(*end)


# The usual seed of a cable in a topology is its number; QEMU does not know that.
NODE8 = tuple(f"a={words(a)},b={words(b)},seed={number}"
              for number, (a, b) in enumerate(CABLES, 1))
