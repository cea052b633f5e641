"""Where published log files come from, without HTTP: a folder or a dict; and verified reading of tiles."""

from __future__ import annotations

from pathlib import Path, PurePosixPath
from typing import Protocol

from .checkpoint import Checkpoint
from .errors import EntryMismatch, MissingResource, RootMismatch, TileMismatch
from .tiles import (
    ENTRIES,
    TILE_WIDTH,
    TilePath,
    decode_bundle,
    encode_bundle,
    levels_of,
    node_source,
    tile_root,
    tiles_at_level,
)
from .tree import HASH_SIZE, consistency_path, inclusion_path, leaf_hash, range_hash

CHECKPOINT = "checkpoint"


class Store(Protocol):
    """Anything that can read a published file by its path below the log's prefix."""

    def read(self, path: str) -> bytes:
        """The file's bytes. Raises MissingResource."""


class DirectoryStore:
    """A log's files in a folder, as `touchstone ledger export` writes them."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder

    def read(self, path: str) -> bytes:
        """The file's bytes; a path that leaves the folder is refused. Raises MissingResource."""
        if PurePosixPath(path).is_absolute() or ".." in PurePosixPath(path).parts:
            raise MissingResource(path=path, detail="it lies outside the folder")
        try:
            return (self.folder / path).read_bytes()
        except OSError as err:
            raise MissingResource(path=str(self.folder / path), detail=err.strerror or "") from err


class MemoryStore:
    """A log's files in a dict from path to bytes."""

    def __init__(self, files: dict[str, bytes] | None = None) -> None:
        self.files = files if files is not None else {}

    def read(self, path: str) -> bytes:
        """The file's bytes. Raises MissingResource."""
        if path not in self.files:
            raise MissingResource(path=path)
        return self.files[path]


class LogReader:
    """Reads the tree that a verified checkpoint stands for, and refuses tiles that do not hash to its root."""

    def __init__(self, store: Store, checkpoint: Checkpoint) -> None:
        self.store = store
        self.checkpoint = checkpoint
        self._tiles: dict[TilePath, bytes] = {}
        self._node = node_source(self.tile, checkpoint.size)

    def tile(self, path: TilePath) -> bytes:
        """A hash tile's bytes, of the right length; a partial tile may be cut from the full one (tlog-tiles).

        Raises MissingResource or TileMismatch.
        """
        if path not in self._tiles:
            self._tiles[path] = self._fetch(path)
        return self._tiles[path]

    def require_tree(self) -> None:
        """Read every hash tile; raises TileMismatch or RootMismatch unless they form the checkpoint's tree."""
        size = self.checkpoint.size
        for level in levels_of(size)[1:]:
            for path in tiles_at_level(level, size):
                hashes = self.tile(path)
                for number in range(path.width):
                    below = TilePath(level - 1, path.index * TILE_WIDTH + number)
                    if tile_root(self.tile(below)) != hashes[number * HASH_SIZE : (number + 1) * HASH_SIZE]:
                        raise TileMismatch(path=str(path), reason=f"{below} hashes to something else")
        self.require_root(size, self.checkpoint.root)

    def require_root(self, size: int, root: bytes) -> None:
        """Raise RootMismatch unless the first `size` leaves of this tree have that root."""
        computed = self.root(size)
        if computed != root:
            raise RootMismatch(size=size, signed=root, computed=computed)

    def root(self, size: int) -> bytes:
        """Root of the first `size` leaves as the tiles say."""
        return range_hash(0, size, self._node)

    def inclusion_proof(self, index: int) -> list[bytes]:
        """Audit path of an entry in the checkpoint's tree."""
        return inclusion_path(index, self.checkpoint.size, self._node)

    def consistency_proof(self, old_size: int) -> list[bytes]:
        """Proof from an older size to the checkpoint's."""
        return consistency_path(old_size, self.checkpoint.size, self._node)

    def entries(self, path: TilePath) -> list[bytes]:
        """The entries of a bundle, each hashed and compared with its leaf. Raises EntryMismatch, Malformed."""
        bundle = self._read(path)
        entries = decode_bundle(bundle, width=path.width)
        leaves = self.tile(TilePath(0, path.index, path.width))
        for number, entry in enumerate(entries):
            if leaf_hash(entry) != leaves[number * HASH_SIZE : (number + 1) * HASH_SIZE]:
                raise EntryMismatch(index=path.start + number, reason="its bytes hash to another leaf")
        return entries

    def bundles(self) -> list[TilePath]:
        """Paths of all entry bundles, in order."""
        return list(tiles_at_level(ENTRIES, self.checkpoint.size))

    def _fetch(self, path: TilePath) -> bytes:
        hashes = self._read(path)
        if len(hashes) != path.width * HASH_SIZE:
            raise TileMismatch(path=str(path), reason=f"{len(hashes)} bytes instead of {path.width * HASH_SIZE}")
        return hashes

    def _read(self, path: TilePath) -> bytes:
        try:
            return self.store.read(str(path))
        except MissingResource:
            if path.width == TILE_WIDTH:
                raise
        full = self.store.read(str(TilePath(path.level, path.index)))
        if path.level == ENTRIES:
            return encode_bundle(decode_bundle(full, width=TILE_WIDTH)[: path.width])
        return full[: path.width * HASH_SIZE]
