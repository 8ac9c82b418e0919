# SPDX-License-Identifier: MIT
"""Links of a card, and two programs that use one: docs/hardware.md section 7."""

from __future__ import annotations

import command_queue as commands
import contract as hw
from card import Card
from command_queue import CommandQueue

FIRST_SERIAL = 0x1000
UP = (hw.GROQ_LINK_UP, hw.GROQ_LINK_DEGRADED)

# Where the programs are, and the vectors that they send and receive, in west slice 0.
LAUNCH = 0
FIRST_TEXT = 4 * hw.GROQ_VECTOR_BYTES
WORD = 100
DATA = WORD * hw.GROQ_VECTOR_BYTES
CYCLE_LIMIT = 1 << 40
# From slice 0 at position 1 to the edge, and from a notify to the release of a sync.
HOPS = hw.GROQ_POSITION_C2C - hw.GROQ_POSITION_MEM(0)
EAST, WEST = hw.GROQ_STREAM_EAST(0), hw.GROQ_STREAM_WEST(0)


def serial(number: int) -> int:
    return FIRST_SERIAL + number


def cable(name: str, a: str, b: str | None = None, **options: object) -> list[str]:
    """QEMU's arguments for a cable."""
    words = [f"groq-cable,id={name},a={a}", *([f"b={b}"] if b else []),
             *(f"{key.replace('_', '-')}={value}" for key, value in options.items())]
    return ["-object", ",".join(words)]


class Link:
    """Link @number of a card."""

    def __init__(self, card: Card, number: int) -> None:
        self.card = card
        self.number = number

    def read(self, register: int, width: int = 4) -> int:
        return self.card.read(hw.GROQ_LINK(self.number) + register, width)

    def write(self, register: int, value: int) -> None:
        self.card.write(hw.GROQ_LINK(self.number) + register, value)

    def counter(self, register: int) -> int:
        return self.card.read(hw.GROQ_LINK_COUNTERS(self.number) + register, 8)

    @property
    def state(self) -> int:
        return self.read(hw.GROQ_LINK_STATE)

    @property
    def peer(self) -> tuple[int, int]:
        """Serial number and link at the other end."""
        return (self.read(hw.GROQ_LINK_PEER_SERIAL, 8), self.read(hw.GROQ_LINK_PEER_LINK))

    def wait_up(self) -> None:
        self.card.machine.wait_for(lambda: self.state in UP, f"link {self.number} to be up")

    def wait_down(self) -> None:
        self.card.machine.wait_for(lambda: self.state == hw.GROQ_LINK_DOWN,
                                   f"link {self.number} to be down")

    def wait_downs(self, number: int) -> None:
        """Until it has gone down that often since power-on."""
        self.card.machine.wait_for(lambda: self.counter(hw.GROQ_LINK_DOWNS) >= number,
                                   f"link {self.number} to go down")


def wait_up(*links: Link) -> None:
    for link in links:
        link.wait_up()


def load(card: Card, queues: dict[int, list[bytes]]) -> hw.groq_command:
    """Puts instruction queues into SRAM; returns the command that runs them."""
    for n, (icu, text) in enumerate(queues.items()):
        place = FIRST_TEXT + n * hw.GROQ_TEXT_BYTES
        card.sram_write(LAUNCH + n * 16, bytes(hw.groq_launch(
            icu=icu, text=place, count=len(text))))
        card.sram_write(place, b"".join(text).ljust(hw.GROQ_TEXT_BYTES, b"\0"))
    return commands.run(LAUNCH, len(queues), CYCLE_LIMIT)


def load_sender(link: Link, data: bytes) -> hw.groq_command:
    """A program that sends a vector, and then a notification that it has."""
    side = hw.GROQ_LINK_HEMISPHERE(link.number)
    stream = EAST if side else WEST
    link.card.sram_write(side * hw.GROQ_SLICES * hw.GROQ_SLICE_BYTES + DATA, data)
    return load(link.card, {
        hw.GROQ_ICU_MEM(side, 0): [hw.instruction("READ", stream=stream, word=WORD)],
        hw.GROQ_ICU_C2C(link.number): [
            hw.instruction("NOP", cycles=hw.GROQ_DELAY_MEM_READ + HOPS),
            hw.instruction("SEND", stream=stream),
            hw.instruction("NOP", cycles=30),  # the wire is busy for 24
            hw.instruction("TRANSMIT"),
        ],
    })


def load_receiver(link: Link) -> hw.groq_command:
    """A program that awaits the notification and takes the vector before it."""
    side = hw.GROQ_LINK_HEMISPHERE(link.number)
    stream = WEST if side else EAST
    # The MEM queue is released, and writes, when the vector comes by.
    wait = hw.GROQ_DELAY_SYNC - hw.GROQ_DELAY_LINK_RECEIVE - HOPS
    return load(link.card, {
        hw.GROQ_ICU_MEM(side, 0): [
            hw.instruction("SYNC"),
            hw.instruction("WRITE", stream=stream, word=WORD),
        ],
        hw.GROQ_ICU_C2C(link.number): [
            hw.instruction("AWAIT", link=link.number, number=1),
            hw.instruction("NOTIFY"),
            hw.instruction("NOP", cycles=wait - 1),
            hw.instruction("RECEIVE", stream=stream),
        ],
    })


def received(link: Link) -> bytes:
    side = hw.GROQ_LINK_HEMISPHERE(link.number)
    return link.card.sram_read(side * hw.GROQ_SLICES * hw.GROQ_SLICE_BYTES + DATA,
                               hw.GROQ_VECTOR_BYTES)


class Pair:
    """A program on each of two cards that are wired."""

    def __init__(self, sender: Link, receiver: Link) -> None:
        self.sender, self.receiver = sender, receiver
        self.queues = [CommandQueue(link.card, n) for n, link in enumerate((sender, receiver))]

    def start_sender(self, data: bytes) -> None:
        self.queues[0].submit(load_sender(self.sender, data))

    def start_receiver(self) -> None:
        self.queues[1].submit(load_receiver(self.receiver))

    def wait(self) -> list[hw.groq_completion]:
        return [queue.wait() for queue in self.queues]

    def run(self, data: bytes) -> list[hw.groq_completion]:
        self.start_receiver()
        self.start_sender(data)
        return self.wait()
