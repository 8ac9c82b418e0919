# SPDX-License-Identifier: MIT
"""Devices, memory and programs of the Python binding, on GROQ_TEST_DEVICE (sim:)."""

from __future__ import annotations

import gc
import mmap
import os
import selectors
import tempfile
import unittest
from pathlib import Path

import groq
import numpy

PROGRAMS = Path(os.environ["GROQ_TEST_PROGRAMS"])
CARD = os.environ.get("GROQ_TEST_DEVICE", "sim:")
SIMULATED = CARD.startswith("sim:")


class Devices(unittest.TestCase):
    def test_a_card_says_what_it_is(self) -> None:
        with groq.Device(CARD) as device:
            info = device.info
        self.assertEqual(info.uri, "sim:0" if SIMULATED else CARD)
        self.assertEqual(info.sram_bytes, 220 << 20)
        self.assertEqual(info.paths and info.paths[0], None if SIMULATED else groq.Path.IOCTL)
        self.assertFalse(hasattr(info, "size"))

    def test_serial_numbers_are_not_negative(self) -> None:
        with groq.Device("sim:?serial=ffffffffffffffff") as device:
            self.assertEqual(device.info.serial, 2**64 - 1)

    def test_telemetry_has_none_where_nothing_is_known(self) -> None:
        with groq.Device(CARD) as device:
            told = device.telemetry()
        self.assertEqual(told.state, groq.State.READY)
        self.assertGreater(told.chip_mc, 0)
        self.assertTrue(all(value is None or abs(value) < 2**62 for value in vars(told).values()))

    def test_links_are_told_one_by_one(self) -> None:
        with groq.Device(CARD) as device:
            told = device.links()
            self.assertEqual(len(told), device.info.links)
            with self.assertRaises(groq.Error) as caught:
                device.align_link(99)
        self.assertTrue(all(link.state in list(groq.LinkState) for link in told))
        self.assertEqual(caught.exception.code, groq.ErrorCode.INVALID)

    def test_this_machine_may_be_without_cards(self) -> None:
        for info in groq.devices():
            self.assertTrue(info.pci_address)

    def test_errors_have_code_name_and_advice(self) -> None:
        with self.assertRaises(groq.Error) as caught:
            groq.Device("toaster:")
        self.assertEqual(caught.exception.code, groq.ErrorCode.INVALID)
        self.assertEqual(caught.exception.name, "invalid")
        self.assertIn("toaster", str(caught.exception))

    def test_telemetry_of_no_card_raises(self) -> None:
        with self.assertRaises(groq.Error) as caught:
            groq.telemetry("serial:dead")
        self.assertEqual(caught.exception.code, groq.ErrorCode.NO_DEVICE)

    def test_a_card_that_is_leased_is_held(self) -> None:
        with groq.Device(CARD):
            with self.assertRaises(groq.Error) as caught:
                groq.Device(CARD)
        self.assertEqual(caught.exception.code, groq.ErrorCode.HELD)
        self.assertEqual(caught.exception.holder, os.getpid())

    def test_a_context_gives_its_options_to_devices(self) -> None:
        with groq.Context(groq.Path.IOCTL, trace="") as context:
            device = groq.Device(CARD, context)
        self.assertEqual(groq.Queue(device).info.path, groq.Path.IOCTL)
        device.close()

    def test_nothing_befalls_a_card_that_works(self) -> None:
        with groq.Device(CARD) as device, selectors.DefaultSelector() as selector:
            selector.register(device.event_fileno(), selectors.EVENT_READ)
            self.assertEqual(selector.select(0), [])
            self.assertEqual(device.events(), groq.Event(0))

    def test_closing_frees_the_card_and_closed_objects_refuse(self) -> None:
        device = groq.Device(CARD)
        device.close()
        device.close()
        self.assertTrue(device.closed)
        with self.assertRaisesRegex(ValueError, "this Device is closed"):
            device.info
        groq.Device(CARD).close()

    def test_a_card_is_free_when_its_device_is_closed_whatever_is_left_of_it(self) -> None:
        with groq.Device(CARD) as device:
            image = groq.Image(device, groq.Program(PROGRAMS / "adder.groq"))
            left = [image, groq.Job(image), groq.Queue(device), groq.Region(device, 320)]
        self.assertTrue(all(part.closed for part in left))
        groq.Device(CARD).close()

    def test_children_do_not_destroy_what_they_inherit(self) -> None:
        with groq.Device(CARD) as device:
            uri = device.info.uri
            child = os.fork()
            if child == 0:
                device.close()
                os._exit(0)
            self.assertEqual(os.waitpid(child, 0)[1], 0)
            self.assertEqual(device.info.uri, uri)


