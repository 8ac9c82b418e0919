# SPDX-License-Identifier: MIT
"""What operators and developers see of the driver while it works, and afterwards."""

import json
import re
from pathlib import Path
from typing import Any

from harness.case import Skip, program, scenario
from harness.worker import SECONDS, Worker
from vm.guest import Guest

# What the driver says when a test makes a program hang.
HUNG = r"queue \d+: command timed out"

for name in ["trace", "record", "coredump"]:
    program(f"driver_{name}_test", label=name, timeout=600, expected_log=(HUNG,))

ROOT = Path(__file__).resolve().parents[2]
FAULT = "/usr/lib/groq/tests/driver_record_test --gtest_filter=ContextQuery.CountsFaultsOfItsOwn"
DUMPS = "/sys/class/devcoredump/devcd*/data"
DEVICE = "/sys/bus/pci/devices/0000:01:00.0"
# Offsets of docs/hardware.md.
STATUS, QUEUE_ERRORS, QUEUE = 0x44, 0x68, 0x10000


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
BROKEN = r"queue \d+: error 3"  # FETCH
LYING = r"queue \d+: protocol broken"
FATAL = r"the chip reports a fatal error"
STUCK = r"queue \d+ does not stop"
SILENT = r"the card does not answer any more"


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


class Single:
    """A process that does one NOP when it is told to, so that it is known to the last
    access what the card does."""

    def __init__(self, guest: Guest) -> None:
        self._command = guest.start(f"exec {TESTS}/driver_single")
        self._command.wait_for_output("ready", SECONDS)

    def push(self) -> None:
        self._command.close_input()

    def end(self) -> str:
        """How the NOP ended."""
        result = self._command.wait(SECONDS)
        assert result.code == 0, result
        return result.output.split()[-1]

    def kill(self) -> None:
        self._command.kill()
        self._command.wait(SECONDS)


def dump_of(guest: Guest) -> dict[str, Any]:
    """The core dump that there is or will be."""
    if not has_dumps(guest):
        raise Skip("a kernel without CONFIG_DEV_COREDUMP")
    guest.run(f"until ls {DUMPS} 2>/dev/null; do sleep 0.05; done", timeout=SECONDS)
    return json.loads(guest.run(f"cat {DUMPS} | groq-smi decode --json -").output)


def register_of(dump: dict[str, Any], offset: int) -> int:
    return next(one["value"] for one in dump["registers"] if one["offset"] == offset)


def expect_queue_of_single(dump: dict[str, Any]) -> dict[str, Any]:
    """The dump is about the queue of a Single, with the NOP in it."""
    queue = next(one for one in dump["queues"] if one["process"] is not None)
    assert queue["process"]["name"] == "driver_single" and queue["jobs"] == 1, dump
    assert dump["queue"] == queue["queue"] and not dump["faults"], dump
    assert dump["card"]["time_ns"] > 0 and register_of(dump, 0) == 0x514F5247, dump
    [job] = dump["jobs"]
    assert (job["queue"], job["job"], job["in_ring"]) == (queue["queue"], 1, True), job
    assert [command["type"] for command in job["commands"]] == ["NOP"], job
    assert job["commands_done"] == 0, job
    return queue


@scenario(cards=1, expected_log=(BROKEN,))
def a_core_dump_tells_of_a_queue_in_error(guest: Guest) -> None:
    single = Single(guest)
    inject(guest, "dma-errors", 1)  # the fetch of the NOP
    single.push()
    assert single.end() == "DMA"
    dump = dump_of(guest)
    assert dump["reason"] == "queue_error", dump
    queue = expect_queue_of_single(dump)
    assert queue["status"] == 3 << 8, dump
    assert register_of(dump, QUEUE_ERRORS) == 1 << queue["queue"], dump
    assert "error FETCH" in guest.run("groq-smi decode").output


@scenario(cards=1, expected_log=(LYING,))
def a_core_dump_tells_of_completions_nobody_waited_for(guest: Guest) -> None:
    single = Single(guest)
    inject(guest, "bad-completion", "cookie")
    single.push()
    assert single.end() == "INVALID"
    dump = dump_of(guest)
    assert dump["reason"] == "protocol", dump
    queue = expect_queue_of_single(dump)
    assert queue["status"] == 1, dump  # enabled, and no error
    completions = QUEUE + queue["queue"] * 0x1000 + 0x38
    assert register_of(dump, completions) == 1, dump


@scenario(cards=1, expected_log=(FATAL,))
def a_core_dump_tells_of_a_fatal_error(guest: Guest) -> None:
    single = Single(guest)
    inject(guest, "fatal", True)
    dump = dump_of(guest)
    assert dump["reason"] == "fatal" and dump["queue"] is None, dump
    assert register_of(dump, STATUS) & 0x10, dump
    assert not dump["jobs"] and not dump["faults"], dump
    assert dump["card"]["resets"] == 0, dump  # it is taken before the chip is reset
    single.push()
    assert single.end() == "OK"


