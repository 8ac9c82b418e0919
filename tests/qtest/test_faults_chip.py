# SPDX-License-Identifier: MIT
"""A chip that fails on demand: docs/driver-testing.md."""

from pathlib import Path

import command_queue as commands
import contract as hw
import long_program
from command_queue import DATA, CommandQueue
from faults import ALL_ONES, FaultTest

ACTIVE = hw.GROQ_QUEUE_ACTIVE
HANGS = ("command", "chip", "reset", "forever")


class Hang(FaultTest):
    def hung_queues(self):
        """Two queues with a command in work each: a copy and a program."""
        queues = [CommandQueue(self.card, 1), CommandQueue(self.card, 2)]
        queues[0].submit(commands.copy_out(DATA, 0, 1 << 20))
        queues[1].submit(long_program.load(self.card, 10))
        for queue in queues:
            self.wait_active(queue, True)
        return queues

    def wait_active(self, queue, active):
        self.machine.wait_for(lambda: bool(queue.status() & ACTIVE) == active,
                              f"ACTIVE to be {active}")

    def pass_time(self):
        self.machine.step_clock(2_000_000)

    def check_stays(self, *queues):
        self.pass_time()
        for queue in queues:
            self.assertTrue(queue.status() & ACTIVE)
            self.assertIsNone(queue.poll())

    def test_values(self):
        self.assertEqual(self.get("hang"), "none")
        for value in (*HANGS, "none"):
            self.set("hang", value)
            self.assertEqual(self.get("hang"), value)
        self.assertIn("none, command, chip, reset or forever",
                      self.refused("hang", "deep"))
        self.check_works()

    def test_goes_on(self):
        for depth in HANGS:
            self.set("hang", depth)
            queues = self.hung_queues()
            self.check_stays(*queues)
            self.set("hang", "none")
            self.assertEqual(queues[0].wait().result, 1 << 20)
            self.assertEqual(queues[1].wait().result, long_program.cycles(10))
            for queue in queues:
                queue.disable()

    def test_command_obeys_abort_and_disabling(self):
        self.set("hang", "command")
        aborted, disabled = self.hung_queues()
        aborted.set_register(hw.GROQ_QUEUE_ABORT, hw.GROQ_QUEUE_ABORT_MATCH)
        self.assertEqual(aborted.wait().status, hw.GROQ_COMPLETION_ABORTED)
        disabled.disable()
        self.wait_active(disabled, False)
        self.assertEqual(self.get("hang"), "command")
        aborted.submit(commands.nop())
        self.wait_active(aborted, True)
        self.check_stays(aborted)

    def test_chip_obeys_a_reset_alone(self):
        self.set("hang", "chip")
        aborted, disabled = self.hung_queues()
        aborted.set_register(hw.GROQ_QUEUE_ABORT, hw.GROQ_QUEUE_ABORT_ANY)
        disabled.disable()
        self.check_stays(aborted, disabled)
        self.card.write(hw.GROQ_CONTROL, hw.GROQ_CONTROL_RESET)
        self.assertEqual(self.get("hang"), "none")
        self.card.wait_ready()
        self.assertEqual(aborted.status() | disabled.status(), 0)
        self.check_works()

    def check_stays_resetting(self):
        self.pass_time()
        self.assertEqual(self.card.read(hw.GROQ_STATUS)
                         & (hw.GROQ_STATUS_READY | hw.GROQ_STATUS_RESETTING),
                         hw.GROQ_STATUS_RESETTING)

    def test_reset_obeys_function_level_reset_alone(self):
        for work in (True, False):
            self.set("hang", "reset")
            if work:
                self.hung_queues()
            self.card.write(hw.GROQ_CONTROL, hw.GROQ_CONTROL_RESET)
            self.check_stays_resetting()
            self.card.flr()
            self.assertEqual(self.get("hang"), "none")
            self.check_works()

    def test_forever_obeys_nobody(self):
        self.set("hang", "forever")
        self.hung_queues()
        self.card.write(hw.GROQ_CONTROL, hw.GROQ_CONTROL_RESET)
        self.check_stays_resetting()
        self.card.start_flr()
        self.card.place_bars()
        self.check_stays_resetting()
        self.machine.qmp.execute("system_reset")
        self.machine.qmp.wait_event("RESET", 60)
        self.card.open_path()
        self.card.place_bars()
        self.check_stays_resetting()
        self.set("hang", "none")
        self.check_works()

    def test_power_mends(self):
        self.set("hang", "forever")
        self.hung_queues()
        self.set("gone", True)
        self.assertEqual(self.get("hang"), "forever")
        self.set("gone", False)
        self.assertEqual(self.get("hang"), "none")
        self.check_works()

    def test_in_the_midst_of_work(self):
        queues = [CommandQueue(self.card, 1), CommandQueue(self.card, 2)]
        queues[0].submit(*(commands.copy_out(DATA, 0, 4 << 20)
                           for _ in range(15)))
        queues[1].submit(long_program.load(self.card, 4000, hw.GROQ_VXM_ALUS))
        self.card.wait_status(hw.GROQ_STATUS_RUNNING, hw.GROQ_STATUS_RUNNING)
        for _ in range(20):
            self.set("hang", "chip")
            self.set("hang", "none")
        for _ in range(15):
            self.assertEqual(queues[0].wait().status, hw.GROQ_COMPLETION_OK)
        self.assertEqual(queues[1].wait().result, long_program.cycles(4000))

    def test_quitting_and_stopping(self):
        self.set("hang", "forever")
        self.hung_queues()
        self.card.write(hw.GROQ_CONTROL, hw.GROQ_CONTROL_RESET)
        self.machine.qmp.execute("stop")
        self.machine.qmp.execute("cont")
        self.check_stays_resetting()


