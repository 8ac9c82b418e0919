# SPDX-License-Identifier: MIT
"""Tables for people."""

from __future__ import annotations

from figures import Row, Table

HEADINGS = ("", "unit", "median (min..max)", "times as good as", "", "aim")
GAP = "  "


def text(table: Table) -> str:
    lines = [cells for row in table.rows for cells in row_cells(row)]
    widths = [max(len(line[column]) for line in [HEADINGS, *lines])
              for column in range(len(HEADINGS))]
    body = [GAP.join(cell.ljust(width) for cell, width in zip(line, widths)).rstrip()
            for line in [HEADINGS, *lines]]
    rule = "-" * max(len(line) for line in body)
    note = [table.note] if table.note else []
    return "\n".join([f"{table.title}", f"$ {table.command}", rule, *body, rule, *note])


def row_cells(row: Row) -> list[tuple[str, ...]]:
    """A line for the figure, with its first comparison; further ones below."""
    figure = row.figure
    head = (figure.label, figure.unit, str(figure.spread))
    comparisons = [comparison_cells(row, number) for number in range(len(row.against))]
    rest = [("", "", "", *cells) for cells in comparisons[1:]]
    return [(*head, *(comparisons or [("", "", "")])[0]), *rest]


def comparison_cells(row: Row, number: int) -> tuple[str, str, str]:
    other, aim = row.against[number]
    ratio = row.figure.times_as_good_as(other)
    if aim is None:
        return other.label, str(ratio), ""
    verdict = "met" if ratio.median >= aim else "MISSED"
    return other.label, str(ratio), f"{aim:g}: {verdict}"
