# SPDX-License-Identifier: MIT
"""What a soak does to its cards. Each function leaves a card that can recover."""

from __future__ import annotations

import random
from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from vm.machine import CARD

if TYPE_CHECKING:
    from soak.rig import Rig

EVENT_SECONDS = 120.0
DEVICES = "/sys/bus/pci/devices"
DRIVER = "/sys/bus/pci/drivers/groq"
GONE = ("device_lost", "no_device", "no_driver")
# What a command that hangs is told, the rest of its job, and others on the chip.
HUNG = ("hung", "canceled", "reset", "unfilled")
NO_ANSWER = r"the card does not answer any more"
QUEUE_ERROR = r"queue \d+: (error|protocol broken)"
FATAL = r"the chip reports a fatal error"
AER = r"PCIe Bus Error|AER:|device \[1de0:|\[ ?\d+\] (TLP|MalfTLP|RxErr)\b"
FOUND_SECONDS = 5.0  # in which the driver's watchdog has found what it looks for
SRAM_IN_USE = 8 << 20  # where the driver puts most ranges


@dataclass(frozen=True)
class Fault:
    """A way to trouble a card: what workers may then see, and the kernel may say."""

    name: str
    weight: int
    act: Callable[[Rig, int, random.Random], None]
    errors: tuple[str, ...] = ()
    log: tuple[str, ...] = ()
    lasts: float = 0.0  # seconds that it may take to show
    tail: float = 0.0  # seconds in which errors may come of it after all have recovered
    needs: str = ""  # property of the emulated card, docs/driver-testing.md


FAULTS: list[Fault] = []


def fault(weight: int, **named: Any) -> Callable[..., Any]:
    def declare(act: Callable[[Rig, int, random.Random], None]) -> Any:
        FAULTS.append(Fault(act.__name__, weight, act, **named))
        return act
    return declare


def pause(rig: Rig, chance: random.Random, most: float) -> None:
    rig.listen(chance.uniform(0, most))


@fault(6)
def kill(rig: Rig, card: int, chance: random.Random) -> None:
    """Nobody else may notice."""
    worker = chance.choice([w for w in rig.workers if w.card == card])
    worker.kill()
    worker.start()


@fault(4, errors=("reset", "unfilled"))
def reset(rig: Rig, card: int, chance: random.Random) -> None:
    rig.guest.run(f"echo 1 >{DEVICES}/{rig.address(card)}/reset")


@fault(3, errors=GONE)
def unbind(rig: Rig, card: int, chance: random.Random) -> None:
    rig.guest.run(f"echo {rig.address(card)} >{DRIVER}/unbind")
    pause(rig, chance, 2)
    rig.guest.run(f"echo {rig.address(card)} >{DRIVER}/bind")


@fault(2, errors=GONE)
def remove(rig: Rig, card: int, chance: random.Random) -> None:
    rig.guest.run(f"echo 1 >{DEVICES}/{rig.address(card)}/remove")
    pause(rig, chance, 2)
    rig.guest.run("echo 1 >/sys/bus/pci/rescan")


@fault(3, errors=GONE)
def unplug(rig: Rig, card: int, chance: random.Random) -> None:
    rig.guest.qmp.execute("device_del", id=f"card{card}")
    plug_again(rig, card, chance)


def plug_again(rig: Rig, card: int, chance: random.Random) -> None:
    rig.guest.qmp.wait_event("DEVICE_DELETED", timeout=EVENT_SECONDS)
    pause(rig, chance, 2)
    rig.guest.qmp.execute("device_add", driver=CARD, id=f"card{card}", bus=f"port{card}",
                          serial=rig.serial(card))
    rig.guest.run(f"until [ -e {DEVICES}/{rig.address(card)}/accel ]; do sleep 0.1; done")


@fault(2, needs="hang", errors=HUNG)
def hang_command(rig: Rig, card: int, chance: random.Random) -> None:
    hang(rig, card, chance, "command")


@fault(2, needs="hang", errors=HUNG)
def hang_chip(rig: Rig, card: int, chance: random.Random) -> None:
    hang(rig, card, chance, "chip")


def hang(rig: Rig, card: int, chance: random.Random, how: str) -> None:
    rig.set(card, "hang", how)
    pause(rig, chance, 2 * FOUND_SECONDS)
    rig.set(card, "hang", "none")


