# SPDX-License-Identifier: MIT
"""What operators and developers see of the driver while it works, and afterwards."""

import json

from harness.case import Skip, program, scenario
from vm.guest import Guest

# What the driver says when a test makes a program hang.
HUNG = r"queue \d+: command timed out"

for name in ["trace", "record", "coredump"]:
    program(f"driver_{name}_test", label=name, timeout=600, expected_log=(HUNG,))

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
