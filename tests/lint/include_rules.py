# SPDX-License-Identifier: MIT
"""The folder tree is the dependency rule: who may include what."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass

from tree import Finding, Tree

SOURCE = r"\.(c|h|cpp|hpp)$"

# What the operating system gives: not for a model of hardware, which is to be
# the same bits on every machine and in every run.
OPERATING_SYSTEM = (
    r"^<(unistd|fcntl|poll|pthread|sched|signal|csignal|dlfcn|syslog|termios|spawn|"
    r"semaphore|sys/.*|net/.*|netinet/.*|arpa/.*|linux/(?!types\.h).*|"
    r"thread|future|chrono|filesystem|fstream|iostream|random|boost/.*)(\.h)?>$"
)
C_LIBRARY = r"^<(stdint|stddef|stdbool)\.h>$"


@dataclass(frozen=True)
class Rule:
    """Files that match `who` include nothing that matches `never`.

    What is included is a path of this tree, or <name> for anything outside it.
    """

    who: str
    never: str
    because: str
    but: str = r"(?!)"


RULES = [
    Rule(r"^include/hw/", r".", "the chip's contract compiles alone, everywhere",
         but=r"^<linux/types\.h>$"),
    Rule(r"^include/uapi/", r".", "the driver's contract includes the kernel's types only",
         but=r"^<(drm|linux/types)\.h>$"),
    Rule(r"^qemu-device/groq_(cable_wire|chip|tracer)\.h", r".",
         "the C interfaces of chip, tracer and cable stand alone", but=C_LIBRARY),
    Rule(r"^include/groq/.*\.h$", r".", "the C interface stands alone",
         but=C_LIBRARY + r"|^include/groq/.*\.h$|^<time\.h>$"),
    Rule(r"^include/groq/", r"^(?!include/groq/|<)", "public headers include no private one"),
    Rule(r"^qemu-device/chip/", r"^(?!qemu-device/chip/|qemu-device/groq_chip\.h|include/hw/|<)",
         "the chip knows no driver, no runtime, no test"),
    Rule(r"^qemu-device/chip/", r"^<(qemu|hw|qom|exec|sysemu|system|migration)/",
         "the chip knows no QEMU"),
    Rule(r"^qemu-device/chip/", OPERATING_SYSTEM,
         "the chip is hardware: it sees registers and groq_host, no operating system"),
    Rule(r"^qemu-device/tracer/",
         r"^(?!qemu-device/(tracer/|groq_(chip|tracer)\.h)|include/hw/|<)",
         "the tracer sees of the chip what an observer sees"),
    Rule(r"^qemu-device/[^/]+\.[ch]$", r"^qemu-device/chip/",
         "QEMU's glue reaches the chip through groq_chip.h"),
    Rule(r"^qemu-device/[^/]+\.[ch]$", r"^qemu-device/tracer/",
         "QEMU's glue reaches the tracer through groq_tracer.h"),
    Rule(r"^libgroq/(?!sim)", r"^(include/hw|qemu-device)/",
         "a program never sees a register; only the simulator holds a chip"),
    Rule(r"^libgroq/", r"^(kernel|tools|tests|models|bench)/", "the runtime is below these"),
    Rule(r"^(?!libgroq/(drm_|ioctl_queue\.)|kernel/|tests/|bench/)",
         r"^<(xf86drm|libdrm/.*)\.h>$",
         "libdrm enters in libgroq/drm_* and libgroq/ioctl_queue alone"),
    Rule(r"^(?!libgroq/uring|tests/|bench/)", r"^<liburing.*>$",
         "liburing enters in libgroq/uring* alone"),
    Rule(r"^(?!libgroq/pci|tests/)", r"^<pci/.*>$", "libpci enters in libgroq/pci* alone"),
    Rule(r"^libgroq/(?!sim/cable_)", r"^<boost/",
         "the shared library shows and needs no Boost"),
    Rule(r"^(tools|models|examples)/", r"^(include/uapi|libgroq|qemu-device|kernel)/",
         "tools prove that the public interface is enough",
         but=r"^include/uapi/drm/groq_coredump\.h$"),
    Rule(r"^(?!tools/smi/coredump|include/|kernel/|tests/)",
         r"^include/uapi/drm/groq_coredump\.h$",
         "a dump is a file and no interface of libgroq: groq-smi decode alone reads it"),
    Rule(r"^(tools/(?!asm/|compiler/|ops/)|models/|examples/)", r"^include/hw/",
         "only what makes programs reads the instruction table"),
    Rule(r"^kernel/", r"^(include/groq|libgroq|tools|qemu-device)/|^include/hw/groq_isa\.h$",
         "the kernel moves jobs, it does not read them"),
    Rule(r"^tests/reference/", r"^(?!tests/reference/|include/hw/|<)",
         "the reference shares nothing with the chip but its contract"),
    Rule(r"^(?!tests/|.*_test\.cpp$)", r"^tests/", "only tests include tests"),
]


def check(tree: Tree) -> Iterator[Finding]:
    graph: dict[str, set[str]] = {}
    for path in tree.matching(SOURCE):
        included = list(includes(tree, path))
        graph[path] = {name for _, name in included}
        for line, name in included:
            yield from broken_rules(path, line, name)
        yield from own_header_late(path, included)
    yield from cycles(graph)


def broken_rules(path: str, line: int, name: str) -> Iterator[Finding]:
    for rule in RULES:
        if not re.search(rule.who, path) or not re.search(rule.never, name):
            continue
        if not re.search(rule.but, name):
            yield Finding(path, line, f"must not include {name}: {rule.because}")


def own_header_late(path: str, included: list[tuple[int, str]]) -> Iterator[Finding]:
    """A C++ source that includes its own header first proves it complete."""
    own = re.sub(r"\.cpp$", ".hpp", path)
    later = [line for line, name in included[1:] if name == own]
    if own != path and later:
        yield Finding(path, later[0], "includes its own header, but not first")


def includes(tree: Tree, path: str) -> Iterator[tuple[int, str]]:
    """Line and target of every #include."""
    for number, line in enumerate(tree.lines(path), 1):
        match = re.match(r'\s*#\s*include\s*([<"])([^>"]+)[>"]', line)
        if match:
            quoted = match[1] == '"'
            yield number, resolve(tree, path, match[2], quoted) or f"<{match[2]}>"


def resolve(tree: Tree, path: str, name: str, quoted: bool) -> str | None:
    """The file of the tree that `name` means in `path`."""
    folders = ["include", "include/uapi", "include/uapi/drm", "include/hw"]
    if quoted:
        folders = [path.rpartition("/")[0], *folders, ""]
    for folder in folders:
        candidate = normal(f"{folder}/{name}")
        if candidate in tree.known:
            return candidate
    ends = [f for f in tree.files if f.endswith(f"/{name}")]
    return ends[0] if quoted and len(ends) == 1 else None


def normal(path: str) -> str:
    parts: list[str] = []
    for part in path.split("/"):
        if part == ".." and parts:
            parts.pop()
        elif part not in ("", "."):
            parts.append(part)
    return "/".join(parts)


def cycles(graph: dict[str, set[str]]) -> Iterator[Finding]:
    done: set[str] = set()

    def visit(path: str, trail: list[str]) -> Iterator[Finding]:
        if path in trail:
            circle = " -> ".join([*trail[trail.index(path) :], path])
            yield Finding(path, 0, f"includes itself: {circle}")
        elif path not in done:
            done.add(path)
            for name in sorted(graph.get(path, ())):
                yield from visit(name, [*trail, path])

    for path in sorted(graph):
        yield from visit(path, [])
