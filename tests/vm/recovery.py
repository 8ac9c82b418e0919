# SPDX-License-Identifier: MIT
"""Cards that fail under work: each job is told what became of it, and others go on."""

import time

from harness.case import PROGRAMS, scenario
from harness.worker import SECONDS, Report, Worker, expect_usable
from vm.guest import Guest

FIRST = "0000:01:00.0"
DEVICE = f"/sys/bus/pci/devices/{FIRST}"
PATH = "/machine/peripheral/card0"
TIMED_OUT = r"queue \d+: command timed out"
STUCK = r"queue \d+ does not stop"
BROKEN = r"queue \d+: (protocol broken, )?error"
SILENT = r"the card does not answer any more"
HOPELESS = r"the card does not recover"
OVERDUE = r"the card was not brought back after an error of its link"
# The kernel's own report of errors on the link, which names the driver.
REPORT = (r"PCIe Bus Error", r"error status/mask", r"TLP Header", r"\[ ?\d+\] (TLP|RxErr)")


def fail(guest: Guest, name: str, value: object) -> None:
    guest.qmp.execute("qom-set", path=PATH, property=name, value=value)


def left(guest: Guest, name: str) -> object:
    return guest.qmp.execute("qom-get", path=PATH, property=name)


def attribute(guest: Guest, name: str) -> str:
    return guest.run(f"cat {DEVICE}/{name}").output.strip()


def wait_until(guest: Guest, condition: str) -> None:
    guest.run(f"until {condition}; do sleep 0.05; done", timeout=SECONDS)


def wait_for_log(guest: Guest, text: str) -> None:
    wait_until(guest, f"dmesg | grep -q '{text}'")


def patience(guest: Guest, milliseconds: int) -> None:
    guest.run(f"echo {milliseconds} >/sys/module/groq/parameters/timeout_ms")


def probe_again(guest: Guest) -> None:
    guest.run(f"echo 1 >{DEVICE}/remove && echo 1 >/sys/bus/pci/rescan && udevadm settle")


# Whether there are commands in the chip's hands.
BUSY = ("awk 'NR == 1 { for (i = 1; i <= NF; i++) if ($i == \"used\") used = i } "
        "NR > 1 && $used > 0 { busy = 1 } END { exit !busy }' /sys/kernel/debug/accel/*/queues")


def hold(guest: Guest) -> None:
    """What is in the chip's hands stays there, and there is something."""
    fail(guest, "hang", "command")
    wait_until(guest, BUSY)


def expect_only(report: Report, *statuses: str) -> None:
    """Jobs were done, some ended in one of these ways, the card went on."""
    assert {"OK"} < set(report.jobs) <= {"OK", *statuses}, report
    assert (report.end, report.kept) == ("asked", "yes"), report


def expect_lost(report: Report, *also: str) -> None:
    assert report.end == "ENODEV", report
    assert set(report.jobs) <= {"OK", "LOST", *also}, report


# The ladder

@scenario(cards=1, expected_log=(TIMED_OUT,))
def a_command_that_hangs_costs_its_job_and_no_other(guest: Guest) -> None:
    workers = [Worker(guest), Worker(guest)]
    patience(guest, 200)
    fail(guest, "hang", "command")
    wait_for_log(guest, "command timed out")
    fail(guest, "hang", "none")
    reports = [worker.end() for worker in workers]
    assert any("TIMEOUT" in report.jobs for report in reports), reports
    for report in reports:
        assert set(report.jobs) <= {"OK", "TIMEOUT"} and report.kept == "yes", report
    assert attribute(guest, "resets") == "0"
    expect_usable(guest)


@scenario(cards=1, expected_log=(TIMED_OUT, STUCK))
def a_chip_that_hangs_is_reset(guest: Guest) -> None:
    workers = [Worker(guest), Worker(guest)]
    patience(guest, 200)
    fail(guest, "hang", "chip")
    wait_until(guest, f"[ $(cat {DEVICE}/resets) != 0 ]")
    fail(guest, "hang", "none")
    reports = [worker.end() for worker in workers]
    for report in reports:
        expect_only(report, "TIMEOUT", "RESET")
    assert {"TIMEOUT", "RESET"} < {name for report in reports for name in report.jobs}
    expect_usable(guest)