class DeterministicHang(Hang):
    properties = {"deterministic": True}


class Chip(FaultTest):
    options = ("-name", "debug-threads=on")

    def test_sleeps_while_it_hangs(self):
        """No thread spins."""
        self.set("hang", "forever")
        queue = CommandQueue(self.card)
        queue.submit(commands.fill(0, 1 << 20, 1))
        self.machine.wait_for(lambda: queue.status() & ACTIVE, "ACTIVE")
        self.card.write(hw.GROQ_CONTROL, hw.GROQ_CONTROL_RESET)
        pid = self.machine.process.pid
        engines = [task / "stat" for task in Path(f"/proc/{pid}/task").iterdir()
                   if (task / "comm").read_text().startswith("groq-")]
        self.assertEqual(len(engines), 2)

        def all_sleep():
            return {stat.read_text().rsplit(") ", 1)[1][0]
                    for stat in engines} == {"S"}

        self.machine.wait_for(all_sleep, "threads to fall asleep")
        for _ in range(100):
            self.card.read(hw.GROQ_STATUS)
            self.assertTrue(all_sleep())

    def test_bad_completions(self):
        self.assertEqual(self.get("bad-completion"), "none")
        queue = CommandQueue(self.card, 3)
        for wrong in ("cookie", "queue", "head", "status"):
            self.set("bad-completion", wrong)
            self.assertEqual(self.get("bad-completion"), wrong)
            [completion] = queue.execute(commands.nop(cookie=9))
            right = {"cookie": completion.cookie == 9,
                     "queue": completion.queue == 3,
                     "head": completion.sq_head == queue.tail,
                     "status": completion.status <= hw.GROQ_COMPLETION_ABORTED}
            self.assertEqual([w for w in right if not right[w]], [wrong])
            self.assertEqual(self.get("bad-completion"), "none")
            [completion] = queue.execute(commands.nop(cookie=10))
            self.assertEqual((completion.cookie, completion.status,
                              completion.queue), (10, 0, 3))
        self.assertIn("none, cookie, queue, head or status",
                      self.refused("bad-completion", "time"))

    def test_fatal(self):
        self.card.enable_interrupts()
        self.card.write(hw.GROQ_INTR_ENABLE, hw.GROQ_INTR_ALL)
        self.set("fatal", True)
        self.card.wait_interrupts(hw.GROQ_VECTOR_DEVICE)
        self.assertEqual(self.card.read(hw.GROQ_INTR_STATUS), hw.GROQ_INTR_FATAL)
        self.assertEqual(self.card.read(hw.GROQ_STATUS),
                         hw.GROQ_STATUS_FATAL | hw.GROQ_STATUS_CONTROLLER)
        queue = CommandQueue(self.card)
        queue.submit(commands.nop())
        self.machine.step_clock(1_000_000)
        self.assertIsNone(queue.poll())
        self.card.write(hw.GROQ_CONTROL, hw.GROQ_CONTROL_RESET)
        self.card.wait_ready()
        self.assertIs(self.get("fatal"), False)
        self.check_works()

    def telemetry(self, offset):
        return self.card.read(offset)

    def test_temperature(self):
        self.card.enable_interrupts()
        self.card.write(hw.GROQ_INTR_ENABLE, hw.GROQ_INTR_ALARM)
        self.assertEqual(self.get("temperature"), "auto")
        usual = self.telemetry(hw.GROQ_TELEMETRY_CHIP_MC)
        self.set("temperature", -5000)
        self.assertEqual(self.get("temperature"), -5000)
        self.assertEqual(self.telemetry(hw.GROQ_TELEMETRY_CHIP_MC),
                         2 ** 32 - 5000)
        self.assertEqual(self.card.interrupts(), [])
        self.set("temperature", "90000")
        self.card.wait_interrupts(hw.GROQ_VECTOR_DEVICE)
        self.assertEqual(self.card.read(hw.GROQ_INTR_STATUS), hw.GROQ_INTR_ALARM)
        self.assertEqual(self.telemetry(hw.GROQ_TELEMETRY_THROTTLE),
                         hw.GROQ_THROTTLE_THERMAL)
        self.assertEqual(self.telemetry(hw.GROQ_TELEMETRY_CLOCK_KHZ), 450_000)
        self.set("temperature", "auto")
        self.assertEqual(self.telemetry(hw.GROQ_TELEMETRY_CHIP_MC), usual)
        self.assertEqual(self.telemetry(hw.GROQ_TELEMETRY_THROTTLE), 0)
        for bad in ("warm", 200_001, "-200001", True, None):
            self.assertIn("auto, or -200000 to 200000 milli-degree",
                          self.refused("temperature", bad))

    def test_too_hot(self):
        """Power is cut and stays so when it has cooled down."""
        queue = CommandQueue(self.card)
        queue.submit(long_program.load_endless(self.card))
        self.card.sram_write(4096, b"lost with the power")
        self.set("temperature", 104_999)
        self.assertIs(self.get("gone"), False)
        self.set("temperature", 105_000)
        self.assertIs(self.get("gone"), True)
        self.assertEqual(self.card.config_read(0), ALL_ONES)
        self.assertIn("too hot", self.refused("gone", False))
        self.set("temperature", "auto")
        self.assertIs(self.get("gone"), True)
        self.set("gone", False)
        self.check_works()
        self.assertEqual(self.card.sram_read(4096, 19), bytes(19))

    def test_firmware_crash(self):
        self.set("firmware-crash", True)
        before = self.telemetry(hw.GROQ_TELEMETRY_HEARTBEAT)
        self.machine.step_clock(3_000_000_000)
        self.assertEqual(self.telemetry(hw.GROQ_TELEMETRY_HEARTBEAT), before)
        self.assertEqual(self.card.read(hw.GROQ_STATUS), hw.GROQ_STATUS_READY)
        self.card.write(hw.GROQ_MAILBOX_DOORBELL, 1)
        self.assertEqual(self.card.read(hw.GROQ_MAILBOX_STATUS),
                         hw.GROQ_MAILBOX_BUSY)
        self.card.flr()
        self.assertIs(self.get("firmware-crash"), True)
        self.set("firmware-crash", False)
        self.assertGreater(self.telemetry(hw.GROQ_TELEMETRY_HEARTBEAT), before)
        self.check_works()

    def test_ecc(self):
        queue = CommandQueue(self.card)
        self.card.write(hw.GROQ_ECC_INJECT_ADDRESS, 0x1234)
        self.card.write(hw.GROQ_ECC_INJECT_BITS, 0x5678)
        self.set("ecc", "0x140:5")
        self.set("ecc", "640:0:136")
        self.assertEqual(self.get("ecc"), "none")
        self.assertEqual(self.card.read(hw.GROQ_ECC_INJECT_ADDRESS), 0x1234)
        self.assertEqual(self.card.read(hw.GROQ_ECC_INJECT_BITS), 0x5678)
        one, two = queue.execute(commands.copy_out(DATA, 320, 16),
                                 commands.copy_out(DATA, 640, 16))
        self.assertEqual(one.status, hw.GROQ_COMPLETION_OK)
        self.assertEqual(two.status, hw.GROQ_COMPLETION_FAULT)
        self.assertEqual(queue.fault(1).cause, hw.GROQ_FAULT_ECC)
        self.assertEqual(self.card.read(hw.GROQ_ECC_CORRECTED, 8), 1)
        self.assertEqual(self.card.read(hw.GROQ_ECC_UNCORRECTED, 8), 1)
        for bad in ("", "16", "8:1", "16:137", "16:1:200", "16:1:2:3", "x:1",
                    f"{hw.GROQ_SRAM_BYTES}:1", "-16:1", f"{2 ** 64 + 16}:1"):
            self.assertIn("ADDRESS:BIT", self.refused("ecc", bad))
