"""The numbers that decide what is published of a story."""

from __future__ import annotations

from dataclasses import dataclass, field

from touchstone.engine._kernels.verdict_rules import VerdictRules
from touchstone.engine.earned import EarnedRules
from touchstone.engine.lockstep import LockstepRules
from touchstone.engine.standing import StandingRules


@dataclass(frozen=True, slots=True)
class PublicationRules:
    """All that decides what is published; part of every result.

    fewest_voters         independent votes below which there is no label
    newcomers_per_settled newcomers' votes heard per settled reader's vote on the story, together; more only to fill up
                          to the fewest voters, and then at most as many as the settled
    needs_settled         whether a label that takes a side needs the settled readers on it
    extra_voice           extra weight in the open key of a reader of full earned weight
    earned_quorum         effective votes from which the earned key has a say
    witnesses             proven readers that a label needs on its side, on a site with a proven crowd
    witness_crowd         proven voters of the median story from which a site has one
    turn_lead             lead, in settled readers, that takes a published label straight to the other side; 0 = any
    turn_share            share of the earned key that this needs as well
    """

    fewest_voters: float = 10.0
    newcomers_per_settled: float = 0.25
    needs_settled: bool = True
    extra_voice: float = 1.0
    earned_quorum: float = 6.0
    witnesses: float = 3.0
    witness_crowd: float = 5.0
    turn_lead: float = 50.0
    turn_share: float = 2.0 / 3.0
    standing: StandingRules = field(default_factory=StandingRules)
    lockstep: LockstepRules = field(default_factory=LockstepRules)
    earned: EarnedRules = field(default_factory=EarnedRules)

    @property
    def of_verdict(self) -> VerdictRules:
        """The numbers that a single story's verdict depends on."""
        return VerdictRules(
            float(self.fewest_voters),
            float(self.newcomers_per_settled),
            float(self.extra_voice),
            float(self.earned_quorum),
            bool(self.needs_settled),
            float(self.turn_lead),
            float(self.turn_share),
            float(self.witnesses),
        )
