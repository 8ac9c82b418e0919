# SPDX-License-Identifier: MIT
"""Pipelines: runs of one image, whose copies overlap the runs."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from ctypes import byref, c_int, c_uint64, c_void_p
from types import SimpleNamespace
from typing import Any

import numpy

from groq import structures
from groq.constants import Direction, ErrorCode, Path
from groq.errors import Full, Timeout, make
from groq.library import Owner, check, create, function, last_error, patiently
from groq.program import Image, fitting
from groq.queue import ended_as
from groq.structures import sized

Tensors = Mapping[str, Any]


class Pipeline(Owner):
    """While one run computes, the next one's inputs are on their way in and the last
    one's outputs on their way out, if the program has the entries input, compute and
    output. Ends come in the order of the inputs. It has the image for itself. One thread
    pushes and one pops, at the same time if they like.

    @depth: runs on their way at once, 2..64, 0 for 3; @priority, @path as of a Queue.

        with groq.Pipeline(image) as pipeline:
            for end in pipeline.map({"images": batch} for batch in batches):
                print(end.outputs["logits"].argmax(axis=1))
    """

    def __init__(self, image: Image, priority: int = 0, depth: int = 0,
                 path: Path = Path.AUTO) -> None:
        options = sized(structures.PipelineOptions, priority=priority, depth=depth, path=path)
        self._handle = create("groq_pipeline_create", "groq_pipeline_destroy", image.pointer,
                              byref(options))
        tensors = image.program.tensors
        self._inputs = [each for each in tensors if each.direction == Direction.INPUT]
        self._outputs = [each for each in tensors if each.direction == Direction.OUTPUT]
        image.device.adopt(self)

    def push(self, inputs: Tensors, timeout: float | None = None) -> int:
        """Begin a run with an array for each input tensor, by name; its number, from 0.
        The arrays are the caller's again at once. Waits for room: Timeout, or Full if
        @timeout is 0."""
        arrays = [fitting(info, value) for info, value in by_name(self._inputs, inputs)]
        number = c_uint64()

        def once(end: int) -> None:
            try:
                check("groq_pipeline_push", self.pointer, addresses(arrays), len(arrays), end,
                      byref(number))
            except Full as full:
                if timeout == 0:
                    raise
                raise make(ErrorCode.TIMEOUT, "timeout", str(full)) from None

        patiently(once, timeout)
        return number.value

    def pop(self, timeout: float | None = None, into: Tensors | None = None) -> SimpleNamespace:
        """The end of the oldest run: the members of groq_result, of which ticket is its
        number, and outputs, an array for each output tensor by name: those of @into, or
        new ones. Raises the run's own error, with its end as the member result, Timeout,
        or NotFound if none is on its way."""
        if into is None:
            into = {info.name: numpy.empty(info.shape, info.dtype) for info in self._outputs}
        arrays = [writable(info, array) for info, array in by_name(self._outputs, into)]
        ended = sized(structures.Result)

        def once(end: int) -> None:
            code = function("groq_pipeline_pop")(self.pointer, addresses(arrays), len(arrays),
                                                 end, byref(ended))
            if code and ended.error == ErrorCode.OK:
                raise last_error(code)

        patiently(once, timeout)
        told = ended_as(ended)
        told.outputs = dict(into)
        if told.error:
            raise told.error
        return told

    def map(self, runs: Iterable[Tensors]) -> Iterator[SimpleNamespace]:
        """push() each and pop() all, with as many on their way as there is room for. Where
        a run fails its error is raised, and those behind it stay to be popped."""
        on_their_way = 0
        for inputs in runs:
            while not self._has_taken(inputs):
                yield self.pop()
                on_their_way -= 1
            on_their_way += 1
        for _ in range(on_their_way):
            yield self.pop()

    def _has_taken(self, inputs: Tensors) -> bool:
        try:
            self.push(inputs, timeout=0)
        except Full:
            return False
        return True

    def fileno(self) -> int:
        """A file descriptor for selectors: readable while pop() need not wait. It belongs
        to the pipeline."""
        fd = c_int()
        check("groq_pipeline_fd", self.pointer, byref(fd))
        return fd.value


def by_name(tensors: list[SimpleNamespace], arrays: Tensors) -> list[tuple[SimpleNamespace, Any]]:
    """Each tensor with its array; no fewer and no others."""
    names = [info.name for info in tensors]
    if arrays.keys() != set(names):
        raise make(ErrorCode.NOT_FOUND, "not_found",
                   f"the tensors are {names}, not {sorted(arrays)}")
    return [(info, arrays[info.name]) for info in tensors]


def writable(info: SimpleNamespace, array: Any) -> Any:
    """@array, if the output can be written there in place."""
    if not (isinstance(array, numpy.ndarray) and array.flags.c_contiguous
            and array.flags.writeable):
        raise ValueError(f"output {info.name} needs a writable array without gaps")
    return fitting(info, array)


def addresses(arrays: list[Any]) -> Any:
    return (c_void_p * len(arrays))(*(array.ctypes.data for array in arrays))
