#!/usr/bin/python3
# SPDX-License-Identifier: MIT
"""Runs a program file once, with ones for input, and shows what comes out.

usage: hello.py PROGRAM [DEVICE]    DEVICE: sim: (default), accel:0, ...
"""

import sys

import groq
import numpy


def main(path: str, uri: str = "sim:") -> None:
    with groq.Device(uri) as device:
        image = groq.Image(device, groq.Program(path))
        job = groq.Job(image)
        for tensor in image.program.tensors:
            if tensor.direction == groq.Direction.INPUT:
                job[tensor.index] = numpy.ones(tensor.shape, tensor.dtype)
        end = groq.Queue(device).run(job, timeout=60)
        print(f"{end.cycles} cycles on {device.info.uri}")
        for tensor in image.program.tensors:
            if tensor.direction == groq.Direction.OUTPUT:
                print(f"{tensor.name}: {tensor.dtype}\n{job[tensor.index]}")


if __name__ == "__main__":
    if len(sys.argv) not in (2, 3):
        sys.exit(__doc__)
    try:
        main(*sys.argv[1:])
    except groq.Error as error:
        sys.exit(f"hello.py: {error}")