@scenario(cards=1, expected_log=(TIMED_OUT, STUCK))
def a_chip_that_does_not_come_out_of_reset_gets_a_function_reset(guest: Guest) -> None:
    workers = [Worker(guest), Worker(guest)]
    patience(guest, 200)
    fail(guest, "hang", "reset")
    wait_until(guest, f"[ $(cat {DEVICE}/resets) != 0 ]")
    fail(guest, "hang", "none")
    for worker in workers:
        expect_only(worker.end(), "TIMEOUT", "RESET")
    wait_for_log(guest, "resetting the PCI function")
    expect_usable(guest)


@scenario(cards=1, expected_log=(TIMED_OUT, STUCK, HOPELESS))
def a_card_that_nothing_helps_is_lost(guest: Guest) -> None:
    monitor = guest.start("udevadm monitor --kernel --property --subsystem-match=accel")
    monitor.wait_for_output("KERNEL", SECONDS)
    workers = [Worker(guest), Worker(guest)]
    patience(guest, 200)
    fail(guest, "hang", "forever")
    for worker in workers:
        expect_lost(worker.report())
    monitor.wait_for_output("WEDGED=bus-reset", SECONDS)
    monitor.kill()
    assert attribute(guest, "state") == "lost"
    guest.run(f"{PROGRAMS}/driver_lost")
    fail(guest, "hang", "none")
    probe_again(guest)
    expect_usable(guest)


@scenario(cards=1, expected_log=(r"the chip reports a fatal error",))
def a_fatal_error_ends_what_the_chip_has(guest: Guest) -> None:
    monitor = guest.start("udevadm monitor --kernel --property --subsystem-match=accel")
    monitor.wait_for_output("KERNEL", SECONDS)
    worker = Worker(guest)
    for number in range(1, 6):
        hold(guest)
        fail(guest, "fatal", True)
        wait_until(guest, f"[ $(cat {DEVICE}/resets) = {number} ]")
    expect_only(worker.end(), "RESET")
    monitor.wait_for_output("WEDGED=none", SECONDS)
    monitor.kill()
    assert attribute(guest, "state") == "ready"


# A queue at a time

@scenario(cards=1, expected_log=(BROKEN,))
def a_bus_error_costs_a_job_wherever_it_strikes(guest: Guest) -> None:
    worker, other = Worker(guest), Worker(guest)
    for after in range(40):
        fail(guest, "dma-errors-after", after)
        fail(guest, "dma-errors", 1 + after % 3)
        deadline = time.monotonic() + SECONDS
        while left(guest, "dma-errors"):
            assert time.monotonic() < deadline
            time.sleep(0.01)
    reports = [worker.end(), other.end()]
    for report in reports:
        assert set(report.jobs) <= {"OK", "DMA"} and report.kept == "yes", report
    assert any("DMA" in report.jobs for report in reports)
    assert attribute(guest, "resets") == "0"
    expect_usable(guest)


@scenario(cards=1, expected_log=(BROKEN,))
def a_chip_that_lies_is_not_believed(guest: Guest) -> None:
    worker = Worker(guest)
    for lie in ["cookie", "queue", "head", "status"] * 3:
        fail(guest, "bad-completion", lie)
        deadline = time.monotonic() + SECONDS
        while left(guest, "bad-completion") != "none":
            assert time.monotonic() < deadline
            time.sleep(0.01)
    expect_only(worker.end(), "INVALID")
    assert attribute(guest, "resets") == "0"


@scenario(cards=1)
def lost_interrupts_cost_time_and_nothing_else(guest: Guest) -> None:
    worker, other = Worker(guest), Worker(guest)
    patience(guest, 1000)
    fail(guest, "lost-interrupts", 10)
    deadline = time.monotonic() + SECONDS
    while left(guest, "lost-interrupts"):
        assert time.monotonic() < deadline
        time.sleep(0.05)
    worker.end().expect()
    other.end().expect()
    assert attribute(guest, "resets") == "0"


# The controller and its sensors

