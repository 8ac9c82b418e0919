# SPDX-License-Identifier: MIT
"""Cables to another QEMU, which may end, or be no QEMU at all."""

import os
import random
import signal
import socket
import struct
import subprocess
import tempfile
from pathlib import Path

import card
import contract as hw
from case import QEMU, CardTest
from links import Link, Pair, cable, received, serial, wait_up
from machine import TIMEOUT_S, Machine, MachineError, wait_for
from test_migration import load, save

RECONNECT_MS = 20
# What qemu-device/groq_cable_socket.c says first, with the numbers of a usual cable.
HELLO = struct.Struct("<I8sIIIIIIIQ")


def hello(version=1, latency=217, spread=4100, lanes=4, seed=1):
    return HELLO.pack(HELLO.size - 4, b"groqlink", version, latency, spread, lanes, 0, 0, 0,
                      seed)


def server(path):
    """QEMU's arguments for the end that listens."""
    return ["-chardev", f"socket,id=way,path={path},server=on,wait=off",
            *cable("c0", "card0:3", chardev="way")]


def client(path, **options):
    """And for the one that connects."""
    return ["-chardev", f"socket,id=way,path={path},reconnect-ms={RECONNECT_MS}",
            *cable("c0", "card1:6", chardev="way", **options)]


class SocketTest(CardTest):
    """One machine with card0, which listens."""

    properties = {"serial": serial}

    def setUp(self):
        folder = tempfile.TemporaryDirectory(prefix="groq-")
        self.addCleanup(folder.cleanup)
        self.path = os.path.join(folder.name, "way")
        self.options = server(self.path)
        super().setUp()
        self.end = Link(self.card, 3)


