#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""groq-run of a folder, on simulated cards, from outside.

usage: joint_run_test.py GROQ_RUN GROQ_COLLECTIVE
"""

from __future__ import annotations

import json
import struct
import subprocess
import sys
import tempfile
import unittest
from pathlib import Path

GROQ_RUN, GROQ_COLLECTIVE = sys.argv[1:3]
CARDS, ELEMENTS = 3, 640
SIZE = 4 * ELEMENTS


def packed(numbers: list[int]) -> bytes:
    return struct.pack(f"<{len(numbers)}i", *numbers)


class JointRun(unittest.TestCase):
    def setUp(self) -> None:
        folder = tempfile.TemporaryDirectory()
        self.addCleanup(folder.cleanup)
        self.folder = Path(folder.name)
        self.inputs = [[(card + 1) * place - 1000 for place in range(ELEMENTS)]
                       for card in range(CARDS)]
        self.input, self.output = self.folder / "x", self.folder / "y"
        self.input.write_bytes(b"".join(packed(one) for one in self.inputs))
        self.sum = self.make("all-reduce", "node3")

    def make(self, operation: str, topology: str | Path) -> Path:
        """A folder, whose name has what means something in that of a simulated card."""
        made = self.folder / f"100% {operation} a&b?"
        subprocess.run([GROQ_COLLECTIVE, "-q", "-t", "i32", "-n", str(SIZE), "-o", made,
                        operation, topology], check=True)
        return made

    def run_it(self, *arguments: str | Path) -> subprocess.CompletedProcess[str]:
        return subprocess.run([GROQ_RUN, *arguments], capture_output=True, text=True)

    def expect(self, ran: subprocess.CompletedProcess[str], code: int, text: str) -> None:
        self.assertEqual(ran.returncode, code, ran)
        self.assertIn(text, ran.stderr)
        self.assertEqual(ran.stdout, "")

    def total(self) -> bytes:
        return packed([sum(column) for column in zip(*self.inputs, strict=True)])

    def test_inputs_and_outputs_are_chip_after_chip(self) -> None:
        ran = self.run_it(self.sum, "-d", "sim:", f"x={self.input}", "-o", self.output, "-j",
                          "-r", "2")
        self.assertEqual(ran.returncode, 0, ran)
        self.assertEqual(self.output.read_bytes(), self.total() * CARDS)
        report = json.loads(ran.stdout)
        self.assertEqual((report["runs"], report["replays"]), (2, []))
        self.assertEqual(report["copied_bytes"], 2 * CARDS * SIZE)
        self.assertEqual(report["cycles"], max(chip["cycles"] for chip in report["chips"]))
        self.assertEqual([output["chip"] for output in report["outputs"]], [0, 1, 2])

    def test_every_run_takes_the_same_cycles(self) -> None:
        arguments = [self.sum, "-d", "sim:?serial=4d", self.input, "-j", "-r"]
        cycles = [[chip["cycles"] for chip in json.loads(self.run_it(*arguments, runs).stdout)
                   ["chips"]] for runs in "113"]
        self.assertEqual(cycles[1:], cycles[:1] * 2)

    def test_shows_what_each_chip_has(self) -> None:
        ran = self.run_it(self.sum, "-d", "sim:", self.input)
        self.assertEqual(ran.returncode, 0, ran)
        self.assertIn(" on 3 cards (sim:0 sim:1 sim:2): ", ran.stdout)
        for chip in range(CARDS):
            self.assertIn(f"y of chip {chip} (1 x 640 i32): -3000 -2994 -2988", ran.stdout)

    def test_tensors_of_some_chips_are_theirs_alone(self) -> None:
        made = self.make("send", "node3")
        first = self.folder / "first"
        first.write_bytes(packed(self.inputs[0]))
        ran = self.run_it(made, "-d", "sim:", first, "-o", self.output)
        self.assertEqual(ran.returncode, 0, ran)
        self.assertEqual(self.output.read_bytes(), first.read_bytes())

    def test_a_run_after_a_link_error_is_made_once_more(self) -> None:
        wires = self.folder / "wires"
        wires.write_text("cards 2\ncable 0:0 1:0 uncorrected-at=5\n")
        self.input.write_bytes(self.input.read_bytes()[:2 * SIZE])
        self.inputs.pop()
        made = self.make("all-reduce", wires)
        ran = self.run_it(made, "-d", "sim:", self.input, "-o", self.output, "-j")
        self.assertEqual(ran.returncode, 0, ran)
        [why] = json.loads(ran.stdout)["replays"]
        self.assertIn("LINK_ERROR", why)
        self.assertIn("at the other end of link 0 is chip", why)
        self.assertEqual(self.output.read_bytes(), self.total() * 2)
        ran = self.run_it(made, "-d", "sim:", self.input)
        self.assertIn("\nrun once more: chip ", ran.stdout)

    def test_cards_that_are_wired_otherwise_are_refused(self) -> None:
        two = [f"-dsim:{card}?topology=node2" for card in range(2)]
        self.expect(self.run_it(self.sum, self.input, *two), 3,
                    "card 2 of the network is not here: there are 2 cards")

    def test_wrong_use_says_what_is_wrong(self) -> None:
        short = self.folder / "short"
        short.write_bytes(b"x")
        for arguments, text in [
                ([], "no file for the input x"),
                ([short], f"1 bytes long, the input x {SIZE} (1 x 640 elements) on each of 3 chips"),
                ([f"z={self.input}"], "there is no input z; the program has x"),
                ([self.input, "--trace", self.folder / "t"], "--trace sees into one card"),
                ([self.input, "-o", self.sum / "topology"], "would be overwritten"),
                ([self.input, "-o", self.sum / "card2.groq"], "would be overwritten")]:
            self.expect(self.run_it(self.sum, "-d", "sim:", *arguments), 2, text)

    def test_folders_that_lack_something_are_refused(self) -> None:
        (self.sum / "card1.groq").unlink()
        self.expect(self.run_it(self.sum, "-d", "sim:", self.input), 2, "card1.groq")
        (self.sum / "topology").unlink()
        self.expect(self.run_it(self.sum, "-d", "sim:", self.input), 2,
                    "no distributed program: it has no file topology")


if __name__ == "__main__":
    unittest.main(argv=sys.argv[:1])
