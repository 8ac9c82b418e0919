# SPDX-License-Identifier: MIT
"""Programs on Groq accelerator cards, through libgroq.

    import groq
    with groq.Device("sim:") as device, groq.Queue(device) as queue:
        image = groq.Image(device, groq.Program("add.groq"))
        job = groq.Job(image)
        job["a"] = job["b"] = numpy.ones((4, 320), numpy.int8)
        queue.run(job, timeout=10)
        print(job["c"])

What libgroq says of threads, blocking and lifetimes (groq.h) holds here too.
Objects let go of what they stand for when nobody uses them any more, or at the end
of a with statement; each keeps what it needs, so that the order does not matter.
Timeouts are seconds; None waits without end, 0 asks without waiting. Numbers that
card, driver or rights do not tell are None.
"""

from groq.buffer import Buffer, Region
from groq.constants import (BufferFlag, Direction, Element, EntryKind, ErrorCode, Event,
                            LinkOpen, LinkState, Path, State)
from groq.device import Context, Device, devices, links, telemetry
from groq.errors import Error, Fault, Full, NotFound, Timeout
from groq.job import Job
from groq.library import api_revision, version
from groq.pipeline import Pipeline
from groq.program import Image, Program
from groq.queue import Queue

__all__ = [
    "Buffer", "BufferFlag", "Context", "Device", "Direction", "Element", "EntryKind", "Error",
    "ErrorCode", "Event", "Fault", "Full", "Image", "Job", "LinkOpen", "LinkState",
    "NotFound", "Path", "Pipeline", "Program", "Queue", "Region", "State", "Timeout",
    "api_revision", "devices", "links", "telemetry", "version",
]
