# SPDX-License-Identifier: MIT
"""Jobs and queues of the Python binding, on GROQ_TEST_DEVICE (sim:)."""

from __future__ import annotations

import gc
import os
import selectors
import signal
import threading
import unittest
from pathlib import Path

import groq
import numpy

PROGRAMS = Path(os.environ["GROQ_TEST_PROGRAMS"])
CARD = os.environ.get("GROQ_TEST_DEVICE", "sim:")
PATIENCE = 60  # seconds, against hanging


class OnCard(unittest.TestCase):
    def setUp(self) -> None:
        self.device = groq.Device(CARD)
        self.queue = groq.Queue(self.device)
        self.addCleanup(self.device.close)
        self.addCleanup(self.queue.close)

    def image(self, name: str) -> groq.Image:
        return groq.Image(self.device, groq.Program(PROGRAMS / f"{name}.groq"))

    def adder(self, start: int = 0) -> groq.Job:
        job = groq.Job(self.image("adder"))
        job["in"] = numpy.full((4, 320), start, numpy.uint8)
        return job

    def copy(self) -> groq.Job:
        job = groq.Job(self.device)
        job.copy_in(groq.Buffer(self.device, 320), groq.Region(self.device, 320).address, 320)
        return job


class Jobs(OnCard):
    def test_tensors_go_in_and_come_out_as_arrays(self) -> None:
        job = groq.Job(self.image("adder"))
        given = numpy.arange(4 * 320, dtype=numpy.uint32).reshape(4, 320).astype(numpy.uint8)
        job["in"] = given
        end = self.queue.run(job, PATIENCE)
        self.assertTrue((job["out"] == given + numpy.uint8(1)).all())
        self.assertIsNone(end.error)
        self.assertEqual(end.cycles, job._program.entries[0].cycles)

    def test_arrays_of_another_order_are_converted_of_another_type_or_shape_not(self) -> None:
        job = groq.Job(self.image("adder"))
        given = numpy.asfortranarray(numpy.arange(1280, dtype=numpy.int64).reshape(4, 320) % 200,
                                     dtype=numpy.uint8)
        job["in"] = given
        self.queue.run(job, PATIENCE)
        self.assertTrue((job["out"] == given + numpy.uint8(1)).all())
        for wrong in (given.astype(numpy.int8), given[:3], given.ravel()):
            with self.assertRaisesRegex(groq.Error, r"tensor in is uint8 of shape \(4, 320\)"):
                job["in"] = wrong

    def test_tensors_are_written_and_read_in_place(self) -> None:
        job = groq.Job(self.image("adder"))
        given, made = job.view("in"), job.view("out")
        self.assertEqual((given.shape, given.dtype), ((4, 320), numpy.uint8))
        given[:] = 41
        self.queue.run(job, PATIENCE)
        self.assertTrue((made == 42).all())
        self.assertTrue((job["out"] == 42).all())

    def test_an_output_cannot_be_written(self) -> None:
        with self.assertRaises(groq.Error) as caught:
            self.adder()["out"] = numpy.zeros((4, 320), numpy.uint8)
        self.assertEqual(caught.exception.code, groq.ErrorCode.INVALID)

    def test_a_job_of_steps_has_no_tensors(self) -> None:
        with self.assertRaisesRegex(groq.Error, "no tensors"):
            groq.Job(self.device)["out"]

    def test_a_fault_says_where_and_why(self) -> None:
        with self.assertRaises(groq.Fault) as caught:
            self.queue.run(groq.Job(self.image("faulty")), PATIENCE)
        fault = caught.exception
        self.assertEqual(fault.name, "fault")
        self.assertEqual(fault.fault.cycle, 5)
        self.assertEqual(fault.result.step, 0)
        self.assertIn("cycle 5", str(fault))


