# SPDX-License-Identifier: MIT
"""What was measured: samples by name, their spread, ratios of pairs of them."""

from __future__ import annotations

import math
import statistics
from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass

LESS_IS_BETTER = {"ns", "us", "ms", "s", "calls", "cycles"}


@dataclass(frozen=True)
class Spread:
    """One value per round."""

    values: tuple[float, ...]

    @property
    def median(self) -> float:
        return statistics.median(self.values)

    def as_json(self) -> dict[str, object]:
        return {"median": self.median, "min": min(self.values), "max": max(self.values),
                "values": list(self.values)}

    def __str__(self) -> str:
        return (f"{short(self.median)} ({short(min(self.values))}.."
                f"{short(max(self.values))})")


@dataclass(frozen=True)
class Figure:
    label: str
    unit: str
    spread: Spread

    def times_as_good_as(self, other: Figure) -> Spread:
        """Round by round: both were measured within a second or so of each other."""
        assert self.unit == other.unit, (self, other)
        pairs = zip(self.spread.values, other.spread.values, strict=True)
        if self.unit in LESS_IS_BETTER:
            return Spread(tuple(theirs / ours for ours, theirs in pairs))
        return Spread(tuple(ours / theirs for ours, theirs in pairs))


@dataclass(frozen=True)
class Row:
    """A figure, and how it compares."""

    figure: Figure
    against: tuple[tuple[Figure, float | None], ...] = ()  # with what is aimed at

    def as_json(self) -> dict[str, object]:
        return {"label": self.figure.label, "unit": self.figure.unit,
                **self.figure.spread.as_json(),
                "ratios": [{"against": other.label, "aim": aim,
                            **self.figure.times_as_good_as(other).as_json()}
                           for other, aim in self.against]}


@dataclass(frozen=True)
class Table:
    title: str
    command: str  # gives the samples of one round
    rows: list[Row]
    note: str = ""

    def as_json(self) -> dict[str, object]:
        return {"title": self.title, "command": self.command, "note": self.note,
                "rows": [row.as_json() for row in self.rows]}


class Samples:
    """The lines "name unit value" of the benchmark programs, round by round."""

    def __init__(self) -> None:
        self._values: dict[str, list[float]] = defaultdict(list)
        self._units: dict[str, str] = {}

    def take(self, output: str, prefix: str = "") -> None:
        for line in output.splitlines():
            name, unit, value = line.split()
            self._units[prefix + name] = unit
            self._values[prefix + name].append(float(value))

    def names(self, prefix: str) -> Iterable[str]:
        return [name for name in self._values if name.startswith(prefix)]

    def figure(self, name: str, label: str) -> Figure:
        return Figure(label, self._units[name], Spread(tuple(self._values[name])))


def short(value: float) -> str:
    """Three significant digits."""
    if value == 0:
        return "0"
    digits = max(0, 2 - math.floor(math.log10(abs(value))))
    return f"{value:,.{digits}f}"
