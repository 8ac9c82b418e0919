# SPDX-License-Identifier: MIT
"""A running virtual machine, and commands in it.

    with Guest.boot(image, Machine(cards=1), accelerator) as guest:
        print(guest.run("dmesg").output)
"""

from __future__ import annotations

import contextlib
import os
import shlex
import socket
import subprocess
import tempfile
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from types import TracebackType

from vm.agent import Agent, Command, CommandFailed, GuestGone, Result
from vm.machine import Image, Machine
from vm.qmp import Qmp, QmpError

# Deadlines against hanging, not expectations: emulation on a busy machine is slow.
BOOT_SECONDS = 300
COMMAND_SECONDS = 120
QMP_SECONDS = 120
DMESG_SECONDS = 20

# QEMU ends with the thread that started it, however that ended.
DIE_WITH_US = ["setpriv", "--pdeathsig", "KILL", "--"]

LOAD_DRIVER = "modprobe groq && udevadm settle --timeout=600"


class Guest:
    """One QEMU process. Not thread-safe, and to be used up by the thread that starts
    it; different guests are independent."""

    def __init__(self, arguments: list[str], incoming: Path | None = None,
                 patience: float = 1) -> None:
        self.arguments = arguments  # QEMU's
        self._folder = tempfile.TemporaryDirectory(prefix="groq-guest-")
        self.console = Path(self._folder.name) / "console.log"
        self._errors = Path(self._folder.name) / "qemu.log"
        agent, qemu_agent = socket.socketpair()
        control, qemu_control = socket.socketpair()
        with qemu_agent, qemu_control, self._errors.open("wb") as errors:
            self._process = subprocess.Popen(
                [*DIE_WITH_US, *arguments, *self._connections(qemu_agent, qemu_control),
                 *(["-incoming", f"file:{incoming}"] if incoming else [])],
                stdin=subprocess.DEVNULL, stdout=errors, stderr=errors,
                pass_fds=[qemu_agent.fileno(), qemu_control.fileno()])
        self._agent = Agent(agent, patience)
        try:
            self.qmp = Qmp(control, QMP_SECONDS)
        except (QmpError, OSError) as error:
            reason = self.errors
            self.close()
            raise GuestGone(f"QEMU did not start: {reason}") from error

    @classmethod
    def boot(cls, image: Image, machine: Machine, accelerator: str,
             seconds: float = BOOT_SECONDS) -> Guest:
        """Starts a guest and waits until it takes commands."""
        guest = cls(machine.arguments(image, accelerator), patience=image.patience)
        try:
            guest.run("true", timeout=seconds)
        except BaseException:
            guest.close()
            raise
        return guest

    @classmethod
    def restore(cls, image: Image, machine: Machine, accelerator: str,
                snapshot: Path) -> Guest:
        """Starts a guest where another, of equal make, was saved."""
        guest = cls(machine.arguments(image, accelerator), snapshot, image.patience)
        try:
            guest._wait_for_status("paused")
            guest.qmp.execute("cont")
        except BaseException:
            guest.close()
            raise
        return guest

    def save(self, snapshot: Path) -> None:
        """Saves it into a file, for `restore`. It stays stopped."""
        self.qmp.execute("stop")
        self.qmp.execute("migrate-set-parameters", max_bandwidth=1 << 40)
        self.qmp.execute("migrate", uri=f"file:{snapshot}")
        deadline = time.monotonic() + QMP_SECONDS
        while (info := self.qmp.execute("query-migrate"))["status"] != "completed":
            if info["status"] == "failed" or time.monotonic() > deadline:
                raise RuntimeError(f"cannot save the guest: {info}")
            time.sleep(0.01)

    def start(self, line: str, *, user: str | None = None,
              terminal: os.terminal_size | None = None,
              on_output: Callable[[bytes], None] | None = None) -> Command:
        """Starts a shell command: as root unless another user is named, on pipes
        unless on a terminal of the given size."""
        if user:
            line = f"exec su -s /bin/sh {user} -c {shlex.quote(line)}"
        with self._explaining():
            return self._agent.start(line, terminal, on_output)

    def run(self, line: str, *, user: str | None = None, data: bytes = b"",
            timeout: float = COMMAND_SECONDS, check: bool = True) -> Result:
        """Runs a shell command to its end, with `data` as its standard input.
        Unless `check` is false, one that fails raises CommandFailed."""
        command = self.start(line, user=user)
        with self._explaining():
            command.write(data)
            command.close_input()
            result = command.wait(timeout)
        if check and result.code != 0:
            raise CommandFailed(f"exit {result.code}: {line}\n{result.output}"
                                f"{result.error}".rstrip())
        return result

    def push(self, data: bytes, path: str, mode: int = 0o644) -> None:
        """Puts a file into the guest."""
        self.run(f"cat >{shlex.quote(path)} && chmod {mode:o} {shlex.quote(path)}",
                 data=data)

    def pull(self, path: str) -> bytes:
        """Gets a file out of the guest."""
        command = self.start(f"cat {shlex.quote(path)}")
        with self._explaining():
            command.wait(COMMAND_SECONDS)
        if command.code != 0:
            raise CommandFailed(command.error.decode().rstrip())
        return bytes(command.output)

    def dmesg(self) -> list[str]:
        """The kernel log, each line with its level: "<6>[ 1.234567] text"."""
        return self.run("dmesg -r", timeout=DMESG_SECONDS).output.splitlines()

    @property
    def console_tail(self) -> str:
        """The last lines that the kernel printed on its console."""
        with contextlib.suppress(OSError):
            lines = self.console.read_text(errors="replace").splitlines()
            return "\n".join(lines[-40:])
        return ""

    @property
    def errors(self) -> str:
        """What QEMU itself printed."""
        with contextlib.suppress(OSError):
            return self._errors.read_text(errors="replace").strip()
        return ""

    def close(self) -> None:
        """Ends QEMU. May be called again."""
        self._process.kill()
        self._process.wait()
        self._agent.close()
        if hasattr(self, "qmp"):
            self.qmp.close()
        self._folder.cleanup()

    def __enter__(self) -> Guest:
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None,
                 trace: TracebackType | None) -> None:
        self.close()

    def _connections(self, agent: socket.socket, control: socket.socket) -> list[str]:
        return ["-serial", f"file:{self.console}",
                "-chardev", f"socket,id=agent,fd={agent.fileno()}",
                "-device", "virtio-serial-pci,bus=pcie.0,addr=0x4",
                "-device", "virtserialport,chardev=agent,name=groq.agent",
                "-chardev", f"socket,id=control,fd={control.fileno()}",
                "-mon", "chardev=control,mode=control"]

    def _wait_for_status(self, wanted: str) -> None:
        deadline = time.monotonic() + QMP_SECONDS
        while (status := self.qmp.execute("query-status")["status"]) != wanted:
            if time.monotonic() > deadline:
                raise TimeoutError(f"QEMU is {status}, not {wanted}")
            time.sleep(0.002)

    @contextlib.contextmanager
    def _explaining(self) -> Iterator[None]:
        """Adds to the loss of the guest what it and QEMU said last."""
        try:
            yield
        except GuestGone as error:
            report = f"{error}\n{self.errors}\n{self.console_tail}".rstrip()
            raise GuestGone(report) from None
