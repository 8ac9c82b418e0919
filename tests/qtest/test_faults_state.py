# SPDX-License-Identifier: MIT
"""Faults on demand across a migration, among each other, and among nonsense."""

import os
import random

import card
import command_queue as commands
import contract as hw
from command_queue import DATA, CommandQueue
from faults import ALL_ONES, LINK_ACTIVE, FaultTest, Port
from test_faults_bus import MALFORMED, POISONED
from test_migration import Migration, load, save
from vm.qmp import QmpError

SEED = os.environ.get("GROQ_FUZZ_SEED", "1")

# What to set at random: most values mean something.
VALUES = {
    "hang": ("none", "none", "command", "chip", "reset", "forever", "deep"),
    "bad-completion": ("none", "cookie", "queue", "head", "status", ""),
    "fatal": (True, False, False),
    "firmware-crash": (True, False),
    "temperature": ("auto", 20_000, 95_000, 105_000, -40_000, 10 ** 9, "hot"),
    "ecc": ("0:0", "0:0:1", "320:136", "65536:7:8", "1:1", "none"),
    "lost-interrupts": (0, 1, 5, -1),
    "dma-errors": (0, 0, 1, 3, 2 ** 32),
    "dma-errors-after": (0, 1, 7),
    "aer": ("correctable", "nonfatal", "fatal", "all"),
    "gone": (True, False, False),
    "link-down": (True, False, False),
    "stray-dma": (f"read:{DATA}:4096", f"write:{DATA}:64", "write:0xfee00000:4",
                  f"read:{2 ** 64 - 4}:4", "write:0:0"),
}


class FaultsMigrate(FaultTest, Migration):
    """Only these of its tests: those of Migration run by themselves."""

    def values(self):
        return {name: self.get(name) for name in (*VALUES, "stray-dma-result")}

    def check_moves(self):
        before = self.values()
        self.move()
        self.assertEqual(self.values(), before)

    def test_all_at_once(self):
        self.set("dma-errors-after", 5)
        self.set("dma-errors", 6)
        self.set("lost-interrupts", 7)
        self.set("bad-completion", "head")
        self.set("temperature", 91_000)
        self.set("firmware-crash", True)
        self.set("fatal", True)
        self.set("hang", "forever")
        self.set("stray-dma", f"read:{DATA}:1")
        self.check_moves()
        self.assertEqual(self.card.read(hw.GROQ_STATUS), hw.GROQ_STATUS_FATAL)

    def test_none(self):
        self.check_moves()
        self.check_works()

    def test_to_a_card_that_has_some(self):
        """They are the card's that came, not those of the card before it."""
        before = self.values()
        save(self.machine, self.path)
        self.machine = self.start("-incoming", "defer")
        self.set("gone", True)
        self.set("lost-interrupts", 9)
        self.set("hang", "chip")
        load(self.machine, self.path)
        self.card = card.Card(self.machine, enumerate_bus=False)
        self.assertEqual(self.values(), before)
        self.check_works()

    def test_hung_work(self):
        queue = CommandQueue(self.card)
        self.set("hang", "command")
        queue.submit(commands.copy_in(DATA, 0, 64, cookie=3), commands.nop(cookie=4))
        self.machine.wait_for(lambda: queue.status() & hw.GROQ_QUEUE_ACTIVE, "work")
        self.check_moves()
        self.adopt(queue)
        self.assertTrue(queue.status() & hw.GROQ_QUEUE_ACTIVE)
        self.assertIsNone(queue.poll())
        self.set("hang", "none")
        self.assertEqual([queue.wait().cookie, queue.wait().cookie], [3, 4])

    def test_reset_that_does_not_end(self):
        self.set("hang", "reset")
        self.card.write(hw.GROQ_CONTROL, hw.GROQ_CONTROL_RESET)
        self.check_moves()
        self.assertTrue(self.card.read(hw.GROQ_STATUS) & hw.GROQ_STATUS_RESETTING)
        self.card.flr()
        self.check_works()

    def test_absence(self):
        for name in ("gone", "link-down"):
            self.card.sram_write(0, b"under it")
            self.set(name, True)
            self.check_moves()
            port = Port(self.card)
            active = port.config_read(port.express + card.LINK_STATUS, 2) & LINK_ACTIVE
            self.assertEqual(bool(active), name == "gone")
            self.assertEqual(self.card.config_read(0), ALL_ONES)
            for bar in (0, 2, 4):
                self.assertEqual(self.card.read(0, 4, bar), ALL_ONES)
            self.set(name, False)
            self.check_works()
            self.check_moves()
            self.check_works()

    def test_logged_errors(self):
        aer = self.card.extended_capability(card.EXTENDED_AER)
        control = self.card.capability(card.CAP_EXPRESS) + card.DEVICE_CONTROL
        self.card.config_write(control, 7, 2)
        port = Port(self.card)
        port.config_write(port.express + card.DEVICE_CONTROL, 7, 2)
        port.config_write(0x3E, 2, 2)
        for name in ("correctable", "nonfatal", "fatal"):
            self.set("aer", name)
        before = self.card.machine.read_bytes(self.card.config + aer, 0x48)
        of_port = self.card.machine.read_bytes(port.config + port.aer, 0x38)
        self.assertNotEqual(of_port[48:56], bytes(8), "the port knows of them")
        self.check_moves()
        self.assertEqual(self.machine.read_bytes(self.card.config + aer, 0x48), before)
        self.assertEqual(self.machine.read_bytes(port.config + port.aer, 0x38), of_port)
        self.assertEqual(self.card.config_read(aer + 4), POISONED | MALFORMED)

    def test_power_loss_forgets_errors(self):
        aer = self.card.extended_capability(card.EXTENDED_AER)
        for name in ("correctable", "nonfatal", "fatal"):
            self.set("aer", name)
        self.set("gone", True)
        self.set("gone", False)
        self.assertEqual(self.machine.read_bytes(self.card.config + aer + 0x1C, 16),
                         bytes(16))
        self.assertEqual((self.card.config_read(aer + 4),
                          self.card.config_read(aer + 16)), (0, 0))


