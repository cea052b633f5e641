"""A story's published trust in the words and shapes that pages show."""

from __future__ import annotations

from dataclasses import dataclass

from touchstone.trust.queries import CONFIDENCES, LABELS, VOTES_FOR_A_LABEL, PublishedTrust
from touchstone.website import numbers

SCALE = ("highly_contested", "contested", "mixed_opinions", "likely_real", "verified")
REASONS = {
    "lockstep": "counted as one because they moved in lockstep",
    "unproven": "by newcomers not heard: together they weigh at most a quarter of the settled readers",
    "over_quota": "over a reader's daily quota",
}
REVIEWS = {
    "keys_disagree": "Readers with a proven record and all the others point to different sides. Until they agree, or "
    "an editor settles the story, it has no label.",
    "newcomers_disagree": "Only newcomers carry this side; the settled readers do not stand on it. So it has no label.",
    "turned": "The votes now point the other way than the label that was out. To turn it takes a wide lead and the "
    "proven readers; until then it has no label.",
    "unwitnessed": "There are votes enough, but too few readers with a proven record stand on their side yet.",
}


@dataclass(frozen=True, slots=True)
class Verdict:
    """One story's figures at the moment that the page was made, ready to be shown."""

    trust: PublishedTrust

    @property
    def story(self) -> int:
        """The story's number."""
        return self.trust.story

    @property
    def votes(self) -> int:
        """How many readers have voted."""
        return self.trust.votes

    @property
    def is_gathering(self) -> bool:
        """Whether there are too few independent votes for a label."""
        return self.trust.label == "gathering_votes"

    @property
    def real_pct(self) -> int:
        """The raw share of real votes in per cent."""
        return numbers.share_pct(self.trust.real, self.trust.fake)

    @property
    def fake_pct(self) -> int:
        """What is left of 100 per cent; 0 without votes."""
        return 100 - self.real_pct if self.votes else 0

    @property
    def label_text(self) -> str:
        """The label in words."""
        return LABELS[self.trust.label]

    @property
    def confidence_text(self) -> str:
        """The confidence in words, such as `Moderate confidence`."""
        return f"{CONFIDENCES[self.trust.confidence]} confidence"

    @property
    def share_text(self) -> str:
        """The raw share in words, such as `94 % Real`."""
        return f"{self.real_pct} % Real" if self.votes else "No votes yet"

    @property
    def shares_text(self) -> str:
        """Both shares in words, such as `94 % Real / 6 % Fake`."""
        return f"{self.real_pct} % Real / {self.fake_pct} % Fake" if self.votes else "No votes yet"

    @property
    def votes_text(self) -> str:
        """The count in words, such as `16 votes`."""
        return numbers.counted(self.votes, "vote")

    @property
    def signals_text(self) -> str:
        """The count as the panel words it, such as `16 community signals`."""
        return numbers.counted(self.votes, "community signal")

    @property
    def gathering_text(self) -> str:
        """How far the vote is from its first label, such as `Gathering votes: 7 of 10`."""
        return self.trust.label_text

    @property
    def label_words(self) -> str:
        """The label, or how far the vote is from its first one."""
        return self.gathering_text if self.is_gathering else self.label_text

    @property
    def index_text(self) -> str:
        """The index as a whole number."""
        return str(numbers.rounded(self.trust.index))

    @property
    def interval_text(self) -> str:
        """The 95 % interval, such as `71–98`."""
        return f"{self.low_text}–{self.high_text}"

    @property
    def low_text(self) -> str:
        """The lower end of the interval as a whole number."""
        return str(numbers.rounded(self.trust.low))

    @property
    def high_text(self) -> str:
        """The upper end of the interval as a whole number."""
        return str(numbers.rounded(self.trust.high))

    @property
    def change_text(self) -> str:
        """How many changed votes would change the label; empty when there is none to change."""
        if self.trust.attack_price is None or self.is_gathering:
            return ""
        return f"{numbers.counted(self.trust.attack_price, 'vote')} would change this label"

    @property
    def sentence(self) -> str:
        """What the index says, for people who do not think in intervals."""
        if self.trust.review:
            return REVIEWS[self.trust.review]
        if self.is_gathering:
            return f"A label needs {VOTES_FOR_A_LABEL} independent votes. Until then the share says little."
        return (
            f"Of 100 independent readers, about {self.index_text} would call this story real. "
            f"In 19 of 20 cases the truth lies between {self.low_text} and {self.high_text}."
        )

    @property
    def discounted_lines(self) -> list[str]:
        """What was discounted and why, one sentence a reason."""
        return [
            f"{numbers.counted(count, 'vote')} {REASONS.get(reason, reason)}" for reason, count in self.trust.discounted
        ]

    @property
    def steps(self) -> list[tuple[str, str, bool]]:
        """The five labels of the scale from the left: slug, words, whether this story holds it."""
        return [(slug, LABELS[slug], slug == self.trust.label) for slug in SCALE]

    @property
    def index_x(self) -> str:
        """Where the index stands on a scale of 100, for drawing."""
        return f"{self.trust.index:.1f}%"

    @property
    def low_x(self) -> str:
        """Where the interval starts on a scale of 100, for drawing."""
        return f"{self.trust.low:.1f}%"

    @property
    def high_x(self) -> str:
        """Where the interval ends on a scale of 100, for drawing."""
        return f"{self.trust.high:.1f}%"

    @property
    def interval_width(self) -> str:
        """How wide the interval is on a scale of 100, for drawing."""
        return f"{self.trust.high - self.trust.low:.1f}%"

    @property
    def description(self) -> str:
        """Everything the drawing shows, in one sentence, for those who cannot see it."""
        if self.is_gathering:
            return f"{self.gathering_text}. {self.share_text}."
        return (
            f"Trust index {self.index_text} of 100, 95 % interval {self.interval_text}: {self.label_text}, "
            f"{self.confidence_text.lower()}. {self.real_pct} % of {self.votes_text} say real."
        )
