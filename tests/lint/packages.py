# SPDX-License-Identifier: MIT
"""The driver's Debian package: lintian finds nothing in it and in the others that are
for all architectures (tests/package tries the rest), DKMS makes the module of it for
the guest's kernel, leaves a kernel without accelerators out, and a module that cannot
be built leaves the package installed all the same.

Nothing is installed: dkms itself is unpacked, and works in folders of its own.
"""

from __future__ import annotations

import os
import subprocess
import tempfile
from collections.abc import Iterator
from pathlib import Path

from kernel_build import fetch_headers
from tree import Finding, Skip, Tree, find_tool

BUILDER = "packaging/build-deb"
DEBIAN = "packaging/debian"


def check(tree: Tree) -> Iterator[Finding]:
    if BUILDER not in tree.known:
        raise Skip(f"no {BUILDER}")
    for tool in ("dpkg-buildpackage", "dh_dkms", "lintian"):
        find_tool(tool)
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        ran = run("bash", tree.root / BUILDER, "--indep", folder / "built")
        if ran.returncode:
            yield Finding(BUILDER, 0, ran.stderr.strip()[-1000:])
            return
        yield from lint(folder)
        run("dpkg-deb", "-R", next(folder.glob("built/groq-dkms_*.deb")), folder / "root")
        yield from install(folder)
        yield from build(folder)


def lint(folder: Path) -> Iterator[Finding]:
    ran = run("lintian", "--fail-on", "error,warning,info", "--display-info",
              "--allow-root", next(folder.glob("built/*.changes")))
    if ran.returncode:
        yield Finding(DEBIAN, 0, f"lintian: {ran.stdout.strip()}")


def install(folder: Path) -> Iterator[Finding]:
    """The script after unpacking, where DKMS fails."""
    script = (folder / "root/DEBIAN/postinst").read_text()
    common = "/usr/lib/dkms/common.postinst"
    if common not in script or "#VERSION#" in script:
        yield Finding(f"{DEBIAN}/groq-dkms.postinst", 0, "does not run DKMS")
    ran = run("sh", "-c", script.replace(common, "false").replace("udevadm", "false"),
              "postinst", "configure", "")
    if ran.returncode or "dkms install groq/" not in ran.stderr:
        yield Finding(f"{DEBIAN}/groq-dkms.postinst", 0,
                      f"where DKMS fails: status {ran.returncode}, {ran.stderr!r}")


def build(folder: Path) -> Iterator[Finding]:
    headers = Path(fetch_headers())
    release = (headers.parent / "release").read_text().strip()
    ran = dkms(folder, headers, release)
    modules = list((folder / "dkms").glob(f"groq/*/{release}/*/module/groq.ko*"))
    if ran.returncode or len(modules) != 1:
        logs = [log.read_text()[-1000:] for log in (folder / "dkms").rglob("make.log")]
        yield Finding(f"{DEBIAN}/groq-dkms.dkms", 0, f"{ran.stdout}{ran.stderr}{logs}")
        return
    built_for = run("modinfo", "-F", "vermagic", modules[0]).stdout
    if built_for.split()[:1] != [release]:
        yield Finding(f"{DEBIAN}/groq-dkms.dkms", 0, f"built for {built_for!r}")
    yield from exclude(folder, release)


def exclude(folder: Path, release: str) -> Iterator[Finding]:
    """77 is how dkms says that the kernel is none of the module's."""
    without = folder / "without"
    (without / "include").mkdir(parents=True)
    (without / ".config").write_text("CONFIG_PCI=y\n# CONFIG_DRM_ACCEL is not set\n")
    ran = dkms(folder, without, f"{release}-without")
    if ran.returncode != 77:
        yield Finding(f"{DEBIAN}/groq-dkms.dkms", 0,
                      f"a kernel without accelerators: status {ran.returncode}")


def dkms(folder: Path, headers: Path, release: str) -> subprocess.CompletedProcess[str]:
    (folder / "dkms").mkdir(exist_ok=True)
    source = next((folder / "root/usr/src").iterdir())
    return run(fetch_dkms(), "build", "--dkmstree", folder / "dkms", "--sourcetree",
               source.parent, "--kernelsourcedir", headers, "-k", release,
               source.name.replace("-", "/"))


def fetch_dkms() -> Path:
    script = Path(__file__).resolve().parents[2] / "vm/fetch-packages.sh"
    ran = subprocess.run([script, "dkms", "dkms"], stdout=subprocess.PIPE, text=True)
    if ran.returncode:
        raise Skip("dkms could not be fetched")
    return Path(ran.stdout.strip()) / "usr/sbin/dkms"


def run(*command: str | Path) -> subprocess.CompletedProcess[str]:
    environment = os.environ | {"LC_ALL": "C"}
    return subprocess.run(command, capture_output=True, text=True, env=environment)
