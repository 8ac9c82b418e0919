# SPDX-License-Identifier: MIT
"""Runs VM tests, each in a fresh guest."""

from __future__ import annotations

import time
from collections import Counter
from concurrent.futures import ThreadPoolExecutor, as_completed
from dataclasses import dataclass
from xml.etree.ElementTree import Element, SubElement, tostring

from harness.case import Case, Skip
from harness.coverage import Coverage
from harness.kernel_log import complaints
from harness.leaks import find_leaks
from harness.stacks import stacks
from vm.guest import LOAD_DRIVER, Guest
from vm.snapshots import Snapshots

PASSED, FAILED, SKIPPED = "ok", "FAILED", "skipped"
UNPREPARED = "true"


@dataclass(frozen=True)
class Outcome:
    """How a test ended; `detail` says why it failed or was skipped."""

    case: Case
    status: str
    seconds: float
    detail: str = ""
    console: str = ""


def run_case(case: Case, snapshots: Snapshots, coverage: Coverage | None) -> Outcome:
    start = time.monotonic()
    try:
        with snapshots.start(case.machine, LOAD_DRIVER if case.driver else UNPREPARED) as guest:
            status, detail = judge(case, guest)
            console = guest.console_tail if status == FAILED else ""
            console = "" if console in detail else console
            if coverage and status == PASSED:
                coverage.collect(guest)
    except Exception as error:  # the guest did not even start
        status, detail, console = FAILED, explain(error), ""
    return Outcome(case, status, time.monotonic() - start, detail, console)


def judge(case: Case, guest: Guest) -> tuple[str, str]:
    """Runs the test's body; then what the kernel found decides too."""
    status, detail = attempt(case, guest)
    try:
        found = complaints(guest.dmesg(), case.expected_log)
        if status == PASSED:
            found += find_leaks(guest)
    except Exception as error:  # the guest is gone or hangs
        return FAILED, detail or explain(error)
    if not found:
        return status, detail
    return FAILED, "\n".join(filter(None, [detail, "the kernel complained:", *found]))


def attempt(case: Case, guest: Guest) -> tuple[str, str]:
    try:
        case.body(guest)
    except Skip as reason:
        return SKIPPED, str(reason)
    except TimeoutError as error:
        return FAILED, f"{explain(error)}\n{whereabouts(guest)}"
    except Exception as error:  # a test may fail in any way
        return FAILED, explain(error)
    return PASSED, ""


def whereabouts(guest: Guest) -> str:
    try:
        return stacks(guest)
    except Exception as error:  # the guest hangs as a whole
        return f"nor does the guest say where it is: {explain(error)}"


def explain(error: Exception) -> str:
    return f"{type(error).__name__}: {error}"


def run_all(cases: list[Case], snapshots: Snapshots, jobs: int,
            coverage: Coverage | None = None) -> list[Outcome]:
    """Runs cases `jobs` at a time and prints a line for each as it ends."""
    outcomes: list[Outcome] = []
    with ThreadPoolExecutor(jobs) as pool:
        running = [pool.submit(run_case, case, snapshots, coverage) for case in cases]
        for future in as_completed(running):
            outcomes.append(future.result())
            report(outcomes[-1], f"{len(outcomes):{len(str(len(cases)))}}/{len(cases)}")
    return outcomes


def report(outcome: Outcome, progress: str) -> None:
    why = f": {outcome.detail}" if outcome.status == SKIPPED else ""
    lines = [f"[{progress}] {outcome.case.name} ... "
             f"{outcome.status} {outcome.seconds:.1f}s{why}"]
    if outcome.status == FAILED:
        lines += outcome.detail.splitlines()
        lines += ["console:", *outcome.console.splitlines()] if outcome.console else []
    print("\n        ".join(lines), flush=True)


def summary(outcomes: list[Outcome]) -> str:
    count = Counter(outcome.status for outcome in outcomes)
    return f"{count[PASSED]} passed, {count[FAILED]} failed, {count[SKIPPED]} skipped"


def junit(outcomes: list[Outcome]) -> str:
    """The outcomes in the XML that CI systems read."""
    suite = Element("testsuite", name="vm", tests=str(len(outcomes)))
    for outcome in outcomes:
        case = SubElement(suite, "testcase", name=outcome.case.name,
                          time=f"{outcome.seconds:.3f}")
        if outcome.status != PASSED:
            kind = "failure" if outcome.status == FAILED else "skipped"
            SubElement(case, kind).text = f"{outcome.detail}\n{outcome.console}".rstrip()
    return tostring(suite, encoding="unicode") + "\n"