@scenario(cards=1)
def the_card_works_without_its_controller(guest: Guest) -> None:
    worker = Worker(guest)
    fail(guest, "firmware-crash", True)
    assert attribute(guest, "state") == "unmanaged"
    refused = guest.run(f"cat {DEVICE}/hwmon/*/temp1_input", check=False)
    assert refused.code != 0 and "No data" in refused.error, refused
    expect_usable(guest)
    fail(guest, "firmware-crash", False)
    assert attribute(guest, "state") in ("busy", "ready")
    attribute(guest, "hwmon/*/temp1_input")
    worker.end().expect()


@scenario(cards=1, expected_log=(SILENT,))
def a_hot_card_raises_an_alarm_and_a_hotter_one_is_lost(guest: Guest) -> None:
    worker = Worker(guest)
    patience(guest, 400)
    fail(guest, "temperature", "95000")
    wait_for_log(guest, "a sensor crossed its limit")
    assert "thermal" in attribute(guest, "throttle")
    fail(guest, "temperature", "110000")
    expect_lost(worker.report())
    assert attribute(guest, "state") == "lost"
    fail(guest, "temperature", "auto")
    fail(guest, "gone", False)  # power comes back
    probe_again(guest)
    expect_usable(guest)


# Errors on the link

def errors_counted(guest: Guest, severity: str) -> int:
    text = attribute(guest, f"aer_dev_{severity}")
    return int(text.split()[-1])


@scenario(cards=1, expected_log=REPORT)
def corrected_errors_cost_nothing(guest: Guest) -> None:
    worker = Worker(guest)
    fail(guest, "aer", "correctable")
    wait_until(guest, f"grep -q 'TOTAL_ERR_COR 1' {DEVICE}/aer_dev_correctable")
    worker.end().expect()
    assert attribute(guest, "resets") == "0"


def recover_from(guest: Guest, severity: str) -> None:
    worker = Worker(guest)
    resets = int(attribute(guest, "resets"))
    for number in range(1, 4):
        hold(guest)
        fail(guest, "aer", severity)
        wait_until(guest, f"[ $(cat {DEVICE}/resets) = {resets + number} ]")
        wait_until(guest, "[ $(dmesg | grep -c 'device recovery successful') = "
                          f"{number} ]")
        fail(guest, "hang", "none")
    report = worker.end()
    expect_only(report, "RESET")
    assert "RESET" in report.jobs, report
    expect_usable(guest)


@scenario(cards=1, expected_log=REPORT)
def an_uncorrected_error_ends_what_is_in_the_rings(guest: Guest) -> None:
    recover_from(guest, "nonfatal")
    assert errors_counted(guest, "nonfatal") == 3


@scenario(cards=1, expected_log=REPORT)
def a_fatal_error_of_the_link_resets_it(guest: Guest) -> None:
    recover_from(guest, "fatal")


@scenario(cards=1, expected_log=REPORT)
def the_link_recovers_after_the_system_has_slept(guest: Guest) -> None:
    guest.run("echo platform >/sys/power/pm_test && echo mem >/sys/power/state")
    recover_from(guest, "fatal")


@scenario(cards=1, expected_log=REPORT)
def an_error_finds_a_sleeping_card(guest: Guest) -> None:
    guest.run(f"echo 50 >{DEVICE}/power/autosuspend_delay_ms && "
              f"echo auto >{DEVICE}/power/control")
    wait_until(guest, f"[ $(cat {DEVICE}/power/runtime_status) = suspended ]")
    fail(guest, "aer", "fatal")
    wait_until(guest, f"[ $(cat {DEVICE}/resets) = 1 ]")
    expect_usable(guest)


# Two functions in one slot, of which one has no driver that could recover.
@scenario(cards=1, card_options="multifunction=on", expected_log=(OVERDUE, *REPORT),
          devices=("groq-lpu,bus=port0,addr=0.1",))
def a_card_whose_recovery_fails_is_lost(guest: Guest) -> None:
    guest.run("echo 0000:01:00.1 >/sys/bus/pci/drivers/groq/unbind")
    worker = Worker(guest)
    fail(guest, "aer", "nonfatal")
    expect_lost(worker.report(), "RESET")
    assert attribute(guest, "state") == "lost"
    probe_again(guest)
    expect_usable(guest)
