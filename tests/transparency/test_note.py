"""Signed notes, checkpoints and cosignatures follow their specifications to the byte."""

from __future__ import annotations

from dataclasses import replace

import pytest

from touchstone.transparency import (
    COSIGNATURE_V1,
    Checkpoint,
    Forked,
    Malformed,
    Note,
    SignatureInvalid,
    SigningKey,
    Stale,
    Unsigned,
    VerifierKey,
    WrongOrigin,
    cosign,
    cosigned_at,
    open_checkpoint,
)

# The example of the signed-note package of Go, whose format C2SP took over.
NEUMANN = "PeterNeumann+c74f20a3+ARpc2QcUPDhMQegwxbzhKqiBfsVkmqq/LDE4izWy10TW"
NEUMANN_TEXT = "If you think cryptography is the answer to your problem,\nthen you don't know what your problem is.\n"
NEUMANN_LINE = (
    "— PeterNeumann x08go/ZJkuBS9UG/SffcvIAQxVBtiFupLLr8pAcElZInNIuGUgYN1FFYC2pZSNXgKvqfqdngotpRZb6KE6RyyBwJnAM=\n"
)
NEUMANN_SECRET = "PRIVATE+KEY+PeterNeumann+c74f20a3+AYEKFALVFGyNhPJEMzD1QIDr+Y7hfZx09iUvxdXHKDFz"
# The example of c2sp.org/signed-note: an empty line inside the text.
SALVATORE_TEXT = "Ognuno sta solo sul cuor della terra\ntrafitto da un raggio di sole:\n\ned è subito sera.\n"
SALVATORE_LINE = (
    "— quasimodo.example/salvatore "
    "NnugSzTjtVAewIS+Z/iJhUPeFDkO/5QQ2i5ddnGITLlC+EhfLW9oJKONrMouFSQU0xMcXxj99ihAQwaqP3ZekRwNtIc=\n"
)
# The example of c2sp.org/tlog-checkpoint and c2sp.org/tlog-cosignature.
SOFA_TEXT = "example.com/behind-the-sofa\n20852163\nCsUYapGGPo4dkMgIAUqom/Xajj7h2fB2MPA3j2jxq2I=\n"
SOFA_LINES = (
    "— example.com/behind-the-sofa "
    "Az3grlgtzPICa5OS8npVmf1Myq/5IZniMp+ZJurmRDeOoRDe4URYN7u5/Zhcyv2q1gGzGku9nTo+zyWE+xeMcTOAYQ8=\n"
    "— witness.example.com/w1 "
    "jWbPPwAAAABkGFDLEZMHwSRaJNiIDoe9DYn/zXcrtPHeolMI5OWXEhZCB9dlrDJsX3b2oyin1nPZqhf5nNo0xUe+mbIUBkBIfZ+qnA==\n"
)
TEXT = "example.com/log\n3\n" + "A" * 43 + "=\n"


@pytest.fixture(scope="module")
def key() -> SigningKey:
    return SigningKey("example.com/log", b"\7" * 32)


@pytest.fixture(scope="module")
def witness() -> SigningKey:
    return SigningKey("witness.example/w1", b"\5" * 32, COSIGNATURE_V1)


def test_the_published_example_verifies_and_signs_to_the_same_bytes() -> None:
    note = Note.parse((NEUMANN_TEXT + "\n" + NEUMANN_LINE).encode())
    assert note.text == NEUMANN_TEXT
    assert str(note.require_signature([VerifierKey.parse(NEUMANN)])) == NEUMANN
    signer = SigningKey.parse(NEUMANN_SECRET)
    assert str(signer.verifier) == NEUMANN
    assert str(signer.sign(NEUMANN_TEXT)) == NEUMANN_LINE
    assert signer.secret_text() == NEUMANN_SECRET


def test_the_text_may_hold_empty_lines() -> None:
    data = (SALVATORE_TEXT + "\n" + SALVATORE_LINE).encode()
    note = Note.parse(data)
    assert note.text == SALVATORE_TEXT
    assert bytes(note) == data
    assert note.signatures[0].key_id.hex() == "367ba04b"


