#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""Unpacks the kernel proper (an ELF file) out of an x86 bzImage.

QEMU enters it through PVH, which spares the guest its own decompression.
The offsets are those of the x86 boot protocol's setup header.
"""

import gzip
import lzma
import struct
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

SETUP_SECTS = 0x1F1
PAYLOAD_OFFSET = 0x248
SECTOR = 512


def unzstd(data: bytes) -> bytes:
    return subprocess.run(["zstd", "-dc"], input=data, stdout=subprocess.PIPE,
                          check=True).stdout


DECOMPRESSORS: dict[bytes, Callable[[bytes], bytes]] = {
    b"\x28\xb5\x2f\xfd": unzstd,
    b"\xfd7zXZ": lzma.decompress,
    b"\x1f\x8b": gzip.decompress,
}


def payload(image: bytes) -> bytes:
    """The compressed kernel, without the 4 bytes of unpacked size at its end."""
    start, length = struct.unpack_from("<II", image, PAYLOAD_OFFSET)
    start += (image[SETUP_SECTS] + 1) * SECTOR
    return image[start : start + length - 4]


def vmlinux(image: bytes) -> bytes:
    packed = payload(image)
    for magic, decompress in DECOMPRESSORS.items():
        if packed.startswith(magic):
            return decompress(packed)
    raise ValueError(f"unknown compression, magic {packed[:4].hex()}")


if __name__ == "__main__":
    source, target = map(Path, sys.argv[1:])
    target.write_bytes(vmlinux(source.read_bytes()))
