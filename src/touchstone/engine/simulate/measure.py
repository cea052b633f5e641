"""Carries attacks out on exact seeds and measures what they did to the published labels."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import asdict, dataclass, replace

import numpy as np

from touchstone.engine.estimator import Resolutions
from touchstone.engine.publication import Evidence, Publication, assemble, find_places, publish
from touchstone.engine.rules import PublicationRules
from touchstone.engine.simulate.catalogue import Attack
from touchstone.engine.simulate.peers import bridging_sides, majority_sides
from touchstone.engine.simulate.stage import Assault, Stage
from touchstone.engine.simulate.world import DAY, Integers, World, WorldRules, make_world
from touchstone.engine.table import TrustTable

SITE = WorldRules(past=500, days=300.0)
TARGETS = 10
OPPOSITE_SHOWN = {1: 1, -1: 2}  # a label's side → the bit of the opposite side in TrustTable.ever
PEERS: dict[str, Callable[[World], Integers]] = {"majority": majority_sides, "bridging": bridging_sides}


@dataclass(frozen=True, slots=True)
class Outcome:
    """What one attack did on one seed.

    targets, guarded : stories attacked, and those of them whose earned key had a quorum without the attack
    flipped          : targets whose label was out when the attack began and that showed the opposite label since
    planted          : targets that had no label yet when the attack began, and that showed the opposite label since
    lost             : targets without a label on their side at the end
    shift            : mean move of the index, in points, against the label
    accounts         : accounts that took part
    account_days     : days, over all accounts, from their first vote to the end
    correct_votes    : votes of theirs that resolutions proved right
    silenced         : honest readers in a lockstep group
    collateral       : labels on other live stories that are gone or changed sides
    earned_same      : whether every honest reader's earned level is what it was, to the bit
    voices           : most voters that lockstep left to the attackers on one side of a target
    majority_flipped … bridging_lost : labels flipped and lost by the peers, whether out before or not
    """

    targets: int
    guarded: int
    flipped: int
    planted: int
    lost: int
    shift: float
    accounts: int
    account_days: float
    correct_votes: int
    silenced: int
    collateral: int
    majority_flipped: int
    majority_lost: int
    bridging_flipped: int
    bridging_lost: int
    earned_same: bool
    voices: int

    @property
    def cost(self) -> float:
        """Account-days times right votes."""
        return self.account_days * self.correct_votes


@dataclass(frozen=True, slots=True)
class Site:
    """One honest newsroom with what is published of it."""

    seed: int
    world: World
    honest: Publication


def evidence_of(world: World) -> Evidence:
    """The newsroom's resolutions."""
    resolved = np.flatnonzero(world.resolved_ms >= 0)
    return Evidence(resolved=Resolutions(resolved, world.truth[resolved]), resolved_ms=world.resolved_ms[resolved])


def open_site(seed: int, rules: PublicationRules, site: WorldRules = SITE) -> Site:
    """The newsroom of that seed."""
    world = make_world(np.random.default_rng([seed, 0]), site)
    return Site(seed, world, publish(world, evidence_of(world), rules))


def set_stage(site: Site, attack: Attack, accounts: int) -> Stage:
    """The stage of one attack on one newsroom; its randomness depends on the seed and the attack's name alone."""
    rng = np.random.default_rng([site.seed, *attack.name.encode()])
    side = site.honest.table.side[site.world.live]
    takes_side = site.world.live[side != 0]
    targets = np.sort(rng.permutation(takes_side)[:TARGETS])
    wanted = np.where(site.honest.table.side[targets] > 0, 0, 1)
    return Stage(site.world, rng, accounts, targets, wanted, site.honest.table, site.honest.earned)


