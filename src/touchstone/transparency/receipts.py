"""Check a receipt: signature, quorum, inclusion, opening, in that order."""

from __future__ import annotations

from dataclasses import dataclass

from .checkpoint import Checkpoint
from .entries import ReceiptExtra
from .policy import Policy
from .proof import Receipt
from .signing import has_reader_signature
from .tree import leaf_hash
from .verify import verify_inclusion


@dataclass(frozen=True, slots=True)
class CheckedReceipt:
    """A receipt all of whose steps held; `is_signed` if the reader's own signature is in it and fits."""

    index: int
    checkpoint: Checkpoint
    witnesses: tuple[str, ...]
    extra: ReceiptExtra
    is_signed: bool = False


def verify_receipt(data: bytes, policy: Policy) -> CheckedReceipt:
    """Check a receipt file against a policy, offline.

    Raises Malformed or EntryMismatch for the file; then SignatureInvalid, Unsigned or WrongOrigin; then QuorumMissed;
    then ProofInvalid; then OpeningMismatch; then VoteSignatureInvalid.
    """
    receipt = Receipt.parse(data)
    extra = ReceiptExtra.parse(receipt.extra, index=receipt.index)
    signed = policy.open(receipt.checkpoint)
    checkpoint = signed.checkpoint
    leaf = leaf_hash(bytes(extra.leaf))
    verify_inclusion(leaf, index=receipt.index, size=checkpoint.size, proof=receipt.hashes, root=checkpoint.root)
    extra.require_openings(index=receipt.index)
    is_signed = has_reader_signature(extra, site=checkpoint.origin.partition("/")[0], index=receipt.index)
    return CheckedReceipt(receipt.index, checkpoint, policy.cosigners(signed.note), extra, is_signed)
