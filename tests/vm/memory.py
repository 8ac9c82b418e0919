# SPDX-License-Identifier: MIT
"""Memory of the driver: pinned, imported and exported, and what an IOMMU says to a
card that reaches for what it does not have (any more)."""

from harness.case import PROGRAMS, program, scenario
from vm.guest import Guest

for name in ("pin", "pin_limit", "pin_fault"):
    program(f"driver_{name}_test", label=name, timeout=600)
    program(f"driver_{name}_test", label=f"{name}_behind_an_iommu", iommu=True, timeout=600)
program("driver_pin_test", "--gtest_filter=*Files*", label="pin_files_on_a_disk", disk=True)
# vgem does not say how long a piece its pages may come in, and a kernel that checks DMA
# takes it at the default: 64 KiB. Longer ones are a matter of which pages were free.
VGEM = (r"DMA-API: platform vgem: mapping sg segment longer than device claims",
        r"WARNING: .* debug_dma_map_sg\+", r"Call Trace:")
program("driver_prime_test", label="prime", timeout=600, expected_log=VGEM)
program("driver_prime_test", label="prime_behind_an_iommu", iommu=True, timeout=600,
        expected_log=VGEM)

SECONDS = 120  # against hanging
ADDRESS = "0000:01:00.0"
DEVICE = f"/sys/bus/pci/devices/{ADDRESS}"
DRIVER = "/sys/bus/pci/drivers/groq"
STRICT = ("iommu.strict=1",)
REFUSED = (r"DMAR: ", r"dmar_fault: \d+ callbacks suppressed")
QUEUE_REGISTERS = 0x10000  # BAR 0: the first queue's; each has 0x1000
MEMORY_AND_BUS_MASTER = r"\006\004"  # PCI command register, interrupts by MSI-X only


class Holder:
    """A process that has memory of a kind mapped for card 0."""

    def __init__(self, guest: Guest, kind: str) -> None:
        self._command = guest.start(f"{PROGRAMS}/driver_hold_memory {kind}")
        self._command.wait_for_output("held", SECONDS)

    def free(self) -> None:
        self._command.write(b"\n")
        self._command.wait_for_output("freed", SECONDS)

    def end(self) -> None:
        self._command.close_input()
        result = self._command.wait(SECONDS)
        assert result.code == 0 and "Failure" not in result.output, result


def addresses(guest: Guest, kind: str) -> list[int]:
    """First bus addresses of what is mapped of this kind."""
    lines = guest.run("cat /sys/kernel/debug/accel/*/buffers").output.splitlines()
    return [int(line.split()[3], 16) for line in lines if line.split()[0] == kind]


def address(guest: Guest, kind: str) -> int:
    found = addresses(guest, kind)
    assert found, f"nothing of kind {kind} is mapped"
    return found[-1]


def ring_addresses(guest: Guest) -> list[int]:
    """Bus addresses of the rings of the queue that was made last."""
    queues = guest.run("cat /sys/kernel/debug/accel/*/queues").output.splitlines()
    base = int(guest.run(f"cat {DEVICE}/resource").output.split()[0], 16)
    registers = base + QUEUE_REGISTERS + int(queues[-1].split()[0]) * 0x1000
    text = guest.qmp.execute("human-monitor-command",
                             **{"command-line": f"xp /4wx {registers:#x}"})
    words = [int(word, 16) for word in text.split()[1:5]]
    return [words[0] | words[1] << 32, words[2] | words[3] << 32]


def stray(guest: Guest, way: str, where: int) -> str:
    """What becomes of an access that the card makes by itself."""
    card = "/machine/peripheral/card0"
    guest.qmp.execute("qom-set", path=card, property="stray-dma",
                      value=f"{way}:{where:#x}:64")
    return guest.qmp.execute("qom-get", path=card, property="stray-dma-result")


def expect(guest: Guest, where: int, *, read: str, write: str) -> None:
    assert stray(guest, "read", where) == read, f"read of {where:#x} is not {read}"
    assert stray(guest, "write", where) == write, f"write of {where:#x} is not {write}"


def expect_refused_once_freed(guest: Guest, kind: str, shown: str, write: str) -> None:
    holder = Holder(guest, kind)
    where = address(guest, shown)
    expect(guest, where, read="done", write=write)
    holder.free()
    assert where not in addresses(guest, shown)
    expect(guest, where, read="refused", write="refused")
    holder.end()


@scenario(cards=1, iommu=True, kernel_options=STRICT, expected_log=REFUSED)
def a_stale_address_does_not_reach_memory(guest: Guest) -> None:
    for kind in ["buffer", "pinned", "import"]:
        expect_refused_once_freed(guest, kind, kind, write="done")


@scenario(cards=1, iommu=True, kernel_options=STRICT, expected_log=REFUSED)
def memory_pinned_for_reading_cannot_be_written(guest: Guest) -> None:
    expect_refused_once_freed(guest, "read-only", "pinned", write="refused")


@scenario(cards=1, iommu=True, kernel_options=STRICT, expected_log=REFUSED)
def registered_memory_is_out_of_reach_when_its_copy_has_ended(guest: Guest) -> None:
    # A copy in only reads.
    expect_refused_once_freed(guest, "fixed", "fixed", write="refused")


@scenario(cards=1, iommu=True, kernel_options=STRICT, expected_log=REFUSED)
def rings_are_out_of_reach_when_their_queue_has_gone(guest: Guest) -> None:
    holder = Holder(guest, "queue")
    rings = ring_addresses(guest)
    for ring in rings:
        assert stray(guest, "read", ring) == "done"
    holder.free()
    for ring in rings:
        expect(guest, ring, read="refused", write="refused")
    holder.end()


@scenario(cards=1, iommu=True, kernel_options=STRICT, expected_log=REFUSED)
def nothing_is_within_reach_without_the_driver(guest: Guest) -> None:
    holders = [Holder(guest, kind)
               for kind in ["buffer", "pinned", "read-only", "import", "fixed", "queue"]]
    rings = ring_addresses(guest)
    mapped = [address(guest, kind) for kind in ["buffer", "pinned", "import", "fixed"]]
    for where in mapped + rings:
        assert stray(guest, "read", where) == "done", hex(where)
    guest.run(f"echo {ADDRESS} >{DRIVER}/unbind")
    # It is not only that the card may not be master of the bus.
    guest.run(f"printf '{MEMORY_AND_BUS_MASTER}' | "
              f"dd of={DEVICE}/config bs=1 seek=4 conv=notrunc")
    for where in mapped + rings:
        expect(guest, where, read="refused", write="refused")
    for holder in holders:
        holder.end()
    guest.run(f"echo {ADDRESS} >{DRIVER}/bind && {PROGRAMS}/driver_copy_test")

program("driver_scrub_test", label="scrub", timeout=600)


@scenario(cards=1, expected_log=(r"queue \d+: command timed out",))
def sram_that_cannot_be_zeroed_is_not_given(guest: Guest) -> None:
    card, used = "/machine/peripheral/card0", f"cat {DEVICE}/sram_used"
    guest.run("echo 200 >/sys/module/groq/parameters/timeout_ms")
    guest.qmp.execute("qom-set", path=card, property="hang", value="command")
    refused = guest.run(f"{PROGRAMS}/driver_hold_memory sram", check=False)
    assert refused.output == "refused: Input/output error\n", refused
    assert guest.run(used).output == "0\n"
    guest.qmp.execute("qom-set", path=card, property="hang", value="none")
    holder = Holder(guest, "sram")
    assert guest.run(used).output != "0\n"
    holder.free()
    assert guest.run(used).output == "0\n"
    holder.end()
