# SPDX-License-Identifier: MIT
"""Memory: of the host, where the card can reach it, and of the card."""

from __future__ import annotations

from ctypes import byref, c_int
from typing import Any

import numpy

from groq.constants import BufferFlag, ErrorCode
from groq.device import Device
from groq.errors import make
from groq.library import Handle, Owner, call, check, create


class Memory:
    """What NumPy makes an array of, in place. It keeps the memory's owner."""

    def __init__(self, owner: Handle, address: int, size: int) -> None:
        self._owner = owner
        self.__array_interface__ = {
            "version": 3, "typestr": "|u1", "shape": (size,), "data": (address, False),
        }


def array_of(owner: Handle, address: int, size: int, dtype: Any, shape: Any) -> Any:
    """The memory as an array that keeps it; @shape None: one row of all there is."""
    array = numpy.asarray(Memory(owner, address, size)).view(dtype)
    return array if shape is None else array.reshape(shape)


class Buffer(Owner):
    """Host memory that the card can reach, zeroed; 1 byte to 4 GiB. An array of it
    keeps the memory even if the buffer is closed."""

    def __init__(self, device: Device, size: int) -> None:
        self._handle = create("groq_buffer_create", "groq_buffer_destroy", device.pointer, size)
        device.adopt(self)

    @classmethod
    def pin(cls, device: Device, array: Any, read_only: bool = False) -> Buffer:
        """The memory of a NumPy array, which begins and ends at a page and which this
        buffer keeps."""
        flags = BufferFlag.READ_ONLY if read_only else BufferFlag(0)
        address = array.__array_interface__["data"][0]
        if not array.flags.c_contiguous:
            raise ValueError("only an array without gaps can be pinned")
        handle = create("groq_buffer_pin", "groq_buffer_destroy", device.pointer, address,
                        array.nbytes, flags)
        handle.memory = array
        return cls._of(device, handle)

    @classmethod
    def from_fd(cls, device: Device, fd: int) -> Buffer:
        """Of a dma-buf, which stays the caller's."""
        return cls._of(device, create("groq_buffer_import", "groq_buffer_destroy",
                                      device.pointer, fd))

    @classmethod
    def _of(cls, device: Device, handle: Handle) -> Buffer:
        buffer = cls.__new__(cls)
        buffer._handle = handle
        device.adopt(buffer)
        return buffer

    def export(self) -> int:
        """As a dma-buf, for other devices and processes: a file descriptor, the caller's."""
        fd = c_int()
        check("groq_buffer_export", self.pointer, byref(fd))
        return fd.value

    def __len__(self) -> int:
        return int(call("groq_buffer_size", self.pointer))

    def array(self, dtype: Any = numpy.uint8, shape: Any = None) -> Any:
        """The memory itself, not a copy of it: what the card writes is seen here."""
        address = call("groq_buffer_data", self.pointer)
        assert self._handle is not None
        if address is None:
            raise make(ErrorCode.UNSUPPORTED, "unsupported",
                       "the exporter of this dma-buf does not let it be mapped")
        return array_of(self._handle, address, len(self), dtype, shape)


class Region(Owner):
    """SRAM of one's own, zeroed, for copies without a program; @size bytes, a
    multiple of 320."""

    def __init__(self, device: Device, size: int) -> None:
        self._handle = create("groq_region_create", "groq_region_destroy", device.pointer, size)
        device.adopt(self)

    @property
    def address(self) -> int:
        """Linear SRAM address."""
        return int(call("groq_region_address", self.pointer))