def test_the_published_checkpoint_parses_and_prints_the_same() -> None:
    note = Note.parse((SOFA_TEXT + "\n" + SOFA_LINES).encode())
    checkpoint = Checkpoint.parse_text(note.text)
    assert (checkpoint.origin, checkpoint.size) == ("example.com/behind-the-sofa", 20852163)
    assert checkpoint.text == SOFA_TEXT
    assert int.from_bytes(note.signatures[1].signature[:8], "big") == 1679315147


def test_a_changed_text_under_a_known_key_is_refused() -> None:
    data = (NEUMANN_TEXT.replace("answer", "Answer") + "\n" + NEUMANN_LINE).encode()
    with pytest.raises(SignatureInvalid, match="PeterNeumann"):
        Note.parse(data).require_signature([VerifierKey.parse(NEUMANN)])


def test_a_note_without_a_known_key_is_refused_and_says_who_signed(key: SigningKey) -> None:
    note = Note.parse((NEUMANN_TEXT + "\n" + NEUMANN_LINE).encode())
    with pytest.raises(Unsigned, match="found only PeterNeumann"):
        note.require_signature([key.verifier])


def test_unknown_signatures_beside_a_known_one_are_ignored(key: SigningKey) -> None:
    same_name = SigningKey("example.com/log", b"\6" * 32)
    note = Note(TEXT, (same_name.sign("other\n"), key.sign(TEXT)))
    assert Note.parse(bytes(note)).require_signature([key.verifier]) == key.verifier


def test_a_bad_signature_under_a_known_key_spoils_the_note(key: SigningKey) -> None:
    note = Note(TEXT, (key.sign(TEXT), key.sign("other\n")))
    with pytest.raises(SignatureInvalid):
        note.require_signature([key.verifier])


def test_sixteen_signatures_are_accepted(key: SigningKey) -> None:
    others = [SigningKey(f"w{number}", bytes([number]) * 32) for number in range(15)]
    note = Note(TEXT, tuple(other.sign(TEXT) for other in [*others, key]))
    assert Note.parse(bytes(note)).require_signature([key.verifier]) == key.verifier


@pytest.mark.parametrize(
    "data",
    [
        b"",
        b"\n",
        b"text\n",
        b"text\n\n",
        "text\n\n— a AAAA".encode(),
        "text\n— name AAAAAAAA\n".encode(),
        b"text\n\n- name AAAAAAAA\n",
        "text\n\n—name AAAAAAAA\n".encode(),
        "text\n\n— na me AAAAAAAA\n".encode(),
        "text\n\n— na+me AAAAAAAA\n".encode(),
        "text\n\n—  AAAAAAAA\n".encode(),
        "text\n\n— name AAAA\n".encode(),
        "text\n\n— name AAAAAA==\n".encode(),
        "text\n\n— name AAAAAAB=\n".encode(),
        "text\n\n— name AAAAAAA\n".encode(),
        "text\n\n— name AAAA AAAA\n".encode(),
        "text\n\n— name AAAAAA-_\n".encode(),
        "text\r\n\n— name AAAAAAAA\n".encode(),
        "te\x00xt\n\n— name AAAAAAAA\n".encode(),
        b"te\xffxt\n\n\xe2\x80\x94 name AAAAAAAA\n",
        "text\n\n— name AAAAAAAA\n\n".encode(),
        "text\n\n— name AAAAAAAA\ntrailing\n".encode(),
        ("text\n\n" + "— name AAAAAAAA\n" * 65).encode(),
        b"x" * 300_000,
    ],
)
def test_malformed_notes_are_refused(data: bytes) -> None:
    with pytest.raises(Malformed):
        Note.parse(data)


@pytest.mark.parametrize(
    "text",
    [
        "",
        "PeterNeumann",
        "PeterNeumann+c74f20a3",
        NEUMANN.replace("c74f20a3", "C74F20A3"),
        NEUMANN.replace("c74f20a3", "c74f20a4"),
        NEUMANN[:-4],
        NEUMANN + "=",
        NEUMANN.replace("PeterNeumann", "Peter Neumann"),
        "name+00000000+",
        NEUMANN.replace("+AR", "+Ah"),
    ],
)
def test_malformed_keys_are_refused(text: str) -> None:
    with pytest.raises(Malformed):
        VerifierKey.parse(text)


@pytest.mark.parametrize(
    "text", ["", "x", NEUMANN, NEUMANN_SECRET[:-8], NEUMANN_SECRET.replace("c74f20a3", "00000000")]
)
def test_malformed_secrets_are_refused_without_repeating_them(text: str) -> None:
    with pytest.raises(Malformed) as refusal:
        SigningKey.parse(text)
    assert "AYEKFALVFG" not in str(refusal.value)
    assert "AYEKFALVFG" not in repr(SigningKey.parse(NEUMANN_SECRET))


