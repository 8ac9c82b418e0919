# SPDX-License-Identifier: MIT
"""The parts of the benchmark: what runs in a round, and the table of it."""

from __future__ import annotations

from figures import Figure, Row, Samples, Spread, Table
from rig import DISK, Rig
from vm.guest import Guest

CARD, SIMULATOR = "accel:0", "sim:"
MODEL = "usr/share/groq/fashion-mnist.groq"  # below / in the guest, or the stage
KIB, MIB = 1 << 10, 1 << 20


def round_trip(rig: Rig, guest: Guest) -> list[Table]:
    line = f"roundtrip {rig.seconds} {DISK} {CARD} empty.groq"
    samples = Samples()
    for _ in rig.each_round("round trip"):
        samples.take(rig.in_guest(guest, line))
    read = {depth: samples.figure(f"read/{depth}", f"4 KiB read, {depth} in flight")
            for depth in (1, 32)}
    copy = {depth: samples.figure(f"copy/{depth}", f"4 KiB copied in, {depth} in flight")
            for depth in (1, 32)}
    job = {depth: samples.figure(f"job/{depth}", f"empty job, {depth} in flight")
           for depth in (1, 32)}
    long_job = samples.figure("job-of-32/2", "empty program, 32 in a job, 2 in flight")
    rows = [Row(read[1]), Row(copy[1], ((read[1], None),)), Row(job[1], ((read[1], 1),)),
            Row(read[32]), Row(copy[32], ((read[32], None),)), Row(job[32], ((read[32], 2),)), Row(long_job, ((read[32], 2),))]
    return [Table("Launch to completion of nothing, each", line, rows)]


def doors(rig: Rig, guest: Guest) -> list[Table]:
    line = f"doors {rig.seconds} /dev/accel/accel0"
    samples = Samples()
    for _ in rig.each_round("doors"):
        samples.take(rig.in_guest(guest, line))
    rows = []
    for batch in (1, 8, 32):
        figure = {way: samples.figure(f"{way}/{batch}", f"{label}, {batch} at once")
                  for way, label in (("nop-ioctl", "empty job, ioctl"),
                                     ("nop-uring", "empty job, io_uring"),
                                     ("copy-ioctl", "4 KiB copied in, ioctl"),
                                     ("copy-uring", "4 KiB copied in, io_uring"),
                                     ("copy-fixed", "the same, registered memory"))}
        nop, copy = figure["nop-ioctl"], figure["copy-ioctl"]
        rows += [Row(nop), Row(figure["nop-uring"], ((nop, None),)), Row(copy),
                 Row(figure["copy-uring"], ((copy, None),)),
                 Row(figure["copy-fixed"], ((copy, None),))]
    return [Table("The ioctl and io_uring, each job", line, rows)]


def paths(rig: Rig, guest: Guest) -> list[Table]:
    line = f"paths {rig.seconds} {DISK} {CARD} empty.groq"
    samples = Samples()
    for _ in rig.each_round("paths"):
        samples.take(rig.in_guest(guest, line))
    rates, hosts, calls = [], [], []
    for depth in (1, 4, 16, 64, 256):
        read = samples.figure(f"read/{depth}", f"4 KiB reads, {depth} in flight")
        host = samples.figure(f"read-host/{depth}", f"of a 4 KiB read, {depth} in flight")
        ioctl = samples.figure(f"ioctl/{depth}", f"ioctl, {depth} in flight")
        rates += [Row(read), Row(ioctl, ((read, None),))]
        hosts.append(Row(host))
        for path in ("io_uring", "sqpoll"):
            aim = 1 if path == "io_uring" and depth >= 16 else None
            figure = samples.figure(f"{path}/{depth}", f"{path}, {depth} in flight")
            rates.append(Row(figure, ((read, None), (ioctl, aim))))
        for path in ("ioctl", "io_uring", "sqpoll"):
            label = f"{path}, {depth} in flight"
            hosts.append(Row(samples.figure(f"{path}-host/{depth}", label), ((host, None),)))
            calls.append(Row(samples.figure(f"{path}-calls/{depth}", label)))
    return [Table("Empty jobs by each path", line, rates),
            Table("Time of the calling thread, for each", line, hosts),
            Table("System calls for each job", line, calls)]


