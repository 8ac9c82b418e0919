# SPDX-License-Identifier: MIT
"""What the VM tests rest on, tested without a VM. Run by `python3 -m unittest`."""

import subprocess
import sys
import tempfile
import unittest
from pathlib import Path

REPOSITORY = Path(__file__).resolve().parents[3]
sys.path[:0] = [str(REPOSITORY), str(REPOSITORY / "tests/vm")]

from harness.case import Case  # noqa: E402
from harness.coverage import Source, row  # noqa: E402
from harness.kernel_log import complaints  # noqa: E402
from harness.ktap import results  # noqa: E402
from harness.leaks import find_leaks  # noqa: E402
from harness.runner import FAILED, PASSED, SKIPPED, Outcome, judge, junit, summary  # noqa: E402
from vm.agent import GuestGone, Result  # noqa: E402
from vm.cpio import Cpio  # noqa: E402
from vm.kernel_modules import dependency_table  # noqa: E402
from vm.machine import Image, Machine  # noqa: E402


def module(depends: str) -> bytes:
    return b"\x7fELF\0license=GPL\0depends=" + depends.encode() + b"\0name=x\0"


def case(body=lambda guest: None, name="a test") -> Case:
    return Case(name, body, Machine(), False, ())


class LostGuest:
    def dmesg(self):
        raise GuestGone("the guest is gone")


class StuckGuest:
    def dmesg(self):
        return []

    def run(self, line):
        return Result(0, "7: program\n  7 S (sleeping)\n    [<0>] groq_wait+0x1/0x2\n", "")


class KernelLog(unittest.TestCase):
    def test_reports_of_the_kernel_are_complaints(self):
        for text in ["BUG: KASAN: slab-out-of-bounds in groq_job_run+0x2ab/0x300",
                     "WARNING: CPU: 0 PID: 1 at drivers/x.c:12 f+0x1/0x2",
                     "WARNING: possible circular locking dependency detected",
                     "UBSAN: shift-out-of-bounds in x.c:1:2",
                     "Oops: general protection fault, probably for address 0xdead",
                     "DMA-API: groq 0000:01:00.0: device driver frees DMA memory",
                     "INFO: task sh:12 blocked for more than 120 seconds.",
                     "refcount_t: underflow; use-after-free.",
                     "unreferenced object 0xffff888 (size 64):",
                     "groq 0000:01:00.0: [drm] *ERROR* queue 3 stuck",
                     "DMAR: [DMA Read NO_PASID] Request device [01:00.0] fault addr 0x1000"]:
            self.assertEqual(complaints([f"<4>[ 1.0] {text}"]), [f"[ 1.0] {text}"])

    def test_ordinary_lines_are_not(self):
        for raw in ["<6>[ 0.1] Linux version 6.12", "<6>groq 0000:01:00.0: 2 terrors",
                    "<4>[ 0.6] mtrr: your CPUs had inconsistent MTRRdefType settings",
                    "<3>[ 0.1] tsc: Unable to calibrate against PIT", "",
                    "<6>[ 0.4] DMA-API: preallocated 65536 debug entries",
                    "<6>[ 0.4] DMA-API: debugging enabled by kernel config"]:
            self.assertEqual(complaints([raw]), [])

    def test_level_error_of_the_driver_is(self):
        for level, count in [(0, 1), (3, 1), (4, 0), (6, 0), (3 + 8, 1)]:
            self.assertEqual(len(complaints([f"<{level}>groq 0000:01:00.0: no"])), count)

    def test_expected_lines_are_passed_over(self):
        raw = ["<3>groq 0000:01:00.0: job timed out", "<4>BUG: other"]
        self.assertEqual(complaints(raw, ("job timed out",)), ["BUG: other"])


LEAK = """\
unreferenced object 0xffff8881053a1c00 (size 64):
  comm "modprobe", pid 115, jiffies 4294940011
  backtrace (crc 54b7b1fa):
    __kmalloc_cache_noprof+0x2a1/0x300
    %s
"""


class Report:
    """A guest in which a command prints what it is made with."""

    def __init__(self, text: str) -> None:
        self.text = text

    def run(self, line: str) -> Result:
        return Result(0, self.text, "")


class Leaks(unittest.TestCase):
    def test_what_ours_lost_is_told(self):
        theirs = LEAK % "pci_device_add+0x12/0x40 [drm]"
        for frame in ["groq_job_run+0x2ab/0x300 [groq]", "f+0x1/0x2 [groq_kunit]",
                      "0xffffffffc0201234"]:
            self.assertEqual(find_leaks(Report(theirs + LEAK % frame + theirs)),
                             [LEAK % frame])
        self.assertEqual(find_leaks(Report(theirs)), [])
        self.assertEqual(find_leaks(Report("")), [])


class Ktap(unittest.TestCase):
    TEXT = ("KTAP version 1\n\n    KTAP version 1\n    # Subtest: s\n    1..3\n"
            "    ok 1 a\n    not ok 2 b\n    ok 3 c # SKIP why\n# s: pass:1\nnot ok 1 s\n")

    def test_each_case_has_its_result(self):
        self.assertEqual(results(self.TEXT), {"a": True, "b": False, "c": False})

    def test_a_suite_that_ended_early_is_none(self):
        for text in [self.TEXT.replace("    ok 1 a\n", ""), "", "1..0\n"]:
            self.assertRaises(ValueError, results, text)


