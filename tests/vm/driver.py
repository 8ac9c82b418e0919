# SPDX-License-Identifier: MIT
"""groq.ko against an emulated card: the programs of tests/vm/driver."""

from harness.case import program, scenario
from vm.guest import Guest

# What the driver says when a test makes a program hang, or takes the card away.
HUNG = r"queue \d+: command timed out"

for name in ["param", "buffer", "context", "queue", "sram", "submit", "copy", "fence",
             "cancel", "run", "telemetry", "link", "stress"]:
    program(f"driver_{name}_test", label=name, timeout=600)
program("driver_hang_test", label="hang", timeout=600, expected_log=(HUNG,))
program("driver_removal_test", label="removal", one_thread=True, timeout=600)

# Nothing may depend on how many processors there are, or on addresses being
# what they seem.
for name in ["copy", "fence", "stress"]:
    program(f"driver_{name}_test", label=f"{name}_on_one_processor", processors=1,
            timeout=600)
for name in ["copy", "buffer", "stress"]:
    program(f"driver_{name}_test", label=f"{name}_behind_an_iommu", iommu=True, timeout=600)
program("driver_removal_test", label="removal_behind_an_iommu", iommu=True, one_thread=True,
        timeout=600)


@scenario(driver=False, cards=1)
def driver_loads_and_unloads(guest: Guest) -> None:
    for _ in range(5):
        guest.run("modprobe groq && udevadm settle && test -e /dev/accel/accel0 && rmmod groq")


@scenario(cards=1)
def debugfs_shows_the_queues(guest: Guest) -> None:
    text = guest.run("cat /sys/kernel/debug/accel/*/queues").output
    assert text.startswith("queue priority") and "running" in text, text
