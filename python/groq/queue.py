# SPDX-License-Identifier: MIT
"""Queues, which take jobs to the card, and how jobs end."""

from __future__ import annotations

from collections.abc import Sequence
from ctypes import byref, c_int, c_size_t, c_uint64, c_void_p, create_string_buffer, sizeof
from types import SimpleNamespace

from groq import structures
from groq.constants import ErrorCode, Path
from groq.device import Device
from groq.errors import Error, Fault, make
from groq.job import Job
from groq.library import Owner, call, check, create, error_name, function, last_error, patiently
from groq.structures import record, sized


class Queue(Owner):
    """Jobs of one queue run in order. @priority 0 lowest .. 3; @depth: most jobs in
    work, 0 for 256, one more is Full; @path: how they get to the driver."""

    def __init__(self, device: Device, priority: int = 0, depth: int = 0,
                 path: Path = Path.AUTO) -> None:
        options = sized(structures.QueueOptions, priority=priority, depth=depth, path=path)
        self._handle = create("groq_queue_create", "groq_queue_destroy", device.pointer,
                              byref(options))
        # Who submitted a job may forget it: the card may not.
        self._jobs: dict[int, Job] = {}
        device.adopt(self)

    def submit(self, job: Job) -> int:
        """Its ticket. Does not wait for the card."""
        ticket = c_uint64()
        check("groq_queue_submit", self.pointer, job.pointer, byref(ticket))
        self._jobs[ticket.value] = job
        return ticket.value

    def submit_batch(self, jobs: Sequence[Job]) -> list[int]:
        """Several, with as few system calls as there can be. Where one is refused, its
        error is raised, with the tickets of those before it as its member tickets."""
        pointers = (c_void_p * len(jobs))(*(job.pointer for job in jobs))
        tickets, count = (c_uint64 * len(jobs))(), c_size_t()
        code = function("groq_queue_submit_batch")(self.pointer, pointers, len(jobs), tickets,
                                                   byref(count))
        submitted = list(tickets[: count.value])
        self._jobs.update(zip(submitted, jobs))
        if code:
            error = last_error(code)
            error.tickets = submitted
            raise error
        return submitted

    def cancel(self, ticket: int) -> None:
        """Ask for the early end of a job: it still has to be waited for."""
        check("groq_queue_cancel", self.pointer, ticket)

    def wait(self, ticket: int, timeout: float | None = None) -> SimpleNamespace:
        """The end of a job: the members of groq_result, of which error is None. Raises
        the job's own error, with its end as the member result; Timeout if it goes on."""
        ended = sized(structures.Result)

        def once(end: int) -> None:
            code = function("groq_queue_wait")(self.pointer, ticket, end, byref(ended))
            if code and not ended.ticket:
                raise last_error(code)

        patiently(once, timeout)
        told = self._take(ended)
        if told.error:
            raise told.error
        return told

    def run(self, job: Job, timeout: float | None = None) -> SimpleNamespace:
        """submit() and wait()."""
        return self.wait(self.submit(job), timeout)

    def reap(self, most: int = 64) -> list[SimpleNamespace]:
        """The ends of jobs since the last call, oldest first, without waiting. Raises
        nothing of a job: error is an Error or None."""
        ended = (structures.Result * most)()
        ended[0].size = sizeof(structures.Result)
        count = c_size_t()
        check("groq_queue_reap", self.pointer, ended, most, byref(count))
        return [self._take(result) for result in ended[: count.value]]

    def fileno(self) -> int:
        """A file descriptor for selectors: readable while reap() may find something. It
        belongs to the queue."""
        fd = c_int()
        check("groq_queue_fd", self.pointer, byref(fd))
        return fd.value

    @property
    def info(self) -> SimpleNamespace:
        """The members of groq_queue_info."""
        info = sized(structures.QueueInfo)
        check("groq_queue_get_info", self.pointer, byref(info))
        told = record(info)
        told.path = Path(told.path)
        return told

    def _take(self, ended: structures.Result) -> SimpleNamespace:
        self._jobs.pop(ended.ticket, None)
        return ended_as(ended)


def ended_as(ended: structures.Result) -> SimpleNamespace:
    """Its members; error is an Error or None."""
    told = record(ended)
    told.error = job_error(ended, told)
    return told


def job_error(ended: structures.Result, told: SimpleNamespace) -> Error | None:
    """What ended the job, if it was not its last step."""
    if ended.error == ErrorCode.OK:
        return None
    message = call("groq_error_text", ended.error).decode()
    if ended.fault.cause and ended.error != ErrorCode.CANCELED:
        message = describe(ended.fault)
    error = make(ended.error, error_name(ended.error), f"step {ended.step}: {message}")
    error.result = told
    if isinstance(error, Fault):
        error.fault = ended.fault
    return error


def describe(fault: structures.FaultInfo) -> str:
    text = create_string_buffer(4096)
    call("groq_fault_describe", byref(fault), text, len(text))
    return text.value.decode(errors="replace")
