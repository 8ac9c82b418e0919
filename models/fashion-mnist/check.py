#!/usr/bin/python3
# SPDX-License-Identifier: MIT
"""Run weights.bin over the test images in plain numpy integers.

Without arguments: compare the logits with golden.txt, fail where they differ.
--write: write golden.txt and the sample instead (after training).
Needs python3-numpy and dataset-fashion-mnist.
"""
import argparse
import gzip
import os
import pathlib
import struct
import sys
import zlib

import numpy as np

HERE = pathlib.Path(__file__).resolve().parent
DATASET = pathlib.Path(
    os.environ.get("FASHION_MNIST_DIR", "/usr/share/datasets/fashion-mnist")
)
IMAGES, LABELS = "t10k-images-idx3-ubyte.gz", "t10k-labels-idx1-ubyte.gz"
SAMPLE_SIZE = 200
MAGIC, VERSION = b"MLPINT8\0", 1


def read_idx(path):
    data = gzip.open(path).read()
    dims = struct.unpack_from(f">{data[3]}I", data, 4)
    return np.frombuffer(data, np.uint8, offset=4 + 4 * len(dims)).reshape(dims)


def write_idx(path, array):
    header = struct.pack(f">4B{array.ndim}I", 0, 0, 8, array.ndim, *array.shape)
    path.write_bytes(gzip.compress(header + array.tobytes(), 9, mtime=0))


def read_weights(path):
    data = path.read_bytes()
    magic, version, count = struct.unpack_from("<8sII", data)
    assert (magic, version) == (MAGIC, VERSION), f"{path}: not a weights file"
    at, layers = 16, []
    for _ in range(count):
        k, n = struct.unpack_from("<II", data, at)
        scale = np.frombuffer(data, "<f4", 1, at + 8)[0]
        bias = np.frombuffer(data, "<i4", n, at + 12)
        weights = np.frombuffer(data, "i1", n * k, at + 12 + 4 * n).reshape(n, k)
        layers.append((scale, bias, weights))
        at += 12 + 4 * n + n * k
    assert at == len(data), f"{path}: {len(data) - at} bytes too many"
    return layers


def logits(layers, images):
    """The arithmetic contract of README.md, word for word."""
    x = (images.reshape(len(images), -1) >> 1).astype(np.int32)
    for i, (scale, bias, weights) in enumerate(layers):
        acc = x @ weights.T.astype(np.int32) + bias
        if i + 1 == len(layers):
            return acc
        y = np.rint(acc.astype(np.float32) * scale)
        x = np.clip(y, 0, 127).astype(np.int32)


def golden(layers, directory):
    """Number of images, CRC-32 of their logits, number of correct answers."""
    images, labels = read_idx(directory / IMAGES), read_idx(directory / LABELS)
    out = logits(layers, images)
    crc = zlib.crc32(out.astype("<i4").tobytes())
    return f"{len(images)} {crc:08x} {np.count_nonzero(out.argmax(1) == labels)}"


def write_sample():
    for name in (IMAGES, LABELS):
        write_idx(HERE / "sample" / name, read_idx(DATASET / name)[:SAMPLE_SIZE])


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--write", action="store_true", help="write, do not compare")
    write = parser.parse_args().write
    if write:
        write_sample()
    layers = read_weights(HERE / "weights.bin")
    text = (
        "# SPDX-License-Identifier: MIT\n"
        "# weights: CRC-32 of weights.bin; the others: images, CRC-32 of the logits\n"
        "# (int32, little endian, image by image), correct answers. By check.py.\n"
        f"weights {zlib.crc32((HERE / 'weights.bin').read_bytes()):08x}\n"
        f"sample {golden(layers, HERE / 'sample')}\n"
        f"test {golden(layers, DATASET)}\n"
    )
    print(text, end="")
    if write:
        (HERE / "golden.txt").write_text(text)
    elif (HERE / "golden.txt").read_text() != text:
        sys.exit("golden.txt says otherwise")


if __name__ == "__main__":
    main()
