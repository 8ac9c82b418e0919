# SPDX-License-Identifier: MIT
"""Two hosts, each with cards of its own, under mpirun: network namespaces with a cable
between them, by which MPI goes, and the cables of the simulated cards, too."""

import argparse
import contextlib
import os
import re
import shlex
import signal
import subprocess
import sys
import tempfile
import unittest
from pathlib import Path

SKIPPED = 77
HOSTS = ("node-a", "node-b")
NET = "10.213.77."  # of a veth pair that nobody else sees
FIRST_PORT = 7100
FIRST_SERIAL = 0xC0FFEE0
TIMEOUT_S = 600
OPTIONS = None  # of the command line

# mpirun's rsh: there is but one other host.
AGENT = """#!/bin/sh
shift
exec {there} sh -c "$*"
"""

RELAY = """
import selectors, socket, sys
door = socket.create_server((sys.argv[1], int(sys.argv[2])))
print("ready", flush=True)
near = door.accept()[0]
far = socket.create_connection((sys.argv[3], int(sys.argv[4])))
for end in (near, far):
    end.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
ways = selectors.DefaultSelector()
ways.register(near, selectors.EVENT_READ, far)
ways.register(far, selectors.EVENT_READ, near)
while True:
    for key, _ in ways.select():
        data = key.fileobj.recv(65536)
        if not data:
            sys.exit()
        key.data.sendall(data)
"""


def ip(*words):
    subprocess.run(["ip", *words], check=True, capture_output=True, text=True)


class Net:
    """The hosts, as namespaces; gone when it is closed."""

    def __init__(self):
        self.prefix = f"groq{os.getpid()}-"
        self.names = [self.prefix + host for host in HOSTS]
        self.stack = contextlib.ExitStack()
        try:
            self.make()
        except BaseException:
            self.stack.close()
            raise

    def make(self):
        for name in self.names:
            ip("netns", "add", name)
            self.stack.callback(subprocess.run, ["ip", "netns", "del", name], check=False)
        a, b = self.names
        ip("-n", a, "link", "add", "way", "type", "veth", "peer", "name", "way", "netns", b)
        for number, name in enumerate(self.names, 1):
            ip("-n", name, "address", "add", f"{NET}{number}/24", "dev", "way")
            for device in ("lo", "way"):
                ip("-n", name, "link", "set", device, "up")

    def on(self, number, *words):
        """The command that runs there."""
        begin = f'hostname {HOSTS[number]}; exec "$@"'
        return ["ip", "netns", "exec", self.names[number],
                "unshare", "--uts", "sh", "-c", begin, "-", *words]