def bandwidth(rig: Rig, guest: Guest, iommu: bool) -> list[Table]:
    line = f"copy {rig.seconds} {CARD}"
    where = "with intel-iommu" if iommu else "without IOMMU"
    samples = Samples()
    for _ in rig.each_round(f"copies {where}"):
        samples.take(rig.in_guest(guest, line))
        samples.take(rig.on_host(f"copy {rig.seconds}"), "host-")
    sizes = [int(name.partition("/")[2]) for name in samples.names("memcpy/")]
    rows = [row for size in sizes for row in bandwidth_rows(samples, size, iommu)]
    return [Table(f"Copies between host memory and SRAM, {where}", line, rows)]


def bandwidth_rows(samples: Samples, size: int, iommu: bool) -> list[Row]:
    name = size_name(size)
    guest = samples.figure(f"memcpy/{size}", f"{name} memcpy, guest")
    host = samples.figure(f"host-memcpy/{size}", f"{name} memcpy, host")
    aimed = size >= 256 * KIB
    against: tuple[tuple[Figure, float | None], ...] = (
        (guest, (1 if iommu else 3) if aimed else None),
        (host, 0.8 if aimed and not iommu else None))
    rows = [Row(host), Row(guest)]
    for way in ("in", "out"):
        single = samples.figure(f"copy-{way}/{size}", f"{name} {way}, one by one")
        streamed = samples.figure(f"copy-{way}-streamed/{size}", f"{name} {way}, streamed")
        rows += [Row(single, tuple((other, None) for other, _ in against)),
                 Row(streamed, against)]
    return rows


def load(rig: Rig, guest: Guest) -> list[Table]:
    line = f"load {rig.seconds} {CARD} /{MODEL} synthetic.groq"
    samples = Samples()
    for _ in rig.each_round("program load"):
        samples.take(rig.in_guest(guest, line))
    rows = []
    for name, label in (("fashion-mnist.groq", "Fashion-MNIST"),
                        ("synthetic.groq", "synthetic, 230 MB of weights")):
        figure = {way: samples.figure(f"{way}/{name}", f"{label}: {text}")
                  for way, text in (("memcpy", "memcpy of the file"),
                                    ("read", "read into memory alone"),
                                    ("copy", "copied onto the card alone"),
                                    ("open", "read and check"),
                                    ("load", "onto the card"),
                                    ("total", "in all"),
                                    ("file", "while it is read"),
                                    ("again", "still there"))}
        slower = slower_of(figure["read"], figure["copy"], f"{label}: the slower of both alone")
        aim = 0.77 if name == "synthetic.groq" else None  # at most 1.3 times as long
        rows += [Row(figure["memcpy"]), Row(figure["read"]), Row(figure["copy"]),
                 Row(figure["open"]), Row(figure["load"]),
                 Row(figure["total"], ((figure["memcpy"], None),)),
                 Row(figure["file"], ((figure["total"], None), (slower, aim))),
                 Row(figure["again"])]
    return [Table("Program and weights onto the card", line, rows)]


def slower_of(one: Figure, other: Figure, label: str) -> Figure:
    pairs = zip(one.spread.values, other.spread.values, strict=True)
    return Figure(label, one.unit, Spread(tuple(max(pair) for pair in pairs)))


def images(rig: Rig, guest: Guest) -> list[Table]:
    line = f"images {rig.seconds} {CARD} /{MODEL}"
    samples = Samples()
    for _ in rig.each_round("images"):
        samples.take(rig.in_guest(guest, line))
        samples.take(rig.on_host(
            f"images {rig.seconds} {SIMULATOR} {rig.image.folder / 'stage' / MODEL}"),
            "host-")
    simulated = samples.figure("host-images", "sim:, on the host")
    card = samples.figure("images", "accel:, in the guest")
    rows = [Row(simulated), Row(card, ((simulated, None),)),
            Row(samples.figure("cycles", "chip cycles"))]
    return [Table("Fashion-MNIST perceptron, batches of 500", line, rows)]


def overhead(rig: Rig) -> list[Table]:
    line = f"overhead {rig.seconds} {SIMULATOR}"
    samples = Samples()
    for _ in rig.each_round("overhead of a job"):
        samples.take(rig.on_host(line))
    rows, allocations = [], []
    for depth in (1, 32):
        waited = samples.figure(f"c/{depth}", f"C, submit and wait, {depth} in flight")
        polled = samples.figure(f"polled/{depth}", f"C, submit, poll and reap, {depth} in flight")
        rows += [Row(waited), Row(polled)]
        rows += [Row(samples.figure(f"{way}/{depth}", f"async_run, {way}, {depth} in flight"),
                     ((waited, None), (polled, None)))
                 for way in ("callback", "coroutine")]
        allocations += [Row(samples.figure(f"{way}-allocations/{depth}", f"{way}, {depth} in flight"))
                        for way in ("c", "polled", "callback", "coroutine")]
    return [Table("Processor time of a job in its thread, simulated card", line, rows),
            Table("Allocations of memory for each job, by that thread", line, allocations)]


