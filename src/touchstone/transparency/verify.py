"""Check inclusion and consistency proofs, one at a time or by the thousand."""

from __future__ import annotations

from collections.abc import Sequence
from hashlib import sha256

from .errors import Forked, Inconsistent, ProofInvalid
from .tree import EMPTY_ROOT, HASH_SIZE, NODE_PREFIX, node_hash

_Proved = tuple[bytes, Sequence[bytes], int]
"""A proved node's hash, a path that proved it, and the step of that path that it is."""


def root_from_inclusion(leaf: bytes, *, index: int, size: int, proof: Sequence[bytes]) -> bytes:
    """The root that a leaf hash and its audit path lead to.

    Raises ProofInvalid when the path has not exactly the length that index and size call for.
    Source: RFC 9162 section 2.1.3.2. The lowest `inner` steps branch by the index's bits; all above lie on the
    tree's right border, where the proof's hash is always the left child.
    """
    inner = _inner_steps(index, size)
    if len(proof) != inner + (index >> inner).bit_count():
        raise ProofInvalid(index=index, size=size, reason=f"{len(proof)} hashes is not the length of its path")
    digest, prefix, result = sha256, NODE_PREFIX, leaf
    for sibling in proof[:inner]:
        result = digest(prefix + sibling + result if index & 1 else prefix + result + sibling).digest()
        index >>= 1
    for sibling in proof[inner:]:
        result = digest(prefix + sibling + result).digest()
    return result


def verify_inclusion(leaf: bytes, *, index: int, size: int, proof: Sequence[bytes], root: bytes) -> None:
    """Return silently if the leaf hash is entry `index` of the tree; raises ProofInvalid otherwise."""
    _require_hashes(leaf, root, proof, index=index, size=size)
    if root_from_inclusion(leaf, index=index, size=size, proof=proof) != root:
        raise ProofInvalid(index=index, size=size, reason="the path leads to another root")


class InclusionBatch:
    """Many inclusion proofs against one tree: what one proof established, the next ones need not hash again.

    Accepts and refuses exactly what `verify_inclusion` does: a proof that meets a node already proved must also
    agree with every hash above it.
    """

    def __init__(self, *, size: int, root: bytes) -> None:
        self.size = size
        self.root = root
        self._proved: dict[tuple[int, int], _Proved] = {}

    def verify(self, leaf: bytes, *, index: int, proof: Sequence[bytes]) -> None:
        """Return silently if the leaf hash is entry `index`; raises ProofInvalid otherwise."""
        inner = _inner_steps(index, self.size)
        if len(proof) != inner + (index >> inner).bit_count():
            raise ProofInvalid(index=index, size=self.size, reason=f"{len(proof)} hashes is not the length of its path")
        if len(leaf) != HASH_SIZE or not set(map(len, proof)) <= {HASH_SIZE}:
            raise ProofInvalid(index=index, size=self.size, reason="a hash is not 32 bytes long")
        self._proved.update(self._climb(leaf, index, inner, tuple(proof)))

    def _climb(self, leaf: bytes, index: int, inner: int, path: Sequence[bytes]) -> dict[tuple[int, int], _Proved]:
        digest, prefix, result, at, level = sha256, NODE_PREFIX, leaf, index, 0
        climbed: dict[tuple[int, int], _Proved] = {}
        for step, sibling in enumerate(path):
            while step >= inner and not at & 1:  # on the right border a node has no sibling where its bit is 0
                at, level = at >> 1, level + 1
            known = self._proved.get((level, at))
            if known is not None:
                if known[0] != result or known[1][known[2] :] != path[step:]:
                    raise ProofInvalid(index=index, size=self.size, reason="the path leads to another root")
                return climbed
            climbed[level, at] = (result, path, step)
            result = digest(prefix + (sibling + result if at & 1 else result + sibling)).digest()
            at, level = at >> 1, level + 1
        if result != self.root:
            raise ProofInvalid(index=index, size=self.size, reason="the path leads to another root")
        return climbed


def verify_consistency(
    *, old_size: int, old_root: bytes, new_size: int, new_root: bytes, proof: Sequence[bytes]
) -> None:
    """Return silently if the new tree begins with the old one.

    Raises Forked for two roots of one size, Inconsistent for everything else that does not hold.
    Source: RFC 9162 section 2.1.4.2.
    """
    if any(len(hash_) != HASH_SIZE for hash_ in (old_root, new_root, *proof)):
        raise Inconsistent(old_size=old_size, new_size=new_size, reason="a hash is not 32 bytes long")
    if not 0 <= old_size <= new_size:
        raise Inconsistent(old_size=old_size, new_size=new_size, reason="the new tree is the smaller one")
    if old_size in (0, new_size):
        _verify_trivial(old_size, old_root, new_size, new_root, proof)
        return
    _verify_growth(old_size, old_root, new_size, new_root, proof)


def _verify_trivial(old_size: int, old_root: bytes, new_size: int, new_root: bytes, proof: Sequence[bytes]) -> None:
    if proof:
        raise Inconsistent(old_size=old_size, new_size=new_size, reason="a proof is given where none is needed")
    if old_size == 0 and old_root != EMPTY_ROOT:
        raise Inconsistent(old_size=old_size, new_size=new_size, reason="the empty tree has another root")
    if old_size == new_size and old_root != new_root:
        raise Forked(size=new_size, first=old_root, second=new_root)


def _verify_growth(old_size: int, old_root: bytes, new_size: int, new_root: bytes, proof: Sequence[bytes]) -> None:
    shift = (old_size & -old_size).bit_length() - 1
    inner = _inner_steps(old_size - 1, new_size)
    border = ((old_size - 1) >> inner).bit_count()
    inner -= shift
    rest = list(proof) if old_size == 1 << shift else list(proof[1:])
    seed = old_root if old_size == 1 << shift else (proof[0] if proof else b"")
    if not seed or len(rest) != inner + border:
        raise Inconsistent(old_size=old_size, new_size=new_size, reason=f"{len(proof)} hashes is not the right length")
    old = new = seed
    bits = (old_size - 1) >> shift
    for step, sibling in enumerate(rest[:inner]):
        if bits >> step & 1:
            old = node_hash(sibling, old)
            new = node_hash(sibling, new)
        else:
            new = node_hash(new, sibling)
    for sibling in rest[inner:]:
        old = node_hash(sibling, old)
        new = node_hash(sibling, new)
    if old != old_root:
        raise Inconsistent(old_size=old_size, new_size=new_size, reason="the proof does not lead to the old root")
    if new != new_root:
        raise Inconsistent(old_size=old_size, new_size=new_size, reason="the proof does not lead to the new root")


def _inner_steps(index: int, size: int) -> int:
    if not 0 <= index < size:
        raise ProofInvalid(index=index, size=size, reason="the index lies outside the tree")
    return (index ^ (size - 1)).bit_length()


def _require_hashes(leaf: bytes, root: bytes, proof: Sequence[bytes], *, index: int, size: int) -> None:
    if any(len(hash_) != HASH_SIZE for hash_ in (leaf, root, *proof)):
        raise ProofInvalid(index=index, size=size, reason="a hash is not 32 bytes long")
