# SPDX-License-Identifier: MIT
"""Program files in host memory, and images of them in the SRAM of a card."""

from __future__ import annotations

import os
from ctypes import byref, c_size_t
from types import SimpleNamespace
from typing import Any

import numpy

from groq import structures
from groq.constants import Direction, Element, EntryKind, ErrorCode
from groq.device import Device
from groq.errors import make
from groq.library import Handle, Owner, call, check, create, deadline
from groq.structures import record, sized

DTYPES = {
    Element.I8: numpy.dtype(numpy.int8), Element.U8: numpy.dtype(numpy.uint8),
    Element.I16: numpy.dtype(numpy.int16), Element.I32: numpy.dtype(numpy.int32),
    Element.F16: numpy.dtype(numpy.float16), Element.F32: numpy.dtype(numpy.float32),
}


def fitting(tensor: SimpleNamespace, value: Any) -> Any:
    """@value as an array without gaps; of the tensor's type and shape, or it is refused."""
    array = numpy.ascontiguousarray(value)
    if (array.dtype, array.shape) != (tensor.dtype, tensor.shape):
        raise make(ErrorCode.SIZE, "size", f"tensor {tensor.name} is {tensor.dtype} of shape "
                   f"{tensor.shape}, not {array.dtype} of {array.shape}")
    return array


class Program(Owner):
    """A program file, checked in full. @source: its path, or its bytes."""

    def __init__(self, source: str | os.PathLike[str] | bytes, name: str = "program") -> None:
        destroy = "groq_program_destroy"
        if isinstance(source, bytes):
            self._handle = create("groq_program_load", destroy, source, len(source),
                                  name.encode())
        else:
            self._handle = create("groq_program_load_file", destroy, os.fsencode(source))

    @property
    def sram_bytes(self) -> int:
        """That a card must have to run it."""
        return int(call("groq_program_sram_bytes", self.pointer))

    @property
    def entries(self) -> list[SimpleNamespace]:
        """Entry points: name, kind (EntryKind), cycles (exactly; 0: the file does not say)."""
        return [self._entry(index)
                for index in range(call("groq_program_entry_count", self.pointer))]

    @property
    def tensors(self) -> list[SimpleNamespace]:
        """name, direction (Direction), element (Element), dtype, rows, columns, shape,
        bytes, packed_bytes, and index."""
        return [self.tensor(index)
                for index in range(call("groq_program_tensor_count", self.pointer))]

    def tensor(self, which: int | str) -> SimpleNamespace:
        """One of them, by index or name. NotFound lists the names there are."""
        index = self.find(which) if isinstance(which, str) else which
        info = sized(structures.TensorInfo)
        check("groq_program_get_tensor", self.pointer, index, byref(info))
        told = record(info)
        told.index = index
        told.direction, told.element = Direction(told.direction), Element(told.element)
        told.dtype, told.shape = DTYPES[told.element], (told.rows, told.columns)
        return told

    def find(self, name: str) -> int:
        """The index of a tensor."""
        index = c_size_t()
        check("groq_program_find_tensor", self.pointer, name.encode(), byref(index))
        return index.value

    def _entry(self, index: int) -> SimpleNamespace:
        info = sized(structures.EntryInfo)
        check("groq_program_get_entry", self.pointer, index, byref(info))
        told = record(info)
        told.kind = EntryKind(told.kind)
        return told


class Image(Owner):
    """A program in the SRAM of a device. @source: a Program; or the path of its file,
    which then goes to the card without lying in this process as a whole."""

    def __init__(self, device: Device, source: Program | str | os.PathLike[str],
                 timeout: float | None = None) -> None:
        destroy, end = "groq_image_destroy", deadline(timeout)
        if isinstance(source, Program):
            self._handle = create("groq_image_load", destroy, device.pointer, source.pointer, end)
        else:
            self._handle = create("groq_image_load_file", destroy, device.pointer,
                                  os.fsencode(source), end)
        self.device = device
        device.adopt(self)

    @property
    def info(self) -> SimpleNamespace:
        """sram_bytes that it has reserved; copied_bytes and load_ns of this load."""
        info = sized(structures.ImageInfo)
        check("groq_image_get_info", self.pointer, byref(info))
        return record(info)

    @property
    def program(self) -> Program:
        """That it is of; closed with the device."""
        assert self.pointer and self._handle is not None
        program = Program.__new__(Program)
        program._handle = _Borrowed(self._handle)
        self.device.adopt(program)
        return program


class _Borrowed(Handle):
    """The program of an image, which is destroyed with it."""

    def __init__(self, image: Handle) -> None:
        self._image = image
        self.pointer = call("groq_image_program", image.pointer)

    def __del__(self) -> None:
        pass
