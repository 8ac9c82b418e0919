# SPDX-License-Identifier: MIT
"""Memory runs out at every allocation of the driver, one after another."""

from harness.case import program

# A probe that failed says so.
PROBE = r"groq [0-9a-f:.]+: (probe with driver groq failed|.*\berror\b)"

program("driver_failslab_test", "--gtest_filter=Failslab.*", label="calls", timeout=900)
program("driver_failslab_test", "--gtest_filter=FailslabProbe.*", label="probe",
        one_thread=True, timeout=900, expected_log=(PROBE,))
