# SPDX-License-Identifier: MIT
"""What operators and developers see of the driver while it works, and afterwards."""

from harness.case import program

# What the driver says when a test makes a program hang.
HUNG = r"queue \d+: command timed out"

for name in ["trace", "record", "coredump"]:
    program(f"driver_{name}_test", label=name, timeout=600, expected_log=(HUNG,))