@fault(1, needs="hang", errors=("reset", "unfilled"), log=(FATAL,))
def hang_reset(rig: Rig, card: int, chance: random.Random) -> None:
    """The chip does not come out of the reset that it needs; the function's helps."""
    rig.set(card, "hang", "reset")
    rig.set(card, "fatal", True)
    pause(rig, chance, FOUND_SECONDS)
    rig.set(card, "hang", "none")


@fault(3, needs="lost-interrupts", lasts=FOUND_SECONDS)
def lost_interrupts(rig: Rig, card: int, chance: random.Random) -> None:
    """The driver looks by itself, now and then: nobody sees more than a delay."""
    rig.set(card, "lost-interrupts", chance.randint(1, 20))
    pause(rig, chance, 2 * FOUND_SECONDS)
    rig.set(card, "lost-interrupts", 0)


@fault(3, needs="dma-errors", errors=("dma", "canceled", "reset", "unfilled"), log=(QUEUE_ERROR,))
def dma_errors(rig: Rig, card: int, chance: random.Random) -> None:
    rig.set(card, "dma-errors-after", chance.randint(0, 50))
    rig.set(card, "dma-errors", chance.randint(1, 4))
    pause(rig, chance, FOUND_SECONDS)
    rig.set(card, "dma-errors", 0)


@fault(2, needs="bad-completion", errors=("invalid", "dma", "canceled", "reset", "unfilled"),
       log=(QUEUE_ERROR,))
def bad_completion(rig: Rig, card: int, chance: random.Random) -> None:
    rig.set(card, "bad-completion", chance.choice(["cookie", "queue", "head", "status"]))
    pause(rig, chance, FOUND_SECONDS)
    rig.set(card, "bad-completion", "none")


@fault(2, needs="fatal", errors=("reset", "unfilled"), log=(FATAL,))
def fatal(rig: Rig, card: int, chance: random.Random) -> None:
    rig.set(card, "fatal", True)


@fault(1, needs="temperature")
def hot(rig: Rig, card: int, chance: random.Random) -> None:
    """Too hot for the full clock, not for the power."""
    rig.set(card, "temperature", "95000")
    pause(rig, chance, 2)
    rig.set(card, "temperature", "auto")


@fault(1, needs="firmware-crash")
def firmware_crash(rig: Rig, card: int, chance: random.Random) -> None:
    """Jobs do not need the controller."""
    rig.set(card, "firmware-crash", True)
    pause(rig, chance, 2)
    rig.set(card, "firmware-crash", False)


@fault(2, needs="ecc")
def ecc_corrected(rig: Rig, card: int, chance: random.Random) -> None:
    rig.set(card, "ecc", f"{random_vector(chance):#x}:{chance.randrange(128)}")


@fault(2, needs="ecc", errors=("fault", "canceled"), log=("ECC",), tail=600)
def ecc_uncorrected(rig: Rig, card: int, chance: random.Random) -> None:
    first, second = chance.sample(range(128), 2)
    rig.set(card, "ecc", f"{random_vector(chance):#x}:{first}:{second}")


def random_vector(chance: random.Random) -> int:
    """16 bytes of SRAM that are likely in use."""
    return chance.randrange(0, SRAM_IN_USE, 16)


@fault(1, needs="aer", log=(AER,))
def aer_correctable(rig: Rig, card: int, chance: random.Random) -> None:
    rig.set(card, "aer", "correctable")


@fault(1, needs="aer", errors=("reset", "unfilled"), log=(AER,))
def aer_nonfatal(rig: Rig, card: int, chance: random.Random) -> None:
    rig.set(card, "aer", "nonfatal")


@fault(1, needs="aer", errors=("reset", "unfilled", *GONE), log=(AER,))
def aer_fatal(rig: Rig, card: int, chance: random.Random) -> None:
    rig.set(card, "aer", "fatal")


@fault(2, needs="gone", errors=GONE, log=(NO_ANSWER,))
def gone(rig: Rig, card: int, chance: random.Random) -> None:
    """Pulled out: the slot finds out later than the driver, or the other way round."""
    rig.set(card, "gone", True)
    pause(rig, chance, 4)
    rig.guest.qmp.execute("device_del", id=f"card{card}")
    plug_again(rig, card, chance)


@fault(1, needs="link-down", errors=GONE, log=(NO_ANSWER,))
def link_down(rig: Rig, card: int, chance: random.Random) -> None:
    rig.set(card, "link-down", True)
    pause(rig, chance, 4)
    rig.set(card, "link-down", False)
    remove(rig, card, chance)
