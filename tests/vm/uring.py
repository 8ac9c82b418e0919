# SPDX-License-Identifier: MIT
"""io_uring on the card: the programs uring_* of tests/vm/driver."""

from harness.case import program

# What the driver says when a test makes a program hang.
HUNG = r"queue \d+: command timed out"

for name in ["submit", "mode", "fixed", "event", "cancel", "stress"]:
    program(f"driver_uring_{name}_test", label=name, timeout=900)
program("driver_uring_recovery_test", label="recovery", timeout=900, expected_log=(HUNG,))
program("driver_uring_removal_test", label="removal", one_thread=True, timeout=900)

for name in ["fixed", "stress"]:
    program(f"driver_uring_{name}_test", label=f"{name}_behind_an_iommu", iommu=True,
            timeout=900)
program("driver_uring_removal_test", label="removal_behind_an_iommu", iommu=True,
        one_thread=True, timeout=900)
program("driver_uring_stress_test", label="stress_on_one_processor", processors=1,
        timeout=900)
# Where memory is bounced, bytes come out when it is unmapped: before anybody hears of it.
program("driver_uring_fixed_test",
        "--gtest_filter=Fixed.CopiesAnyBytes:Fixed.KeepsTheMemoryWhileTheCopyLasts",
        label="fixed_through_bounce_buffers", kernel_options=("swiotlb=force",), timeout=300)
