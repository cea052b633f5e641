"""The methods that `touchstone evaluate` can run: the engine's own, and crowd-kit's where it is installed."""

from __future__ import annotations

import importlib
import importlib.util
from collections.abc import Callable

import numpy as np

from touchstone.cli.crowds import Crowd
from touchstone.engine.arrays import Floats
from touchstone.engine.bridging import Bridging
from touchstone.engine.combined import Combined
from touchstone.engine.dawid_skene import DawidSkene, OneCoin
from touchstone.engine.estimator import Estimator, Resolutions
from touchstone.engine.majority import Laplace, MajorityOdds, Share
from touchstone.engine.two_coin import TwoCoin

Method = Callable[[Crowd, Resolutions], Floats]
CROWD_KIT = ("MajorityVote", "Wawa", "ZeroBasedSkill", "DawidSkene", "OneCoinDawidSkene", "KOS", "MMSR", "GLAD", "MACE")


class PeerFailed(Exception):
    """A method of another library broke on a crowd, for reasons of its own."""

    def __init__(self, name: str, crowd: str, reason: Exception) -> None:
        self.name, self.crowd = name, crowd
        super().__init__(f"{name} failed on {crowd} and is left out there: {str(reason)[:200]}")


def _own(estimator: type[Estimator]) -> Method:
    return lambda crowd, resolved: estimator().fit(crowd, resolved).probability_


METHODS: dict[str, Method] = {
    "touchstone": _own(Combined),
    "share": _own(Share),
    "laplace": _own(Laplace),
    "majority_odds": _own(MajorityOdds),
    "dawid_skene": _own(DawidSkene),
    "one_coin": _own(OneCoin),
    "two_coin": _own(TwoCoin),
    "bridging": _own(Bridging),
}


def known_methods() -> dict[str, Method]:
    """The engine's own methods, then crowd-kit's by their own names if it is installed."""
    if importlib.util.find_spec("crowdkit") is None:
        return dict(METHODS)
    return METHODS | {name: _peer(name) for name in CROWD_KIT}


def _peer(name: str) -> Method:
    def forecast(crowd: Crowd, resolved: Resolutions) -> Floats:  # noqa: ARG001
        try:
            return _ask_peer(name, crowd)
        except Exception as error:
            raise PeerFailed(name, crowd.name, error) from error

    return forecast


def _ask_peer(name: str, crowd: Crowd) -> Floats:
    import pandas  # only where crowd-kit, which needs it, is installed

    votes = pandas.DataFrame({"task": crowd.story, "worker": crowd.reader, "label": crowd.vote})
    peer = getattr(importlib.import_module("crowdkit.aggregation"), name)()
    stories = range(crowd.n_stories)
    if not hasattr(peer, "fit_predict_proba"):
        return np.asarray(peer.fit_predict(votes).reindex(stories), dtype=np.float64)
    table = peer.fit_predict_proba(votes).reindex(index=stories, columns=[0, 1]).fillna(0.0)
    return np.asarray(table[1] / table.sum(axis=1), dtype=np.float64)