class CoverageTable(unittest.TestCase):
    def test_lines_are_told_apart(self):
        source = Source()
        for line, count in [(7, 0), (3, 0), (5, 2), (3, 0), (7, 1)]:
            source.counts[line] += count
        self.assertEqual((source.reached, source.missed), (2, [3]))
        self.assertIn(" 2 of     3   66.7 %", row("a.c", 2, 3))


class Judge(unittest.TestCase):
    def test_a_lost_guest_fails_the_test(self):
        self.assertEqual(judge(case(), LostGuest()), (FAILED, "GuestGone: the guest is gone"))

    def test_the_first_reason_is_kept(self):
        def body(guest):
            raise AssertionError("why")
        self.assertEqual(judge(case(body), LostGuest()), (FAILED, "AssertionError: why"))

    def test_a_test_without_an_end_says_where_it_is(self):
        def body(guest):
            raise TimeoutError("still running")
        status, detail = judge(case(body), StuckGuest())
        self.assertEqual(status, FAILED)
        self.assertIn("groq_wait", detail)

    def test_summary_and_report_agree(self):
        outcomes = [Outcome(case(name="a"), PASSED, 0.5),
                    Outcome(case(name="b<"), FAILED, 1.0, "why & what"),
                    Outcome(case(name="c"), SKIPPED, 0.1, "no reason")]
        self.assertEqual(summary(outcomes), "1 passed, 1 failed, 1 skipped")
        self.assertIn('<testcase name="b&lt;" time="1.000"><failure>why &amp; what</failure>',
                      junit(outcomes))


class Archive(unittest.TestCase):
    def contents(self, archive: Cpio, *options: str) -> str:
        return subprocess.run(["cpio", "--quiet", *options], input=archive.to_bytes(),
                              stdout=subprocess.PIPE, check=True).stdout.decode()

    def test_cpio_reads_it_back(self):
        archive = Cpio()
        for length in range(9):
            archive.add_file(f"a/b{'x' * length}", b"y" * length)
        archive.add_link("a/link", "b")
        with tempfile.TemporaryDirectory() as folder:
            subprocess.run(["cpio", "--quiet", "-id"], input=archive.to_bytes(), cwd=folder,
                           check=True)
            for length in range(9):
                text = Path(folder, f"a/b{'x' * length}").read_text()
                self.assertEqual(text, "y" * length)
            self.assertEqual(str(Path(folder, "a/link").readlink()), "b")

    def test_parents_come_first_and_modes_are_kept(self):
        archive = Cpio()
        archive.add_file("usr/bin/tool", b"", mode=0o755)
        archive.add_character_device("dev/console", 5, 1)
        listing = self.contents(archive, "-itv").splitlines()
        self.assertEqual([line.split()[-1] for line in listing],
                         ["dev", "dev/console", "usr", "usr/bin", "usr/bin/tool"])
        self.assertTrue(listing[-1].startswith("-rwxr-xr-x"))
        self.assertIn("5,   1", listing[1])

    def test_equal_contents_give_equal_bytes(self):
        first, second = Cpio(), Cpio()
        first.add_file("a", b"1")
        first.add_file("b", b"2")
        second.add_file("b", b"2")
        second.add_file("a", b"1")
        self.assertEqual(first.to_bytes(), second.to_bytes())


class Modules(unittest.TestCase):
    def test_what_is_needed_first_comes_last(self):
        table = dependency_table({"drm": module(""), "kms": module("drm"),
                                  "shmem": module("kms,drm"), "ours": module("drm,shmem")})
        self.assertEqual(table.splitlines(), ["drm.ko: ", "kms.ko: drm.ko",
                                              "shmem.ko: kms.ko drm.ko",
                                              "ours.ko: shmem.ko kms.ko drm.ko"])

    def test_names_with_hyphens_are_found(self):
        table = dependency_table({"gpu_sched": module(""), "ours": module("gpu-sched")})
        self.assertIn("ours.ko: gpu_sched.ko", table)


class CommandLine(unittest.TestCase):
    def words(self, **fields) -> str:
        return " ".join(Machine(**fields).arguments(Image(Path("/image")), "tcg"))

    def test_a_debug_kernel_has_more_memory_and_patience(self):
        def line(image: Image) -> str:
            return " ".join(Machine(memory_mib=64).arguments(image, "tcg"))
        with tempfile.TemporaryDirectory() as folder:
            image = Image(Path(folder))
            self.assertEqual(image.patience, 1)
            self.assertIn("-m 64M", line(image))
            Path(folder, "kernel").mkdir()
            Path(folder, "kernel/.config").touch()
            self.assertGreater(image.patience, 1)
            self.assertIn("-m 576M", line(image))
            self.assertIn("stall_timeout", line(image))

    def test_each_card_has_its_root_port_and_serial(self):
        line = self.words(cards=2, card_options="links=9")
        self.assertIn("pcie-root-port,id=port1,bus=pcie.0,chassis=2,addr=0x11", line)
        self.assertIn("groq-lpu,id=card1,bus=port1,serial=0x1001,links=9", line)
        self.assertNotIn("card2", line)

    def test_iommu_is_asked_of_board_and_kernel(self):
        line = self.words(iommu=True)
        self.assertIn("intel-iommu", line)
        self.assertIn("intel_iommu=on", line)
        self.assertNotIn("iommu", self.words())

    def test_a_machine_with_a_disk_cannot_be_saved(self):
        self.assertTrue(Machine().migratable)
        self.assertFalse(Machine(disk=True).migratable)


if __name__ == "__main__":
    unittest.main()
