#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""A card that overheats, reports an error of its link, and is pulled out: does the
guest notice, and does the card work when it is back? An example for your own
scripts; docs/driver-testing.md. Needs what `make guest` and `make qemu` make."""

from __future__ import annotations

import sys
from pathlib import Path

REPOSITORY = Path(__file__).resolve().parents[2]
sys.path.insert(0, str(REPOSITORY))

from vm import accelerator  # noqa: E402
from vm.guest import LOAD_DRIVER, Guest  # noqa: E402
from vm.machine import Image, Machine  # noqa: E402

CARD = "/sys/bus/pci/devices/0000:01:00.0"


def break_it(guest: Guest, name: str, value: object) -> None:
    guest.qmp.execute("qom-set", path="/machine/peripheral/card0", property=name,
                      value=value)


def wait(guest: Guest, condition: str) -> None:
    guest.run(f"until {condition}; do sleep 0.1; done")


def overheats(guest: Guest) -> None:
    break_it(guest, "temperature", 95_000)
    temperature = guest.run(f"cat {CARD}/hwmon/hwmon*/temp1_input").output
    assert temperature.strip() == "95000", temperature
    break_it(guest, "temperature", "auto")


def reports_an_error(guest: Guest) -> None:
    break_it(guest, "aer", "correctable")
    wait(guest, f"grep -qx 'RxErr 1' {CARD}/aer_dev_correctable")


def is_pulled_out_and_put_back(guest: Guest) -> None:
    break_it(guest, "gone", True)
    assert guest.run(f"od -An -tx4 -N4 {CARD}/config").output.split() == ["ffffffff"]
    guest.run(f"echo 1 >{CARD}/remove")
    break_it(guest, "gone", False)
    guest.run("echo 1 >/sys/bus/pci/rescan")
    wait(guest, f"[ -e {CARD}/accel ]")
    guest.run("groq-smi")


def check(guest: Guest) -> None:
    overheats(guest)
    reports_an_error(guest)
    is_pulled_out_and_put_back(guest)


def main() -> int:
    image, machine = Image(REPOSITORY / "build/guest"), Machine(cards=1)
    by = accelerator.choose(image, image.folder / "accelerator.json")
    with Guest.boot(image, machine, by) as guest:
        guest.run(LOAD_DRIVER)
        check(guest)
        print("\n".join(guest.dmesg()[-20:]))
    return 0


if __name__ == "__main__":
    sys.exit(main())
