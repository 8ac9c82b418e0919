# SPDX-License-Identifier: MIT
"""Jobs: lists of steps that the card takes in order."""

from __future__ import annotations

from ctypes import byref, c_uint64, c_void_p
from typing import Any

import numpy

from groq import structures
from groq.buffer import Buffer, array_of
from groq.constants import ErrorCode
from groq.device import Device
from groq.errors import make
from groq.library import Owner, check, create
from groq.program import Image, Program, fitting
from groq.structures import sized

VECTOR_BYTES = 320


class Job(Owner):
    """The job of an image: its inputs are copied in, it runs (@entry: that alone), its
    outputs are copied out. Or of a device: empty, to be filled with copies and runs.

    Made once, submitted any number of times; one thread at a time uses it.

        job["images"] = pictures    # converts nothing: shape and type must be right
        queue.run(job)
        logits = job["logits"]      # a copy
    """

    def __init__(self, of: Image | Device, entry: str | None = None) -> None:
        self._program: Program | None = None
        if isinstance(of, Device):
            self._handle = create("groq_job_create", "groq_job_destroy", of.pointer)
        else:
            self._program = of.program
            self._handle = create("groq_job_create_run", "groq_job_destroy", of.pointer,
                                  entry and entry.encode())
        (of if isinstance(of, Device) else of.device).adopt(self)

    def copy_in(self, buffer: Buffer, sram: int, size: int, **where: int) -> None:
        """Append a copy of @size bytes at @sram, a linear address; further members of
        groq_copy: buffer_offset, rows, buffer_stride, sram_stride."""
        self._append("groq_job_copy_in", buffer, sram, size, where)

    def copy_out(self, buffer: Buffer, sram: int, size: int, **where: int) -> None:
        """The other way round."""
        self._append("groq_job_copy_out", buffer, sram, size, where)

    def run(self, image: Image, entry: str | None = None, max_cycles: int = 0) -> None:
        """Append a run; it ends as faulted after @max_cycles, 0: of the program's."""
        check("groq_job_run", self.pointer, image.pointer, entry and entry.encode(), max_cycles)

    def _append(self, step: str, buffer: Buffer, sram: int, size: int,
                where: dict[str, int]) -> None:
        members = {"rows": 1} | where
        check(step, self.pointer, byref(sized(structures.Copy, buffer=buffer.pointer, sram=sram,
                                              bytes=size, **members)))

    def __setitem__(self, tensor: int | str, value: Any) -> None:
        """Write an input; it keeps its value from run to run."""
        info = self._tensor(tensor)
        array = fitting(info, value)
        check("groq_job_set_input", self.pointer, info.index, array.ctypes.data, array.nbytes)

    def __getitem__(self, tensor: int | str) -> Any:
        """A new array of what an output holds since the last run."""
        info = self._tensor(tensor)
        array = numpy.empty(info.shape, info.dtype)
        check("groq_job_get_output", self.pointer, info.index, array.ctypes.data, array.nbytes)
        return array

    def clear(self) -> None:
        """Without its steps it can be built anew, in the memory that it has."""
        check("groq_job_clear", self.pointer)

    def view(self, tensor: int | str) -> Any:
        """The tensor in place, where the card reads and writes it, not a copy; not to be
        touched while the job is in work. As an array of its type and shape where rows of
        bytes lie one after another, else of bytes, packed (groq_tensor_pack)."""
        info = self._tensor(tensor)
        data, size = c_void_p(), c_uint64()
        check("groq_job_tensor_data", self.pointer, info.index, byref(data), byref(size))
        assert self._handle is not None and data.value is not None
        packed = array_of(self._handle, data.value, size.value, numpy.uint8, None)
        if info.dtype.itemsize > 1 or size.value != info.rows * VECTOR_BYTES:
            return packed
        rows = packed.view(info.dtype).reshape(info.rows, VECTOR_BYTES)
        return rows[:, : info.columns]

    def _tensor(self, which: int | str) -> Any:
        if self._program is None:
            raise make(ErrorCode.INVALID, "invalid", "this job has no tensors: it was made of a "
                       "device, not of an image")
        return self._program.tensor(which)
