# SPDX-License-Identifier: MIT
"""udev/60-groq.rules under the real systemd-udevd. Card n is 0000:0<n+1>:00.0."""

from harness.case import scenario
from vm.guest import Guest
from vm.machine import CARD

FIRST, SECOND = "0000:01:00.0", "0000:02:00.0"
DRIVER = "/sys/bus/pci/drivers/groq"
BY_PATH = "/dev/groq/by-path/pci-"


def node(guest: Guest, link: str) -> str:
    return guest.run(f"readlink -f {link}").output.strip()


def node_of(guest: Guest, address: str) -> str:
    """The device node of the card at a PCI address, from sysfs."""
    name = guest.run(f"ls /sys/bus/pci/devices/{address}/accel").output.strip()
    return f"/dev/accel/{name}"


def exists(guest: Guest, pattern: str) -> bool:
    return guest.run(f"ls -d {pattern}", check=False).code == 0


def wait_for(guest: Guest, path: str) -> None:
    guest.run(f"until [ -e {path} ]; do sleep 0.1; done")


def expect_names(guest: Guest) -> None:
    """All names of both cards lead to the right nodes."""
    for number, address in enumerate([FIRST, SECOND]):
        wanted = node_of(guest, address)
        serial = guest.run(f"cat /sys/bus/pci/devices/{address}/serial").output.strip()
        assert serial
        for link in [f"/dev/groqA{number}.pci", f"/dev/groq/by-serial/{serial}",
                     f"{BY_PATH}{address}"]:
            assert node(guest, link) == wanted, f"{link} is not {wanted}"


@scenario()
def cards_have_their_names(guest: Guest) -> None:
    expect_names(guest)
    assert guest.run("ls /dev/groqA*").output.split() == ["/dev/groqA0.pci", "/dev/groqA1.pci"]


@scenario()
def group_render_may_open_a_card_and_others_may_not(guest: Guest) -> None:
    assert guest.run("stat -Lc '%a %G' /dev/groqA0.pci").output == "660 render\n"
    guest.run("exec 3<>/dev/groqA0.pci", user="user")
    denied = guest.run("exec 3<>/dev/groqA0.pci", user="guest", check=False)
    assert denied.code != 0 and "Permission denied" in denied.error, denied


@scenario()
def numbers_follow_addresses_not_the_order_of_probing(guest: Guest) -> None:
    for address in [FIRST, SECOND]:
        guest.run(f"echo {address} >{DRIVER}/unbind")
    for address in [SECOND, FIRST]:
        guest.run(f"echo {address} >{DRIVER}/bind")
    guest.run("udevadm settle")
    assert node_of(guest, SECOND) == "/dev/accel/accel0"
    expect_names(guest)


@scenario(one_thread=True)
def a_removed_card_takes_its_names_along(guest: Guest) -> None:
    guest.run(f"echo 1 >/sys/bus/pci/devices/{FIRST}/remove && udevadm settle")
    assert not exists(guest, "/dev/groqA0.pci")
    assert not exists(guest, BY_PATH + FIRST)
    assert node(guest, "/dev/groqA1.pci") == node_of(guest, SECOND)
    guest.run("echo 1 >/sys/bus/pci/rescan && udevadm settle")
    expect_names(guest)


@scenario()
def names_survive_a_change_event(guest: Guest) -> None:
    guest.run("udevadm trigger --action=change --subsystem-match=accel --settle")
    expect_names(guest)


@scenario(driver=False)
def a_card_without_driver_has_no_names(guest: Guest) -> None:
    assert not exists(guest, "/dev/groq*")
    guest.run("modprobe groq && udevadm settle")
    expect_names(guest)
    guest.run("rmmod groq && udevadm settle")
    assert not exists(guest, "/dev/groq*")


@scenario(cards=1)
def the_numbering_program_refuses_what_is_no_device(guest: Guest) -> None:
    program = "/usr/lib/udev/groq-card-number"
    assert guest.run(f"{program} {FIRST}").output == "0\n"
    result = guest.run(f"{program} 0000:99:00.0", check=False)
    assert result.code == 1 and "no PCI device 0000:99:00.0" in result.error


@scenario(one_thread=True)
def a_card_plugged_in_gets_its_names(guest: Guest) -> None:
    guest.qmp.execute("device_del", id="card1")
    guest.qmp.wait_event("DEVICE_DELETED", timeout=60)
    guest.run("udevadm settle")
    assert not exists(guest, "/dev/groqA1.pci")
    guest.qmp.execute("device_add", driver=CARD, id="new", bus="port1", serial=0x77)
    wait_for(guest, f"/sys/bus/pci/devices/{SECOND}/accel")
    guest.run("udevadm settle")
    expect_names(guest)
