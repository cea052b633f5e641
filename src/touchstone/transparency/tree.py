"""The Merkle tree of RFC 6962: hashes, growth, roots and proofs."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from hashlib import sha256

HASH_SIZE = 32
LEAF_PREFIX = b"\x00"
NODE_PREFIX = b"\x01"
EMPTY_ROOT = sha256(b"").digest()

NodeSource = Callable[[int, int], bytes]
"""(level, index) to the hash of the complete subtree over leaves [index * 2**level, (index + 1) * 2**level)."""


def leaf_hash(entry: bytes) -> bytes:
    """SHA-256 of 0x00 and the entry's bytes.

    Source: RFC 6962 section 2.1. Example: the empty entry hashes to 6e340b9c…afa01d.
    """
    return sha256(LEAF_PREFIX + entry).digest()


def node_hash(left: bytes, right: bytes) -> bytes:
    """SHA-256 of 0x01, the left child and the right child. Source: RFC 6962 section 2.1."""
    return sha256(NODE_PREFIX + left + right).digest()


def pair_hashes(hashes: bytes) -> bytes:
    """The next level up: one 32-byte hash for each whole pair in a run of 32-byte hashes; an odd last one is left out.

    hashes : concatenated hashes whose first one is a left child
    """
    digest = sha256
    prefix = NODE_PREFIX
    return b"".join([digest(prefix + hashes[at : at + 64]).digest() for at in range(0, len(hashes) - 63, 64)])


def split_point(size: int) -> int:
    """The largest power of two smaller than `size` (which must be at least 2). Source: RFC 6962 section 2.1."""
    return 1 << ((size - 1).bit_length() - 1)


def range_hash(start: int, end: int, node: NodeSource) -> bytes:
    """MTH(D[start:end]) for a range as the RFC's recursion makes them: `start` divides by the power of two above it."""
    pieces: list[bytes] = []
    while start < end:
        level = (end - start).bit_length() - 1
        pieces.append(node(level, start >> level))
        start += 1 << level
    if not pieces:
        return EMPTY_ROOT
    result = pieces.pop()
    while pieces:
        result = node_hash(pieces.pop(), result)
    return result


def inclusion_path(index: int, size: int, node: NodeSource) -> list[bytes]:
    """The audit path of leaf `index` in the tree of `size` leaves, from the leaf's sibling up.

    Source: RFC 6962 section 2.1.1, PATH(m, D[n]). Raises IndexError outside 0 <= index < size.
    """
    if not 0 <= index < size:
        raise IndexError(f"leaf {index} is not in a tree of {size} leaves")
    path: list[bytes] = []
    start, end = 0, size
    while end - start > 1:
        middle = start + split_point(end - start)
        if index < middle:
            path.append(range_hash(middle, end, node))
            end = middle
        else:
            path.append(range_hash(start, middle, node))
            start = middle
    path.reverse()
    return path


def consistency_path(old_size: int, new_size: int, node: NodeSource) -> list[bytes]:
    """The proof that the tree of `new_size` leaves begins with the tree of `old_size`; empty for 0 and for equal sizes.

    Source: RFC 6962 section 2.1.2, PROOF(m, D[n]). Raises IndexError unless 0 <= old_size <= new_size.
    """
    if not 0 <= old_size <= new_size:
        raise IndexError(f"no proof from {old_size} to {new_size} leaves")
    if old_size in (0, new_size):
        return []
    path: list[bytes] = []
    start, end = 0, new_size
    while end != old_size:
        middle = start + split_point(end - start)
        if old_size <= middle:
            path.append(range_hash(middle, end, node))
            end = middle
        else:
            path.append(range_hash(start, middle, node))
            start = middle
    if start:
        path.append(range_hash(start, end, node))
    path.reverse()
    return path


class Tree:
    """A whole tree in memory: 64 bytes for each leaf, every root and proof of every size up to `size`."""

    def __init__(self, leaf_hashes: Iterable[bytes] = ()) -> None:
        self._levels: list[bytearray] = [bytearray()]
        self.extend(leaf_hashes)

    @property
    def size(self) -> int:
        """Number of leaves."""
        return len(self._levels[0]) // HASH_SIZE

    def append(self, entries: Sequence[bytes]) -> None:
        """Add entries (their bytes, not their hashes) in order."""
        digest = sha256
        prefix = LEAF_PREFIX
        self.extend([digest(prefix + entry).digest() for entry in entries])

    def extend(self, leaf_hashes: Iterable[bytes]) -> None:
        """Add leaves by their 32-byte hashes, in order."""
        self._levels[0] += b"".join(leaf_hashes)
        for level, hashes in enumerate(self._levels):
            if len(hashes) < 2 * HASH_SIZE:
                break
            if level + 1 == len(self._levels):
                self._levels.append(bytearray())
            above = self._levels[level + 1]
            above += pair_hashes(bytes(hashes[2 * len(above) :]))

    def node(self, level: int, index: int) -> bytes:
        """Hash of a complete subtree; see NodeSource. Raises IndexError for a subtree that is not complete."""
        at = index * HASH_SIZE
        if not 0 <= level < len(self._levels) or not 0 <= at < len(self._levels[level]):
            raise IndexError(f"no complete subtree {index} at level {level}")
        return bytes(self._levels[level][at : at + HASH_SIZE])

    def root(self, size: int | None = None) -> bytes:
        """Root hash of the first `size` leaves (all of them if None); of no leaves SHA-256 of nothing."""
        return range_hash(0, self.size if size is None else size, self.node)

    def inclusion_proof(self, index: int, size: int | None = None) -> list[bytes]:
        """Audit path of leaf `index` among the first `size` leaves."""
        return inclusion_path(index, self._bounded(size), self.node)

    def consistency_proof(self, old_size: int, new_size: int | None = None) -> list[bytes]:
        """Proof from the first `old_size` leaves to the first `new_size`."""
        return consistency_path(old_size, self._bounded(new_size), self.node)

    def _bounded(self, size: int | None) -> int:
        if size is None:
            return self.size
        if size > self.size:
            raise IndexError(f"size {size} is beyond the tree's {self.size} leaves")
        return size


class Frontier:
    """The right edge of a tree: enough to add leaves and tell the root, at most 64 hashes however large the tree."""

    def __init__(self) -> None:
        self.size = 0
        self._edge: list[tuple[int, bytes]] = []  # (level, hash), levels strictly falling

    def extend(self, leaf_hashes: bytes) -> None:
        """Add a run of concatenated 32-byte leaf hashes."""
        run, level = leaf_hashes, 0
        self.size += len(leaf_hashes) // HASH_SIZE
        fresh: list[tuple[int, bytes]] = []
        while run or (self._edge and self._edge[-1][0] == level):
            if self._edge and self._edge[-1][0] == level:
                run = self._edge.pop()[1] + run
            if len(run) % (2 * HASH_SIZE):
                fresh.append((level, run[-HASH_SIZE:]))
            run = pair_hashes(run)
            level += 1
        self._edge += reversed(fresh)

    def root(self) -> bytes:
        """Root hash of all leaves added so far."""
        if not self._edge:
            return EMPTY_ROOT
        result = self._edge[-1][1]
        for _level, hash_ in reversed(self._edge[:-1]):
            result = node_hash(hash_, result)
        return result
