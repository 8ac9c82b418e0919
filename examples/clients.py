#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""Many clients of examples/server.cpp at once: clients.py SOCKET [SERVER ARGUMENT...]

With a server's command line it is started first, and told to end afterwards: SOCKET is
put behind its name.
"""

from __future__ import annotations

import random
import socket
import subprocess
import sys
import threading
import time
from pathlib import Path

ROW, CLIENTS, QUESTIONS = 320, 24, 20


def saturated(number: int) -> int:
    return max(-128, min(127, number))


def ask(path: str, seed: int, wrong: list[str]) -> None:
    """One client: questions one after another, each with its own numbers."""
    draw = random.Random(seed)
    with socket.socket(socket.AF_UNIX) as server:
        server.settimeout(300)
        server.connect(path)
        for number in range(QUESTIONS):
            a, b = ([draw.randint(-128, 127) for _ in range(ROW)] for _ in "ab")
            server.sendall(bytes(x & 0xff for x in a + b))
            answer = server.recv(ROW, socket.MSG_WAITALL)
            expected = bytes(saturated(x + y) & 0xff for x, y in zip(a, b))
            if answer != expected:
                wrong.append(f"client {seed}: answer {number} is wrong")


def ask_all(path: str) -> list[str]:
    wrong: list[str] = []

    def one(seed: int) -> None:
        try:
            ask(path, seed, wrong)
        except OSError as error:
            wrong.append(f"client {seed}: {error}")

    clients = [threading.Thread(target=one, args=(seed,)) for seed in range(CLIENTS)]
    for each in clients:
        each.start()
    for each in clients:
        each.join()
    return wrong


def wait_for(server: subprocess.Popen[str], path: str) -> None:
    while not Path(path).is_socket():
        if server.poll() is not None:
            sys.exit(f"the server ended with {server.returncode}")
        time.sleep(0.01)


def main() -> None:
    if len(sys.argv) < 2:
        sys.exit("usage: clients.py SOCKET [SERVER ARGUMENT...]")
    path, command = sys.argv[1], sys.argv[2:]
    if not command:
        wrong = ask_all(path)
    else:
        Path(path).unlink(missing_ok=True)
        with subprocess.Popen([command[0], path, *command[1:]], text=True) as server:
            try:
                wait_for(server, path)
                wrong = ask_all(path)
            finally:
                server.terminate()
        if server.returncode != 0:
            wrong.append(f"the server ended with {server.returncode}")
    if wrong:
        sys.exit("\n".join(wrong))
    print(f"{CLIENTS * QUESTIONS} right answers")


if __name__ == "__main__":
    main()
