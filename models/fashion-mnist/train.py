#!/usr/bin/python3
# SPDX-License-Identifier: MIT
"""Train the 784-320-320-10 perceptron, quantise it, write weights.bin.

Takes a few minutes; afterwards run `check.py --write`. Needs python3-torch,
libopenblas0-pthread and dataset-fashion-mnist. The seed is fixed, yet another
processor or BLAS rounds differently: the committed weights.bin is the model.
"""
import struct

import numpy as np
import torch
from torch import nn

from check import DATASET, HERE, MAGIC, VERSION, logits, read_idx, read_weights

SIZES = (784, 320, 320, 10)
EPOCHS, BATCH, RATE = 40, 256, 2e-3
CLIP = 0.9999  # share of the training activations that int8 must reach


def read_split(name):
    images = read_idx(DATASET / f"{name}-images-idx3-ubyte.gz")
    labels = read_idx(DATASET / f"{name}-labels-idx1-ubyte.gz")
    return images, torch.from_numpy(labels.astype(np.int64))


def network_input(images):
    """What the chip sees, p >> 1, with scale 1/127: training knows no other."""
    x = (images >> 1).astype(np.float32) / 127
    return torch.from_numpy(x.reshape(len(x), -1))


def network():
    blocks = []
    for k, n in zip(SIZES, SIZES[1:]):
        blocks += [nn.Linear(k, n), nn.ReLU(), nn.Dropout(0.2)]
    return nn.Sequential(*blocks[:-2])


def mirrored(x):
    """Every second picture flipped left to right, chosen at random."""
    flip = torch.rand(len(x), 1) < 0.5
    return torch.where(flip, x.view(-1, 28, 28).flip(2).reshape(x.shape), x)


def train(model, x, labels):
    steps = EPOCHS * -(-len(x) // BATCH)
    optimizer = torch.optim.AdamW(model.parameters(), RATE, weight_decay=0.02)
    schedule = torch.optim.lr_scheduler.OneCycleLR(optimizer, RATE, steps)
    model.train()
    for epoch in range(EPOCHS):
        total = 0.0
        for batch in torch.randperm(len(x)).split(BATCH):
            loss = nn.functional.cross_entropy(model(mirrored(x[batch])), labels[batch])
            optimizer.zero_grad()
            loss.backward()
            optimizer.step()
            schedule.step()
            total += loss.item() * len(batch)
        print(f"epoch {epoch + 1}/{EPOCHS}: loss {total / len(x):.4f}", flush=True)
    model.eval()


@torch.no_grad()
def quantise(model, x):
    """(scale, bias, weights) per layer; x is float, s_x the value of its int8 1."""
    layers, s_x = [], 1 / 127
    linears = [m for m in model if isinstance(m, nn.Linear)]
    for i, linear in enumerate(linears):
        s_w = linear.weight.abs().max().item() / 127
        weights = np.rint(linear.weight.numpy() / s_w).astype("i1")
        bias = np.rint(linear.bias.numpy() / (s_w * s_x)).astype("<i4")
        x = torch.relu(linear(x))
        last = i + 1 == len(linears)
        s_y = 1.0 if last else np.quantile(x.numpy(), CLIP) / 127
        layers.append((np.float32(s_w * s_x / s_y), bias, weights))
        s_x = s_y
    return layers


def write_weights(path, layers):
    data = struct.pack("<8sII", MAGIC, VERSION, len(layers))
    for scale, bias, weights in layers:
        n, k = weights.shape
        data += struct.pack("<IIf", k, n, scale) + bias.tobytes() + weights.tobytes()
    path.write_bytes(data)


def accuracy(out, labels):
    return f"{100 * np.mean(np.argmax(np.asarray(out), 1) == labels.numpy()):.2f} %"


def main():
    torch.manual_seed(1)
    images, labels = read_split("train")
    x = network_input(images)
    model = network()
    train(model, x, labels)
    write_weights(HERE / "weights.bin", quantise(model, x))

    images, labels = read_split("t10k")
    with torch.no_grad():
        print("fp32 accuracy:", accuracy(model(network_input(images)), labels))
    layers = read_weights(HERE / "weights.bin")
    print("int8 accuracy:", accuracy(logits(layers, images), labels))


if __name__ == "__main__":
    main()
