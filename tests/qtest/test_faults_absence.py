# SPDX-License-Identifier: MIT
"""A card that was pulled out, or whose link went down: docs/driver-testing.md."""

import card
import command_queue as commands
import contract as hw
import long_program
from command_queue import DATA, CommandQueue
from faults import ALL_ONES, LINK_ACTIVE, FaultTest, Port

# PCI's own numbers, under the names of its specification.
SLOT_CONTROL, SLOT_STATUS = 0x18, 0x1A
PRESENCE_CHANGED, PRESENCE = 1 << 3, 1 << 6
LINK_CHANGED, LINK_CHANGED_ENABLE, HOT_PLUG_INTERRUPT = 1 << 8, 1 << 12, 1 << 5
CHANGED = PRESENCE_CHANGED | LINK_CHANGED


class Gone(FaultTest):
    """And behind a link that is down, which looks the same from above."""

    name = "gone"

    def leave(self):
        self.set(self.name, True)

    def come_back(self):
        self.set(self.name, False)

    def check_absent(self):
        for offset in (0, 4, 8, 0x80, 0x100, 0xFFC):
            for width in (1, 2, 4):
                self.assertEqual(self.card.config_read(offset, width),
                                 (1 << 8 * width) - 1)
        for bar, offset in ((0, hw.GROQ_STATUS), (0, hw.GROQ_QUEUE(3)),
                            (0, hw.GROQ_BAR_REGS_BYTES - 8), (2, 0),
                            (2, hw.GROQ_SRAM_BYTES - 8),
                            (2, hw.GROQ_BAR_SRAM_BYTES - 8), (4, 0), (4, 0x800),
                            (4, 0xFF8)):
            for width in (1, 2, 4, 8):
                self.assertEqual(self.card.read(offset, width, bar),
                                 (1 << 8 * width) - 1, (bar, offset))

    def test_reads_and_writes(self):
        self.card.sram_write(0, b"kept")
        self.leave()
        self.assertIs(self.get(self.name), True)
        self.check_absent()
        self.card.config_write(card.COMMAND, 0, 2)
        for bar in (0, 2, 4):
            self.card.write(0, 0, 8, bar)
            self.card.write(hw.GROQ_SCRATCH, 0, 4, bar)
        self.check_absent()
        self.come_back()
        self.assertIs(self.get(self.name), False)
        self.assertEqual(self.card.config_read(card.COMMAND, 2), 0,
                         "it comes back as after a reset")
        self.check_works()

    def test_memory(self):
        """What holds its power keeps its SRAM."""
        self.card.sram_write(640, b"here")
        self.leave()
        self.come_back()
        self.check_works()
        self.assertEqual(self.card.sram_read(640, 4),
                         b"here" if self.name == "link-down" else bytes(4))

    def test_counters(self):
        CommandQueue(self.card).execute(commands.copy_in(DATA, 0, 1000))
        self.leave()
        self.come_back()
        self.check_works()
        self.assertEqual(self.card.read(hw.GROQ_BYTES_IN, 8),
                         1000 if self.name == "link-down" else 0)

    def start_work(self):
        self.card.enable_interrupts()
        copies, program = CommandQueue(self.card, 1), CommandQueue(self.card, 2)
        copies.execute(commands.fill(0, 1 << 20, 0xC0FFEE00))
        # That of a check_works() before this may come as late as now.
        self.machine.wait_for(
            lambda: hw.GROQ_VECTOR_QUEUE(1) in self.card.interrupts(), "its interrupt")
        copies.submit(*(commands.copy_out(DATA, 0, 1 << 20) for _ in range(14)))
        program.submit(long_program.load_endless(self.card))
        return copies

    def test_during_work(self):
        """Nothing moves and nothing interrupts from the moment that it left."""
        for _ in range(10):
            queue = self.start_work()
            self.leave()
            self.machine.command(f"memset {DATA:#x} {1 << 20:#x} 0x11")
            self.card.interrupts()
            rings = self.machine.read_bytes(queue.cq, 512)
            self.machine.step_clock(1_000_000)
            self.check_absent()
            self.assertEqual(self.machine.read_bytes(DATA, 1 << 20),
                             b"\x11" * (1 << 20))
            self.assertEqual(self.machine.read_bytes(queue.cq, 512), rings)
            self.assertEqual(self.card.interrupts(), [])
            self.come_back()
            self.check_works()

    def test_with_nothing_to_befall(self):
        self.leave()
        for name, value in (("aer", "fatal"), ("ecc", "0:0"),
                            ("stray-dma", "read:0:1")):
            self.assertIn("gone", self.refused(name, value))
        self.set("hang", "chip")
        self.set("fatal", True)
        self.set("lost-interrupts", 3)
        self.come_back()
        self.check_works()
        self.assertEqual(self.get("lost-interrupts"), 3)

    def test_reset_of_the_machine(self):
        self.leave()
        self.machine.qmp.execute("system_reset")
        self.machine.qmp.wait_event("RESET", 60)
        self.card.open_path()
        self.assertEqual(self.card.config_read(0), ALL_ONES)
        self.come_back()
        self.check_works()

    def test_unplugged_for_good(self):
        self.leave()
        self.machine.qmp.execute("device_del", id="card0")

    def test_quit(self):
        self.start_work()
        self.leave()


class DeterministicGone(Gone):
    properties = {"deterministic": True}


class LinkDown(Gone):
    name = "link-down"
    # The root port's own hot-plug: without it there are no events.
    options = ("-global", "ICH9-LPC.acpi-pci-hotplug-with-bridge-support=off")

    def link_active(self, port):
        return bool(port.config_read(port.express + card.LINK_STATUS, 2)
                    & LINK_ACTIVE)

    def slot_status(self, port):
        return port.config_read(port.express + SLOT_STATUS, 2)

    def test_the_port_tells(self):
        for enabled in (PRESENCE_CHANGED, LINK_CHANGED_ENABLE):
            self.check_port(enabled)

    def check_port(self, enabled):
        port = Port(self.card)
        port.enable_interrupts()
        port.config_write(port.express + SLOT_CONTROL,
                          enabled | HOT_PLUG_INTERRUPT, 2)
        port.config_write(port.express + SLOT_STATUS, CHANGED, 2)
        port.interrupted()
        self.assertTrue(self.link_active(port))
        for down in (True, False, True, False):
            self.set("link-down", down)
            self.assertEqual(self.link_active(port), not down)
            status = self.slot_status(port)
            self.assertEqual(bool(status & PRESENCE), not down)
            self.assertEqual(status & CHANGED, CHANGED)
            self.assertTrue(port.interrupted())
            port.config_write(port.express + SLOT_STATUS, CHANGED, 2)
            self.assertFalse(self.slot_status(port) & CHANGED)

    def test_no_interrupt_that_was_not_asked_for(self):
        port = Port(self.card)
        port.enable_interrupts()
        self.set("link-down", True)
        self.assertFalse(port.interrupted())


class LinkDownWithoutHotPlug(FaultTest):
    def test_the_link_alone_tells(self):
        port = Port(self.card)
        self.assertTrue(port.config_read(port.express + card.LINK_STATUS, 2)
                        & LINK_ACTIVE)
        port.enable_interrupts()
        self.set("link-down", True)
        self.assertFalse(port.config_read(port.express + card.LINK_STATUS, 2)
                         & LINK_ACTIVE)
        self.assertFalse(port.interrupted())
        self.set("link-down", False)
        self.assertTrue(port.config_read(port.express + card.LINK_STATUS, 2)
                        & LINK_ACTIVE)
        self.check_works()
