# SPDX-License-Identifier: MIT
"""Cables between cards of one machine: they come and go, and so do the cards."""

import random
import tempfile

import card
import command_queue as commands
import contract as hw
import test_unplug
from case import QEMU, CardTest
from command_queue import CommandQueue
from links import Link, Pair, cable, received, serial, wait_up
from machine import TIMEOUT_S, Machine, MachineError
from test_migration import load, save
from vm.qmp import QmpError


class CableTest(CardTest):
    count = 2
    properties = {"serial": serial}

    def link(self, number, link):
        return Link(self.cards[number], link)

    def pull(self, name="c0"):
        self.machine.qmp.execute("object-del", id=name)

    def plug(self, name="c0", **options):
        self.machine.qmp.execute("object-add", qom_type="groq-cable", id=name, **options)

    def refused(self, **options):
        """What QEMU says to such a cable."""
        with self.assertRaises(QmpError) as raised:
            self.plug(name="refused", **options)
        return str(raised.exception)


class Cables(CableTest):
    options = cable("c0", "card0:2", "card1:5")

    def setUp(self):
        super().setUp()
        self.ends = [self.link(0, 2), self.link(1, 5)]
        wait_up(*self.ends)

    def data(self, seed=1):
        return random.Random(seed).randbytes(hw.GROQ_VECTOR_BYTES)

    def check_that_it_carries(self, seed=1):
        """In both directions."""
        for sender, receiver in (self.ends, self.ends[::-1]):
            completions = Pair(sender, receiver).run(self.data(seed))
            self.assertEqual([completion.status for completion in completions],
                             [hw.GROQ_COMPLETION_OK] * 2)
            self.assertEqual(received(receiver), self.data(seed))

    def test_ends_know_each_other(self):
        self.assertEqual([end.peer for end in self.ends], [(serial(1), 5), (serial(0), 2)])
        for end in self.ends:
            self.assertEqual(end.state, hw.GROQ_LINK_UP)
            self.assertEqual(end.read(hw.GROQ_LINK_ACTIVE_LANES), hw.GROQ_LINK_LANES)
            self.assertEqual(end.counter(hw.GROQ_LINK_DOWNS), 0)
            self.assertTrue(end.card.read(hw.GROQ_LINKS_CHANGED) >> end.number & 1)

    def test_other_links_are_down(self):
        for n in range(2):
            for number in range(11):
                other = self.link(n, number)
                if number != self.ends[n].number:
                    self.assertEqual(other.state, hw.GROQ_LINK_DOWN)
                    self.assertEqual(other.peer, (0, 0))

    def test_a_change_is_an_interrupt(self):
        other = self.ends[1].card
        other.write(hw.GROQ_LINKS_CHANGED, 0xFFFF)
        other.write(hw.GROQ_INTR_STATUS, 0xFFFFFFFF)
        other.write(hw.GROQ_INTR_ENABLE, hw.GROQ_INTR_LINK)
        other.enable_interrupts()
        self.pull()
        other.wait_interrupts(hw.GROQ_VECTOR_DEVICE)
        self.assertEqual(other.read(hw.GROQ_LINKS_CHANGED), 1 << 5)

    def test_vectors_go_both_ways(self):
        self.check_that_it_carries()
        for end in self.ends:
            self.assertEqual(end.counter(hw.GROQ_LINK_SENT), 2)  # with the notification
            self.assertEqual(end.counter(hw.GROQ_LINK_RECEIVED), 2)

    def test_cycles_do_not_depend_on_the_host(self):
        """Whoever begins waits for the other one in cycle 0."""
        pair = Pair(*self.ends)
        pair.start_receiver()
        pair.start_sender(self.data())
        first = [completion.result for completion in pair.wait()]
        pair.start_sender(self.data())
        self.machine.step_clock(1_000_000)
        self.assertIsNone(pair.queues[0].poll())
        pair.start_receiver()
        second = [completion.result for completion in pair.wait()]
        self.assertEqual(first[0], second[0])

    def test_pulled_and_plugged(self):
        for times in range(1, 4):
            self.pull()
            for end in self.ends:
                end.wait_down()
                self.assertEqual(end.peer, (0, 0))
                self.assertEqual(end.read(hw.GROQ_LINK_ACTIVE_LANES), 0)
                self.assertEqual(end.counter(hw.GROQ_LINK_DOWNS), times)
            self.plug(a="card0:2", b="card1:5")
            wait_up(*self.ends)
        self.check_that_it_carries()

    def test_plugged_elsewhere(self):
        self.pull()
        self.plug(a="card1:5", b="card0:0")
        wait_up(self.link(0, 0), self.ends[1])
        self.assertEqual(self.ends[1].peer, (serial(0), 0))
        self.ends[0].wait_down()

    def test_pulled_under_a_program(self):
        pair = Pair(*self.ends)
        pair.start_receiver()
        self.pull()
        completion = pair.queues[1].wait()
        self.assertEqual(completion.status, hw.GROQ_COMPLETION_FAULT)
        self.assertEqual(pair.queues[1].fault(0).cause, hw.GROQ_FAULT_LINK_DOWN)

    def test_reset_shows_at_the_other_end(self):
        """And the link comes back by itself."""
        for times, reset in enumerate((self.ends[0].card.flr, self.reset_chip), 1):
            reset()
            self.ends[1].wait_downs(times)
            wait_up(*self.ends)
            self.assertEqual(self.ends[1].peer, (serial(0), 2))
        self.check_that_it_carries()

    def reset_chip(self):
        self.ends[0].card.write(hw.GROQ_CONTROL, hw.GROQ_CONTROL_RESET)
        self.ends[0].card.wait_ready()

    def test_reset_of_the_machine(self):
        self.machine.qmp.execute("system_reset")
        self.machine.qmp.wait_event("RESET", TIMEOUT_S)
        for device in self.cards:
            device.open_path()
            device.place_bars()
            device.wait_ready()
        wait_up(*self.ends)
        self.check_that_it_carries()

    def test_without_power(self):
        """A card that is gone keeps its neighbours waiting."""
        self.machine.qmp.execute("qom-set", path="card0", property="gone", value=True)
        self.ends[1].wait_down()
        self.machine.qmp.execute("qom-set", path="card0", property="gone", value=False)
        self.cards[0].place_bars()
        self.cards[0].wait_ready()
        wait_up(*self.ends)
        self.assertEqual(self.ends[0].counter(hw.GROQ_LINK_DOWNS), 0)
        self.check_that_it_carries()

    def test_disabled(self):
        self.ends[0].write(hw.GROQ_LINK_CONTROL, 0)
        for end in self.ends:
            end.wait_down()
        self.ends[0].write(hw.GROQ_LINK_CONTROL, hw.GROQ_LINK_ENABLE)
        wait_up(*self.ends)

    def test_self_test(self):
        self.ends[0].write(hw.GROQ_LINK_PRBS, 30)
        self.machine.wait_for(
            lambda: self.ends[0].read(hw.GROQ_LINK_TEST_STATUS) == hw.GROQ_LINK_TEST_DONE,
            "the self-test")
        self.assertEqual(self.ends[0].read(hw.GROQ_LINK_PRBS_ERRORS, 8), 0)