def first_result(rig: Rig) -> list[Table]:
    program = rig.image.folder / "stage" / MODEL
    line = f"first_result {rig.seconds} {SIMULATOR} {program}"
    samples = Samples()
    for _ in rig.each_round("first result"):
        samples.take(rig.on_host(line))
    return [Table("From the start of a process, simulated card",
                  f"first_result {rig.seconds} {SIMULATOR} {MODEL}",
                  [Row(samples.figure("nothing", "a process that only starts")),
                   Row(samples.figure("first-result", "the first result of a program"))])]


def chip_speed(rig: Rig) -> list[Table]:
    line = f"chip_speed {rig.seconds}"
    samples = Samples()
    for _ in rig.each_round("chip model"):
        samples.take(rig.on_host(line))
    billion = Figure("1e9 cycles/s", "Mcycle/s", Spread((1000.0,) * rig.rounds))
    memcpy = samples.figure("memcpy", "memcpy of the same bytes, one thread")
    int8 = samples.figure("peak/int8", "this processor's best int8, one thread")
    float32 = samples.figure("peak/float", "this processor's best binary32, one thread")
    rows = [Row(samples.figure("idle", "waiting"), ((billion, 1),)),
            Row(samples.figure("moving", "64 slices read and written in every cycle")),
            Row(memcpy),
            Row(samples.figure("moving/bytes", "bytes that arrive"), ((memcpy, 0.25),)),
            Row(int8)]
    for planes, aim in ((1, None), (4, 0.25)):
        rows += [Row(samples.figure(f"dense/{planes}", f"int8 into {planes} of 4 arrays in every cycle")),
                 Row(samples.figure(f"dense/{planes}/macs", "multiply-accumulates"), ((int8, aim),))]
    rows += [Row(float32),
             Row(samples.figure("half", "binary16 into all arrays in every other cycle")),
             Row(samples.figure("half/macs", "multiply-accumulates, exact"), ((float32, None),)),
             Row(samples.figure("chain", "binary32 in 16 ALUs in every cycle")),
             Row(samples.figure("chain/ops", "additions"))]
    return [Table("The chip model by itself, one thread", line, rows)]


def chip_ways(rig: Rig) -> list[Table]:
    line = f"chip_ways {rig.seconds}"
    samples = Samples()
    for _ in rig.each_round("ways to run the chip model"):
        samples.take(rig.on_host(line))
    rows = []
    for name, label in (("idle", "waiting"), ("moving", "64 slices read and written"),
                        ("dense/4", "int8 into 4 of 4 arrays"),
                        ("straight", "32 slices read, nothing repeated"),
                        ("pair", "two chips, int8 into 4 of 4 arrays, on two threads")):
        free = samples.figure(f"{name}/free", f"{label}: in one go")
        rows.append(Row(free))
        rows += [Row(samples.figure(f"{name}/{way}", text), ((free, None),))
                 for way, text in (("windows", "windows of 217 cycles"),
                                   ("horizons", "to 217 cycles after the next event"),
                                   ("traced", "traced"))
                 if f"{name}/{way}" in samples.names(name)]
    return [Table("The chip model held back and watched", line, rows)]


def matmul(rig: Rig) -> list[Table]:
    line = "matmul"  # counts cycles: one round says it all
    samples = Samples()
    samples.take(rig.on_host(line))
    published = samples.figure("published", "the published curve's least")
    rows = [Row(published)]
    for name in samples.names("i8/"):
        columns = name.partition("/")[2]
        padded = samples.figure(f"i8-padded/{columns}", "with all columns padded")
        rows += [Row(samples.figure(name, f"int8, N = {columns}"),
                     ((published, 1), (padded, None))),
                 Row(samples.figure(f"f16/{columns}", f"f16, N = {columns}"))]
    rows.append(Row(samples.figure("i8-worst", "int8, the worst N in the range"),
                    ((published, 1),)))
    return [Table("Matrix product [2304x4096] x [4096xN], share of the arrays' peak", line, rows)]


def size_name(size: int) -> str:
    if size < KIB:
        return f"{size} B"
    return f"{size // MIB} MiB" if size >= MIB else f"{size // KIB} KiB"
