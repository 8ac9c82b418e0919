# SPDX-License-Identifier: MIT
"""The driver's calls, right and wrong in every field: tests/vm/fuzz.

GROQ_FUZZ_SECONDS (20) is how long each of these takes, GROQ_FUZZ_SEED what it does; by
default that is another thing every time, and said when something is found.
"""

from __future__ import annotations

import os
import random
from collections import defaultdict

from harness.case import PROGRAMS, SKIPPED, Skip, scenario
from vm.agent import Command
from vm.guest import Guest

SECONDS = int(os.environ.get("GROQ_FUZZ_SECONDS", "20"))
SEED = int(os.environ.get("GROQ_FUZZ_SEED", random.randrange(1 << 31)))
CARD = "0000:01:00.0"
DEVICE = f"/sys/bus/pci/devices/{CARD}"
DRIVER = "/sys/bus/pci/drivers/groq"
FAILSLAB = "/sys/kernel/debug/failslab"
TIMEOUT_MS = 300  # random programs may take as long as they like
# What is not random is over in less.
REST_SECONDS = 600.0

# Allocations of these threads alone fail, those that may sleep too.
MEMORY_RUNS_OUT = f"""
cd {FAILSLAB} || exit {SKIPPED}
echo Y >task-filter; echo N >ignore-gfp-wait; echo 0 >verbose
echo 50 >interval; echo 100 >probability; echo -1 >times
"""


def start(guest: Guest, arguments: str = "") -> Command:
    guest.run(f"echo {TIMEOUT_MS} >/sys/module/groq/parameters/timeout_ms")
    return guest.start(f"{PROGRAMS}/uapi_fuzz --seed {SEED} --seconds {SECONDS} "
                       f"{arguments} {CARD}")


def end(command: Command) -> dict[str, int]:
    """How often what came of what; fails if anything was found."""
    result = command.wait(SECONDS + REST_SECONDS)
    if result.code == SKIPPED:
        raise Skip(result.output.strip().rpartition("\n")[2])
    assert result.code == 0, f"exit {result.code}\n{result.output}{result.error}"
    counts = (line.rpartition(" ") for line in result.output.splitlines())
    return defaultdict(int, {what: int(count) for what, _, count in counts if what})


def expect_use(counts: dict[str, int]) -> None:
    """It does not only knock, it gets in."""
    assert counts["ioctl ok"] and counts["ioctl EINVAL"] and counts["mmap ok"], counts
    assert counts["verified meanwhile"], counts


@scenario(cards=1)
def what_is_refused_changes_nothing(guest: Guest) -> None:
    counts = end(start(guest, "--threads 1"))
    assert counts["ioctl ok"] and counts["ioctl EINVAL"] and counts["mmap ok"], counts


@scenario(cards=1)
def threads_share_files_and_close_them(guest: Guest) -> None:
    expect_use(end(start(guest)))


@scenario(cards=1, iommu=True)
def threads_behind_an_iommu(guest: Guest) -> None:
    expect_use(end(start(guest)))


@scenario(cards=1, processors=1)
def threads_on_one_processor(guest: Guest) -> None:
    expect_use(end(start(guest)))


@scenario(cards=1)
def memory_runs_out(guest: Guest) -> None:
    if guest.run(MEMORY_RUNS_OUT, check=False).code == SKIPPED:
        raise Skip("this kernel cannot fail allocations")
    counts = end(start(guest, "--fail"))
    assert counts["ioctl ENOMEM"], counts


def trouble(guest: Guest, lines: list[str]) -> dict[str, int]:
    """Fuzzes while these shell lines are run, again and again."""
    fuzzer = start(guest, "--removal")
    fuzzer.wait_for_output("seed", timeout=REST_SECONDS)
    while b"done" not in fuzzer.output and fuzzer.code is None:
        for line in lines:
            guest.run(line)
    fuzzer.write(b"\n")
    return end(fuzzer)


@scenario(cards=1)
def card_is_reset_all_the_time(guest: Guest) -> None:
    expect_use(trouble(guest, [f"echo 1 >{DEVICE}/reset; sleep 0.3"]))


@scenario(cards=1, one_thread=True)
def card_comes_and_goes(guest: Guest) -> None:
    counts = trouble(guest, [
        f"echo {CARD} >{DRIVER}/unbind; sleep 0.2; echo {CARD} >{DRIVER}/bind; sleep 0.5",
        f"echo 1 >{DEVICE}/remove; sleep 0.2; echo 1 >/sys/bus/pci/rescan; sleep 0.5"])
    assert counts["ioctl ENODEV"] and counts["ioctl ok"], counts


@scenario(cards=1)
def a_trace_can_be_replayed(guest: Guest) -> None:
    trace = "/tmp/trace"
    end(start(guest, f"--trace {trace}"))
    guest.run(f"head -n 20000 {trace} >{trace}.head")
    end(guest.start(f"{PROGRAMS}/uapi_fuzz --seed {SEED} --replay {trace}.head {CARD}"))
