# SPDX-License-Identifier: MIT
"""Cables of a guest's cards, and what the driver says of the links at their ends.

Card n is 0000:0<n+1>:00.0, and has the serial number FIRST_SERIAL + n.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from harness.worker import SECONDS
from vm.guest import Guest
from vm.machine import FIRST_SERIAL

# Serial number and link, as the driver shows them of an end that leads nowhere.
NOBODY = ("0" * 16, "0")


def serial(card: int) -> str:
    return f"{FIRST_SERIAL + card:016x}"


def device(card: int) -> str:
    return f"/sys/bus/pci/devices/0000:0{card + 1}:00.0"


def folder(card: int, link: int) -> str:
    return f"{device(card)}/links/link{link}"


def attribute(guest: Guest, card: int, link: int, name: str) -> str:
    return guest.run(f"cat {folder(card, link)}/{name}").output.strip()


def count(guest: Guest, card: int, link: int, name: str) -> int:
    return int(attribute(guest, card, link, name))


def generation(guest: Guest, card: int) -> int:
    return int(guest.run(f"cat {device(card)}/links/generation").output)


def peer(guest: Guest, card: int, link: int) -> tuple[str, str]:
    """Serial number and link at the other end."""
    return (attribute(guest, card, link, "peer_serial"),
            attribute(guest, card, link, "peer_link"))


def end(card: int, link: int) -> tuple[str, str]:
    """How the other end names it."""
    return serial(card), str(link)


def wait_for(guest: Guest, state: str, *ends: tuple[int, int]) -> None:
    for card, link in ends:
        guest.run(f"until grep -qx {state} {folder(card, link)}/state; do sleep 0.02; done",
                  timeout=SECONDS)


def wait_for_change(guest: Guest, card: int, before: int) -> None:
    """Until the generation of a card's links is another."""
    guest.run(f"until [ $(cat {device(card)}/links/generation) -gt {before} ]; "
              "do sleep 0.02; done", timeout=SECONDS)


def wait_for_log(guest: Guest, text: str) -> None:
    guest.run(f"until dmesg | grep -qF '{text}'; do sleep 0.05; done", timeout=SECONDS)


def pull(guest: Guest, cable: int = 0) -> None:
    guest.qmp.execute("object-del", id=f"cable{cable}")


def plug(guest: Guest, a: str, b: str, cable: int = 0, **settings: object) -> None:
    guest.qmp.execute("object-add", qom_type="groq-cable", id=f"cable{cable}", a=a, b=b,
                      **settings)


def plug_way(guest: Guest, here: str, path: str, **way: object) -> None:
    """A cable that leads to another machine, by the socket at `path`."""
    guest.qmp.execute("chardev-add", id="way", backend={"type": "socket", "data": {
        "addr": {"type": "unix", "data": {"path": path}}, **way}})
    guest.qmp.execute("object-add", qom_type="groq-cable", id="way-out", a=here,
                      chardev="way")


@contextmanager
def uevents(guest: Guest, *expected: str) -> Iterator[None]:
    """Uevents with these lines come, in this order."""
    watching = guest.start("udevadm monitor --kernel --property --subsystem-match=accel")
    watching.wait_for_output("KERNEL", SECONDS)
    yield
    for line in expected:
        watching.wait_for_output(line, SECONDS)
    watching.kill()