class TwoMachines(SocketTest):
    def setUp(self):
        super().setUp()
        self.start_other()

    def start_other(self, *more, **options):
        """Another machine with card1, which connects."""
        words = [*client(self.path, **options), *more,
                 "-device", "pcie-root-port,id=port0,chassis=1,addr=0x10",
                 "-device", f"groq-lpu,id=card1,bus=port0,serial={serial(1)}"]
        self.other = Machine(QEMU, words)
        self.addCleanup(self.other.close)

    def other_end(self):
        return Link(card.Card(self.other), 6)

    def test_ends_know_each_other(self):
        other = self.other_end()
        wait_up(self.end, other)
        self.assertEqual(self.end.peer, (serial(1), 6))
        self.assertEqual(other.peer, (serial(0), 3))

    def test_vectors_go_both_ways(self):
        ends = [self.end, self.other_end()]
        wait_up(*ends)
        for seed, (sender, receiver) in enumerate((ends, ends[::-1])):
            data = random.Random(seed).randbytes(hw.GROQ_VECTOR_BYTES)
            completions = Pair(sender, receiver).run(data)
            self.assertEqual([completion.status for completion in completions],
                             [hw.GROQ_COMPLETION_OK] * 2)
            self.assertEqual(received(receiver), data)

    def test_the_other_one_is_killed(self):
        """And another one comes in its place."""
        for times in range(1, 3):
            wait_up(self.end, self.other_end())
            self.other.process.send_signal(signal.SIGKILL)
            self.end.wait_down()
            self.assertEqual(self.end.counter(hw.GROQ_LINK_DOWNS), times)
            self.start_other()
        wait_up(self.end, self.other_end())

    def test_the_other_one_is_killed_under_a_program(self):
        pair = Pair(self.end, self.other_end())
        wait_up(self.end, pair.receiver)
        pair.start_sender(bytes(hw.GROQ_VECTOR_BYTES))
        self.other.process.send_signal(signal.SIGKILL)
        completion = pair.queues[0].wait()
        self.assertEqual(completion.status, hw.GROQ_COMPLETION_FAULT)
        self.assertEqual(pair.queues[0].fault(0).cause, hw.GROQ_FAULT_LINK_DOWN)

    def test_the_other_one_stands_still(self):
        """Programs wait for it, and nothing is lost."""
        pair = Pair(self.end, self.other_end())
        wait_up(self.end, pair.receiver)
        pair.start_receiver()
        self.other.qmp.execute("stop")
        data = random.Random(9).randbytes(hw.GROQ_VECTOR_BYTES)
        pair.start_sender(data)
        self.machine.step_clock(1_000_000)
        self.assertIsNone(pair.queues[0].poll())
        self.other.qmp.execute("cont")
        self.assertEqual([completion.status for completion in pair.wait()],
                         [hw.GROQ_COMPLETION_OK] * 2)
        self.assertEqual(received(pair.receiver), data)

    def test_pulled_and_plugged_at_either_end(self):
        other = self.other_end()
        for machine, options in ((self.machine, "card0:3"), (self.other, "card1:6")):
            wait_up(self.end, other)
            machine.qmp.execute("object-del", id="c0")
            self.end.wait_down()
            other.wait_down()
            machine.qmp.execute("object-add", qom_type="groq-cable", id="c0", a=options,
                                chardev="way")
        wait_up(self.end, other)

    def test_reset_shows_at_the_other_end(self):
        other = self.other_end()
        wait_up(self.end, other)
        self.card.flr()
        other.wait_downs(1)
        wait_up(self.end, other)

    def test_without_power(self):
        other = self.other_end()
        wait_up(self.end, other)
        self.machine.qmp.execute("qom-set", path="card0", property="gone", value=True)
        other.wait_down()
        self.machine.qmp.execute("qom-set", path="card0", property="gone", value=False)
        self.card.place_bars()
        self.card.wait_ready()
        wait_up(self.end, other)

    def test_other_numbers_are_refused(self):
        self.other.qmp.execute("quit")
        self.start_other(latency=300)
        wait_for(lambda: "the other end has other options" in self.machine.output(),
                 "a complaint")
        self.assertEqual(self.end.state, hw.GROQ_LINK_DOWN)

    def test_saved_and_restored(self):
        """The link of the copy goes down and comes up again; the other end lives on."""
        other = self.other_end()
        wait_up(self.end, other)
        with tempfile.NamedTemporaryFile(prefix="groq-", suffix=".state") as file:
            save(self.machine, file.name)
            self.machine.qmp.execute("quit")
            other.wait_down()
            self.machine = self.start("-incoming", "defer", *self.options)
            load(self.machine, file.name)
        self.end = Link(card.Card(self.machine, enumerate_bus=False), 3)
        wait_up(self.end, other)
        self.assertEqual(self.end.counter(hw.GROQ_LINK_DOWNS), 1)
        self.assertEqual(other.counter(hw.GROQ_LINK_DOWNS), 1)


# A card of a process without QEMU, until its input ends; says whom its link 6 leads to.
# By the Python that has NumPy, as Debian packages it.
SIMULATED = """
import sys, time, groq
card = groq.Device(sys.argv[1])
print(card.info.serial, flush=True)
for _ in sys.stdin:
    while (link := card.links()[6]).peer_serial is None:
        time.sleep(0.001)
    print(link.peer_serial, link.peer_link, flush=True)
"""


class Simulated(SocketTest):
    """The card at the other end is a sim: one."""

    root = Path(__file__).resolve().parents[2]
    library = root / "build/user/libgroq"

    def test_ends_know_each_other(self):
        """Until it is killed."""
        if not (self.library / "libgroq-sim.so").exists():
            self.skipTest("no simulator is built: make user")
        with tempfile.NamedTemporaryFile("w", prefix="groq-") as wires:
            wires.write(f"cards 1\ncable 0:6 unix:{self.path}\n")
            wires.flush()
            uri = f"sim:?topology={wires.name}&serial={serial(1):x}"
            other = subprocess.Popen(
                ["/usr/bin/python3", "-c", SIMULATED, uri], stdin=subprocess.PIPE,
                stdout=subprocess.PIPE, text=True,
                env=os.environ | {"LD_LIBRARY_PATH": str(self.library),
                                  "GROQ_SIM_LIBRARY": str(self.library / "libgroq-sim.so"),
                                  "PYTHONPATH": str(self.root / "python")})
            self.addCleanup(other.communicate)
            self.addCleanup(other.kill)
            self.assertEqual(other.stdout.readline(), f"{serial(1)}\n")
        wait_up(self.end)
        self.assertEqual(self.end.peer, (serial(1), 6))
        print(file=other.stdin, flush=True)
        self.assertEqual(other.stdout.readline(), f"{serial(0)} 3\n")
        other.kill()
        self.end.wait_down()