class Hosts(unittest.TestCase):
    def setUp(self):
        try:
            self.net = Net()
        except (OSError, subprocess.CalledProcessError) as why:
            reason = getattr(why, "stderr", None) or why
            self.skipTest(f"network namespaces cannot be made here: {reason}".strip())
        self.addCleanup(self.net.stack.close)
        folder = tempfile.TemporaryDirectory(prefix="groq-")
        self.addCleanup(folder.cleanup)
        self.folder = Path(folder.name)
        self.agent = self.write("agent", AGENT.format(there=shlex.join(self.net.on(1))))
        os.chmod(self.agent, 0o700)

    def write(self, name, text):
        path = self.folder / name
        path.write_text(text)
        return str(path)

    def build(self, network, size):
        """Programs that add up; their folder."""
        folder = str(self.folder / "sum")
        subprocess.run([OPTIONS.collective, "-q", "-n", size, "-t", "i32", "-o", folder,
                        "all-reduce", network], check=True)
        return folder

    def start(self, folder, runs, *cards):
        """mpirun, with the URIs of the cards of each host."""
        words = ["mpirun", "--mca", "plm_rsh_agent", self.agent, "--mca", "btl", "tcp,self",
                 "--mca", "btl_tcp_if_include", "way", "--mca", "oob_tcp_if_include", "way"]
        for number, own in enumerate(cards, 1):
            words += [] if number == 1 else [":"]
            words += ["-np", "1", "--host", f"{NET}{number}", OPTIONS.hosts, folder, str(runs),
                      *own]
        root = {name: "1" for name in ("OMPI_ALLOW_RUN_AS_ROOT",
                                       "OMPI_ALLOW_RUN_AS_ROOT_CONFIRM")}
        run = subprocess.Popen(self.net.on(0, *words), stdout=subprocess.PIPE,
                               stderr=subprocess.PIPE, text=True, env=os.environ | root)
        self.addCleanup(run.communicate)
        self.addCleanup(run.kill)
        return run

    def results(self, output):
        """Of (rank, host, run) the cycles that it took."""
        found = re.findall(r"^rank (\d) on (\S+): run (\d+): 0 wrong, (\d+) cycles$", output,
                           re.MULTILINE)
        return {(int(rank), host, int(run)): int(cycles) for rank, host, run, cycles in found}

    def split(self, wires):
        """The topologies of two hosts, each with half of the cards, and how many it has."""
        half = int(re.search(r"^cards (\d+)$", wires, re.MULTILINE)[1]) // 2
        texts = [f"cards {half}\n"] * 2
        cables = re.findall(r"^cable (\d+):(\d+) (\d+):(\d+)$", wires, re.MULTILINE)
        for seed, (card, link, other, peer) in enumerate(cables, 1):
            ends = [(int(card), link), (int(other), peer)]
            (a, a_link), (b, b_link) = sorted(ends)
            if a // half == b // half:
                texts[a // half] += f"cable {a % half}:{a_link} {b % half}:{b_link} seed={seed}\n"
                continue
            port = FIRST_PORT + seed
            texts[0] += f"cable {a}:{a_link} tcp-listen:{NET}1:{port} seed={seed}\n"
            texts[1] += f"cable {b % half}:{b_link} tcp:{NET}1:{port} seed={seed}\n"
        return texts, half

    def test_all_reduce(self):
        """Cards of two hosts do what they would in one, in the same cycles."""
        folder = self.build("node8", "256K")
        wires = (Path(folder) / "topology").read_text()
        texts, half = self.split(wires)
        cards = []
        for number, text in enumerate(texts):
            file = self.write(f"host{number}", text)
            serial = f"{FIRST_SERIAL + number * half:x}"
            cards.append([f"sim:{card}?topology={file}&serial={serial}" for card in range(half)])
        out, err = self.start(folder, 2, *cards).communicate(timeout=TIMEOUT_S)
        split = self.results(out)
        self.assertEqual(sorted(split), [(rank, HOSTS[rank], run) for rank in range(2)
                                         for run in range(2)], out + err)
        uris = [f"sim:{card}?topology={folder}/topology&serial={FIRST_SERIAL:x}"
                for card in range(2 * half)]
        out, err = self.start(folder, 1, uris).communicate(timeout=TIMEOUT_S)
        together = self.results(out)
        self.assertEqual(list(together), [(0, HOSTS[0], 0)], out + err)
        self.assertEqual(set(split.values()), set(together.values()))

    def test_swapped(self):
        """The cables that lead astray are named, with who has them, to all."""
        wires = "cards 2\ncable 0:0 1:0\ncable 0:1 1:1\n"
        folder = self.build(self.write("wires", wires), "1K")
        texts, _ = self.split(wires.replace("1:0\n", "1:9\n").replace("1:1\n", "1:0\n")
                              .replace("1:9\n", "1:1\n"))
        files = [self.write(f"host{number}", text) for number, text in enumerate(texts)]
        _, err = self.start(folder, 1, [f"sim:?topology={files[0]}"],
                            [f"sim:?topology={files[1]}&serial={FIRST_SERIAL:x}"]
                            ).communicate(timeout=TIMEOUT_S)
        self.assertEqual(err.count("hosts: sim:0 of rank 0 on node-a link 0 should lead to sim:0 "
                                   "of rank 1 on node-b link 0, but leads to sim:0 of rank 1 on "
                                   "node-b link 1: swap the plugs in"), 2, err)

    def killed_rank(self, number):
        """The process of the example on that host."""
        inside = subprocess.run(["ip", "netns", "pids", self.net.names[number]], check=True,
                                capture_output=True, text=True).stdout.split()
        own = [int(pid) for pid in inside if os.path.samefile(f"/proc/{pid}/exe", OPTIONS.hosts)]
        os.kill(*own, signal.SIGKILL)

    def test_killed(self):
        """A process that dies takes the job with it, and nobody hangs."""
        folder = self.build("line2", "64K")
        a = self.write("a", f"cards 1\ncable 0:0 tcp-listen:{NET}1:{FIRST_PORT}\n")
        b = self.write("b", f"cards 1\ncable 0:1 tcp:{NET}1:{FIRST_PORT}\n")
        run = self.start(folder, 1_000_000, [f"sim:?topology={a}"],
                         [f"sim:?topology={b}&serial={FIRST_SERIAL:x}"])
        for line in run.stdout:
            if ": run 3: 0 wrong" in line:
                break
        self.killed_rank(1)
        run.communicate(timeout=TIMEOUT_S)
        self.assertNotEqual(run.returncode, 0)

    def start_relay(self, *ends):
        """What the cable goes through, so that it can be pulled."""
        relay = subprocess.Popen(self.net.on(0, sys.executable, "-c", RELAY, *map(str, ends)),
                                 stdout=subprocess.PIPE, text=True)
        self.addCleanup(relay.communicate)
        self.addCleanup(relay.kill)
        self.assertEqual(relay.stdout.readline(), "ready\n")
        return relay

    def test_cable(self):
        """It is pulled while programs use it: all are told of the same one, and end."""
        folder = self.build("line2", "64K")
        relay = self.start_relay(f"{NET}1", FIRST_PORT + 1, "127.0.0.1", FIRST_PORT)
        a = self.write("a", f"cards 1\ncable 0:0 tcp-listen:127.0.0.1:{FIRST_PORT}\n")
        b = self.write("b", f"cards 1\ncable 0:1 tcp:{NET}1:{FIRST_PORT + 1}\n")
        run = self.start(folder, 1_000_000, [f"sim:?topology={a}"],
                         [f"sim:?topology={b}&serial={FIRST_SERIAL:x}"])
        for line in run.stdout:
            if ": run 3: 0 wrong" in line:
                break
        relay.kill()
        _, err = run.communicate(timeout=TIMEOUT_S)
        self.assertNotEqual(run.returncode, 0)
        told = [line for line in err.splitlines() if line.startswith("hosts: ")]
        self.assertEqual(len(told), 2, err)
        self.assertEqual(told[0], told[1])
        self.assertRegex(told[0], r"chip \d \(sim:0 of rank \d on node-[ab]\): LINK_DOWN")
        self.assertRegex(told[0], r"at the other end of link [01] is chip \d \(sim:0 of rank")


def main():
    global OPTIONS
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--hosts", required=True, help="the example")
    parser.add_argument("--collective", required=True, help="groq-collective")
    OPTIONS, rest = parser.parse_known_args()
    ended = unittest.main(argv=[sys.argv[0], *rest], exit=False).result
    if ended.skipped and ended.wasSuccessful():
        print(ended.skipped[0][1])
        sys.exit(SKIPPED)
    sys.exit(not ended.wasSuccessful())


if __name__ == "__main__":
    main()
