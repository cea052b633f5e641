"""One story's figures from its basis: the table of counts that the last full fit and later votes left it with.

The same rules as in `_kernels.verdict`, bit for bit, in a form that is quick without compiled code: who answers a vote
can neither wait for a compiler nor walk through a story's votes. A test holds both together.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import lru_cache
from typing import Any, NamedTuple

from touchstone.engine._kernels.verdict_rules import (
    AGREED,
    KEYS_DISAGREE,
    LEVELS,
    MIXED,
    NEWCOMERS,
    NEWCOMERS_DISAGREE,
    TURNED,
    UNWITNESSED,
    VerdictRules,
    heard_newcomers,
    side_of_band,
    voice_of,
    weight_of,
)
from touchstone.engine.errors import BadBasis, BadTally
from touchstone.engine.index import (
    LABEL_FLOORS,
    LABELS,
    REVIEW_REASONS,
    Label,
    ReviewReason,
    StoryTrust,
    band_of,
    confidence_of,
    credible_interval,
    posterior_index,
)

LOCKSTEP = -1  # the place of votes that are collapsed into another one
OVER_QUOTA = -2  # the place of votes beyond their reader's daily quota
RULES = VerdictRules()
VOICES = tuple(voice_of(level, RULES.extra_voice) for level in range(LEVELS + 1))
WEIGHTS = tuple(weight_of(level) for level in range(LEVELS + 1))


class Place(NamedTuple):
    """How many of a story's votes stand in one place.

    place : 0 to 15 settled readers by weight level, 16 newcomers, −1 collapsed in lockstep, −2 over quota
    """

    place: int
    fake: int
    real: int


@dataclass(frozen=True, slots=True)
class Basis:
    """All that a story's figures follow from.

    places         : where its votes stand, by rising place, empty places left out
    held           : the side that its label last took: 1 real, −1 fake, 0 none
    has_crowd      : whether the site's labels need proven readers on their side
    has_both_sides : whether both sides of the viewpoint axis support the label; without, Moderate is the most
    probability    : calibrated probability that the story is real; None until the site is calibrated
    Raises BadBasis for counts and places that cannot be.
    """

    places: tuple[Place, ...] = ()
    held: int = 0
    has_crowd: bool = False
    has_both_sides: bool = False
    probability: float | None = None

    def __post_init__(self) -> None:
        last = OVER_QUOTA - 1
        for place, fake, real in self.places:
            if place <= last or place > NEWCOMERS:
                raise BadBasis(f"place {place} is none of −2 to 16, or comes twice or out of order")
            if fake < 0 or real < 0 or fake + real == 0:
                raise BadBasis(f"place {place} holds {fake} fake and {real} real votes")
            last = place
        if self.held not in (-1, 0, 1):
            raise BadBasis(f"the side held is {self.held}, not −1, 0 or 1")
        if self.probability is not None and not 0.0 <= self.probability <= 1.0:
            raise BadBasis(f"the probability is {self.probability}, not 0 to 1")

    @property
    def is_plain(self) -> bool:
        """Whether nothing but the counts of settled, unproven readers entered."""
        is_bare = not self.places or (len(self.places) == 1 and self.places[0].place == 0)
        return is_bare and self.held == 0 and not self.has_crowd and self.probability is None

    def as_fields(self) -> dict[str, Any]:
        """The basis as a JSON object of whole numbers and texts, as the ledger keeps it.

        Example: {"both_sides": false, "crowd": false, "held": 0, "places": [[0, 1, 15]], "probability": null}.
        """
        return {
            "both_sides": self.has_both_sides,
            "crowd": self.has_crowd,
            "held": self.held,
            "places": [list(place) for place in self.places],
            "probability": None if self.probability is None else repr(self.probability),
        }

    @classmethod
    def from_fields(cls, fields: Mapping[str, Any]) -> Basis:
        """Read what `as_fields` wrote. Raises BadBasis for anything else."""
        try:
            probability, held = fields["probability"], fields["held"]
            flags = (fields["crowd"], fields["both_sides"])
            if len(fields) != 5 or not all(isinstance(flag, bool) for flag in flags):
                raise BadBasis("its members are not both_sides, crowd, held, places and probability")
            places = tuple(Place(*map(_vote_count, place)) for place in fields["places"])
            known = None if probability is None else float(probability)
            if known is not None and repr(known) != probability:
                raise BadBasis(f"the probability {probability!r} is not the shortest text of its number")
            return cls(places, _vote_count(held), flags[0], flags[1], known)
        except (KeyError, TypeError, ValueError) as err:
            if isinstance(err, BadBasis):
                raise
            raise BadBasis(str(err)) from err


def plain_basis(real: int, fake: int) -> Basis:
    """The basis of a story whose voters are all settled and unproven. Raises BadTally for a negative count."""
    if real < 0 or fake < 0:
        raise BadTally(real, fake)
    return Basis((Place(0, int(fake), int(real)),) if real or fake else ())


def score_tally(real: int, fake: int) -> StoryTrust:
    """The trust of a story whose voters are independent and unproven: the open key alone, every vote of weight 1.

    Raises BadTally for a negative count.
    """
    return score_basis(plain_basis(real, fake))


@lru_cache(maxsize=1 << 16)
def score_basis(basis: Basis) -> StoryTrust:
    """The trust of a story; the same bits as its row of the full fit's table. Source: docs/explanation/two-keys.md."""
    contest = _Contest(basis)
    key = contest.open_key(NOTHING)
    scaled = _scaled(*key)
    low, high = credible_interval(*scaled)
    label, reason = contest.label(NOTHING)
    real = sum(place.real for place in basis.places)
    fake = sum(place.fake for place in basis.places)
    return StoryTrust(
        real=real,
        fake=fake,
        share=real / (real + fake) if real + fake else None,
        index=posterior_index(*scaled),
        low=low,
        high=high,
        probability=basis.probability,
        confidence=confidence_of(high - low, may_be_high=contest.has_earned and basis.has_both_sides),
        label=label,
        attack_price=contest.price(label),
        effective_votes=key[2],
        discounted=contest.discounted(),
        review=reason,
    )


