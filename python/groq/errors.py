# SPDX-License-Identifier: MIT
"""What calls raise."""

from __future__ import annotations

from collections.abc import Sequence
from types import SimpleNamespace

from groq.constants import ErrorCode
from groq.structures import FaultInfo


class Error(Exception):
    """A call that failed; its text says what went wrong and what to do about it.

    code: an ErrorCode, or a number that this binding does not know.
    name: such as "device_lost".
    os_error: the errno behind it, or 0.
    holder: where the code is HELD, the process that holds the card if it is visible, else 0.
    result: where a job failed, its end (Queue.wait).
    tickets: where a batch was not submitted as a whole, of the jobs that were.
    """

    result: SimpleNamespace | None = None
    tickets: Sequence[int] = ()

    def __init__(self, code: int, name: str, message: str, os_error: int = 0,
                 holder: int = 0) -> None:
        super().__init__(message)
        self.code = code
        self.name = name
        self.os_error = os_error
        self.holder = holder


class Timeout(Error, TimeoutError):
    """The timeout passed; the work goes on."""


class NotFound(Error, LookupError):
    """No such file, entry point, tensor or ticket."""


class Full(Error):
    """As many jobs are in work as may be: take the end of some first."""


class Fault(Error):
    """The program stopped in the cycle in which it was wrong. fault says where and
    why, in the words of groq_fault_info; str() is a paragraph for people."""

    fault: FaultInfo | None = None


KINDS: dict[int, type[Error]] = {
    ErrorCode.TIMEOUT: Timeout, ErrorCode.NOT_FOUND: NotFound, ErrorCode.FULL: Full,
    ErrorCode.FAULT: Fault,
}


def make(code: int, name: str, message: str, os_error: int = 0, holder: int = 0) -> Error:
    """Of the kind that goes with @code."""
    known = ErrorCode(code) if code in list(ErrorCode) else code
    return KINDS.get(code, Error)(known, name, message, os_error, holder)