class Memory(unittest.TestCase):
    def setUp(self) -> None:
        self.device = groq.Device(CARD)
        self.addCleanup(self.device.close)

    def test_buffers_are_zeroed_and_seen_in_place(self) -> None:
        buffer = groq.Buffer(self.device, 1280)
        self.assertEqual(len(buffer), 1280)
        array = buffer.array(numpy.int32, (4, 80))
        self.assertFalse(array.any())
        array[3, 79] = -2
        self.assertEqual(buffer.array()[-4:].tolist(), [0xFE, 0xFF, 0xFF, 0xFF])

    def test_an_array_keeps_the_memory_of_a_closed_buffer(self) -> None:
        with groq.Buffer(self.device, 1 << 20) as buffer:
            array = buffer.array()
        self.device.close()
        del buffer
        gc.collect()
        array[:] = 7
        self.assertEqual(array.sum(), 7 << 20)

    def test_memory_of_an_array_is_pinned_in_place(self) -> None:
        size = mmap.PAGESIZE
        memory = numpy.frombuffer(mmap.mmap(-1, 2 * size), numpy.uint8)
        there, back = memory[:size], memory[size:]
        there[:] = 3
        region, job = groq.Region(self.device, 320 * 13), groq.Job(self.device)
        job.copy_in(groq.Buffer.pin(self.device, there, read_only=True), region.address, size)
        job.copy_out(groq.Buffer.pin(self.device, back), region.address, size)
        groq.Queue(self.device).run(job, timeout=60)
        self.assertEqual(back.sum(), 3 * size)

    def test_an_array_with_gaps_is_not_pinned(self) -> None:
        memory = numpy.frombuffer(mmap.mmap(-1, 2 * mmap.PAGESIZE), numpy.uint8)
        with self.assertRaisesRegex(ValueError, "without gaps"):
            groq.Buffer.pin(self.device, memory[::2])

    @unittest.skipUnless(SIMULATED, "a simulated card")
    def test_a_simulated_card_shares_no_memory(self) -> None:
        with self.assertRaises(groq.Error) as caught:
            groq.Buffer(self.device, 4096).export()
        self.assertEqual(caught.exception.code, groq.ErrorCode.UNSUPPORTED)

    @unittest.skipIf(SIMULATED, "a card and its driver")
    def test_a_dma_buf_is_the_same_memory(self) -> None:
        mine = groq.Buffer(self.device, 8192)
        fd = mine.export()
        self.addCleanup(os.close, fd)
        with groq.Buffer.from_fd(self.device, fd) as other:
            self.assertEqual(len(other), 8192)
            seen = other.array()
        mine.array()[:] = 5
        self.assertEqual(seen.sum(), 5 * 8192)
        region, job = groq.Region(self.device, 320), groq.Job(self.device)
        job.copy_in(groq.Buffer.from_fd(self.device, fd), region.address, 320)
        job.copy_out(mine, region.address, 320, buffer_offset=4096)
        groq.Queue(self.device).run(job, timeout=60)
        self.assertTrue((seen == 5).all())

    def test_what_is_no_dma_buf_is_not_imported(self) -> None:
        with tempfile.TemporaryFile() as file, self.assertRaises(groq.Error) as caught:
            groq.Buffer.from_fd(self.device, file.fileno())
        self.assertIn(caught.exception.code,
                      (groq.ErrorCode.INVALID, groq.ErrorCode.UNSUPPORTED))

    def test_a_job_is_built_anew_in_place(self) -> None:
        buffer, region = groq.Buffer(self.device, 320), groq.Region(self.device, 320)
        job, queue = groq.Job(self.device), groq.Queue(self.device)
        job.copy_in(buffer, region.address, 320)
        job.copy_in(buffer, region.address, 320)
        self.assertEqual(queue.run(job, timeout=60).bytes, 640)
        job.clear()
        job.copy_in(buffer, region.address, 32)
        self.assertEqual(queue.run(job, timeout=60).bytes, 32)

    def test_sizes_that_are_none_are_refused(self) -> None:
        with self.assertRaises(groq.Error) as caught:
            groq.Buffer(self.device, 0)
        self.assertEqual(caught.exception.name, "invalid")

    def test_bytes_go_to_the_card_and_back(self) -> None:
        size = 3200
        there, back = groq.Buffer(self.device, size), groq.Buffer(self.device, size)
        region = groq.Region(self.device, size)
        there.array()[:] = numpy.arange(size) % 251
        job = groq.Job(self.device)
        job.copy_in(there, region.address, size)
        job.copy_out(back, region.address, size)
        with groq.Queue(self.device) as queue:
            end = queue.run(job, timeout=60)
        self.assertEqual(end.bytes, 2 * size)
        self.assertTrue((back.array() == there.array()).all())


