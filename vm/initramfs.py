# SPDX-License-Identifier: MIT
"""Makes the guest's root file system: an archive the kernel unpacks into memory.

It is not compressed, because unpacking takes the guest longer than reading.
"""

from __future__ import annotations

import argparse
import os
import re
import subprocess
import tempfile
from pathlib import Path

from vm.cpio import Cpio
from vm.kernel_modules import (KernelModules, dependencies, dependency_table,
                               module_name)

HERE = Path(__file__).resolve().parent

# DRM parts, a second exporter of dma-bufs, and the benchmarks' disk.
STOCK_MODULES = ["drm_shmem_helper", "gpu_sched", "vgem", "nvme"]

USERS = """\
root:x:0:0:root:/root:/bin/sh
user:x:1000:1000:in group render:/tmp:/bin/sh
guest:x:1001:1001:in no group:/tmp:/bin/sh
"""
# Those that udev's own rules name, and ours.
GROUPS = ["tty", "dialout", "kmem", "input", "video", "audio", "lp", "disk", "cdrom",
          "tape", "kvm", "sgx", "render"]
FIRST_GROUP = 100

EM_X86_64 = 62
LIBRARY_FOLDERS = ["lib/x86_64-linux-gnu", "usr/lib/x86_64-linux-gnu", "usr/lib",
                   "usr/lib/x86_64-linux-gnu/systemd"]
LIBRARY_LINE = re.compile(r"^\s*(?:(\S+) => )?(\S+)(?: \(0x[0-9a-f]+\)| found)$")


def group_file() -> str:
    lines = ["root:x:0:", "user:x:1000:", "guest:x:1001:"]
    for number, name in enumerate(GROUPS, start=FIRST_GROUP):
        lines.append(f"{name}:x:{number}:{'user' if name == 'render' else ''}")
    return "\n".join(lines) + "\n"


class Libraries:
    """Shared libraries that programs need, found the way their loader would."""

    def __init__(self, archive: Cpio) -> None:
        self._archive = archive
        self._search: list[str] = []

    def search(self, root: Path) -> None:
        """Looks for libraries below this root first."""
        self._search += [str(root / folder) for folder in LIBRARY_FOLDERS]

    def add_for(self, program: Path) -> None:
        environment = os.environ | {"LD_LIBRARY_PATH": ":".join(self._search)}
        listing = subprocess.run(["ldd", str(program)], env=environment, check=False,
                                 capture_output=True, text=True).stdout
        for line in listing.splitlines():
            if match := LIBRARY_LINE.match(line):
                self._add(program, match[1], match[2])

    def _add(self, program: Path, name: str | None, path: str) -> None:
        if path == "not":
            raise FileNotFoundError(f"{program} needs {name}, which is not there")
        if name is None and not path.startswith("/"):
            return  # the kernel's own page
        target = f"usr/lib/x86_64-linux-gnu/{name}" if name else f"usr{path}"
        if target not in self._archive and f"usr/lib/{name}" not in self._archive:
            self._archive.add_host_file(target, Path(path))