class DeterministicCables(Cables):
    """With engines on the guest's clock."""

    properties = {"serial": serial, "deterministic": True}

    def test_only_with_its_like(self):
        with self.assertRaises(MachineError) as raised:
            Machine(QEMU, [*cable("c0", "card0:0", "card1:0"),
                           *card.arguments(2, deterministic=lambda n: n == 0)])
        self.assertIn("ties a card that is deterministic to one that is not",
                      str(raised.exception))


class CableOptions(CableTest):
    """What goes with what."""

    options = cable("c0", "card0:2", "card1:5")

    def test_a_link_takes_one_cable(self):
        self.assertIn("link 2 of card0 has a cable already: c0",
                      self.refused(a="card1:0", b="card0:2"))
        self.assertIn("link 2 of card0 has a cable already: c0",
                      self.refused(a="card0:2", b="later:0"))

    def test_wrong_options_are_refused(self):
        ends = {"a": "card0:0", "b": "card1:0"}
        for words, said in (
                ({"a": "card0:0"}, "either b, DEVICE:LINK, or chardev"),
                ({**ends, "chardev": "x"}, "either b, DEVICE:LINK, or chardev"),
                ({"a": "card0", "b": "card1:0"}, "a must be DEVICE:LINK, like card0:3"),
                ({"a": "card0:0", "b": "card1:x"}, "b must be DEVICE:LINK, like card0:3"),
                ({"a": ":0", "b": "card1:0"}, "a must be DEVICE:LINK, like card0:3"),
                ({"a": "card0:16", "b": "card1:0"}, "a card has links 0 to 15"),
                ({"a": "card0:11", "b": "card1:0"}, "goes to link 11 of card0, which has 11"),
                ({"a": "card0:0", "b": "card0:0"}, "both ends are in link 0 of card0"),
                ({"a": "port0:0", "b": "card1:0"}, "port0 is no groq-lpu"),
                ({"a": "card0:0", "chardev": "x"}, "there is no chardev x"),
                ({**ends, "latency": 63}, "latency must be 64 to 65535"),
                ({**ends, "latency": 65536}, "latency must be 64 to 65535"),
                ({**ends, "lanes": 0}, "lanes must be 1 to 4"),
                ({**ends, "lanes": 5}, "lanes must be 1 to 4"),
                ({**ends, "spread": 21.8}, "spread must be 0 to 21.7 cycles"),
                ({**ends, "spread": -1}, "spread must be 0 to 21.7 cycles"),
        ):
            with self.subTest(words):
                self.assertIn(said, self.refused(**words))
        self.plug(name="good", **ends)
        wait_up(self.link(0, 0), self.link(1, 0))

    def test_options_are_as_given(self):
        self.plug(name="c1", a="card0:0", b="card1:0", latency=300, spread=2.5, seed=1 << 63,
                  corrected_every=7, uncorrected_at=8, bit_errors=9)
        for name, value in (("a", "card0:0"), ("b", "card1:0"), ("chardev", ""),
                            ("latency", 300), ("spread", 2.5), ("seed", 1 << 63),
                            ("lanes", 4), ("corrected-every", 7), ("uncorrected-at", 8),
                            ("bit-errors", 9)):
            with self.subTest(name):
                self.assertEqual(self.machine.qmp.execute(
                    "qom-get", path="/objects/c1", property=name), value)
        with self.assertRaises(QmpError):
            self.machine.qmp.execute("qom-set", path="/objects/c1", property="latency",
                                     value=301)


