# SPDX-License-Identifier: MIT
"""The contract of tests/contract, kept by the driver and an emulated card."""

from __future__ import annotations

import sys
import tempfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

sys.path.append(str(Path(__file__).resolve().parents[1] / "support"))
import time_line  # noqa: E402

from harness.case import PROGRAMS, scenario
from vm.guest import Guest


PATHS = ("ioctl", "io_uring", "sqpoll")


def contract(guest: Guest, tests: str, device: str = "accel:0", path: str = "io_uring",
             second: str = "") -> None:
    other = f"GROQ_TEST_SECOND_DEVICE={second} " if second else ""
    ran = guest.run(f"{other}GROQ_PATH={path} GROQ_TEST_DEVICE={device} "
                    f"{PROGRAMS}/groq_contract_test"
                    f" --gtest_brief=1 --gtest_filter='{tests}'", timeout=900, check=False)
    assert ran.code == 0, ran
    assert "[  PASSED  ] 0 tests" not in ran.output, ran


def on_each_path(tests: str, **machine: Any) -> Callable[[Callable[[], None]], None]:
    """Declares the tests that match once for each way of jobs to the driver; the
    function that it decorates only gives them a name."""
    def declare(named: Callable[[], None]) -> None:
        for path in PATHS:
            def body(guest: Guest, path: str = path) -> None:
                contract(guest, tests, path=path)
            body.__name__ = f"{named.__name__}_by_{path}"
            scenario(cards=1, **machine)(body)
    return declare


@on_each_path("device.*")
def devices() -> None: ...


@scenario(cards=1, disk=True)
def buffers(guest: Guest) -> None:
    contract(guest, "pinned.*:shared_buffers.*")


@scenario(cards=2)
def buffers_of_two_cards(guest: Guest) -> None:
    contract(guest, "shared_buffers.*", second="accel:1")


@scenario(cards=2, cables=("a=card0:1,b=card1:4",))
def cards_with_a_cable(guest: Guest) -> None:
    ran = guest.run(f"GROQ_TEST_LINKED='accel:0 accel:1' {PROGRAMS}/groq_contract_test"
                    " --gtest_brief=1 --gtest_filter='linked_cards.*'",
                    timeout=900, check=False)
    assert ran.code == 0 and "3 tests" in ran.output, ran


@on_each_path("copies.*", memory_mib=1024)
def copies() -> None: ...


@on_each_path("batch.*:canceled.*:card.*:device_of_a_context.*")
def programs_and_queues() -> None: ...


@on_each_path("images.*:pipelines.*", memory_mib=1024)
def images_and_pipelines() -> None: ...


@on_each_path("null_*:wrong_*:name_of_a_card.*:odd_copy.*:odd_program.*:moved_from.*"
              ":any_order.*:topology_*:hidden.*:threads.*:deadlines.*:errors.*")
def what_is_wrong_or_odd() -> None: ...


@on_each_path("lost_card.ends_its_jobs_and_stays_lost")
def lost_card_ends_its_jobs() -> None: ...


@on_each_path("lost_card.wakes_whoever_waits")
def lost_card_wakes_whoever_waits() -> None: ...


@scenario(cards=2)
def second_card(guest: Guest) -> None:
    contract(guest, "card.program*", "accel:1")


@scenario(cards=1)
def named_by_address(guest: Guest) -> None:
    contract(guest, "card.program*", "pci:0000:01:00.0")


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
def structures(guest: Guest) -> None:
    guest.run(f"GROQ_TEST_DEVICE=accel:0 {PROGRAMS}/groq_structs_test")


@scenario(cards=1)
def ports(guest: Guest) -> None:
    guest.run(f"GROQ_TEST_DEVICE=accel:0 {PROGRAMS}/groq_port_test", timeout=900)


def paths(guest: Guest, tests: str) -> None:
    ran = guest.run(f"GROQ_TEST_DEVICE=accel:0 {PROGRAMS}/groq_path_test"
                    f" --gtest_brief=1 --gtest_filter='{tests}'", timeout=900, check=False)
    assert ran.code == 0, ran
    assert "[  PASSED  ] 0 tests" not in ran.output, ran


@scenario(cards=1)
def each_path(guest: Guest) -> None:
    paths(guest, "each/*")


@scenario(cards=1, processors=1)
def each_path_on_one_processor(guest: Guest) -> None:
    paths(guest, "each/*")


@scenario(cards=1)
def events(guest: Guest) -> None:
    paths(guest, "events.come_once_each")


@scenario(cards=1)
def events_of_a_driver_that_goes(guest: Guest) -> None:
    paths(guest, "events.tell_the_loss_last")


@scenario(cards=1)
def choice_of_a_path(guest: Guest) -> None:
    paths(guest, "choice.*-*switched_off")


@scenario(cards=1)
def without_io_uring_it_says_which_setting(guest: Guest) -> None:
    guest.run("echo 2 > /proc/sys/kernel/io_uring_disabled")
    paths(guest, "choice.is_ioctl_where_io_uring_is_switched_off")
    contract(guest, "card.program*", path="")


# But for 460 MB, what a recorder does not keep, and what is about other processes.
RECORDED = ("card.*:copies.*:batch.*:canceled.*:pipelines.*:shared_buffers.*:pinned.*:"
            "images.*-copies.of_a_whole_card:*steady_state*:shared_buffers.*card_to_card:"
            "pinned.memory_is_not_of_a_file:card.telemetry_needs_no_open_card")


def recorded(guest: Guest, device: str) -> None:
    ran = guest.run(f"GROQ_TEST_RECORDED=accel:0 GROQ_TEST_DEVICE={device} "
                    f"{PROGRAMS}/groq_contract_test --gtest_brief=1 "
                    f"--gtest_filter='{RECORDED}'", timeout=900, check=False)
    assert ran.code == 0, ran


@scenario(cards=1, memory_mib=1024)
def recordings_are_replayed_without_card_and_driver(guest: Guest) -> None:
    guest.run("mkdir /tmp/recordings")
    recorded(guest, "record:/tmp/recordings/#,accel:0")
    guest.run("rmmod groq")
    recorded(guest, "replay:/tmp/recordings/#")


@scenario(cards=1)
def time_line_of_a_card(guest: Guest) -> None:
    guest.run(f"GROQ_TRACE=/tmp/trace GROQ_TEST_DEVICE=accel:0 {PROGRAMS}/groq_contract_test"
              " --gtest_filter=card.program_keeps_its_inputs_and_its_sram_from_run_to_run")
    with tempfile.NamedTemporaryFile() as file:
        file.write(guest.pull("/tmp/trace"))
        file.flush()
        events = time_line.load(Path(file.name))
    time_line.check(events)
    processes = {e["args"]["name"] for e in events if e["name"] == "process_name"}
    assert processes == {"host", "accel:0"}, processes
    runs = [e["args"] for e in time_line.of_phase(events, "X") if e["name"] == "run"]
    assert len(runs) == 20, runs
    assert all(run["expected"] == run["actual"] > 0 for run in runs), runs


@scenario(cards=1)
def asio(guest: Guest) -> None:
    guest.run(f"GROQ_TEST_DEVICE=accel:0 {PROGRAMS}/groq_asio_test", timeout=900)


@scenario(cards=1)
def asio_over_io_uring(guest: Guest) -> None:
    guest.run(f"GROQ_TEST_DEVICE=accel:0 {PROGRAMS}/groq_asio_uring_test", timeout=900)
