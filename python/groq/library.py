# SPDX-License-Identifier: MIT
"""libgroq.so.1: its functions, and how they are called.

A function that the library does not have yet is missed when it is called, so that
this binding works with every library of its ABI.
"""

from __future__ import annotations

import ctypes
import os
import time
from collections.abc import Callable, Iterator
from ctypes import POINTER, c_char_p, c_int, c_int64, c_size_t, c_uint32, c_uint64, c_void_p
from typing import Any

from groq import errors, structures
from groq.constants import FOREVER, ErrorCode

FILE = "libgroq.so.1"
HANDLE, OUT = c_void_p, POINTER(c_void_p)
TEXT, INT, NONE = c_char_p, c_int, None
NUMBER, COUNT, TIME = c_uint64, c_size_t, c_int64

# Signals get a hearing that often while a call waits; seconds.
PATIENCE = 0.25


def to(name: str) -> Any:
    return POINTER(getattr(structures, name))


# What each function returns and takes. A test compares them with groq.h.
FUNCTIONS: dict[str, tuple[Any, list[Any]]] = {
    "groq_api_revision": (c_uint32, []),
    "groq_library_version": (TEXT, []),
    "groq_deadline_after": (TIME, [TIME]),
    "groq_last_error": (NONE, [to("ErrorInfo")]),
    "groq_error_name": (TEXT, [INT]),
    "groq_error_text": (TEXT, [INT]),
    "groq_context_create": (INT, [to("ContextOptions"), OUT]),
    "groq_context_destroy": (NONE, [HANDLE]),
    "groq_device_list_create": (INT, [OUT]),
    "groq_device_list_count": (COUNT, [HANDLE]),
    "groq_device_list_get": (INT, [HANDLE, COUNT, to("DeviceInfo")]),
    "groq_device_list_destroy": (NONE, [HANDLE]),
    "groq_device_open": (INT, [TEXT, OUT]),
    "groq_context_open": (INT, [HANDLE, TEXT, OUT]),
    "groq_device_close": (NONE, [HANDLE]),
    "groq_device_get_info": (INT, [HANDLE, to("DeviceInfo")]),
    "groq_device_event_fd": (INT, [HANDLE, POINTER(c_int)]),
    "groq_device_read_events": (INT, [HANDLE, POINTER(c_uint32)]),
    "groq_telemetry_read": (INT, [TEXT, to("Telemetry")]),
    "groq_device_read_telemetry": (INT, [HANDLE, to("Telemetry")]),
    "groq_links_read": (INT, [TEXT, to("Link"), COUNT, POINTER(COUNT), POINTER(NUMBER)]),
    "groq_device_read_links": (INT, [HANDLE, to("Link"), COUNT, POINTER(COUNT),
                                     POINTER(NUMBER)]),
    "groq_device_align_link": (INT, [HANDLE, c_uint32, c_uint32, c_int, to("Alignment")]),
    "groq_buffer_create": (INT, [HANDLE, NUMBER, OUT]),
    "groq_buffer_data": (c_void_p, [HANDLE]),
    "groq_buffer_size": (NUMBER, [HANDLE]),
    "groq_buffer_destroy": (NONE, [HANDLE]),
    "groq_buffer_pin": (INT, [HANDLE, c_void_p, NUMBER, c_uint32, OUT]),
    "groq_buffer_export": (INT, [HANDLE, POINTER(c_int)]),
    "groq_buffer_import": (INT, [HANDLE, c_int, OUT]),
    "groq_region_create": (INT, [HANDLE, NUMBER, OUT]),
    "groq_region_address": (NUMBER, [HANDLE]),
    "groq_region_destroy": (NONE, [HANDLE]),
    "groq_program_load_file": (INT, [TEXT, OUT]),
    "groq_program_load": (INT, [c_void_p, COUNT, TEXT, OUT]),
    "groq_program_destroy": (NONE, [HANDLE]),
    "groq_program_sram_bytes": (NUMBER, [HANDLE]),
    "groq_program_entry_count": (COUNT, [HANDLE]),
    "groq_program_get_entry": (INT, [HANDLE, COUNT, to("EntryInfo")]),
    "groq_program_tensor_count": (COUNT, [HANDLE]),
    "groq_program_get_tensor": (INT, [HANDLE, COUNT, to("TensorInfo")]),
    "groq_program_find_tensor": (INT, [HANDLE, TEXT, POINTER(COUNT)]),
    "groq_tensor_pack": (INT, [HANDLE, COUNT, c_void_p, NUMBER, c_void_p, NUMBER]),
    "groq_tensor_unpack": (INT, [HANDLE, COUNT, c_void_p, NUMBER, c_void_p, NUMBER]),
    "groq_image_load": (INT, [HANDLE, HANDLE, TIME, OUT]),
    "groq_image_load_file": (INT, [HANDLE, TEXT, TIME, OUT]),
    "groq_image_destroy": (NONE, [HANDLE]),
    "groq_image_get_info": (INT, [HANDLE, to("ImageInfo")]),
    "groq_image_program": (c_void_p, [HANDLE]),
    "groq_job_create": (INT, [HANDLE, OUT]),
    "groq_job_create_run": (INT, [HANDLE, TEXT, OUT]),
    "groq_job_clear": (INT, [HANDLE]),
    "groq_job_destroy": (NONE, [HANDLE]),
    "groq_job_copy_in": (INT, [HANDLE, to("Copy")]),
    "groq_job_copy_out": (INT, [HANDLE, to("Copy")]),
    "groq_job_run": (INT, [HANDLE, HANDLE, TEXT, NUMBER]),
    "groq_job_set_input": (INT, [HANDLE, COUNT, c_void_p, NUMBER]),
    "groq_job_get_output": (INT, [HANDLE, COUNT, c_void_p, NUMBER]),
    "groq_job_tensor_data": (INT, [HANDLE, COUNT, OUT, POINTER(NUMBER)]),
    "groq_queue_create": (INT, [HANDLE, to("QueueOptions"), OUT]),
    "groq_queue_destroy": (NONE, [HANDLE]),
    "groq_queue_create_job": (INT, [HANDLE, OUT]),
    "groq_queue_submit": (INT, [HANDLE, HANDLE, POINTER(NUMBER)]),
    "groq_queue_submit_batch": (INT, [HANDLE, OUT, COUNT, POINTER(NUMBER), POINTER(COUNT)]),
    "groq_queue_cancel": (INT, [HANDLE, NUMBER]),
    "groq_queue_get_info": (INT, [HANDLE, to("QueueInfo")]),
    "groq_queue_wait": (INT, [HANDLE, NUMBER, TIME, to("Result")]),
    "groq_queue_reap": (INT, [HANDLE, to("Result"), COUNT, POINTER(COUNT)]),
    "groq_queue_fd": (INT, [HANDLE, POINTER(c_int)]),
    "groq_pipeline_create": (INT, [HANDLE, to("PipelineOptions"), OUT]),
    "groq_pipeline_destroy": (NONE, [HANDLE]),
    "groq_pipeline_push": (INT, [HANDLE, OUT, COUNT, TIME, POINTER(NUMBER)]),
    "groq_pipeline_pop": (INT, [HANDLE, OUT, COUNT, TIME, to("Result")]),
    "groq_pipeline_cancel": (INT, [HANDLE, NUMBER]),
    "groq_pipeline_fd": (INT, [HANDLE, POINTER(c_int)]),
    "groq_fault_describe": (COUNT, [to("FaultInfo"), c_char_p, COUNT]),
}