class OtherCables(CableTest):
    """A machine without cables, to begin with."""

    def test_both_ends_in_one_card(self):
        self.plug(a="card0:0", b="card0:1")
        ends = [self.link(0, 0), self.link(0, 1)]
        wait_up(*ends)
        self.assertEqual([end.peer for end in ends], [(serial(0), 1), (serial(0), 0)])
        self.pull()
        for end in ends:
            end.wait_down()

    def test_lanes_that_do_not_work(self):
        self.plug(a="card0:0", b="card1:0", lanes=3)
        for number in range(2):
            end = self.link(number, 0)
            end.wait_up()
            self.assertEqual(end.state, hw.GROQ_LINK_DEGRADED)
            self.assertEqual(end.read(hw.GROQ_LINK_ACTIVE_LANES), 3)

    def test_wrong_bits_in_the_self_test(self):
        self.plug(a="card0:0", b="card1:0", bit_errors=1_000_000_000)
        end = self.link(0, 0)
        end.wait_up()
        end.write(hw.GROQ_LINK_PRBS, 20)
        self.machine.wait_for(
            lambda: end.read(hw.GROQ_LINK_TEST_STATUS) == hw.GROQ_LINK_TEST_DONE,
            "the self-test")
        self.assertTrue(end.read(hw.GROQ_LINK_PRBS_ERRORS, 8))

    def test_errors_that_a_cable_makes(self):
        """The first vector can be corrected, the second one cannot."""
        self.plug(a="card0:0", b="card1:0", corrected_every=1, uncorrected_at=2)
        sender, receiver = self.link(0, 0), self.link(1, 0)
        wait_up(sender, receiver)
        data = bytes(range(256)) + bytes(64)
        pair = Pair(sender, receiver)
        self.assertEqual(pair.run(data)[1].status, hw.GROQ_COMPLETION_OK)
        self.assertEqual(received(receiver), data)
        self.assertEqual(receiver.counter(hw.GROQ_LINK_CORRECTED), 1)
        self.assertEqual(pair.run(data)[1].status, hw.GROQ_COMPLETION_FAULT)
        self.assertEqual(pair.queues[1].fault(1).cause, hw.GROQ_FAULT_LINK_ERROR)
        self.assertEqual(receiver.counter(hw.GROQ_LINK_UNCORRECTED), 1)

    def test_a_cable_for_cards_that_come_later(self):
        self.plug(a="card0:1", b="card7:1")
        self.assertIn("there is no card card7 yet", self.machine.output())
        self.link(0, 1).wait_down()


