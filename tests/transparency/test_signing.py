"""A publisher who invents or changes a signed vote is found out by the reader's own key."""

from __future__ import annotations

from base64 import b64encode
from typing import Any

import pytest
from tests.transparency.publisher import Publisher
from tests.votes.reader_keys import MAKERS, public_half, sign

from touchstone.transparency import (
    OPENINGS,
    Leaf,
    MemoryStore,
    Opening,
    OpeningsWithheld,
    ReceiptExtra,
    VoteSignatureInvalid,
    check_private,
    encode_openings,
    has_reader_signature,
    make_payload,
    open_site,
    tiles_at_level,
    vote_text,
)

SITE = "news.example"
VERSION, NONCE, READER = "a" * 64, "b" * 64, "c" * 64
PUBLIC = {"at": 1, "choice": "real", "reader": "p", "signed": True, "story": 17, "version": VERSION}


def halves(key: Any, **changes: Any) -> tuple[Opening, Opening]:
    """Both halves of a vote that the key signed as PUBLIC says, while the log says what was changed."""
    text = vote_text(site=SITE, story=17, version=VERSION, choice="real", nonce=NONCE)
    private = {
        "key": b64encode(public_half(key)).decode(),
        "nonce": NONCE,
        "reader": READER,
        "signature": b64encode(sign(key, text)).decode(),
    }
    return Opening.seal(make_payload({**PUBLIC, **changes})), Opening.seal(make_payload(private))


@pytest.mark.parametrize("kind", MAKERS)
def test_the_readers_own_signature_is_recognised(kind: str) -> None:
    public, private = halves(MAKERS[kind]())
    extra = ReceiptExtra(Leaf.seal("vote", public, private), public, private)
    assert has_reader_signature(extra, site=SITE, index=0)
    assert not has_reader_signature(ReceiptExtra(extra.leaf, public), site=SITE, index=0)


@pytest.mark.parametrize("kind", MAKERS)
@pytest.mark.parametrize("change", [{"choice": "fake"}, {"story": 18}, {"version": "d" * 64}, {"signed": False}])
def test_a_vote_that_was_changed_after_signing_is_refused(kind: str, change: dict[str, Any]) -> None:
    public, private = halves(MAKERS[kind](), **change)
    with pytest.raises(VoteSignatureInvalid):
        has_reader_signature(ReceiptExtra(Leaf.seal("vote", public, private), public, private), site=SITE, index=0)


def published(entries: list[tuple[str, Opening, Opening | None]]) -> tuple[MemoryStore, Publisher]:
    log = Publisher()
    for kind, public, private in entries:
        log.leaves.append(bytes(Leaf.seal(kind, public, private)))  # type: ignore[arg-type]
        log.openings.append(public)
    log.tree.append(log.leaves[-len(entries) :])
    files = dict(log.files())
    offset = len(log.leaves) - len(entries)
    privates: list[Opening | None] = [None] * offset + [private for _kind, _public, private in entries]
    [tile] = tiles_at_level(OPENINGS, len(log.leaves))
    return MemoryStore({**files, f"audit//{tile}": encode_openings(privates)}), log


def registered(key: Any) -> tuple[str, Opening, Opening]:
    private = {"key": b64encode(public_half(key)).decode(), "reader": READER}
    public = make_payload({"at": 1, "subject": "key"})
    return "register", Opening.seal(public), Opening.seal(make_payload(private))


def test_an_auditor_counts_signed_and_unsigned_votes() -> None:
    key = MAKERS["Ed25519"]()
    signed = ("vote", *halves(key))
    plain = {"key": None, "nonce": "", "reader": READER, "signature": None}
    unsigned = (
        "vote",
        Opening.seal(make_payload({**PUBLIC, "signed": False, "story": 9})),
        Opening.seal(make_payload(plain)),
    )
    store, log = published([registered(key), signed, unsigned])
    found = check_private(store, open_site(store, log.policy()))
    assert (found.checked, found.signed, found.unsigned, found.unsigned_beside_key) == (3, 1, 1, 1)


def test_a_key_that_was_never_registered_is_no_readers_key() -> None:
    store, log = published([("vote", *halves(MAKERS["Ed25519"]()))])
    with pytest.raises(VoteSignatureInvalid, match="not registered"):
        check_private(store, open_site(store, log.policy()))


def test_a_private_half_may_not_be_withheld() -> None:
    key = MAKERS["Ed25519"]()
    store, log = published([registered(key), ("vote", *halves(key))])
    for path in [path for path in store.files if path.startswith("audit")]:
        store.files[path] = b"null\n" * len(log.leaves)
    with pytest.raises(OpeningsWithheld):
        check_private(store, open_site(store, log.policy()))
