# SPDX-License-Identifier: MIT
"""What operators and developers see of the driver while it works, and afterwards."""

import json
import re
from pathlib import Path

from harness.case import Skip, program, scenario
from vm.guest import Guest

# What the driver says when a test makes a program hang.
HUNG = r"queue \d+: command timed out"

for name in ["trace", "record", "coredump"]:
    program(f"driver_{name}_test", label=name, timeout=600, expected_log=(HUNG,))

ROOT = Path(__file__).resolve().parents[2]
FAULT = "/usr/lib/groq/tests/driver_record_test --gtest_filter=ContextQuery.CountsFaultsOfItsOwn"
DUMPS = "/sys/class/devcoredump/devcd*/data"


def has_dumps(guest: Guest) -> bool:
    return guest.run("test -e /sys/class/devcoredump", check=False).code == 0


@scenario(cards=1)
def groq_smi_decodes_the_newest_core_dump(guest: Guest) -> None:
    if not has_dumps(guest):
        raise Skip("a kernel without CONFIG_DEV_COREDUMP")
    none = guest.run("groq-smi decode", check=False)
    assert none.code == 1 and "no core dump" in none.error, none
    guest.run(f"{FAULT} && until ls {DUMPS}; do sleep 0.1; done")
    text = guest.run("groq-smi decode").output
    assert "a command failed" in text and "0000:01:00.0" in text, text
    assert "ILLEGAL" in text and "queue vxm.0" in text, text
    assert "driver_record_t (" in text, text
    denied = guest.run("groq-smi decode", user="guest", check=False)
    assert denied.code == 1 and "Permission denied" in denied.error, denied
    dump = json.loads(guest.run(f"cat {DUMPS} | groq-smi --json decode -").output)
    assert dump["reason"] == "fault" and dump["faults"][0]["unit_name"] == "vxm.0", dump
    assert [queue["process"] for queue in dump["queues"]].count(None) == 1, dump
    assert dump["registers"][0] == {"offset": 0, "value": 0x514F5247}, dump
    guest.run(f"cat {DUMPS} >/tmp/dump && head -c 200 /tmp/dump >/tmp/cut")
    assert guest.run("groq-smi decode /tmp/dump").output == text
    cut = guest.run("groq-smi decode /tmp/cut", check=False)
    assert cut.code == 1 and "/tmp/cut: " in cut.error and not cut.output, cut

CARD = "/machine/peripheral/card0"
HOT = r"a sensor crossed its limit"
TESTS = "/usr/lib/groq/tests"


def inject(guest: Guest, name: str, value: object) -> None:
    guest.qmp.execute("qom-set", path=CARD, property=name, value=value)


def hwmon(guest: Guest, name: str) -> int:
    folder = "/sys/class/accel/accel0/device/hwmon/hwmon*"
    return int(guest.run(f"cat {folder}/{name}").output)


@scenario(cards=1, expected_log=(HOT,))
def alarms_follow_the_card_and_tell_who_listens(guest: Guest) -> None:
    assert hwmon(guest, "temp1_max_alarm") == 0 and hwmon(guest, "power1_cap_alarm") == 0
    nominal = hwmon(guest, "freq1_input")
    assert nominal == 900_000_000, nominal
    listening = guest.start("udevadm monitor --kernel --property --subsystem-match=hwmon")
    listening.wait_for_output("KERNEL - the kernel uevent", 60)
    inject(guest, "temperature", 95000)
    listening.wait_for_output("NAME=temp1_max_alarm", 60)
    listening.kill()
    assert hwmon(guest, "temp1_input") == 95000
    assert hwmon(guest, "temp1_max_alarm") == 1
    assert hwmon(guest, "freq1_input") == nominal // 2
    inject(guest, "temperature", 40000)
    assert hwmon(guest, "temp1_max_alarm") == 0
    assert hwmon(guest, "freq1_input") == nominal


def with_memory_error(guest: Guest, test: str, error: str) -> None:
    guest.run("rm -f /tmp/ready /tmp/go")
    running = guest.start(f"{TESTS}/driver_ecc_test --gtest_filter=Ecc.{test}")
    guest.run("until [ -e /tmp/ready ]; do sleep 0.05; done")
    inject(guest, "ecc", error)
    guest.run("touch /tmp/go")
    ended = running.wait(300)
    assert ended.code == 0, ended


@scenario(cards=1)
def memory_errors_are_counted_and_uncorrectable_ones_fail_the_job(guest: Guest) -> None:
    with_memory_error(guest, "OneWrongBitIsCorrectedAndCounted", "640:5")
    with_memory_error(guest, "TwoWrongBitsFailTheJobAndNameTheAddress", "640:5:77")
    counters = json.loads(guest.run("groq-smi --json").output)["cards"][0]["counters"]
    assert counters["ecc_corrected"] == 1 and counters["ecc_uncorrected"] == 1, counters
    ran = guest.run("groq-smi doctor", check=False)
    assert ran.code == 5 and "uncorrected 1" in ran.output, ran


def documented_sensors() -> set[str]:
    text = (ROOT / "docs/ABI/sysfs-driver-groq-hwmon").read_text()
    return set(re.findall(r"^What:\s+\S+/hwmon/hwmon<N>/(\w+)$", text, re.MULTILINE))


@scenario(cards=1)
def hwmon_has_what_is_documented_and_nothing_else(guest: Guest) -> None:
    found = guest.run("cd /sys/class/accel/accel0/device/hwmon/hwmon* && find . -type f "
                      "-maxdepth 1 ! -name uevent").output
    assert {line.removeprefix("./") for line in found.split()} == documented_sensors()


@scenario(cards=1, one_thread=True)
def everything_can_be_read_while_the_card_goes(guest: Guest) -> None:
    """Whoever reads gets a value or an error, and nothing worse."""
    device = "/sys/bus/pci/devices/0000:01:00.0"
    reading = guest.start(f"cd {device}; while :; do cat serial state holders heartbeat "
                          "ecc_corrected links_up throttle hwmon/*/* "
                          "/sys/kernel/debug/accel/*/* >/dev/null 2>&1; done")
    for _ in range(3):
        guest.run(f"echo 1 >{device}/reset")
        guest.run("echo 0000:01:00.0 >/sys/bus/pci/drivers/groq/unbind")
        guest.run("echo 0000:01:00.0 >/sys/bus/pci/drivers/groq/bind")
    guest.run(f"echo 1 >{device}/remove")
    reading.kill()