class HotPlug(CableTest):
    """Cards come to cables that are there, and go."""

    options = [*test_unplug.Unplug.options, *cable("c0", "card0:3", "card1:4")]

    def unplug(self, number):
        port = card.Card(self.machine, number, enumerate_bus=False)
        port.config = port.port
        control = port.capability(card.CAP_EXPRESS) + test_unplug.SLOT_CONTROL
        self.machine.qmp.execute("device_del", id=f"card{number}")
        port.config_write(
            control, test_unplug.POWER_INDICATOR_OFF | test_unplug.POWER_OFF, 2)
        self.machine.qmp.wait_event("DEVICE_DELETED", TIMEOUT_S)
        port.config_write(control, 0, 2)

    def insert(self, number, **properties):
        self.machine.qmp.execute("device_add", driver="groq-lpu", id=f"card{number}",
                                 bus=f"port{number}", serial=serial(number), **properties)
        self.cards[number] = card.Card(self.machine, number)

    def test_cards_go_and_come(self):
        for number in (0, 1, 0):
            wait_up(self.link(0, 3), self.link(1, 4))
            self.unplug(number)
            other = self.link(1, 4) if number == 0 else self.link(0, 3)
            other.wait_down()
            self.insert(number)
        wait_up(self.link(0, 3), self.link(1, 4))
        self.assertEqual(self.link(0, 3).peer, (serial(1), 4))

    def test_in_the_midst_of_a_program(self):
        ends = self.link(0, 3), self.link(1, 4)
        wait_up(*ends)
        pair = Pair(*ends)
        pair.start_sender(bytes(hw.GROQ_VECTOR_BYTES))
        self.unplug(1)
        self.assertEqual(pair.queues[0].wait().status, hw.GROQ_COMPLETION_FAULT)
        self.assertEqual(pair.queues[0].fault(0).cause, hw.GROQ_FAULT_LINK_DOWN)

    def test_a_card_without_such_a_link_is_refused(self):
        self.unplug(1)
        with self.assertRaises(QmpError) as raised:
            self.insert(1, links=4)
        self.assertIn("cable c0 goes to link 4 of card1, which has 4", str(raised.exception))
        self.insert(1, links=5)
        wait_up(self.link(0, 3), self.link(1, 4))

    def test_cable_comes_last(self):
        self.pull()
        self.unplug(1)
        self.plug(a="card1:4", b="card0:3")
        self.link(0, 3).wait_down()
        self.insert(1)
        wait_up(self.link(0, 3), self.link(1, 4))


class SavedCables(CableTest):
    """Cables of a machine that is saved, and restored with the same ones."""

    options = cable("c0", "card0:2", "card1:5")

    def move(self):
        with tempfile.NamedTemporaryFile(prefix="groq-", suffix=".state") as file:
            save(self.machine, file.name)
            self.machine = self.start("-incoming", "defer", *self.options)
            load(self.machine, file.name)
        self.cards = [card.Card(self.machine, n, enumerate_bus=False) for n in range(2)]

    def test_links_stay_up(self):
        ends = self.link(0, 2), self.link(1, 5)
        wait_up(*ends)
        self.move()
        for n, link in ((0, 2), (1, 5)):
            self.assertEqual(self.link(n, link).state, hw.GROQ_LINK_UP)
            self.assertEqual(self.link(n, link).counter(hw.GROQ_LINK_DOWNS), 0)

    def test_programs_in_the_middle(self):
        """One has begun, and waits for the other one, which comes after the move."""
        wait_up(self.link(0, 2), self.link(1, 5))
        pair = Pair(self.link(0, 2), self.link(1, 5))
        pair.start_receiver()
        self.cards[1].wait_status(hw.GROQ_STATUS_RUNNING, hw.GROQ_STATUS_RUNNING)
        self.move()
        pair.sender, pair.receiver = self.link(0, 2), self.link(1, 5)
        for queue, device in zip(pair.queues, self.cards):
            queue.card, queue.machine = device, self.machine
        data = random.Random(3).randbytes(hw.GROQ_VECTOR_BYTES)
        pair.start_sender(data)
        self.assertEqual([completion.status for completion in pair.wait()],
                         [hw.GROQ_COMPLETION_OK] * 2)
        self.assertEqual(received(pair.receiver), data)

    def test_restored_without_the_cable(self):
        """What was up is down."""
        wait_up(self.link(0, 2), self.link(1, 5))
        with_cable, self.options = self.options, []
        self.move()
        self.link(0, 2).wait_down()
        self.link(1, 5).wait_down()
        self.options = with_cable

    def test_work_before_the_links_are_up(self):
        self.machine.qmp.execute("stop")
        self.move()
        wait_up(self.link(0, 2), self.link(1, 5))
        [completion] = CommandQueue(self.cards[0]).execute(commands.nop(cookie=3))
        self.assertEqual(completion.cookie, 3)


class DeterministicSavedCables(SavedCables):
    properties = {"serial": serial, "deterministic": True}