class Queues(OnCard):
    def test_jobs_end_in_order(self) -> None:
        image = self.image("adder")
        jobs = [groq.Job(image) for _ in range(3)]
        for n, job in enumerate(jobs):
            job["in"] = numpy.full((4, 320), n, numpy.uint8)
        tickets = self.queue.submit_batch(jobs)
        self.assertEqual(tickets, sorted(tickets))
        for n, ticket in enumerate(tickets):
            self.queue.wait(ticket, PATIENCE)
            self.assertEqual(jobs[n]["out"][0, 0], n + 1)

    def test_a_job_in_work_is_not_touched_and_its_timeout_loses_nothing(self) -> None:
        job = groq.Job(self.image("lengthy"))
        ticket = self.queue.submit(job)
        with self.assertRaises(TimeoutError):
            self.queue.wait(ticket, timeout=0)
        with self.assertRaises(groq.Error) as caught:
            self.queue.submit(job)
        self.assertEqual(caught.exception.code, groq.ErrorCode.IN_USE)

    def test_a_canceled_job_ends_as_that_and_can_be_submitted_again(self) -> None:
        job = groq.Job(self.image("lengthy"))
        for _ in range(2):
            ticket = self.queue.submit(job)
            self.queue.cancel(ticket)
            with self.assertRaises(groq.Error) as caught:
                self.queue.wait(ticket, PATIENCE)
            self.assertEqual(caught.exception.code, groq.ErrorCode.CANCELED)
            self.assertEqual(caught.exception.result.ticket, ticket)

    def test_a_full_queue_says_so_and_a_batch_which_got_in(self) -> None:
        queue = groq.Queue(self.device, depth=1)
        lengthy = groq.Job(self.image("lengthy"))
        with self.assertRaises(groq.Full) as caught:
            queue.submit_batch([lengthy, self.copy()])
        self.assertEqual(len(caught.exception.tickets), 1)
        self.assertEqual((queue.info.depth, queue.info.in_work), (1, 1))

    def test_a_job_that_nobody_refers_to_ends(self) -> None:
        ticket = self.queue.submit(self.adder())
        gc.collect()
        self.assertGreater(self.queue.wait(ticket, PATIENCE).cycles, 0)

    def test_ends_are_reaped_when_the_descriptor_says_so(self) -> None:
        good, bad = self.copy(), groq.Job(self.image("faulty"))
        with selectors.DefaultSelector() as selector:
            selector.register(self.queue.fileno(), selectors.EVENT_READ)
            tickets = [self.queue.submit(good), self.queue.submit(bad)]
            ends = []
            while len(ends) < 2 and selector.select(PATIENCE):
                ends += self.queue.reap()
        self.assertEqual([end.ticket for end in ends], tickets)
        self.assertIsNone(ends[0].error)
        self.assertIsInstance(ends[1].error, groq.Fault)
        self.assertEqual(self.queue.reap(), [])

    def test_a_ticket_is_redeemed_once(self) -> None:
        ticket = self.queue.submit(self.adder())
        self.queue.wait(ticket, PATIENCE)
        with self.assertRaises(groq.NotFound):
            self.queue.wait(ticket, PATIENCE)

    def test_waiting_lets_other_threads_and_signals_have_their_turn(self) -> None:
        ticket = self.queue.submit(groq.Job(self.image("lengthy")))
        other = threading.Thread(target=os.kill, args=(os.getpid(), signal.SIGINT))
        with self.assertRaises(KeyboardInterrupt):
            other.start()
            self.queue.wait(ticket)
        other.join()

    def test_errors_belong_to_their_thread(self) -> None:
        messages: dict[str, str] = {}

        def fail(uri: str) -> None:
            try:
                groq.Device(uri)
            except groq.Error as error:
                messages[uri] = str(error)

        threads = [threading.Thread(target=fail, args=(f"wrong{n}:",)) for n in range(8)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        self.assertEqual(len(messages), 8)
        self.assertTrue(all(uri.rstrip(":") in text for uri, text in messages.items()), messages)


if __name__ == "__main__":
    unittest.main()