def held_after(basis: Basis) -> int:
    """The side to hold once this story is published: the one its votes take, were it only witnessed, else as before."""
    trust = score_basis(basis)
    if trust.label in LABELS:
        return side_of_band(LABELS.index(trust.label)) or basis.held
    if trust.review == REVIEW_REASONS[UNWITNESSED]:
        return 1 if trust.index > 50.0 else -1
    return basis.held


class _Moved(NamedTuple):
    """What voters carry with them from real to fake; negative numbers went the other way."""

    settled: int = 0
    proven: int = 0
    voice: float = 0.0
    earned: float = 0.0
    new: int = 0


NOTHING = _Moved()


class _Contest:
    """One story's two keys, asked for the label after some voters have changed sides.

    Reversals change neither how many settled readers and newcomers there are nor the sums of squares. All sums of
    weights are exact, so that it does not matter in which order they are taken.
    """

    def __init__(self, basis: Basis) -> None:
        self.basis = basis
        self.settled, self.proven, self.new = [0, 0], [0, 0], [0, 0]
        self.voice, self.earned = [0.0, 0.0], [0.0, 0.0]
        voices = weights = 0.0
        for place, *votes in basis.places:
            if place == NEWCOMERS:
                self.new = votes
            elif place >= 0:
                voice, weight, total = VOICES[place], WEIGHTS[place], votes[0] + votes[1]
                voices += voice * voice * total
                weights += weight * weight * total
                for side in (0, 1):
                    self.settled[side] += votes[side]
                    self.proven[side] += votes[side] if place else 0
                    self.voice[side] += voice * votes[side]
                    self.earned[side] += weight * votes[side]
        settled, new = float(sum(self.settled)), float(sum(self.new))
        self.heard = heard_newcomers(settled, new, RULES)
        self.share = self.heard / new if new > 0.0 else 0.0
        self.independent = settled + self.heard
        self.squares = voices + self.share * self.share * new
        earned = sum(self.earned)
        self.has_earned = weights > 0.0 and earned * earned / weights >= RULES.earned_quorum

    def open_key(self, moved: _Moved) -> tuple[float, float, float]:
        """The open key's weight for real and for fake and its effective number of votes."""
        real = self.voice[1] - moved.voice + self.share * (self.new[1] - moved.new)
        fake = self.voice[0] + moved.voice + self.share * (self.new[0] + moved.new)
        total = real + fake
        kish = total * total / self.squares if self.squares > 0.0 else 0.0
        return real, fake, min(kish, self.independent)

    def label(self, moved: _Moved) -> tuple[Label, ReviewReason]:
        """The label once this has moved, and why it is held back if it is."""
        if self.independent < RULES.fewest_voters:
            return "gathering_votes", ""
        band = band_of(*_scaled(*self.open_key(moved)))
        if band == MIXED:
            return LABELS[band], ""
        side = side_of_band(band)
        reason = self._objection(moved, side)
        if reason != AGREED:
            return "under_review", REVIEW_REASONS[reason]
        if self.basis.has_crowd and self.proven[side > 0] - moved.proven * side < RULES.witnesses:
            return "gathering_votes", REVIEW_REASONS[UNWITNESSED]
        return LABELS[band], ""

    def _objection(self, moved: _Moved, side: int) -> int:
        real, fake = self.earned[1] - moved.earned, self.earned[0] + moved.earned
        if self.has_earned and (real - fake) * side <= 0.0:
            return KEYS_DISAGREE
        lead = (self.settled[1] - self.settled[0] - 2 * moved.settled) * side
        if lead <= 0:
            return NEWCOMERS_DISAGREE
        if self.basis.held * side < 0:
            own = real if side > 0 else fake
            if not self.has_earned or lead < RULES.turn_lead or own < RULES.turn_share * (real + fake):
                return TURNED
        return AGREED

    def price(self, label: Label) -> int | None:
        """Fewest voters of the winning side, in the middle the cheaper one, whose reversal changes the label."""
        if label not in LABELS:
            return None
        band = LABELS.index(label)
        if band != MIXED:
            return self._price_from(1 if band > MIXED else 0, label)
        real, fake, _ = self.open_key(NOTHING)
        sides = [side for side, leads in ((1, real >= fake), (0, fake >= real)) if leads]
        return min((price for side in sides if (price := self._price_from(side, label))), default=None)

    def _price_from(self, side: int, label: Label) -> int | None:
        runs = [(place, votes[side]) for place, *votes in self._heaviest_first() if votes[side]]

        def changes(voters: int) -> bool:
            return self.label(_moved(runs, voters, 1 if side else -1))[0] != label

        likely = self._likely_price(side, runs, LABELS.index(label))
        return _first_change(self.settled[side] + self.new[side], changes, likely)

    def _likely_price(self, side: int, runs: list[tuple[int, int]], band: int) -> int:
        """About how many voters carry the index over the next floor; fewer do where a rule objects before."""
        real, fake, effective = self.open_key(NOTHING)
        floor = LABEL_FLOORS[band - side]
        way = abs(posterior_index(*_scaled(real, fake, effective)) - floor) / 100.0
        missing = way * (effective + 2.0) * (real + fake) / effective
        before = 0
        for place, count in runs:
            voice = self.share if place == NEWCOMERS else VOICES[place]
            if missing < voice * count:
                return before + int(missing / voice) + 1
            before, missing = before + count, missing - voice * count
        return before

    def _heaviest_first(self) -> list[Place]:
        counted = [place for place in self.basis.places if place.place >= 0]
        newcomers = [place for place in counted if place.place == NEWCOMERS]
        return [*(place for place in reversed(counted) if place.place < NEWCOMERS), *newcomers]

    def discounted(self) -> tuple[tuple[str, int], ...]:
        """Which votes entered with less than a full voice, by reason."""
        missed = {place.place: place.fake + place.real for place in self.basis.places if place.place < 0}
        unheard = sum(self.new) - int(self.heard)
        reasons = (
            ("lockstep", missed.get(LOCKSTEP, 0)),
            ("unproven", unheard),
            ("over_quota", missed.get(OVER_QUOTA, 0)),
        )
        return tuple((reason, count) for reason, count in reasons if count > 0)


