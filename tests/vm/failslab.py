# SPDX-License-Identifier: MIT
"""Memory runs out at every allocation of the driver, one after another."""

from harness.case import program

# What the kernel says of a probe that failed.
PROBE = r"groq [0-9a-f:.]+: (probe with driver groq failed|really_probe: driver_sysfs_add failed)"

program("driver_failslab_test", "--gtest_filter=Failslab.*", label="calls", timeout=900)
program("driver_failslab_test", "--gtest_filter=FailslabUring.*", label="uring", timeout=900)
program("driver_failslab_test", "--gtest_filter=FailslabProbe.*", label="probe",
        one_thread=True, timeout=900, expected_log=(PROBE,))