for name in [n for n in dir(Migration) if n.startswith("test_")]:
    setattr(FaultsMigrate, name, None)


class DeterministicFaultsMigrate(FaultsMigrate):
    properties = {"deterministic": True}


class FaultFuzz(FaultTest):
    """Any fault at any time beside work and resets; then all are mended."""

    def mend(self):
        for name, value in (("temperature", "auto"), ("gone", False),
                            ("link-down", False), ("hang", "none"),
                            ("fatal", False), ("firmware-crash", False),
                            ("bad-completion", "none"), ("dma-errors", 0),
                            ("dma-errors-after", 0), ("lost-interrupts", 0)):
            self.set(name, value)
        self.set("gone", True)
        self.set("gone", False)

    def submit_something(self, chance):
        queue = CommandQueue(self.card, chance.randrange(8))
        queue.submit(*(chance.choice((
            commands.nop(), commands.copy_in(DATA, 0, 1 << chance.randrange(18)),
            commands.copy_out(DATA, 0, 4096), commands.fill(0, 4096, 1),
            commands.run(0, 1, 500))) for _ in range(5)))

    def reset_something(self, chance):
        match chance.randrange(4):
            case 0:
                self.card.write(hw.GROQ_CONTROL, hw.GROQ_CONTROL_RESET)
            case 1:
                self.card.config_write(0x88, 1 << 15, 2)  # FLR: capability at 0x80
                self.card.place_bars()
            case 2:
                self.machine.qmp.execute("stop")
                self.machine.qmp.execute("cont")
            case 3:
                for queue in range(8):
                    self.card.write(hw.GROQ_QUEUE(queue) + hw.GROQ_QUEUE_ABORT, 1)

    def test_anything(self):
        chance = random.Random(self.id() + SEED)
        for _ in range(40):
            for _ in range(20):
                match chance.randrange(3):
                    case 0:
                        name = chance.choice(list(VALUES))
                        try:
                            self.set(name, chance.choice(VALUES[name]))
                        except QmpError:
                            pass  # it had to be refused, and was
                    case 1:
                        self.submit_something(chance)
                    case 2:
                        self.reset_something(chance)
                self.machine.step_clock(1 + chance.randrange(100_000))
            self.mend()
            self.check_works()


class DeterministicFaultFuzz(FaultFuzz):
    properties = {"deterministic": True}


class FaultFuzzBehindIommu(FaultFuzz):
    options = ("-device", "intel-iommu")


class Properties(FaultTest):
    def test_every_one_is_described(self):
        found = {p["name"]: p for p in self.machine.qmp.execute(
            "device-list-properties", typename="groq-lpu")}
        for name in (*VALUES, "stray-dma-result"):
            self.assertTrue(found[name].get("description"), name)

    def test_not_before_there_is_a_card(self):
        with self.assertRaises(QmpError) as caught:
            self.machine.qmp.execute("device_add", driver="groq-lpu", id="card1",
                                     bus="port1", hang="chip")
        self.assertIn("qom-set", str(caught.exception))

    count = 1
    options = ("-device", "pcie-root-port,id=port1,chassis=9,addr=0x1d")

    def test_by_hand(self):
        """On the human monitor too."""
        def monitor(line):
            return self.machine.qmp.execute("human-monitor-command",
                                            command_line=line).strip()
        for name, value, shown in (("hang", "chip", '"chip"'),
                                   ("temperature", "45000", "45000"),
                                   ("temperature", "auto", '"auto"'),
                                   ("dma-errors", "3", "3"),
                                   ("fatal", "on", "true")):
            self.assertEqual(monitor(f"qom-set card0 {name} {value}"), "")
            self.assertEqual(monitor(f"qom-get card0 {name}"), shown)
        self.assertIn("hang must be", monitor("qom-set card0 hang deep"))
        self.assertIn("temperature must be", monitor("qom-set card0 temperature x"))
