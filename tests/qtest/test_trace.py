# SPDX-License-Identifier: MIT
"""trace=FILE: what programs do, for a viewer of traces."""

import json
import tempfile
from pathlib import Path

import contract as hw
import long_program
from case import QEMU, CardTest
from command_queue import CommandQueue
from machine import Machine, MachineError

import card


class Trace(CardTest):
    def setUp(self) -> None:
        folder = tempfile.TemporaryDirectory()
        self.addCleanup(folder.cleanup)
        self.file = Path(folder.name) / "trace.json"
        self.properties = {"trace": self.file}
        super().setUp()
        self.queue = CommandQueue(self.card)

    def slices(self, name: str) -> list[tuple[int, int]]:
        events = json.loads(self.file.read_text())["traceEvents"]
        return [(e["ts"], e["dur"]) for e in events if e["ph"] == "X" and e["name"] == name]

    def test_is_whole_after_every_program(self):
        self.assertEqual(self.slices("program"), [])
        for count in (1, 2):
            done = self.queue.execute(long_program.load(self.card, 9))[0]
            self.assertEqual(done.result, long_program.cycles(9))
            self.assertEqual(self.slices("program"), count * [(0, done.result)])
        self.assertEqual(self.slices("add.mod"),
                         2 * [(10 * i, 10) for i in range(long_program.PAIRS)])

    def test_a_program_that_a_reset_ends(self):
        self.queue.submit(long_program.load_endless(self.card))
        self.card.wait_status(hw.GROQ_STATUS_RUNNING, hw.GROQ_STATUS_RUNNING)
        self.card.flr()
        self.card.wait_ready()
        events = json.loads(self.file.read_text())["traceEvents"]
        self.assertEqual([e["name"] for e in events if e["ph"] == "i"], ["ABORTED"])

    def test_a_file_that_cannot_be_written(self):
        for file, why in [(self.file, "a file of its own"), ("/no/folder", "No such file")]:
            with self.assertRaisesRegex(MachineError, why):
                Machine(QEMU, card.arguments(trace=file))