@scenario(cards=1, expected_log=(STUCK,))
def a_core_dump_tells_of_a_queue_that_does_not_stop(guest: Guest) -> None:
    single = Single(guest)
    inject(guest, "hang", "chip")
    single.push()
    guest.run("until grep -q '^ .* 1 *0 *1 *1$' /sys/kernel/debug/accel/0000*/queues; "
              "do sleep 0.05; done", timeout=SECONDS)
    single.kill()
    dump = dump_of(guest)
    assert dump["reason"] == "no_stop", dump
    queue = expect_queue_of_single(dump)
    assert queue["status"] & 2, dump  # active
    assert register_of(dump, QUEUE + queue["queue"] * 0x1000 + 0x20) & 1 == 0, dump


@scenario(cards=1, one_thread=True, expected_log=(SILENT,))
def a_core_dump_tells_of_a_card_that_went(guest: Guest) -> None:
    single = Single(guest)
    inject(guest, "gone", True)
    single.push()
    assert single.end() == "LOST"
    dump = dump_of(guest)
    assert dump["reason"] == "lost" and dump["queue"] is None, dump
    assert dump["registers"] == [] and dump["card"]["time_ns"] == 0, dump
    assert dump["card"]["serial"] == "0000000000001000", dump
    [job] = dump["jobs"]
    assert job["in_ring"] and job["commands_done"] == 0, dump
    assert "did not recover" in guest.run("groq-smi decode").output


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


@scenario(cards=1, expected_log=(HOT,))
def sensors_shows_the_card(guest: Guest) -> None:
    def shown() -> dict[str, Any]:
        text = guest.run("sensors -j", user="guest").output
        return json.loads(text)["groq-pci-0100"]

    card = shown()
    assert set(card) == {"Adapter", "chip", "board", "card", "vcore", "icore"}, card
    assert card["chip"]["temp1_max"] == 90 and card["chip"]["temp1_crit"] == 105, card
    assert card["chip"]["temp1_max_alarm"] == 0 and card["board"]["temp2_input"] > 10, card
    assert card["card"]["power1_cap"] == 375 and card["card"]["power1_input"] > 10, card
    assert 0.5 < card["vcore"]["in0_input"] < 1.5 and card["icore"]["curr1_input"] > 1, card
    assert "ALARM" not in guest.run("sensors").output
    inject(guest, "temperature", 95000)
    card = shown()
    assert card["chip"]["temp1_input"] == 95 and card["chip"]["temp1_max_alarm"] == 1, card
    text = guest.run("sensors").output
    assert re.search(r"^chip: +\+95\.0.*ALARM", text, re.MULTILINE), text


# debugfs

DEBUG = "/sys/kernel/debug/accel/0000:01:00.0"
REGISTER = re.compile(r"(0x[0-9a-f]{5}) ((?:(?:queue|link) \d+ )?(?:window \d+ )?[A-Z0-9_]+) = "
                      r"(0x[0-9a-f]+)$")


def contexts(guest: Guest) -> list[list[str]]:
    head, *lines = guest.run(f"cat {DEBUG}/contexts").output.splitlines()
    assert head.split() == ["context", "pid", "kind", "queues", "sram", "jobs", "faults",
                            "timeouts", "resets", "unexpected", "process"], head
    return [line.split() for line in lines]


@scenario(cards=1)
def debugfs_shows_the_contexts(guest: Guest) -> None:
    assert not contexts(guest)
    single = Single(guest)
    worker = Worker(guest)
    first, second = contexts(guest)
    holders = guest.run(f"cat {DEVICE}/holders").output.split()
    assert [first[1], second[1]] == holders, (first, second)
    assert first == ["1", holders[0], "shared", "1", "0", *"00000", "driver_single"], first
    assert second[2:5] == ["shared", "1", str(4 * 16000 + 3200)], second
    assert int(second[5]) > 0 and second[6:] == [*"0000", "driver_worker"], second
    single.push()
    assert single.end() == "OK"
    worker.end().expect()
    assert not contexts(guest)


def registers(guest: Guest) -> dict[str, tuple[int, int]]:
    """Offset and value of each that is shown."""
    found = {}
    for line in guest.run(f"cat {DEBUG}/registers").output.splitlines():
        match = REGISTER.match(line)
        assert match and match[2] not in found, line
        found[match[2]] = int(match[1], 16), int(match[3], 16)
    return found


def readable_registers() -> set[int]:
    """Offsets in sections 4 and 5 of the manual."""
    text = (ROOT / "docs/hardware.md").read_text()
    text = text[text.index("### 4.1 "):text.index("## 6 ")]
    rows = re.findall(r"^\| 0x([0-9a-f]{4}) \| \w+ \| (\w+)", text, re.MULTILINE)
    counters = re.findall(r"0x(00[0-9a-f]{2})\s[A-Z_]+[,.]", text)
    return {int(offset, 16) for offset, access in rows if access != "W1S"} | {
        int(offset, 16) for offset in counters}