def test_only_text_that_a_note_can_hold_is_signed(key: SigningKey) -> None:
    for text in ("no newline", "tab\t\n"):
        with pytest.raises(Malformed):
            key.sign(text)


@pytest.mark.parametrize(
    "text",
    [
        "",
        "\n",
        "o\n3\n",
        TEXT[:-1],
        TEXT.replace("\n3\n", "\n03\n"),
        TEXT.replace("\n3\n", "\n+3\n"),
        TEXT.replace("\n3\n", "\n-3\n"),
        TEXT.replace("\n3\n", "\n٣\n"),
        TEXT.replace("\n3\n", "\n9223372036854775808\n"),
        TEXT.replace("=\n", "\n"),
        TEXT.replace("A=", "B="),
        TEXT.replace("AAAA", "", 1),
        "\n" + TEXT,
        TEXT + "\n",
        TEXT + "extension\n\n",
    ],
)
def test_malformed_checkpoints_are_refused(text: str) -> None:
    with pytest.raises(Malformed):
        Checkpoint.parse_text(text)


def test_extension_lines_are_kept() -> None:
    assert Checkpoint.parse_text(TEXT + "more\n").extensions == ("more",)
    assert Checkpoint.parse_text(TEXT + "more\n").text == TEXT + "more\n"


def test_an_opened_checkpoint_is_of_the_key_that_signed_it(key: SigningKey) -> None:
    signed = open_checkpoint(bytes(Note(TEXT, (key.sign(TEXT),))), [key.verifier])
    assert (signed.checkpoint.size, signed.key) == (3, key.verifier)
    foreign = TEXT.replace("example.com/log", "example.com/other")
    with pytest.raises(WrongOrigin, match="other"):
        open_checkpoint(bytes(Note(foreign, (key.sign(foreign),))), [key.verifier])


def test_a_log_may_only_grow() -> None:
    seen = Checkpoint("example.com/log", 5, b"\1" * 32)
    seen.require_growth(seen)
    replace(seen, size=6, root=b"\2" * 32).require_growth(seen)
    with pytest.raises(Stale, match="shows 4 entries, but 5 were already seen"):
        replace(seen, size=4).require_growth(seen)
    with pytest.raises(Forked):
        replace(seen, root=b"\2" * 32).require_growth(seen)
    with pytest.raises(WrongOrigin):
        replace(seen, origin="other").require_growth(seen)


def test_a_cosignature_tells_its_time(key: SigningKey, witness: SigningKey) -> None:
    lines = (key.sign(TEXT), cosign(TEXT, key=witness, timestamp_s=1679315147))
    note = Note.parse(bytes(Note(TEXT, lines)))
    assert cosigned_at(note, witness.verifier) == 1679315147
    assert cosigned_at(Note(TEXT, lines[:1]), witness.verifier) is None


def test_a_cosignature_of_another_text_or_time_is_refused(witness: SigningKey) -> None:
    good = cosign(TEXT, key=witness, timestamp_s=5)
    later = replace(good, signature=(6).to_bytes(8, "big") + good.signature[8:])
    short = replace(good, signature=good.signature[:-1])
    for text, line, problem in (
        ("other\n", good, SignatureInvalid),
        (TEXT, later, SignatureInvalid),
        (TEXT, short, Malformed),
    ):
        with pytest.raises(problem):
            cosigned_at(Note(text, (line,)), witness.verifier)


def test_a_log_key_is_no_witness_key(key: SigningKey) -> None:
    with pytest.raises(Malformed, match="not a cosignature key"):
        cosigned_at(Note(TEXT, (key.sign(TEXT),)), key.verifier)


def test_a_cosignature_does_not_count_as_the_logs_signature(witness: SigningKey) -> None:
    note = Note(TEXT, (cosign(TEXT, key=witness, timestamp_s=5),))
    with pytest.raises(Unsigned):
        note.require_signature([witness.verifier])


def test_times_beyond_63_bits_are_refused(witness: SigningKey) -> None:
    with pytest.raises(Malformed):
        cosign(TEXT, key=witness, timestamp_s=2**63)
