# SPDX-License-Identifier: MIT
"""A QEMU machine without an operating system: its processor is the test."""

from __future__ import annotations

import base64
import os
import socket
import subprocess
import tempfile
import time
from collections.abc import Callable, Sequence

from vm.qmp import Qmp, QmpError

RAM_BYTES = 64 << 20
# Longer than anything here takes on a busy machine: a hang, not a measurement.
TIMEOUT_S = 30.0
CLOCK_STEP_NS = 10000
WIDTH_LETTER = {1: "b", 2: "w", 4: "l", 8: "q"}


class MachineError(Exception):
    pass


def wait_for(condition: Callable[[], object], what: str) -> None:
    """Polls until @condition holds; gives up on a hang."""
    end = time.monotonic() + TIMEOUT_S
    while not condition():
        if time.monotonic() > end:
            raise MachineError(f"waited in vain for {what}")


class Machine:
    """A q35 board. QEMU runs from construction to close()."""

    def __init__(self, qemu: str, arguments: Sequence[str] = ()) -> None:
        self._log = tempfile.TemporaryFile()
        self._bios = tempfile.NamedTemporaryFile(suffix=".bios")
        self._bios.truncate(64 << 10)
        self._qtest, qtest_end = socket.socketpair()
        control, control_end = socket.socketpair()
        with qtest_end, control_end:
            self.process = self._start(qemu, arguments, qtest_end, control_end)
        self._qtest.settimeout(TIMEOUT_S)
        self._answers = self._qtest.makefile("rb")
        try:
            self.qmp = Qmp(control, TIMEOUT_S)
        except (QmpError, OSError):
            control.close()
            self._release()
            raise MachineError(f"QEMU did not start: {self.output()}") from None

    def _start(self, qemu: str, arguments: Sequence[str], qtest: socket.socket,
               control: socket.socket) -> subprocess.Popen[bytes]:
        command = [
            qemu, "-machine", "q35", "-accel", "qtest", "-nodefaults",
            "-display", "none", "-m", f"{RAM_BYTES >> 20}M",
            "-bios", self._bios.name, "-d", "guest_errors",
            "-chardev", f"socket,id=qtest,fd={qtest.fileno()}",
            "-object", "qtest,id=qtest,chardev=qtest,log=/dev/null",
            "-chardev", f"socket,id=control,fd={control.fileno()}",
            "-mon", "chardev=control,mode=control", *arguments,
        ]
        return subprocess.Popen(
            command, pass_fds=[qtest.fileno(), control.fileno()],
            stdin=subprocess.DEVNULL, stdout=self._log,
            stderr=subprocess.STDOUT)

    def close(self) -> int:
        """Ends QEMU and returns its exit status."""
        try:
            self.qmp.execute("quit")
        except (QmpError, OSError):
            pass  # it had ended before, and the status says how
        try:
            self.qmp.close()
        except OSError:
            pass
        return self._release()

    def _release(self) -> int:
        try:
            status = self.process.wait(TIMEOUT_S)
        except subprocess.TimeoutExpired:
            self.process.kill()
            status = self.process.wait()
        self._answers.close()
        self._qtest.close()
        self._bios.close()
        return status

    def output(self) -> str:
        """All that QEMU has printed, the guest's errors included."""
        return os.pread(self._log.fileno(), 1 << 20, 0).decode(errors="replace")

    # --- memory and ports, as the processor sees them

    def command(self, text: str) -> str:
        self._qtest.sendall(text.encode() + b"\n")
        return self._answer(text)

    def commands(self, *texts: str) -> None:
        """One right after the other, with no round trip in between."""
        self._qtest.sendall("".join(text + "\n" for text in texts).encode())
        for text in texts:
            self._answer(text)

    def _answer(self, text: str) -> str:
        answer = self._answers.readline().decode().rstrip("\n")
        if not answer.startswith("OK"):
            raise MachineError(f"{text[:80]}: {answer or 'QEMU went away'}: "
                               f"{self.output()[-2000:]}")
        return answer[3:]

    def read(self, address: int, width: int) -> int:
        return int(self.command(f"read{WIDTH_LETTER[width]} {address:#x}"), 0)

    def write(self, address: int, width: int, value: int) -> None:
        self.command(f"write{WIDTH_LETTER[width]} {address:#x} {value:#x}")

    def read_bytes(self, address: int, count: int) -> bytes:
        return base64.b64decode(
            self.command(f"b64read {address:#x} {count:#x}"))

    def write_bytes(self, address: int, data: bytes) -> None:
        text = base64.b64encode(data).decode()
        self.command(f"b64write {address:#x} {len(data):#x} {text}")

    def out(self, port: int, value: int) -> None:
        self.command(f"outl {port:#x} {value:#x}")

    # --- time

    def step_clock(self, nanoseconds: int) -> None:
        """Advances the guest's clock, which nothing else moves."""
        self.command(f"clock_step {nanoseconds}")

    def wait_for(self, condition: Callable[[], object], what: str) -> None:
        """Lets the guest's time pass until @condition holds."""
        wait_for(lambda: condition() or self.step_clock(CLOCK_STEP_NS), what)