class Programs(unittest.TestCase):
    def test_a_file_says_its_entries_and_tensors(self) -> None:
        program = groq.Program(PROGRAMS / "adder.groq")
        self.assertEqual([(e.name, e.kind) for e in program.entries],
                         [("main", groq.EntryKind.MONOLITHIC)])
        self.assertGreater(program.entries[0].cycles, 0)
        given, made = program.tensors
        self.assertEqual((given.name, given.direction), ("in", groq.Direction.INPUT))
        self.assertEqual((given.dtype, given.shape), (numpy.uint8, (4, 320)))
        self.assertEqual((made.name, made.direction), ("out", groq.Direction.OUTPUT))
        self.assertEqual(program.find("out"), 1)

    def test_bytes_are_a_program_too(self) -> None:
        data = (PROGRAMS / "adder.groq").read_bytes()
        self.assertEqual(groq.Program(data).sram_bytes,
                         groq.Program(PROGRAMS / "adder.groq").sram_bytes)

    def test_what_is_no_program_is_refused_by_name(self) -> None:
        with self.assertRaises(groq.Error) as caught:
            groq.Program(b"no program", "letter.txt")
        self.assertEqual(caught.exception.code, groq.ErrorCode.PROGRAM)
        self.assertIn("letter.txt", str(caught.exception))

    def test_a_file_that_is_not_there_is_not_found(self) -> None:
        with self.assertRaises(LookupError):
            groq.Program("/nowhere.groq")

    def test_an_unknown_tensor_lists_those_there_are(self) -> None:
        with self.assertRaisesRegex(groq.NotFound, "out"):
            groq.Program(PROGRAMS / "adder.groq").find("logits")

    def test_an_image_knows_its_program_for_as_long_as_that_is_used(self) -> None:
        with groq.Device(CARD) as device:
            program = groq.Image(device, groq.Program(PROGRAMS / "adder.groq")).program
            gc.collect()
            self.assertEqual(program.tensor("out").index, 1)

    def test_an_image_comes_from_a_file_too(self) -> None:
        with groq.Device(CARD) as device:
            image = groq.Image(device, PROGRAMS / "adder.groq", timeout=60)
            self.assertGreater(image.info.sram_bytes, 0)
            self.assertGreater(image.info.copied_bytes, 0)

    def test_a_program_for_a_larger_card_does_not_fit(self) -> None:
        with groq.Device(CARD) as device, self.assertRaises(groq.Error) as caught:
            groq.Image(device, groq.Program(PROGRAMS / "larger.groq"))
        self.assertEqual(caught.exception.code, groq.ErrorCode.SRAM)

    def test_file_names_need_not_be_utf8(self) -> None:
        with tempfile.TemporaryDirectory() as folder:
            path = os.fsencode(folder) + b"/\xff.groq"
            Path(os.fsdecode(path)).write_bytes((PROGRAMS / "adder.groq").read_bytes())
            self.assertEqual(len(groq.Program(os.fsdecode(path)).tensors), 2)


if __name__ == "__main__":
    unittest.main()
