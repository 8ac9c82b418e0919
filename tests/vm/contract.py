# SPDX-License-Identifier: MIT
"""The contract of tests/contract, kept by the driver and an emulated card."""

from __future__ import annotations

from harness.case import PROGRAMS, scenario
from vm.guest import Guest


def contract(guest: Guest, tests: str, device: str = "accel:0") -> None:
    ran = guest.run(f"GROQ_TEST_DEVICE={device} {PROGRAMS}/groq_contract_test"
                    f" --gtest_brief=1 --gtest_filter='{tests}'", timeout=900, check=False)
    assert ran.code == 0, ran
    assert "[  PASSED  ] 0 tests" not in ran.output, ran


@scenario(cards=1)
def devices(guest: Guest) -> None:
    contract(guest, "device.*")


@scenario(cards=1, memory_mib=1024)
def copies(guest: Guest) -> None:
    contract(guest, "copies.*")


@scenario(cards=1)
def programs_and_queues(guest: Guest) -> None:
    contract(guest, "batch.*:canceled.*:card.*:device_of_a_context.*")


@scenario(cards=2)
def second_card(guest: Guest) -> None:
    contract(guest, "card.program*", "accel:1")


@scenario(cards=1)
def named_by_address(guest: Guest) -> None:
    contract(guest, "card.program*", "pci:0000:01:00.0")


@scenario(cards=1)
def lost_card_ends_its_jobs(guest: Guest) -> None:
    contract(guest, "lost_card.ends_its_jobs_and_stays_lost")


@scenario(cards=1)
def lost_card_wakes_whoever_waits(guest: Guest) -> None:
    contract(guest, "lost_card.wakes_whoever_waits")


def refusal(guest: Guest, user: str | None = None) -> str:
    """What a program is told that opens the card."""
    ran = guest.run(f"GROQ_TEST_DEVICE=accel:0 {PROGRAMS}/groq_contract_test"
                    " --gtest_filter=card.device_time_moves_forward", user=user, check=False)
    assert ran.code == 1, ran
    return ran.output


@scenario(cards=1)
def without_rights_it_says_which_group(guest: Guest) -> None:
    told = refusal(guest, user="guest")
    assert "permission denied on /dev/accel/accel0" in told, told
    assert "sudo usermod -aG render $USER" in told, told


@scenario(cards=1, driver=False)
def without_driver_it_says_how_to_load_it(guest: Guest) -> None:
    told = refusal(guest)
    assert "the card at 0000:01:00.0 has no driver" in told, told
    assert "sudo modprobe groq" in told, told


@scenario(cards=1)
def c_interface(guest: Guest) -> None:
    guest.run(f"GROQ_TEST_DEVICE=accel:0 {PROGRAMS}/groq_c_interface_test")


@scenario(cards=1)
def ports(guest: Guest) -> None:
    guest.run(f"GROQ_TEST_DEVICE=accel:0 {PROGRAMS}/groq_port_test", timeout=900)
