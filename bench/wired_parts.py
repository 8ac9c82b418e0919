# SPDX-License-Identifier: MIT
"""The parts of the benchmark that run simulated cards which are wired."""

from __future__ import annotations

from figures import Row, Samples, Table
from parts import size_name
from rig import Rig


def once(rig: Rig, line: str) -> Samples:
    """Of a program that counts cycles: one round says it all."""
    samples = Samples()
    samples.take(rig.on_host(line))
    return samples


def last(name: str) -> str:
    return name.rpartition("/")[2]


def collectives(rig: Rig) -> list[Table]:
    line = "collectives"
    samples = once(rig, line)
    links = samples.figure("links", "7 links of a card")
    node, ring = [Row(samples.figure("begin", "until all have begun"))], []
    for name in samples.names("rate/"):
        size = size_name(int(last(name)))
        node += [Row(samples.figure(f"cycles/{last(name)}", size)),
                 Row(samples.figure(name, "bus bandwidth"), ((links, None),))]
    for name in samples.names("ring-rate/"):
        ring += [Row(samples.figure(f"ring-cycles/{last(name)}", size_name(int(last(name))))),
                 Row(samples.figure(name, "bus bandwidth"))]
    hops = [Row(samples.figure("hop", "32 B, 8 cards"),
                ((samples.figure("published-hop", "a published hop"), 1),)),
            Row(samples.figure("stages", "32 B, 264 cards, as planned"),
                ((samples.figure("published-stages", "three published hops"), 1),))]
    return [Table("All-reduce of f32 on 8 cards, each wired to each", line, node),
            Table("All-reduce of f32 on a ring of 72 cards", line, ring),
            Table("All-reduce of little", line, hops)]


def split_matmul(rig: Rig) -> list[Table]:
    line = "split_matmul"
    samples = once(rig, line)
    rows = []
    for name in samples.names("cycles/"):
        _, size, cards = name.split("/")
        against = ()
        if cards != "1":
            against = ((samples.figure(f"ideal/{size}/{cards}", "one card's, shared"), None),)
        rows.append(Row(samples.figure(name, f"{size}, cards: {cards}"), against))
        if cards != "1":
            rows.append(Row(samples.figure(f"gather/{size}/{cards}", "C onto all of them")))
    return [Table("An int8 product on several cards", line, rows)]


def alignment(rig: Rig) -> list[Table]:
    line = "alignment 10000"
    samples = once(rig, line)
    rows = [Row(samples.figure(f"{what}/{last(name)}", f"{what}, {last(name)}"))
            for name in samples.names("mean/") for what in ("min", "mean", "max", "deviation")]
    return [Table("Latency of links, as the alignment of counters measures it", line, rows)]


def node_speed(rig: Rig) -> list[Table]:
    line = f"node_speed {rig.seconds}"
    samples = Samples()
    for _ in rig.each_round("simulation of wired cards"):
        samples.take(rig.on_host(line))
    rows = []
    for kind, text in (("dense", "all arrays busy"), ("dense-work", "of processors' time"),
                       ("ring", "all-reduce round the ring"),
                       ("ring-work", "of processors' time")):
        names = samples.names(f"{kind}/")
        first = samples.figure(names[0], f"cards: {last(names[0])}")
        for name in names:
            figure = samples.figure(name, f"{text}, cards: {last(name)}")
            rows.append(Row(figure, ((first, None),) if name != names[0] else ()))
    rows += [Row(samples.figure(name, f"{what}, cards: {last(name)}"))
             for kind, what in (("load", "opened and loaded"), ("peak", "memory"))
             for name in samples.names(f"{kind}/")]
    return [Table("Cycles of all chips together", line, rows)]
