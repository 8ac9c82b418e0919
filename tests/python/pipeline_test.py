# SPDX-License-Identifier: MIT
"""Pipelines of the Python binding, on GROQ_TEST_DEVICE (sim:)."""

from __future__ import annotations

import os
import selectors
import unittest
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import groq
import numpy

PROGRAMS = Path(os.environ["GROQ_TEST_PROGRAMS"])
CARD = os.environ.get("GROQ_TEST_DEVICE", "sim:")
PATIENCE = 60  # seconds, against hanging


def filled(number: int) -> dict[str, Any]:
    return {"in": numpy.full((4, 320), number, numpy.uint8)}


class Pipelines(unittest.TestCase):
    def setUp(self) -> None:
        self.device = groq.Device(CARD)
        self.addCleanup(self.device.close)

    def pipeline(self, program: str = "split_adder", depth: int = 0) -> groq.Pipeline:
        image = groq.Image(self.device, groq.Program(PROGRAMS / f"{program}.groq"))
        return groq.Pipeline(image, depth=depth)

    def test_runs_come_out_in_the_order_of_their_inputs(self) -> None:
        for program in ("split_adder", "adder"):
            with self.pipeline(program) as pipeline:
                numbers = [pipeline.push(filled(n), PATIENCE) for n in range(3)]
                ends = [pipeline.pop(PATIENCE) for _ in numbers]
            self.assertEqual([end.ticket for end in ends], numbers)
            for n, end in enumerate(ends):
                self.assertEqual(end.cycles, end.expected_cycles)
                self.assertEqual(set(end.outputs), {"out"})
                self.assertTrue((end.outputs["out"] == n + 1).all())

    def test_map_takes_more_runs_than_there_is_room_for(self) -> None:
        asked = 0

        def inputs() -> Iterator[dict[str, Any]]:
            nonlocal asked
            for asked in range(20):
                yield filled(asked)

        with self.pipeline(depth=2) as pipeline:
            for n, end in enumerate(pipeline.map(inputs())):
                self.assertTrue((end.outputs["out"] == n + 1).all())
                self.assertLessEqual(asked, n + 2)
        self.assertEqual((n, asked), (19, 19))

    def test_outputs_go_where_the_caller_wants_them(self) -> None:
        mine = numpy.zeros((2, 4, 320), numpy.uint8)
        with self.pipeline() as pipeline:
            for n in range(2):
                pipeline.push(filled(n))
                self.assertIs(pipeline.pop(PATIENCE, {"out": mine[n]}).outputs["out"].base, mine)
        self.assertEqual([part.min() for part in mine], [1, 2])

    def test_outputs_that_cannot_be_written_in_place_are_refused(self) -> None:
        read_only = numpy.zeros((4, 320), numpy.uint8)
        read_only.flags.writeable = False
        with self.pipeline() as pipeline:
            pipeline.push(filled(0))
            for wrong in (read_only, numpy.zeros((4, 640), numpy.uint8)[:, ::2], [[0] * 320] * 4):
                with self.assertRaisesRegex(ValueError, "output out needs a writable array"):
                    pipeline.pop(PATIENCE, {"out": wrong})
            pipeline.pop(PATIENCE)

    def test_tensors_are_all_named_and_of_the_right_shape(self) -> None:
        with self.pipeline() as pipeline:
            for wrong in ({}, {"images": 0}, filled(0) | {"more": 0}):
                with self.assertRaisesRegex(groq.NotFound, r"the tensors are \['in'\]"):
                    pipeline.push(wrong)
            with self.assertRaisesRegex(groq.Error, "tensor in is uint8"):
                pipeline.push({"in": numpy.zeros((4, 320))})
            with self.assertRaises(groq.NotFound):
                pipeline.pop(PATIENCE)

    def test_no_room_is_full_at_once_and_a_timeout_later(self) -> None:
        with self.pipeline("lengthy", depth=2) as pipeline:
            for _ in range(2):
                pipeline.push({}, 0)
            with self.assertRaises(groq.Full):
                pipeline.push({}, 0)
            with self.assertRaises(groq.Timeout):
                pipeline.push({}, 0.01)
            with self.assertRaises(groq.Timeout):
                pipeline.pop(0)

    def test_a_fault_is_told_of_each_run(self) -> None:
        with self.pipeline("faulty") as pipeline:
            for n in range(2):
                pipeline.push({})
                with self.assertRaises(groq.Fault) as caught:
                    pipeline.pop(PATIENCE)
                self.assertEqual(caught.exception.fault.cycle, 5)
                self.assertEqual(caught.exception.result.ticket, n)

    def test_its_descriptor_says_when_a_run_has_ended(self) -> None:
        with self.pipeline() as pipeline, selectors.DefaultSelector() as selector:
            selector.register(pipeline.fileno(), selectors.EVENT_READ)
            self.assertEqual(selector.select(0), [])
            pipeline.push(filled(1))
            self.assertTrue(selector.select(PATIENCE))
            self.assertEqual(pipeline.pop(0).outputs["out"][0, 0], 2)

    def test_it_has_its_image_for_itself_until_it_is_closed(self) -> None:
        image = groq.Image(self.device, groq.Program(PROGRAMS / "adder.groq"))
        with groq.Pipeline(image), self.assertRaises(groq.Error) as caught:
            groq.Pipeline(image)
        self.assertEqual(caught.exception.code, groq.ErrorCode.IN_USE)
        groq.Pipeline(image).close()


if __name__ == "__main__":
    unittest.main()
