# SPDX-License-Identifier: MIT
"""The pure parts of the driver, tested in the kernel; only a debug kernel has KUnit."""

from harness.case import Skip, scenario
from harness.ktap import results
from vm.guest import Guest

SUITES = {"groq_validate", "groq_window", "groq_scatter", "groq_ring", "groq_link",
          "groq_sram"}
RESULTS = "/sys/kernel/debug/kunit"


@scenario(driver=False, cards=0)
def pure_parts(guest: Guest) -> None:
    if guest.run("ls /usr/lib/modules/*/groq_kunit.ko", check=False).code != 0:
        raise Skip("there is no groq_kunit.ko in this guest")
    guest.run("modprobe groq_kunit", timeout=300)
    suites = set(guest.run(f"ls {RESULTS}").output.split())
    assert suites == SUITES, suites
    for suite in sorted(suites):
        text = guest.run(f"cat {RESULTS}/{suite}/results").output
        failed = [name for name, passed in results(text).items() if not passed]
        assert not failed, text
    guest.run("rmmod groq_kunit")
