# SPDX-License-Identifier: MIT
"""Memory of the driver: pinned, imported and exported, and what an IOMMU says to it."""

from harness.case import program

program("driver_pin_test", label="pin", timeout=600)
program("driver_pin_test", "--gtest_filter=*Files*", label="pin_files_on_a_disk", disk=True)
program("driver_pin_test", label="pin_behind_an_iommu", iommu=True, timeout=600)

program("driver_prime_test", label="prime", timeout=600)
program("driver_prime_test", label="prime_behind_an_iommu", iommu=True, timeout=600)
