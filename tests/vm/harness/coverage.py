# SPDX-License-Identifier: MIT
"""Which lines of the driver the tests reach.

A kernel with GCOV_KERNEL counts how often each line of a module built with
COVERAGE=y has run, and shows that in debugfs, also of modules that are gone.
Each guest's counts are taken out before it ends, and added up.
"""

from __future__ import annotations

import gzip
import io
import json
import shutil
import subprocess
import tarfile
import tempfile
import threading
from collections import defaultdict
from dataclasses import dataclass, field
from pathlib import Path

from vm.guest import Guest

# tar would believe debugfs that its files have no bytes.
GATHER = """\\
cd /sys/kernel/debug/gcov || exit
mkdir -p /tmp/counts && for file in $(find . -name '*.gcda'); do
    mkdir -p /tmp/counts/${file%/*} && cat $file >/tmp/counts/$file || exit
done
tar -cf /tmp/counts.tar -C /tmp/counts ."""
TESTS = "tests/"  # below the driver's folder; what they reach of themselves is no news


@dataclass
class Source:
    """Of one source file, how often each line that has code has run."""

    counts: dict[int, int] = field(default_factory=lambda: defaultdict(int))

    @property
    def reached(self) -> int:
        return sum(1 for count in self.counts.values() if count)

    @property
    def missed(self) -> list[int]:
        return sorted(line for line, count in self.counts.items() if not count)


class Coverage:
    """The counts of all guests so far. Thread-safe."""

    def __init__(self, folder: Path) -> None:
        """`folder` has the build of the driver in kernel/; the counts go beside it."""
        self._driver = (folder / "kernel").resolve()
        self._counts = folder.resolve() / "counts"
        self._report = folder.resolve() / "uncovered.txt"
        self._lock = threading.Lock()
        shutil.rmtree(self._counts, ignore_errors=True)

    def collect(self, guest: Guest) -> None:
        """Adds the counts of a guest, which may be about to end."""
        guest.run(GATHER)
        archive = guest.pull("/tmp/counts.tar")
        with tempfile.TemporaryDirectory(dir=self._counts.parent) as folder:
            with tarfile.open(fileobj=io.BytesIO(archive)) as files:
                files.extractall(folder)
            self._add(Path(folder) / self._driver.relative_to("/"))

    def _add(self, counts: Path) -> None:
        """Adds the .gcda files of a folder to those that there are."""
        if not counts.exists():
            return  # a guest in which the driver was never loaded
        with self._lock:
            if not self._counts.exists():
                shutil.copytree(counts, self._counts)
                return
            merged = self._counts.with_suffix(".new")
            shutil.rmtree(merged, ignore_errors=True)
            subprocess.run(["gcov-tool", "merge", "-o", merged, self._counts, counts],
                           check=True, capture_output=True)
            shutil.rmtree(self._counts)
            merged.rename(self._counts)

    def sources(self) -> dict[str, Source]:
        """By path below the driver's folder."""
        sources: dict[str, Source] = defaultdict(Source)
        for notes in sorted(self._driver.rglob("*.gcno")):
            for path, lines in self._read(notes):
                if not path.is_relative_to(self._driver):
                    continue  # of the kernel
                source = sources[str(path.relative_to(self._driver))]
                for line in lines:
                    source.counts[line["line_number"]] += line["count"]
        return {name: source for name, source in sorted(sources.items())
                if not name.startswith(TESTS)}

    def _read(self, notes: Path) -> list[tuple[Path, list[dict]]]:
        """What gcov says of the files that one object was made of; an object that was
        never loaded reached nothing."""
        with tempfile.TemporaryDirectory() as folder:
            shutil.copy(notes, folder)
            counts = self._counts / notes.relative_to(self._driver).with_suffix(".gcda")
            if counts.exists():
                shutil.copy(counts, folder)
            subprocess.run(["gcov", "--json-format", notes.name], cwd=folder, check=True,
                           capture_output=True)
            reports = [json.loads(gzip.decompress(path.read_bytes()))
                       for path in Path(folder).glob("*.json.gz")]
        return [((Path(report["current_working_directory"]) / file["file"]).resolve(),
                 file["lines"]) for report in reports for file in report["files"]]

    def summary(self) -> str:
        """A line for each file and one for all; writes down what was not reached."""
        sources = self.sources()
        self._report.write_text("".join(self._missed(name, source)
                                        for name, source in sources.items()))
        lines = [row(name, source.reached, len(source.counts))
                 for name, source in sources.items()]
        lines.append(row("all", sum(source.reached for source in sources.values()),
                         sum(len(source.counts) for source in sources.values())))
        return "\n".join([*lines, f"lines that were not reached: {self._report}"])

    def _missed(self, name: str, source: Source) -> str:
        text = (self._driver / name).read_text().splitlines()
        return "".join(f"{name}:{line}: {text[line - 1].strip()}\n"
                       for line in source.missed)


def row(name: str, reached: int, lines: int) -> str:
    return f"{name:24} {reached:5} of {lines:5}  {100 * reached / max(lines, 1):5.1f} %"
