# SPDX-License-Identifier: MIT
"""A QEMU machine without an operating system, driven through qtest and QMP."""

import base64
import json
import os
import socket
import subprocess
import tempfile
import time

RAM_BYTES = 64 << 20
# Longer than anything here takes on a busy machine: a hang, not a measurement.
TIMEOUT_S = 60


class MachineError(Exception):
    pass


class Line:
    """One of QEMU's line-based sockets."""

    def __init__(self):
        self.ours, self.theirs = socket.socketpair()
        self.ours.settimeout(TIMEOUT_S)
        self.reader = self.ours.makefile("rb")

    def send(self, text):
        self.ours.sendall(text.encode() + b"\n")

    def receive(self):
        line = self.reader.readline()
        if not line:
            raise MachineError("QEMU went away")
        return line.decode().rstrip("\r\n")

    def close(self):
        self.reader.close()
        self.ours.close()


class Machine:
    """
    A q35 machine whose "processor" is the test. Use as a context manager:
    leaving it ends QEMU and raises if QEMU had not ended cleanly.
    """

    def __init__(self, qemu, arguments=()):
        self.qtest = Line()
        self.qmp_line = Line()
        self.log = tempfile.TemporaryFile(mode="w+")
        self.bios = tempfile.NamedTemporaryFile(suffix=".bios")
        self.bios.truncate(64 << 10)
        fds = [self.qtest.theirs.fileno(), self.qmp_line.theirs.fileno()]
        command = [
            qemu, "-machine", "q35", "-accel", "qtest", "-nodefaults",
            "-display", "none", "-m", f"{RAM_BYTES >> 20}M",
            "-bios", self.bios.name, "-d", "guest_errors",
            "-chardev", f"socket,id=qtest,fd={fds[0]}",
            "-object", "qtest,id=qtest,chardev=qtest,log=/dev/null",
            "-chardev", f"socket,id=qmp,fd={fds[1]}",
            "-mon", "chardev=qmp,mode=control", *arguments,
        ]
        self.process = subprocess.Popen(
            command, pass_fds=fds, stdin=subprocess.DEVNULL, stdout=self.log,
            stderr=subprocess.STDOUT)
        self.qtest.theirs.close()
        self.qmp_line.theirs.close()
        try:
            json.loads(self.qmp_line.receive())
            self.qmp("qmp_capabilities")
        except (MachineError, OSError):
            self.process.wait(TIMEOUT_S)
            raise MachineError(f"QEMU did not start: {self.output()}") from None

    def __enter__(self):
        return self

    def __exit__(self, kind, error, traceback):
        if kind:
            self.process.kill()
        status = self.close()
        if not kind and status != 0:
            raise MachineError(f"QEMU ended with {status}: {self.output()}")

    def close(self):
        """End QEMU and return its exit status."""
        try:
            if self.process.poll() is None:
                self.qmp_line.send('{"execute": "quit"}')
        except OSError:
            pass
        status = self.process.wait(TIMEOUT_S)
        self.qtest.close()
        self.qmp_line.close()
        self.bios.close()
        return status

    def output(self):
        """Everything that QEMU has printed, guest errors included."""
        self.log.flush()
        return os.pread(self.log.fileno(), 1 << 20, 0).decode(errors="replace")

    def alive(self):
        return self.process.poll() is None

    # --- memory and ports, as the processor sees them

    def command(self, text):
        self.qtest.send(text)
        answer = self.qtest.receive()
        if not answer.startswith("OK"):
            raise MachineError(f"{text}: {answer}")
        return answer[3:]

    def read(self, address, width):
        letter = {1: "b", 2: "w", 4: "l", 8: "q"}[width]
        return int(self.command(f"read{letter} {address:#x}"), 0)

    def write(self, address, width, value):
        letter = {1: "b", 2: "w", 4: "l", 8: "q"}[width]
        self.command(f"write{letter} {address:#x} {value:#x}")

    def read_bytes(self, address, count):
        return base64.b64decode(
            self.command(f"b64read {address:#x} {count:#x}"))

    def write_bytes(self, address, data):
        text = base64.b64encode(data).decode()
        self.command(f"b64write {address:#x} {len(data):#x} {text}")

    def out(self, port, value):
        self.command(f"outl {port:#x} {value:#x}")

    def step_clock(self, nanoseconds):
        """Let the guest's clock advance; nothing else moves it."""
        self.command(f"clock_step {nanoseconds}")

    # --- the monitor

    def qmp(self, name, **arguments):
        request = {"execute": name}
        if arguments:
            request["arguments"] = {
                key.replace("_", "-"): value for key, value in arguments.items()}
        self.qmp_line.send(json.dumps(request))
        while True:
            answer = json.loads(self.qmp_line.receive())
            if "error" in answer:
                raise MachineError(f"{name}: {answer['error']['desc']}")
            if "return" in answer:
                return answer["return"]

    def wait_event(self, name):
        while True:
            event = json.loads(self.qmp_line.receive())
            if event.get("event") == name:
                return event["data"]


def wait_for(condition, what):
    """Poll until @condition holds; give up on a hang."""
    end = time.monotonic() + TIMEOUT_S
    while not condition():
        if time.monotonic() > end:
            raise MachineError(f"waited in vain for {what}")
