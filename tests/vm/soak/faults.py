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
NO_ANSWER = r"the card does not answer any more"


@dataclass(frozen=True)
class Fault:
    """A way to trouble a card: what workers may then see, and the kernel may say."""

    name: str
    weight: int
    act: Callable[[Rig, int, random.Random], None]
    errors: tuple[str, ...] = ()
    log: tuple[str, ...] = ()
    lasts: float = 0.0  # seconds that it may take to show
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


@fault(4, errors=("reset",))
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
