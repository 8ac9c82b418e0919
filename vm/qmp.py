# SPDX-License-Identifier: MIT
"""QEMU's control protocol over a connected socket."""

from __future__ import annotations

import json
import socket
import time
from typing import Any


class QmpError(Exception):
    """QEMU refused a command."""


class Qmp:
    """One control connection; it owns the socket. Not thread-safe."""

    def __init__(self, connection: socket.socket, timeout: float) -> None:
        self._socket = connection
        self._socket.settimeout(timeout)
        self._stream = connection.makefile("rwb")
        self.events: list[dict[str, Any]] = []
        self._read()  # the greeting
        self.execute("qmp_capabilities")

    def close(self) -> None:
        self._stream.close()
        self._socket.close()

    def execute(self, command: str, **arguments: Any) -> Any:
        """Runs a command (underscores in argument names become hyphens)."""
        named = {name.replace("_", "-"): value for name, value in arguments.items()}
        request = {"execute": command, "arguments": named}
        self._stream.write(json.dumps(request).encode() + b"\n")
        self._stream.flush()
        while True:
            reply = self._read()
            if "return" in reply:
                return reply["return"]
            if "error" in reply:
                raise QmpError(f"{command}: {reply['error']['desc']}")
            self.events.append(reply)

    def wait_event(self, name: str, timeout: float) -> dict[str, Any]:
        """Takes the first event of that name out of `events`."""
        deadline = time.monotonic() + timeout
        while True:
            for event in self.events:
                if event["event"] == name:
                    self.events.remove(event)
                    return event
            if time.monotonic() > deadline:
                raise TimeoutError(f"no QMP event {name} within {timeout} s")
            self.execute("query-status")  # the reply brings waiting events along
            time.sleep(0.01)

    def _read(self) -> dict[str, Any]:
        line = self._stream.readline()
        if not line:
            raise QmpError("QEMU closed the control connection")
        message: dict[str, Any] = json.loads(line)
        return message