class Strangers(SocketTest):
    """Whoever connects is no QEMU."""

    def connect(self):
        stranger = socket.socket(socket.AF_UNIX)
        self.addCleanup(stranger.close)
        stranger.settimeout(TIMEOUT_S)
        stranger.connect(self.path)
        return stranger

    def greeting(self, stranger):
        """What QEMU says, of which some may be the chip's."""
        data = b""
        while len(data) < HELLO.size:
            data += stranger.recv(HELLO.size - len(data))
        return data

    def wait_hung_up(self, stranger):
        while stranger.recv(4096):
            pass

    def complaints(self):
        return [line for line in self.machine.output().splitlines() if " c0: " in line]

    def check_refused(self, *pieces):
        stranger = self.connect()
        try:
            for piece in pieces:
                stranger.sendall(piece)
            self.wait_hung_up(stranger)
        except ConnectionError:
            pass  # it hung up before it had read all
        stranger.close()
        self.end.wait_down()

    def test_it_greets(self):
        self.assertEqual(self.greeting(self.connect()), hello())

    def test_garbage_instead_of_a_greeting(self):
        chance = random.Random(1)
        for garbage in (b"GET / HTTP/1.1\r\n\r\n", bytes(4), b"\xff" * 100,
                        chance.randbytes(100_000), struct.pack("<I", 513),
                        struct.pack("<I4s", 4, b"groq"), hello()[:12] + bytes(40)):
            self.check_refused(garbage)
        [complaint] = self.complaints()
        self.assertIn("its link is down", complaint)

    def test_another_version(self):
        self.check_refused(hello(version=2))
        self.assertIn("the other QEMU is of another version", self.complaints()[0])

    def test_other_numbers(self):
        for numbers in ({"latency": 218}, {"spread": 4101}, {"lanes": 3}, {"seed": 2}):
            self.check_refused(hello(**numbers))
        self.assertIn("the other end has other options", self.complaints()[0])

    def test_garbage_after_the_greeting(self):
        chance = random.Random(2)
        for bytes_ in (1, 8, 64, 512):
            self.check_refused(hello(), struct.pack("<I", bytes_), chance.randbytes(bytes_))
        for length in (0, 513, 0xFFFFFFFF):
            self.check_refused(hello() + struct.pack("<I", length))

    def test_a_greeting_byte_by_byte(self):
        stranger = self.connect()
        for byte in hello():
            stranger.sendall(bytes([byte]))
        # Plugged now, it trains: more comes than the greeting.
        self.greeting(stranger)
        self.assertTrue(stranger.recv(1))
        stranger.close()
        self.end.wait_down()

    def test_whoever_says_nothing(self):
        """Costs nothing, and the next one is served after it."""
        for _ in range(3):
            stranger = self.connect()
            self.greeting(stranger)
            self.assertEqual(self.end.state, hw.GROQ_LINK_DOWN)
            stranger.close()
        self.assertEqual(self.greeting(self.connect()), hello())

    def test_whoever_takes_nothing(self):
        """Resets make the card send, and nobody reads: QEMU goes on."""
        stranger = self.connect()
        stranger.sendall(hello())
        for _ in range(300):
            self.card.write(hw.GROQ_CONTROL, hw.GROQ_CONTROL_RESET)
            self.card.wait_ready()
        stranger.close()
        self.end.wait_down()

    def test_two_cables_cannot_share_a_chardev(self):
        with self.assertRaises(Exception) as raised:
            self.machine.qmp.execute("object-add", qom_type="groq-cable", id="c1",
                                     a="card0:4", chardev="way")
        self.assertIn("way", str(raised.exception))

    def test_not_for_deterministic_cards(self):
        with self.assertRaises(MachineError) as raised:
            Machine(QEMU, [*server(self.path + "2"), *card.arguments(1, deterministic=True)])
        self.assertIn("which nothing makes repeat", str(raised.exception))