def _vote_count(value: object) -> int:
    if isinstance(value, bool) or not isinstance(value, int):
        raise BadBasis(f"{value!r} is not a whole number")
    return value


def _scaled(real: float, fake: float, effective: float) -> tuple[float, float]:
    """Real and fake votes once the weights are scaled to the effective number of votes."""
    total = real + fake
    if total <= 0.0:
        return 0.0, 0.0
    return real * effective / total, fake * effective / total


def _moved(runs: list[tuple[int, int]], voters: int, sign: int) -> _Moved:
    """What the first so many voters of these runs (place, how many) carry with them."""
    settled = proven = new = 0
    voice = earned = 0.0
    for place, count in runs:
        taken = min(voters, count)
        voters -= taken
        if place == NEWCOMERS:
            new += taken
        else:
            settled += taken
            proven += taken if place else 0
            voice += VOICES[place] * taken
            earned += WEIGHTS[place] * taken
        if not voters:
            break
    return _Moved(sign * settled, sign * proven, sign * voice, sign * earned, sign * new)


def _first_change(most: int, changes: Callable[[int], bool], likely: int) -> int | None:
    """The smallest count up to `most` that `changes`, given that every larger one does too; None if none does.

    likely : where to begin; however wrong, it only costs time
    """
    if not changes(most):
        return None
    low, high, step = 0, most, 1
    middle = min(max(likely, 1), most)
    while high - low > 1:
        if changes(middle):
            high, toward = middle, -1
        else:
            low, toward = middle, 1
        middle = high - step if toward < 0 else low + step
        step *= 2
        if not low < middle < high:
            middle = (low + high) // 2
    return high
