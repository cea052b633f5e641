"""Made-up newsrooms and the attacks on them, to measure what the published rules withstand."""

from touchstone.engine.simulate.catalogue import ATTACKS, BY_NAME, Attack
from touchstone.engine.simulate.measure import SITE, Outcome, run_attacks
from touchstone.engine.simulate.summary import Row, summarise
from touchstone.engine.simulate.world import World, WorldRules, make_world

__all__ = [
    "ATTACKS",
    "BY_NAME",
    "SITE",
    "Attack",
    "Outcome",
    "Row",
    "World",
    "WorldRules",
    "make_world",
    "run_attacks",
    "summarise",
]
