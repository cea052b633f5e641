"""A disk that loses its power: SQLite writes through it, and what was not flushed may vanish or be torn."""

from __future__ import annotations

import random
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import apsw

SECTOR = 512
HABITS = ("drops everything", "keeps a prefix", "keeps some writes", "tears writes")


class PowerCut(apsw.IOError):
    """The power is off; every further call fails."""


@dataclass
class Image:
    """What of a file is safe on the platters, and the writes that are not."""

    safe: bytearray
    unsafe: list[tuple[int, bytes | None]] = field(default_factory=list)  # (offset, bytes); None cuts the file there

    def flush(self) -> None:
        for offset, data in self.unsafe:
            apply(self.safe, offset, data)
        self.unsafe.clear()


class Disk:
    """All files below one SQLite VFS, with a power switch that trips at the n-th call (never if None)."""

    def __init__(self, *, cut_at: int | None = None) -> None:
        self.cut_at = cut_at
        self.calls = 0
        self.is_off = False
        self.images: dict[str, Image] = {}

    def image(self, path: str) -> Image:
        """The file's image; what lies there already counts as safe."""
        if path not in self.images:
            real = Path(path)
            self.images[path] = Image(bytearray(real.read_bytes() if real.exists() else b""))
        return self.images[path]

    def tick(self) -> None:
        """Count a call; raises PowerCut from the n-th on."""
        self.calls += 1
        if self.cut_at is not None and self.calls >= self.cut_at:
            self.is_off = True
        if self.is_off:
            raise PowerCut("the power is off")

    def left_behind(self, folder: Path, *, habit: str, rng: random.Random) -> None:
        """Write to a folder what a reader finds once the power is back."""
        folder.mkdir(parents=True, exist_ok=True)
        for path, image in self.images.items():
            content = bytearray(image.safe)
            for offset, data in survivors(image.unsafe, habit=habit, rng=rng):
                apply(content, offset, data)
            (folder / Path(path).name).write_bytes(content)


def apply(content: bytearray, offset: int, data: bytes | None) -> None:
    """One write or truncation."""
    if data is None:
        del content[offset:]
        return
    if len(content) < offset:
        content.extend(bytes(offset - len(content)))
    content[offset : offset + len(data)] = data


def survivors(
    unsafe: list[tuple[int, bytes | None]], *, habit: str, rng: random.Random
) -> list[tuple[int, bytes | None]]:
    """Those unflushed writes, or sectors of them, that happened to reach the platters."""
    if habit == "drops everything":
        return []
    if habit == "keeps a prefix":
        return unsafe[: rng.randrange(len(unsafe) + 1)]
    kept = [write for write in unsafe if rng.random() < 0.6]
    return kept if habit == "keeps some writes" else [part for write in kept for part in torn(write, rng)]


def torn(write: tuple[int, bytes | None], rng: random.Random) -> list[tuple[int, bytes | None]]:
    """A write of which only some sectors arrived."""
    offset, data = write
    if data is None:
        return [write]
    pieces = [(offset + at, data[at : at + SECTOR]) for at in range(0, len(data), SECTOR)]
    return [piece for piece in pieces if rng.random() < 0.7]


class DiskVfs(apsw.VFS):
    """SQLite's own file system with the disk in between."""

    def __init__(self, name: str, disk: Disk) -> None:
        self.disk = disk
        super().__init__(name, "")

    def xOpen(self, name: Any, flags: list[int]) -> DiskFile:
        """Open a file through the disk."""
        return DiskFile(self.disk, name, flags)

    def xDelete(self, filename: str, syncdir: bool) -> None:
        """Delete a file, for good at once."""
        self.disk.tick()
        self.disk.images.pop(filename, None)
        super().xDelete(filename, syncdir)


class DiskFile(apsw.VFSFile):
    """A file whose writes are safe only after a flush."""

    def __init__(self, disk: Disk, name: Any, flags: list[int]) -> None:
        self.disk = disk
        self.path = name.filename() if isinstance(name, apsw.URIFilename) else str(name)
        self.image = disk.image(self.path)
        super().__init__("", name, flags)

    def xWrite(self, data: Any, offset: int) -> None:
        """Write; the power may go during it."""
        self.image.unsafe.append((offset, bytes(data)))
        self.disk.tick()
        super().xWrite(data, offset)

    def xTruncate(self, newsize: int) -> None:
        """Cut the file."""
        self.image.unsafe.append((newsize, None))
        self.disk.tick()
        super().xTruncate(newsize)

    def xSync(self, flags: int) -> None:
        """Flush: only now are the writes safe. The real file is not flushed, as nobody pulls our own plug."""
        self.disk.tick()
        self.image.flush()