class Initramfs:
    """The guest's root, part by part."""

    def __init__(self, userland: Path) -> None:
        self._archive = Cpio()
        self._userland = userland
        self._libraries = Libraries(self._archive)
        self._libraries.search(userland)
        self._add_skeleton()
        self._add_busybox()
        self._add_udev()
        self._add_agent()

    def search(self, root: Path) -> None:
        """Unpacked packages, in which programs find libraries."""
        self._libraries.search(root)

    def add_program(self, source: Path, target: str) -> None:
        """A file of the host and, if it is a program, the libraries it needs."""
        if source.is_symlink() or not is_program(source):
            self._archive.add_host_entry(target, source)
            return
        mode = 0o755 if os.access(source, os.X_OK) else 0o644
        self._archive.add_file(target, without_debug_info(source), mode)
        self._libraries.add_for(source)

    def add_installed(self, stage: Path) -> None:
        """What runs of what `cmake --install`, or packages, put below a folder."""
        self._libraries.search(stage)
        # Libraries first: a program's are then there already, beside their plug-ins.
        for pattern in ["lib/**/*.so*", "bin/*", "libexec/**/*", "share/groq/**/*",
                        "lib/udev/**/*"]:
            for path in sorted(stage.glob(f"usr/{pattern}")):
                if path.is_file():
                    self.add_program(path, str(path.relative_to(stage)))

    def add_programs(self, source: Path, target: str) -> None:
        """The programs right in a folder of the host; no folder, no programs."""
        for path in sorted(source.glob("*")):
            if path.is_file() and os.access(path, os.X_OK):
                self.add_program(path, f"{target}/{path.name}")

    def add_modules(self, kernel: Path, ours: list[Path]) -> None:
        """Ours, those of the kernel that they need, and the further ones."""
        modules = {module_name(path): without_debug_info(path) for path in ours}
        needed = [name for module in modules.values() for name in dependencies(module)]
        stock = KernelModules(kernel / "modules")
        modules = stock.closure([*STOCK_MODULES, *needed]) | modules
        release = kernel.joinpath("release").read_text().strip()
        for name, data in modules.items():
            self._archive.add_file(f"usr/lib/modules/{release}/{name}.ko", data)
        self._archive.add_file(f"usr/lib/modules/{release}/modules.dep",
                               dependency_table(modules).encode())

    def add_rules(self, folder: Path) -> None:
        """Our udev rules, and the program that they call."""
        for path in sorted(folder.iterdir()):
            where = "rules.d/" if path.suffix == ".rules" else ""
            self._archive.add_host_file(f"usr/lib/udev/{where}{path.name}", path)

    def write(self, path: Path) -> None:
        part = path.with_suffix(".part")
        part.write_bytes(self._archive.to_bytes())
        part.replace(path)

    def _unpacked(self, path: str) -> Path:
        """A file of the userland: Debian 13 has everything below usr."""
        merged = self._userland / "usr" / path
        return merged if merged.exists() else self._userland / path

    def _add_skeleton(self) -> None:
        for folder in ["dev", "proc", "sys", "run", "tmp", "root", "usr/bin", "usr/sbin"]:
            self._archive.add_folder(folder)
        for name in ["bin", "sbin", "lib", "lib64"]:
            self._archive.add_link(name, f"usr/{name}")
        self._archive.add_character_device("dev/console", 5, 1)
        self._archive.add_file("etc/passwd", USERS.encode())
        self._archive.add_file("etc/group", group_file().encode())
        self._archive.add_host_file("init", HERE / "init")

    def _add_busybox(self) -> None:
        busybox = self._unpacked("bin/busybox")
        self._archive.add_host_file("usr/bin/busybox", busybox)
        applets = subprocess.run([busybox, "--list"], capture_output=True, text=True,
                                 check=True).stdout
        for name in applets.split():
            if f"usr/bin/{name}" not in self._archive:
                self._archive.add_link(f"usr/bin/{name}", "busybox")

    def _add_udev(self) -> None:
        self.add_program(self._unpacked("bin/udevadm"), "usr/bin/udevadm")
        self._archive.add_link("usr/lib/systemd/systemd-udevd", "../../bin/udevadm")
        self._archive.add_tree("usr/lib/udev/rules.d", self._unpacked("lib/udev/rules.d"))
        self._archive.add_host_file("etc/udev/udev.conf",
                                    self._unpacked("etc/udev/udev.conf"))

    def _add_agent(self) -> None:
        with tempfile.TemporaryDirectory() as folder:
            agent = Path(folder) / "agent"
            subprocess.run(["cc", "-std=gnu11", "-O2", "-static", "-o", agent,
                            HERE / "agent.c"], check=True)
            self._archive.add_host_file("usr/sbin/agent", agent)


def is_program(path: Path) -> bool:
    """Whether it is for the guest's processor: the card's programs are ELF too."""
    with path.open("rb") as file:
        head = file.read(20)
    return head.startswith(b"\x7fELF") and head[18:] == EM_X86_64.to_bytes(2, "little")


def without_debug_info(path: Path) -> bytes:
    """It would fill the guest's memory, and nobody debugs in there."""
    with tempfile.TemporaryDirectory() as folder:
        stripped = Path(folder) / path.name
        subprocess.run(["strip", "--strip-debug", "-o", stripped, path], check=True)
        return stripped.read_bytes()


def parse_arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="vm.initramfs", description=__doc__)
    parser.add_argument("--kernel", type=Path, required=True, metavar="FOLDER",
                        help="as printed by fetch-kernel.sh")
    parser.add_argument("--userland", type=Path, required=True, metavar="FOLDER",
                        help="as printed by fetch-userland.sh")
    parser.add_argument("--module", type=Path, action="append", default=[],
                        metavar="FILE.ko", help="our kernel module")
    parser.add_argument("--rules", type=Path, metavar="FOLDER", help="our udev rules")
    parser.add_argument("--stage", type=Path, metavar="FOLDER",
                        help="where `cmake --install` put our programs")
    parser.add_argument("--programs", nargs=2, action="append", default=[],
                        metavar=("FOLDER", "PATH"), help="programs that are not installed")
    parser.add_argument("--libraries", type=Path, action="append", default=[],
                        metavar="FOLDER", help="unpacked packages with libraries")
    parser.add_argument("--file", nargs=2, action="append", default=[],
                        metavar=("FILE", "PATH"), help="anything else")
    parser.add_argument("output", type=Path)
    return parser.parse_args()


def main() -> None:
    arguments = parse_arguments()
    image = Initramfs(arguments.userland)
    image.add_modules(arguments.kernel, arguments.module)
    if arguments.rules:
        image.add_rules(arguments.rules)
    if arguments.stage:
        image.add_installed(arguments.stage)
    for folder in arguments.libraries:
        image.search(folder)
    for source, target in arguments.programs:
        image.add_programs(Path(source), target)
    for source, target in arguments.file:
        image.add_program(Path(source), target)
    image.write(arguments.output)


if __name__ == "__main__":
    main()