def measure(site: Site, attack: Attack, accounts: int, rules: PublicationRules) -> Outcome:
    """Carry one attack out on one newsroom."""
    stage = set_stage(site, attack, accounts)
    assault = attack.run(stage)
    before, targets = site.honest.table, stage.targets
    eve = _eve_of(site, assault, targets, rules)
    held = before.held.copy()
    held[targets] = eve.held[targets]
    after = publish(assault.world, replace(evidence_of(assault.world), held=held), rules)
    table = after.table
    side = before.side[targets]
    bits = np.array([OPPOSITE_SHOWN[int(each)] for each in side], dtype=np.int64)
    was_shown = ((table.ever[targets] & bits) > 0) & ((before.ever[targets] & bits) == 0)
    is_opposite = was_shown | (table.side[targets] == -side)
    was_out = eve.side[targets] == side
    days, right = _effort(assault)
    others = np.setdiff1d(site.world.live, targets)
    honest = site.world.n_honest
    return Outcome(
        targets=len(targets),
        guarded=int(np.count_nonzero(before.earned_effective[targets] >= rules.earned_quorum)),
        flipped=int(np.count_nonzero(is_opposite & was_out)),
        planted=int(np.count_nonzero(is_opposite & ~was_out)),
        lost=int(np.count_nonzero(table.side[targets] != side)),
        shift=float(np.mean((before.index[targets] - table.index[targets]) * side)) if len(targets) else 0.0,
        accounts=len(assault.accounts),
        account_days=days,
        correct_votes=right,
        silenced=int(np.count_nonzero(after.readers.group[:honest] >= 0)),
        collateral=int(np.count_nonzero((before.side[others] != 0) & (table.side[others] != before.side[others]))),
        earned_same=bool(np.array_equal(after.earned.level[:honest], site.honest.earned.level[:honest])),
        voices=_voices(assault, after, targets),
        **_peer_figures(site.world, assault.world, targets),
    )


def _eve_of(site: Site, assault: Assault, targets: Integers, rules: PublicationRules) -> TrustTable:
    """What was published of each target just before the attack's first vote on it."""
    first = np.full(site.world.n_stories, np.iinfo(np.int64).max)
    np.minimum.at(first, assault.votes.story, assault.votes.time_ms)
    world = site.world
    rows = np.isin(world.story, targets) & (world.time_ms < first[world.story])
    early = replace(
        world, story=world.story[rows], reader=world.reader[rows], vote=world.vote[rows], time_ms=world.time_ms[rows]
    )
    readers = site.honest.readers
    return assemble(early, readers, find_places(early, readers), Evidence(), rules)


def _effort(assault: Assault) -> tuple[float, int]:
    """Account-days and right votes that the attacker's accounts have behind them."""
    world = assault.world
    is_theirs = np.zeros(world.n_readers, dtype=np.bool_)
    is_theirs[assault.accounts] = True
    rows = is_theirs[world.reader]
    graded = rows & (world.time_ms < world.resolved_ms[world.story])
    right = int(np.count_nonzero(graded & (world.vote == world.truth[world.story])))
    return float(np.sum(world.now_ms - assault.since_ms) / DAY), right


def _voices(assault: Assault, after: Publication, targets: Integers) -> int:
    """The most independent voters that the attackers kept on any side of any target."""
    world = assault.world
    rows = np.flatnonzero(np.isin(world.story, targets) & np.isin(world.reader, assault.accounts))
    if len(rows) == 0:
        return 0
    group = after.readers.group[world.reader[rows]]
    voter = np.where(group >= 0, group, world.n_readers + world.reader[rows])
    pairs = np.unique(np.stack([2 * world.story[rows] + world.vote[rows], voter]), axis=1)
    return int(np.bincount(pairs[0]).max())


def _peer_figures(before: World, after: World, targets: Integers) -> dict[str, int]:
    figures = {}
    for name, sides in PEERS.items():
        was, now = sides(before)[targets], sides(after)[targets]
        figures[f"{name}_flipped"] = int(np.count_nonzero((was != 0) & (now == -was)))
        figures[f"{name}_lost"] = int(np.count_nonzero((was != 0) & (now != was)))
    return figures


def run_attacks(
    attacks: Sequence[Attack],
    seeds: Sequence[int],
    *,
    accounts: int | None = None,
    rules: PublicationRules | None = None,
    site: WorldRules = SITE,
) -> Iterator[tuple[str, int, Outcome]]:
    """Each attack on each seed: name, seed and outcome, seed by seed."""
    rules = rules or PublicationRules()
    for seed in seeds:
        newsroom = open_site(seed, rules, site)
        for attack in attacks:
            yield attack.name, seed, measure(newsroom, attack, accounts or attack.accounts, rules)


def as_record(outcome: Outcome) -> dict[str, float]:
    """The outcome's fields and its cost by name."""
    return {**asdict(outcome), "cost": outcome.cost}