try:
    _library = ctypes.CDLL(FILE)
except OSError as error:
    raise ImportError(f"{error}: install the package libgroq1, or name the folder of {FILE} "
                      "in LD_LIBRARY_PATH") from error
_found: dict[str, Any] = {}


def function(name: str) -> Any:
    """The library's, with its types; found once."""
    if name not in _found:
        try:
            found = _library[name]
        except AttributeError:
            raise errors.make(ErrorCode.TOO_OLD, "too_old", f"{FILE} {version()} has no "
                              f"{name}: install the libgroq of this binding") from None
        found.restype, found.argtypes = FUNCTIONS[name]
        _found[name] = found
    return _found[name]


def call(name: str, *arguments: Any) -> Any:
    """For functions that cannot fail."""
    return function(name)(*arguments)


def check(name: str, *arguments: Any) -> None:
    """For functions that return an error: raises it."""
    if code := function(name)(*arguments):
        raise last_error(code)


def last_error(code: int) -> errors.Error:
    """Of the call of this thread that has just returned @code."""
    info = structures.sized(structures.ErrorInfo)
    call("groq_last_error", ctypes.byref(info))
    return errors.make(code, error_name(code), str(structures.plain(info.message)),
                       info.os_error, info.holder)


def error_name(code: int) -> str:
    return str(call("groq_error_name", code).decode())


def version() -> str:
    """Of the library."""
    return str(call("groq_library_version").decode())


def api_revision() -> int:
    """Of the library; groq.constants.API_REVISION is that of this binding."""
    return int(call("groq_api_revision"))


def deadline(timeout: float | None) -> int:
    """The library's deadline @timeout seconds from now."""
    if timeout is None:
        return FOREVER
    return int(call("groq_deadline_after", int(min(max(timeout, 0), 1e9) * 1e9)))


def patiently(wait: Callable[[int], None], timeout: float | None) -> None:
    """Calls @wait with deadlines on the way to @timeout, so that Ctrl-C is heard."""
    end = None if timeout is None else time.monotonic() + timeout
    for part in _parts(end):
        try:
            return wait(deadline(part))
        except errors.Timeout:
            if end is not None and time.monotonic() >= end:
                raise


def _parts(end: float | None) -> Iterator[float]:
    while True:
        rest = PATIENCE if end is None else end - time.monotonic()
        yield max(0.0, min(PATIENCE, rest))


class Handle:
    """An object of the library, destroyed when nobody refers to it any more, and
    never by a process that inherited it through fork()."""

    def __init__(self, pointer: c_void_p, destroy: str) -> None:
        self.pointer = pointer
        self.memory: Any = None  # of the caller's, that it needs
        self._destroy = function(destroy)
        self._owner = os.getpid()

    def __del__(self) -> None:
        if self._owner == os.getpid():
            self._destroy(self.pointer)


def create(name: str, destroy: str, *arguments: Any) -> Handle:
    """Calls @name, whose last parameter is where the handle goes."""
    made = c_void_p()
    check(name, *arguments, ctypes.byref(made))
    return Handle(made, destroy)


class Owner:
    """What stands for a handle, until it is closed."""

    _handle: Handle | None = None

    @property
    def pointer(self) -> c_void_p:
        if self._handle is None:
            raise ValueError(f"this {type(self).__name__} is closed")
        return self._handle.pointer

    @property
    def closed(self) -> bool:
        return self._handle is None

    def close(self) -> None:
        """Lets go of it; again does nothing. What still needs it keeps it."""
        self._handle = None

    def __enter__(self) -> Any:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()
