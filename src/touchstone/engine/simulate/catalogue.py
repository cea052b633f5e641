"""All attacks by name, with the number of accounts each is shown with."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from touchstone.engine.simulate import insiders, outsiders
from touchstone.engine.simulate.stage import Assault, Stage


@dataclass(frozen=True, slots=True)
class Attack:
    """One kind of attack.

    name     : as the command line has it
    accounts : how many accounts it is shown with
    run      : carries it out; its docstring says in a sentence what it does
    """

    name: str
    accounts: int
    run: Callable[[Stage], Assault]

    @property
    def summary(self) -> str:
        """What the attack does, in a sentence."""
        return (self.run.__doc__ or "").strip().splitlines()[0]


ATTACKS: tuple[Attack, ...] = (
    Attack("fresh", 5000, outsiders.fresh),
    Attack("random", 1000, outsiders.random),
    Attack("average", 1000, outsiders.average),
    Attack("bandwagon", 1000, outsiders.bandwagon),
    Attack("reverse-bandwagon", 1000, outsiders.reverse_bandwagon),
    Attack("camouflage", 200, outsiders.camouflage),
    Attack("skilled-farm", 100, outsiders.skilled_farm),
    Attack("lockstep", 100, outsiders.lockstep),
    Attack("jittered-brain", 200, outsiders.jittered_brain),
    Attack("disjoint-partition", 300, outsiders.disjoint_partition),
    Attack("slow-drip", 200, outsiders.slow_drip),
    Attack("hijacked-top", 24, insiders.hijacked_top),
    Attack("bought-mixed", 60, insiders.bought_mixed),
    Attack("framing-clones", 50, insiders.framing_clones),
    Attack("burst", 300, outsiders.burst),
    Attack("squatting", 100, outsiders.squatting),
    Attack("whitewashing", 1000, outsiders.whitewashing),
    Attack("oscillation", 200, outsiders.oscillation),
    Attack("cheapest-flip", 60, insiders.cheapest_flip),
    Attack("colluding-resolver", 60, insiders.colluding_resolver),
    Attack("publisher-stuffing", 200, insiders.publisher_stuffing),
)

BY_NAME = {attack.name: attack for attack in ATTACKS}
