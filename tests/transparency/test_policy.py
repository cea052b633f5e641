"""Policies say whom to trust, and how many."""

from __future__ import annotations

import pytest

from touchstone.transparency import (
    COSIGNATURE_V1,
    Malformed,
    Note,
    Policy,
    QuorumMissed,
    SignatureInvalid,
    SigningKey,
    Unsigned,
    cosign,
)

LOG = SigningKey("example.com/log", b"\1" * 32)
WITNESSES = {
    name: SigningKey(f"{name}.example", bytes([seed]) * 32, COSIGNATURE_V1)
    for seed, name in enumerate(("X1", "X2", "X3", "Y1", "Y2", "Y3"), start=10)
}
TEXT = "example.com/log\n3\n" + "A" * 43 + "=\n"
LINES = "\n".join(
    [f"log {LOG.verifier} https://example.com/log/", *(f"witness {n} {k.verifier}" for n, k in WITNESSES.items())]
)
TWO_GROUPS = f"""# The example of c2sp.org/tlog-policy, with keys.
{LINES}

group X-witnesses 2 X1 X2 X3
\tgroup Y-witnesses any Y1 Y2 Y3
group X-and-Y all X-witnesses Y-witnesses
quorum X-and-Y
"""


def signed(*names: str) -> bytes:
    cosignatures = (cosign(TEXT, key=WITNESSES[name], timestamp_s=7) for name in names)
    return bytes(Note(TEXT, (LOG.sign(TEXT), *cosignatures)))


@pytest.mark.parametrize(
    ("names", "stands"),
    [
        (("X1", "X2", "Y1"), True),
        (("X3", "X1", "Y3", "Y2"), True),
        (("X1", "Y1"), False),
        (("X1", "X2", "X3"), False),
        (("Y1", "Y2", "Y3"), False),
        ((), False),
    ],
)
def test_the_quorum_counts_groups_within_groups(names: tuple[str, ...], stands: bool) -> None:
    policy = Policy.parse(TWO_GROUPS)
    if stands:
        opened = policy.open(signed(*names))
        assert set(policy.cosigners(opened.note)) == set(names)
    else:
        with pytest.raises(QuorumMissed, match="X-and-Y"):
            policy.open(signed(*names))


def test_no_quorum_asks_for_no_witness() -> None:
    assert Policy.parse(f"log {LOG.verifier}\nquorum none\n").open(signed()).checkpoint.size == 3
    assert Policy.for_log(LOG.verifier).open(signed()).checkpoint.size == 3


def test_a_cosignature_twice_counts_once() -> None:
    policy = Policy.parse(f"{LINES}\ngroup g 2 X1 X2\nquorum g\n")
    with pytest.raises(QuorumMissed):
        policy.open(signed("X1", "X1"))


def test_a_forged_cosignature_is_refused_even_beyond_the_quorum() -> None:
    policy = Policy.parse(f"{LINES}\nquorum X1\n")
    forged = cosign("other\n", key=WITNESSES["X2"], timestamp_s=7)
    with pytest.raises(SignatureInvalid):
        policy.open(signed("X1") + str(forged).encode())


def test_a_log_that_is_not_listed_is_refused() -> None:
    other = SigningKey("example.com/log", b"\2" * 32)
    with pytest.raises(Unsigned):
        Policy.for_log(other.verifier).open(signed())


@pytest.mark.parametrize(
    "text",
    [
        "",
        "quorum",
        "quorum X9\n",
        "quorum none\nquorum none\n",
        "logs x\nquorum none\n",
        "log not-a-key\nquorum none\n",
        f"log {WITNESSES['X1'].verifier}\nquorum none\n",
        f"witness X1 {LOG.verifier}\nquorum none\n",
        f"log {LOG.verifier}\nlog {LOG.verifier}\nquorum none\n",
        f"{LINES}\nwitness X1 {WITNESSES['X1'].verifier}\nquorum none\n",
        f"{LINES}\ngroup g 0 X1\nquorum g\n",
        f"{LINES}\ngroup g 2 X1\nquorum g\n",
        f"{LINES}\ngroup g 01 X1\nquorum g\n",
        f"{LINES}\ngroup g ² X1\nquorum g\n",
        f"{LINES}\ngroup g any\nquorum g\n",
        f"{LINES}\ngroup g any X1 X1\nquorum g\n",
        f"{LINES}\ngroup g any X1\ngroup h any X1\nquorum g\n",
        f"{LINES}\ngroup g any none\nquorum g\n",
        f"{LINES}\ngroup none any X1\nquorum none\n",
        f"{LINES}\ngroup g any h\ngroup h any X1\nquorum g\n",
        f"{LINES}\nquorum none\r\n",
        f"{LINES}\nquorum none\x00\n",
        "\n" * 400,
    ],
)
def test_malformed_policies_are_refused(text: str) -> None:
    with pytest.raises(Malformed):
        Policy.parse(text)
