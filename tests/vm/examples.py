# SPDX-License-Identifier: MIT
"""The example scripts of vm/examples, as docs/driver-testing.md has them run."""

from __future__ import annotations

from harness.case import scenario
from vm.examples import failing_card
from vm.guest import Guest

AER = (r"PCIe Bus Error: severity=Correctable", r"device \[1de0:0000\] error", r"RxErr")


# A kernel without ASPM does not ask the firmware for AER.
@scenario(cards=1, one_thread=True, kernel_options=("pcie_ports=native",),
          expected_log=(r"a sensor crossed its limit", *AER))
def a_failing_card(guest: Guest) -> None:
    failing_card.check(guest)
