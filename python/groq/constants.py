# SPDX-License-Identifier: MIT
"""The numbers of groq.h and program_format.h. A test compares them with the headers."""

from __future__ import annotations

from enum import IntEnum, IntFlag

API_REVISION = 2
FOREVER = 2**63 - 1
UNKNOWN = -(2**63)
NAME_BYTES = 32


class ErrorCode(IntEnum):
    """GROQ_ERROR_*, and GROQ_OK."""

    OK = 0
    INVALID = 1
    SIZE = 2
    NOT_FOUND = 3
    IN_USE = 4
    PROGRAM = 5
    NO_DEVICE = 6
    NO_DRIVER = 7
    TOO_OLD = 8
    PERMISSION = 9
    HELD = 10
    NO_SIMULATOR = 11
    MEMORY = 12
    SRAM = 13
    QUEUES = 14
    TIMEOUT = 15
    FAULT = 16
    ACCESS = 17
    DMA = 18
    HUNG = 19
    CANCELED = 20
    RESET = 21
    DEVICE_LOST = 22
    SYSTEM = 23
    FULL = 24
    UNSUPPORTED = 25
    DIVERGED = 26
    LINK = 27


class Path(IntEnum):
    """GROQ_PATH_*: how jobs get to the driver."""

    AUTO = 0
    IOCTL = 1
    URING = 2
    SQPOLL = 3


class Event(IntFlag):
    """GROQ_EVENT_*: what may befall a card."""

    RESET = 1
    LOST = 2
    ALARM = 4
    LINK = 8


class State(IntEnum):
    """GROQ_STATE_*: of a card."""

    READY = 0
    BUSY = 1
    RESETTING = 2
    FATAL = 3
    LOST = 4
    UNMANAGED = 5
    ASLEEP = 6


class LinkState(IntEnum):
    """GROQ_LINK_STATE_*: of a chip-to-chip link."""

    ABSENT = 0
    DOWN = 1
    TRAINING = 2
    UP = 3
    DEGRADED = 4


class LinkOpen(IntEnum):
    """GROQ_LINK_OPEN_*: who has opened a link."""

    CLOSED = 0
    HERE = 1
    BOTH = 2


class BufferFlag(IntFlag):
    """GROQ_BUFFER_*."""

    READ_ONLY = 1


class EntryKind(IntEnum):
    """GROQ_ENTRY_*."""

    MONOLITHIC = 0
    INPUT = 1
    COMPUTE = 2
    OUTPUT = 3


class Direction(IntEnum):
    """GROQ_TENSOR_*."""

    INPUT = 0
    OUTPUT = 1


class Element(IntEnum):
    """GROQ_ELEMENT_*: of a tensor."""

    I8 = 0
    U8 = 1
    I16 = 2
    I32 = 3
    F16 = 4
    F32 = 5
