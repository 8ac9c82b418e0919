#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""groq-run on the simulator, from outside. usage: run_test.py GROQ_RUN PROGRAMS"""

from __future__ import annotations

import json
import os
import resource
import subprocess
import sys
import tempfile
import unittest
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parents[2] / "support"))
import time_line

GROQ_RUN, PROGRAMS = sys.argv[1], Path(sys.argv[2])
SIZE = 4 * 320


def run(*arguments: str | Path, data: bytes = b"",
        trace: Path | None = None) -> subprocess.CompletedProcess[bytes]:
    environment = os.environ | ({"GROQ_TRACE": str(trace)} if trace else {})
    return subprocess.run([GROQ_RUN, *arguments], input=data, capture_output=True,
                          env=environment)


class Run(unittest.TestCase):
    def setUp(self) -> None:
        folder = tempfile.TemporaryDirectory()
        self.addCleanup(folder.cleanup)
        self.folder = Path(folder.name)
        self.data = bytes(i * 7 % 256 for i in range(SIZE))
        self.input = self.folder / "in"
        self.input.write_bytes(self.data)

    def sim(self, name: str, *arguments: str | Path,
            data: bytes = b"") -> subprocess.CompletedProcess[bytes]:
        return run(PROGRAMS / name, "--device", "sim:", *arguments, data=data)

    def expect(self, ran: subprocess.CompletedProcess[bytes], code: int, text: str) -> None:
        self.assertEqual(ran.returncode, code, ran)
        self.assertIn(text, ran.stderr.decode())
        self.assertEqual(ran.stdout, b"")

    def test_computes_and_writes_its_output(self) -> None:
        output = self.folder / "out"
        ran = self.sim("adder.groq", f"in={self.input}", "--output", output, "--repeat", "3",
                       "--json")
        self.assertEqual(ran.returncode, 0, ran)
        self.assertEqual(output.read_bytes(), bytes((x + 1) % 256 for x in self.data))
        report = json.loads(ran.stdout)
        self.assertEqual((report["runs"], report["copied_bytes"]), (3, 2 * SIZE))
        self.assertGreater(report["cycles"], 0)
        self.assertEqual(report["outputs"][0]["file"], str(output))

    def test_reads_standard_input_and_shows_what_it_does_not_write(self) -> None:
        ran = self.sim("adder.groq", "-", data=self.data)
        self.assertEqual(ran.returncode, 0, ran)
        self.assertIn("out (4 x 320 u8): 1 8 15 22", ran.stdout.decode())
        self.assertIn("cycles", ran.stdout.decode())

    def adder(self, device: str, output: Path, **options: Path) -> None:
        ran = run(PROGRAMS / "adder.groq", "--device", device, f"in={self.input}", "--output",
                  output, "--repeat", "3", **options)
        self.assertEqual(ran.returncode, 0, ran)
        self.assertEqual(output.read_bytes(), bytes((x + 1) % 256 for x in self.data))

    def test_a_recording_gives_the_same_output_again(self) -> None:
        recording = self.folder / "a,b%.rec"
        name = str(recording).replace("%", "%25")
        self.adder(f"record:{name.replace(',', '%2c')},sim:", self.folder / "recorded")
        self.adder(f"replay:{name}", self.folder / "replayed")

    def test_a_recording_knows_no_other_input(self) -> None:
        recording = self.folder / "a.rec"
        self.adder(f"record:{recording},sim:", self.folder / "recorded")
        self.input.write_bytes(b"x" * SIZE)
        ran = run(PROGRAMS / "adder.groq", "--device", f"replay:{recording}", f"in={self.input}")
        self.expect(ran, 1, "copied in other bytes: the first that differs is number 0")

    def test_a_time_line_has_host_card_and_chip(self) -> None:
        trace = self.folder / "trace.json"
        self.adder("sim:", self.folder / "out", trace=trace)
        events = time_line.load(trace)
        time_line.check(events)
        names = [event["name"] for event in time_line.of_phase(events, "X")]
        for name in ("open", "load", "pack", "submit", "wait", "unpack", "driver: submit",
                     "copy in", "run", "copy out", "program", "read", "add.mod", "write"):
            self.assertIn(name, names)
        self.assertEqual(names.count("run"), 3)
        self.assertEqual(names.count("program"), 3)
        for run_of_card, program in zip(
                *([e for e in time_line.of_phase(events, "X") if e["name"] == name]
                  for name in ("run", "program")), strict=True):
            slack = run_of_card["args"]["uncertainty_ns"]
            self.assertLessEqual(time_line.start(run_of_card), time_line.start(program) + slack)
            self.assertLessEqual(time_line.end(program), time_line.end(run_of_card) + slack)
            self.assertEqual(run_of_card["args"]["expected"], program["args"]["cycles"])

    def test_a_time_line_has_faults(self) -> None:
        trace = self.folder / "trace.json"
        ran = run(PROGRAMS / "faulty.groq", "--device", "sim:", trace=trace)
        self.assertEqual(ran.returncode, 1, ran)
        events = time_line.load(trace)
        time_line.check(events)
        self.assertEqual([e["name"] for e in time_line.of_phase(events, "i")], ["STREAM_EMPTY"])
        self.assertIn("fault", [e["args"].get("status") for e in time_line.of_phase(events, "X")])

    def test_a_replay_has_a_time_line_too(self) -> None:
        recording, trace = self.folder / "a.rec", self.folder / "trace.json"
        self.adder(f"record:{recording},sim:", self.folder / "recorded", trace=trace)
        time_line.check(time_line.load(trace))
        self.adder(f"replay:{recording}", self.folder / "replayed", trace=trace)
        time_line.check(time_line.load(trace))

    def limited(self, size: int, *arguments: str | Path,
                trace: Path | None = None) -> subprocess.CompletedProcess[bytes]:
        """Runs with files that can have so many bytes and no more."""
        environment = os.environ | ({"GROQ_TRACE": str(trace)} if trace else {})
        return subprocess.run(
            [GROQ_RUN, PROGRAMS / "adder.groq", self.input, *arguments],
            capture_output=True, env=environment,
            preexec_fn=lambda: resource.setrlimit(resource.RLIMIT_FSIZE, (size, size)))

    def expect_not_whole(self, ran: subprocess.CompletedProcess[bytes], kind: str,
                         file: Path) -> None:
        self.assertEqual(ran.returncode, 1, ran)
        self.assertIn(f"groq-run: the {kind} {file} is not whole: ", ran.stderr.decode())
        self.assertIn("ran 40 times", ran.stdout.decode())

    def test_a_time_line_that_cannot_grow_is_told(self) -> None:
        trace = self.folder / "trace.json"
        self.adder("sim:", self.folder / "out", trace=trace)
        size = trace.stat().st_size
        ran = self.limited(size, "-d", "sim:", "-r", "40", trace=trace)
        self.expect_not_whole(ran, "trace", trace)
        self.assertIn("File too large", ran.stderr.decode())
        self.assertLessEqual(trace.stat().st_size, size)
        self.assertFalse(json.loads(trace.read_text())["whole"])

    def test_a_recording_that_cannot_grow_is_told(self) -> None:
        recording = self.folder / "a.rec"
        self.adder(f"record:{recording},sim:", self.folder / "out")
        size = recording.stat().st_size
        ran = self.limited(size, "-d", f"record:{recording},sim:", "-r", "40")
        self.expect_not_whole(ran, "recording", recording)
        self.assertIn("File too large", ran.stderr.decode())
        ran = run(PROGRAMS / "adder.groq", "-d", f"replay:{recording}", self.input, "-r", "40")
        self.expect(ran, 1, "it breaks off")

    def test_a_recording_that_is_none_is_refused(self) -> None:
        ran = run(PROGRAMS / "adder.groq", "-d", f"replay:{self.input}", self.input)
        self.expect(ran, 2, f"{self.input} is no recording")

    def test_a_time_line_that_cannot_be_written_is_refused(self) -> None:
        ran = run(PROGRAMS / "adder.groq", "--device", "sim:", f"in={self.input}",
                  trace=self.folder)
        self.expect(ran, 2, "cannot write the trace")

    def test_a_fault_is_told_with_its_place(self) -> None:
        ran = self.sim("faulty.groq")
        self.expect(ran, 1, "VXM ALU 3; cycle 5")
        self.assertTrue(ran.stderr.endswith(b", copy u8, e7 -> e4\n"), ran)

    def test_traces_what_every_queue_does(self) -> None:
        untraced = json.loads(self.sim("adder.groq", self.input, "--json").stdout)
        trace = self.folder / "100% a&b.json"
        ran = self.sim("adder.groq", self.input, "--json", "--repeat", "2", "--trace", trace)
        self.assertEqual(ran.returncode, 0, ran)
        self.assertEqual(json.loads(ran.stdout)["cycles"], untraced["cycles"])
        events = json.loads(trace.read_text())["traceEvents"]
        programs = [e for e in events if e["ph"] == "X" and e["name"] == "program"]
        self.assertEqual([e["dur"] for e in programs], 2 * [untraced["cycles"]])
        rows = {e["tid"]: e["args"]["name"] for e in events if e["name"] == "thread_name"}
        self.assertIn("add.mod", [e["name"] for e in events
                                  if rows[e["tid"]].startswith("vxm.")])
        names = {e["args"]["name"] for e in events if e["name"] == "process_name"}
        self.assertEqual(names, {"sim:0 program 1", "sim:0 program 2"})

    def test_a_traced_fault_is_in_the_trace(self) -> None:
        trace = self.folder / "trace.json"
        self.expect(self.sim("faulty.groq", "-T", trace), 1, "cycle 5")
        faults = [e for e in json.loads(trace.read_text())["traceEvents"] if e["ph"] == "i"]
        self.assertEqual([(e["name"], e["ts"]) for e in faults], [("STREAM_EMPTY", 5)])

    def test_a_trace_that_cannot_grow_ends_after_a_run_and_is_told(self) -> None:
        trace = self.folder / "trace.json"
        arguments = [GROQ_RUN, PROGRAMS / "adder.groq", "-d", "sim:", self.input, "-T", trace]
        subprocess.run(arguments, check=True, capture_output=True)
        whole = json.loads(trace.read_text())
        limit = trace.stat().st_size * 3 // 2
        ran = subprocess.run(
            [*arguments, "-r", "3"], capture_output=True,
            preexec_fn=lambda: resource.setrlimit(resource.RLIMIT_FSIZE, (limit, limit)))
        self.assertEqual(ran.returncode, 1, ran)
        self.assertIn("ends before program 2: File too large", ran.stderr.decode())
        self.assertIn(f"groq-run: the trace {trace} is not whole", ran.stderr.decode())
        self.assertIn("ran 3 times", ran.stdout.decode())
        self.assertEqual(json.loads(trace.read_text()), whole | {"whole": False})

    def test_a_trace_that_cannot_be_written_is_refused(self) -> None:
        for file in [self.folder, self.folder / "no/file", "/dev/null"]:
            self.expect(self.sim("adder.groq", self.input, "-T", file), 2, f"trace {file}: ")

    def test_nothing_that_is_read_is_overwritten(self) -> None:
        program = self.folder / "program"
        program.write_bytes((PROGRAMS / "adder.groq").read_bytes())
        before = program.read_bytes()
        link = self.folder / "link"
        link.hardlink_to(self.input)
        for option in "-o", "-T":
            for file in program, self.input, link:
                self.expect(run(program, "-d", "sim:", self.input, option, file), 2,
                            f"{file} would be overwritten")
        with self.input.open() as stream:
            ran = subprocess.run([GROQ_RUN, program, "-d", "sim:", "-", "-o", link],
                                 stdin=stream, capture_output=True)
        self.expect(ran, 2, "would be overwritten")
        self.assertEqual((program.read_bytes(), self.input.read_bytes()), (before, self.data))

    def test_reads_no_more_than_a_tensor_has(self) -> None:
        self.expect(self.sim("adder.groq", "in=/dev/zero"), 2,
                    f"/dev/zero is more than {SIZE} bytes long, the input in {SIZE} (4 x 320")
        self.expect(self.sim("adder.groq", "-", data=self.data + b"x"), 2, "more than")

    def test_directories_are_named(self) -> None:
        self.expect(self.sim("adder.groq", f"in={self.folder}"), 2,
                    f"cannot read {self.folder}: Is a directory")
        self.expect(run(self.folder, "-d", "sim:"), 2, f"{self.folder}: Is a directory")

    def test_json_of_names_that_are_no_text(self) -> None:
        output = bytes(self.folder) + b"/\xff"
        ran = self.sim("adder.groq", self.input, "-j", "-o", output)
        self.assertEqual(ran.returncode, 0, ran)
        self.assertEqual(json.loads(ran.stdout)["outputs"][0]["file"],
                         f"{self.folder}/\ufffd")

    def test_lost_output_is_told(self) -> None:
        for arguments in ["--help"], ["--version"], [PROGRAMS / "adder.groq", "-d", "sim:",
                                                     self.input]:
            with open("/dev/full", "wb") as full:
                ran = subprocess.run([GROQ_RUN, *arguments], stdout=full,
                                     stderr=subprocess.PIPE)
            self.assertEqual(ran.returncode, 2, ran)
            self.assertIn("cannot write the output: No space left", ran.stderr.decode())

    def test_wrong_use_says_what_is_wrong(self) -> None:
        short = self.folder / "short"
        short.write_bytes(b"x")
        for arguments, text in [
                ([], "no file for the input in"),
                ([short], "1 bytes long, the input in 1280"),
                ([self.folder / "none"], "No such file"),
                ([self.input, self.input], "given twice"),
                ([f"x={self.input}"], "there is no input x; the program has in"),
                ([self.input, "-o", "in=x"], "there is no output in"),
                ([self.input, "-o", self.folder / "no/file"], "cannot write"),
                ([self.input, "-e", "other"], "it has main"),
                ([self.input, "-d", "sim:1"], "runs on one card: give one --device")]:
            self.expect(self.sim("adder.groq", *arguments), 2, text)

    def test_cards_that_are_not_there(self) -> None:
        for device in ["pci:ffff:00:00.0", "serial:ffffffffffffffff"]:
            self.expect(run(PROGRAMS / "adder.groq", self.input, "-d", device), 3, "no card")

    def test_programs_that_are_none(self) -> None:
        self.expect(run(self.input), 4, "not an ELF file")
        ran = self.sim("larger.groq", self.input)
        self.expect(ran, 2, "320 (1 x 320 elements)")
        self.input.write_bytes(self.data[:320])
        self.expect(self.sim("larger.groq", self.input), 4, "bytes of SRAM")


if __name__ == "__main__":
    unittest.main(argv=sys.argv[:1])
