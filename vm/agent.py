# SPDX-License-Identifier: MIT
"""The host's end of the command channel into a guest; agent.h is the protocol."""

from __future__ import annotations

import os
import select
import socket
import struct
import time
from collections.abc import Callable
from dataclasses import dataclass

RUN, INPUT, KILL, OUTPUT, ERROR, EXIT, RUN_ON_TERMINAL = range(1, 8)
HEADER = struct.Struct("<III")
TERMINAL = struct.Struct("<HH")
MAX_LENGTH = 65536


class GuestGone(Exception):
    """The guest closed the channel: it powered off, rebooted or crashed."""


class CommandFailed(Exception):
    """A command that had to succeed did not."""


@dataclass(frozen=True)
class Result:
    """How a command ended; `code` is 128 + the signal for one that was killed."""

    code: int
    output: str
    error: str


class Command:
    """A command running in the guest. Not thread-safe."""

    def __init__(self, agent: Agent, number: int, line: str,
                 on_output: Callable[[bytes], None] | None) -> None:
        self._agent = agent
        self._number = number
        self.line = line
        self.code: int | None = None
        self.output = bytearray()
        self.error = bytearray()
        self._on_output = on_output

    def write(self, data: bytes) -> None:
        """Feeds its standard input."""
        for start in range(0, len(data), MAX_LENGTH):
            self._agent.send(self._number, INPUT, data[start : start + MAX_LENGTH])

    def close_input(self) -> None:
        self._agent.send(self._number, INPUT, b"")

    def kill(self) -> None:
        self._agent.send(self._number, KILL, b"")

    def wait(self, timeout: float) -> Result:
        """Waits for its end; TimeoutError leaves it running."""
        deadline = self._agent.deadline(timeout)
        while self.code is None:
            if not self._agent.receive(deadline):
                raise TimeoutError(f"still running after {timeout} s: {self.line}")
        return Result(self.code, self.output.decode(errors="replace"),
                      self.error.decode(errors="replace"))

    def wait_for_output(self, text: str, timeout: float) -> None:
        """Waits until it has printed `text` on its standard output."""
        deadline = self._agent.deadline(timeout)
        while text.encode() not in self.output:
            if self.code is not None:
                raise CommandFailed(f"ended with {self.code} before printing {text!r}: "
                                    f"{self.line}\n{self.error.decode()}")
            if not self._agent.receive(deadline):
                raise TimeoutError(f"no {text!r} after {timeout} s from: {self.line}")

    def take(self, kind: int, data: bytes) -> None:
        """One frame from the guest."""
        if kind == EXIT:
            status = struct.unpack("<I", data)[0]
            code = os.waitstatus_to_exitcode(status)
            self.code = code if code >= 0 else 128 - code
            return
        (self.output if kind == OUTPUT else self.error).extend(data)
        if self._on_output:
            self._on_output(data)


class Agent:
    """Frames to and from one guest, over a connected socket that it owns. All its
    deadlines are `patience` times as long as they say."""

    def __init__(self, connection: socket.socket, patience: float = 1) -> None:
        self._socket = connection
        self._patience = patience
        self._socket.setblocking(False)
        self._received = bytearray()
        self._commands: dict[int, Command] = {}
        self._next = 1

    def close(self) -> None:
        self._socket.close()

    def deadline(self, timeout: float) -> float:
        """The time.monotonic() at which `timeout` seconds are over."""
        return time.monotonic() + timeout * self._patience

    def start(self, line: str, terminal: os.terminal_size | None = None,
              on_output: Callable[[bytes], None] | None = None) -> Command:
        """Starts a shell command, on pipes unless on a terminal of that size.
        `on_output` sees its output, of both kinds, as it comes."""
        number = self._next
        self._next += 1
        command = self._commands[number] = Command(self, number, line, on_output)
        if terminal:
            size = TERMINAL.pack(terminal.columns, terminal.lines)
            self.send(number, RUN_ON_TERMINAL, size + line.encode())
        else:
            self.send(number, RUN, line.encode())
        return command

    def send(self, number: int, kind: int, data: bytes) -> None:
        """Sends one frame, and takes in what arrives while the guest is busy."""
        frame = memoryview(HEADER.pack(len(data), number, kind) + data)
        while frame:
            readable, writable, _ = select.select([self._socket], [self._socket], [])
            if readable:
                self._read()
            if writable:
                frame = frame[self._write(frame) :]

    def receive(self, deadline: float) -> bool:
        """Takes in what the guest sent; False when nothing came by the deadline."""
        left = max(0.0, deadline - time.monotonic())
        if not select.select([self._socket], [], [], left)[0]:
            return False
        self._read()
        return True

    def _write(self, frame: memoryview) -> int:
        try:
            return self._socket.send(frame)
        except BlockingIOError:
            return 0
        except (BrokenPipeError, ConnectionResetError) as error:
            raise GuestGone("the guest is gone") from error

    def _read(self) -> None:
        try:
            data = self._socket.recv(1 << 20)
        except ConnectionResetError:
            data = b""
        if not data:
            raise GuestGone("the guest is gone")
        self._received += data
        self._dispatch()

    def _dispatch(self) -> None:
        while len(self._received) >= HEADER.size:
            length, number, kind = HEADER.unpack_from(self._received)
            end = HEADER.size + length
            if len(self._received) < end:
                return
            data = bytes(self._received[HEADER.size : end])
            del self._received[:end]
            if number in self._commands:
                self._commands[number].take(kind, data)
            if kind == EXIT:
                self._commands.pop(number, None)
