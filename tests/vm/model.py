# SPDX-License-Identifier: MIT
"""The perceptron, all 10,000 test images: through the driver, and without it.

golden.txt is what numpy, which knows nothing of the chip, computes.
"""

from __future__ import annotations

import re
from pathlib import Path

from harness.case import scenario
from vm.guest import Guest

GOLDEN = Path(__file__).resolve().parents[2] / "models/fashion-mnist/golden.txt"


def classify(guest: Guest, device: str, options: str = "") -> dict[str, str]:
    """What groq-fashion-mnist prints, by the first word of its lines."""
    lines = guest.run(f"groq-fashion-mnist --device {device} --show 0 {options}",
                      timeout=900).output.splitlines()
    return dict(line.split(None, 1) for line in lines)


def golden() -> tuple[str, str]:
    """Checksum of the logits and right answers for all test images."""
    found = re.search(r"^test 10000 (\w+) (\d+)$", GOLDEN.read_text(), re.M)
    assert found, GOLDEN
    return found[1], found[2]


def is_golden(answers: dict[str, str]) -> None:
    checksum, right = golden()
    assert answers["logits"] == f"crc32 {checksum}", answers
    assert f"({right} right)" in answers["accuracy"], answers


@scenario(cards=2)
def answers_and_cycles_are_the_same_on_every_way(guest: Guest) -> None:
    by_driver = [classify(guest, device) for device in ("accel:0", "accel:1")]
    in_process = classify(guest, "sim:")
    for answers in (*by_driver, in_process):
        is_golden(answers)
        assert answers["chip"] == in_process["chip"], (answers, in_process)


@scenario(cards=1, iommu=True)
def it_works_behind_an_iommu(guest: Guest) -> None:
    is_golden(classify(guest, "accel:0"))


@scenario(cards=1, deterministic=True)
def virtual_time_changes_no_answer(guest: Guest) -> None:
    is_golden(classify(guest, "accel:0", "--check 0"))


@scenario(cards=1)
def killed_runs_leave_nothing_behind(guest: Guest) -> None:
    for delay in ("0.05", "0.1", "0.2", "0.4"):
        guest.run("groq-fashion-mnist --show 0 >/dev/null & "
                  f"sleep {delay}; kill -9 $!; wait $! || true")
    is_golden(classify(guest, "accel:0", "--check 0"))
