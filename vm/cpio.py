# SPDX-License-Identifier: MIT
"""Archives in the "newc" format that the kernel unpacks as its first root.

Written by ourselves because it needs neither root (for the device node) nor a
tool, and because equal contents must give equal bytes: the archive's hash is
part of the key of a snapshot.
"""

from __future__ import annotations

import stat
from pathlib import Path, PurePosixPath

ALIGNMENT = 4  # of the name and of the data


class Cpio:
    """Files by their path in the archive; parent folders come by themselves."""

    def __init__(self) -> None:
        self._entries: dict[str, tuple[int, bytes, tuple[int, int]]] = {}

    def __contains__(self, path: str) -> bool:
        return self._key(path) in self._entries

    def add_file(self, path: str, data: bytes, mode: int = 0o644) -> None:
        self._add(path, stat.S_IFREG | mode, data)

    def add_host_file(self, path: str, source: Path) -> None:
        executable = source.stat().st_mode & 0o111
        self.add_file(path, source.read_bytes(), 0o755 if executable else 0o644)

    def add_host_entry(self, path: str, source: Path) -> None:
        """A file or a link of the host; a folder is passed over."""
        if source.is_symlink():
            self.add_link(path, str(source.readlink()))
        elif source.is_file():
            self.add_host_file(path, source)

    def add_folder(self, path: str, mode: int = 0o755) -> None:
        self._add(path, stat.S_IFDIR | mode)

    def add_link(self, path: str, target: str) -> None:
        self._add(path, stat.S_IFLNK | 0o777, target.encode())

    def add_character_device(self, path: str, major: int, minor: int) -> None:
        self._add(path, stat.S_IFCHR | 0o600, device=(major, minor))

    def add_tree(self, path: str, source: Path) -> None:
        """Everything below a folder of the host, links kept as links."""
        for item in sorted(source.rglob("*")):
            self.add_host_entry(f"{path}/{item.relative_to(source)}", item)

    def to_bytes(self) -> bytes:
        parts = [self._encode(number, name, *self._entries[name])
                 for number, name in enumerate(sorted(self._entries), start=1)]
        parts.append(self._encode(0, "TRAILER!!!", 0, b"", (0, 0)))
        return b"".join(parts)

    @staticmethod
    def _key(path: str) -> str:
        return path.strip("/")

    def _add(self, path: str, mode: int, data: bytes = b"",
             device: tuple[int, int] = (0, 0)) -> None:
        key = self._key(path)
        for parent in PurePosixPath(key).parents:
            if str(parent) != "." and str(parent) not in self._entries:
                self._entries[str(parent)] = (stat.S_IFDIR | 0o755, b"", (0, 0))
        self._entries[key] = (mode, data, device)

    @staticmethod
    def _encode(inode: int, name: str, mode: int, data: bytes,
                device: tuple[int, int]) -> bytes:
        uid = gid = mtime = checksum = 0
        fields = (inode, mode, uid, gid, 1, mtime, len(data), 0, 0, *device,
                  len(name) + 1, checksum)
        head = b"070701" + b"".join(b"%08x" % field for field in fields)
        head += name.encode() + b"\0"
        return pad(head) + pad(data)


def pad(data: bytes) -> bytes:
    return data + bytes(-len(data) % ALIGNMENT)