@scenario(cards=1)
def debugfs_shows_the_registers(guest: Guest) -> None:
    single = Single(guest)
    worker = Worker(guest)
    worker.end().expect()
    shown = registers(guest)
    single.push()
    assert single.end() == "OK"
    offsets = [offset for offset, _ in shown.values()]
    assert len(offsets) == len(set(offsets)), offsets
    assert {offset for offset in offsets if offset < 0x2000} == readable_registers()
    links = [name for name in shown if name.startswith("link ")]
    assert len(links) == 11 * len([name for name in links if name.startswith("link 0 ")]), links
    assert shown["link 10 STATE"] == (0x4280, 1) and shown["link 10 DOWNS"] == (0x4AA0, 0), shown
    assert shown["link 10 HAC_OFFSET"][0] == 0x56A0 and shown["HAC_PERIOD"] == (0x5000, 252), shown
    assert shown["ID"] == (0, 0x514F5247) and shown["SERIAL"] == (0x20, 0x1000), shown
    assert shown["TELEMETRY_CHIP_MAX_MC"] == (0x1018, 90000), shown
    pages = {offset // 0x1000 for offset in offsets if offset >= QUEUE}
    assert len(pages) == 2, shown  # the driver's own, and one
    for page in pages:
        queue = f"queue {page - QUEUE // 0x1000}"
        assert shown[f"{queue} STATUS"] == (page * 0x1000 + 0x28, 1), shown
        assert shown[f"{queue} CONTROL"][1] & 1, shown
        assert shown[f"{queue} SQ_HEAD"][1] == shown[f"{queue} SQ_TAIL"][1], shown
    # That of the driver's own reaches all of SRAM, the other one none of it.
    windows = {name: value for name, (_, value) in shown.items() if "window" in name}
    assert sorted(name.split()[-1] for name in windows) == ["ACCESS", "BASE", "SIZE"], shown
    assert shown["SRAM_SIZE"][1] in windows.values(), shown


@scenario(cards=1, one_thread=True, expected_log=(SILENT,))
def debugfs_of_a_card_that_sleeps_or_went(guest: Guest) -> None:
    guest.run(f"echo 50 >{DEVICE}/power/autosuspend_delay_ms && "
              f"echo auto >{DEVICE}/power/control")
    asleep = f"[ $(cat {DEVICE}/power/runtime_status) = suspended ]"
    guest.run(f"until {asleep}; do sleep 0.05; done", timeout=SECONDS)
    assert not contexts(guest)
    guest.run(asleep)
    assert registers(guest)["ID"] == (0, 0x514F5247)
    single = Single(guest)
    inject(guest, "gone", True)
    for name in ["registers", "queues"]:
        refused = guest.run(f"cat {DEBUG}/{name}", check=False)
        assert refused.code == 1 and "No such device" in refused.error, refused
    [context] = contexts(guest)
    assert context[-1] == "driver_single", context
    single.push()
    assert single.end() == "LOST"
    assert not contexts(guest)


@scenario(cards=2)
def links_have_states(guest: Guest) -> None:
    for card in range(2):
        folder = f"/sys/class/accel/accel{card}/device/links"
        assert len(guest.run(f"ls -d {folder}/link*").output.split()) == 11
        assert guest.run(f"cat {folder}/link*/state").output == 11 * "down\n"
        assert guest.run(f"cat {folder}/up {folder}/generation").output == "0x0000\n1\n"


@scenario(cards=1, card_options="links=0")
def a_card_without_links_has_none_in_its_folder(guest: Guest) -> None:
    assert guest.run(f"ls {DEVICE}/links").output.split() == ["generation", "up"]
    assert guest.run(f"cat {DEVICE}/links/up").output == "0x0000\n"


@scenario(cards=1, one_thread=True)
def everything_can_be_read_while_the_card_goes(guest: Guest) -> None:
    """Whoever reads gets a value or an error, and nothing worse."""
    reading = guest.start(f"cd {DEVICE}; while :; do cat serial state holders heartbeat "
                          "ecc_corrected links/* links/*/* throttle hwmon/*/* "
                          "/sys/kernel/debug/accel/*/* >/dev/null 2>&1; done")
    for _ in range(3):
        guest.run(f"echo 1 >{DEVICE}/reset")
        guest.run("echo 0000:01:00.0 >/sys/bus/pci/drivers/groq/unbind")
        guest.run("echo 0000:01:00.0 >/sys/bus/pci/drivers/groq/bind")
    guest.run(f"echo 1 >{DEVICE}/remove")
    reading.kill()
