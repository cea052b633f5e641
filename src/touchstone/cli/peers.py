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
CROWD_KIT = ("MajorityVote", "Wawa", "ZeroBasedSkill", "DawidSkene", "OneCoinDawidSkene", "MMSR", "GLAD", "MACE")


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
    """The engine's own methods, then crowd-kit's as `crowdkit.Name` if it is installed."""
    if importlib.util.find_spec("crowdkit") is None:
        return dict(METHODS)
    return METHODS | {f"crowdkit.{name}": _peer(name) for name in CROWD_KIT}


def _peer(name: str) -> Method:
    def forecast(crowd: Crowd, resolved: Resolutions) -> Floats:  # noqa: ARG001
        import pandas  # only where crowd-kit, which needs it, is installed

        votes = pandas.DataFrame({"task": crowd.story, "worker": crowd.reader, "label": crowd.vote})
        peer = getattr(importlib.import_module("crowdkit.aggregation"), name)()
        fitted = peer.fit(votes)
        probabilities = getattr(fitted, "probas_", None)
        if probabilities is None:
            labels = fitted.labels_.reindex(range(crowd.n_stories))
            return np.asarray(labels, dtype=np.float64)
        table = probabilities.reindex(index=range(crowd.n_stories), columns=[0, 1]).fillna(0.0)
        return np.asarray(table[1] / table.sum(axis=1), dtype=np.float64)

    return forecast
