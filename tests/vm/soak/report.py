# SPDX-License-Identifier: MIT
"""What a soak did, for people and for programs."""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING, Any

from soak.worker import jobs

if TYPE_CHECKING:
    from soak.rig import Rig


def in_words(counts: Counter[str]) -> str:
    return ", ".join(f"{name} {count:,}" for name, count in sorted(counts.items())) or "none"


def progress(rig: Rig, seconds: float) -> str:
    counts = rig.counts()
    return (f"[{seconds:4.0f} s] {jobs(counts).total():,} jobs, "
            f"{counts['bytes'] / 1e6:,.0f} MB right; done to the cards: "
            f"{in_words(rig.journal.counts())}; errors: {in_words(rig.journal.errors)}")


def summary(rig: Rig, seed: int, seconds: float, found: str) -> dict[str, Any]:
    counts = rig.counts()
    return {
        "seed": seed,
        "seconds": round(seconds),
        "found": found,
        "jobs": dict(jobs(counts)),
        "verified_bytes": counts["bytes"],
        "sessions": counts["session"],
        "done_to_cards": dict(rig.journal.counts()),
        "not_possible_here": rig.missing(),
        "errors": dict(rig.journal.errors),
        "announced_by_the_kernel": dict(rig.journal.announced),
    }


def table(counts: dict[str, Any]) -> str:
    """In Markdown, as docs/benchmarks.md has it."""
    rows = [
        ("seconds", f"{counts['seconds']:,}"),
        ("jobs done, results checked", in_words(Counter(counts["jobs"]))),
        ("bytes copied, checked", f"{counts['verified_bytes']:,}"),
        ("opened and closed by workers", f"{counts['sessions']:,}"),
        ("done to the cards", in_words(Counter(counts["done_to_cards"]))),
        ("errors met, each explained", in_words(Counter(counts["errors"]))),
        ("found wrong", counts["found"].partition("\n")[0] or "nothing"),
    ]
    if counts["not_possible_here"]:
        rows.append(("faults that this card cannot have", ", ".join(counts["not_possible_here"])))
    return "\n".join(["| | |", "|---|---|", *(f"| {name} | {value} |" for name, value in rows)])
