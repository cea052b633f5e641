"""How well the published method does on real crowds, in full and thinned to a news site; figures and plots for docs.

Run: python -m benchmarks.crowds [--plots docs/images]; the crowds lie in TOUCHSTONE_CROWDS or ../shared/data/crowds.
"""

from __future__ import annotations

import argparse
import csv
import json
import os
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from touchstone.cli.crowds import Crowd, read_crowd
from touchstone.cli.evaluate import ALWAYS, Draws, MethodRuns
from touchstone.cli.peers import METHODS
from touchstone.engine import Bridging, draw_dots, draw_reliability, draw_strips, reliability

SETS = ("rte", "bluebird", "sp", "sp_amt", "zc_all", "zc_us", "zc_in", "d_product", "mozafari", "news_osome")
SPARSE_SETS = ("news_osome", "rte", "sp")
SPARSE = [(votes, readers) for votes in (3, 10) for readers in (1, 3, 10)]
SEEDS = 20
Runs = dict[str, dict[str, MethodRuns]]


def crowds_folder() -> Path:
    return Path(os.environ.get("TOUCHSTONE_CROWDS", Path(__file__).resolve().parents[1] / "../shared/data/crowds"))


def run_all(sets: tuple[str, ...], draws: Draws, names: tuple[str, ...] = (*ALWAYS, "two_coin", "bridging")) -> Runs:
    methods = {name: METHODS[name] for name in names}
    return {name: draws.run(read_crowd(crowds_folder() / name), methods, lambda: None) for name in sets}


def tabulate(runs: Runs) -> dict[str, dict[str, dict[str, float]]]:
    keys = ("accuracy", "log_loss", "brier", "ece", "ece_per_draw", "ece_by_chance")
    return {
        crowd: {name: {key: round(float(run.figures()[key]), 4) for key in keys} for name, run in found.items()}  # type: ignore[arg-type]
        for crowd, found in runs.items()
    }


def mean_row(table: dict[str, dict[str, dict[str, float]]]) -> dict[str, dict[str, float]]:
    first = next(iter(table.values()))
    return {
        name: {key: round(float(np.mean([row[name][key] for row in table.values()])), 4) for key in first[name]}
        for name in first
    }


def measure() -> dict[str, object]:
    """Tables without resolved stories, with twenty, and thinned; each with its means."""
    tables = {
        "full": tabulate(run_all(SETS, Draws(0, 1, None, None))),
        "full, 20 resolved": tabulate(run_all(SETS, Draws(20, SEEDS, None, None))),
    }
    for votes, readers in SPARSE:
        runs = run_all(SPARSE_SETS, Draws(0, SEEDS, votes, readers), ALWAYS)
        tables[f"{votes} votes a story, {readers} a reader"] = tabulate(runs)
    means = {name: mean_row(table) for name, table in tables.items()}
    return {"seeds": SEEDS, "means": means, "viewpoints": viewpoint_figures(), "sets": tables}


def viewpoint_figures() -> dict[str, float]:
    """How well viewpoints tell the two parties of the news crowd apart, which no method is told."""
    axis, by_party = viewpoints_by_party()
    return {"evidence": round(axis.viewpoints_.evidence, 2), "auc": round(separation(by_party), 3)}


def viewpoints_by_party() -> tuple[Bridging, dict[str, NDArray[np.float64]]]:
    folder = crowds_folder() / "news_osome"
    crowd = read_crowd(folder)
    made = Bridging().fit(crowd)
    with (folder / "workers.csv").open(encoding="utf-8") as file:
        party = {row["worker"]: row["party"] for row in csv.DictReader(file)}
    names = reader_names(folder, crowd)
    groups = {"Democrats": "Dem", "Independents": "Ind", "Republicans": "Rep"}
    viewpoint = made.viewpoints_.viewpoint
    return made, {
        long: np.array([viewpoint[place] for place, name in enumerate(names) if party.get(name) == short])
        for long, short in groups.items()
    }


def reader_names(folder: Path, crowd: Crowd) -> list[str]:
    with (folder / "labels.csv").open(encoding="utf-8") as file:
        names = list(dict.fromkeys(row["worker"] for row in csv.DictReader(file)))
    assert len(names) == crowd.n_readers
    return names


def separation(by_party: dict[str, NDArray[np.float64]]) -> float:
    """Chance that a Democrat and a Republican stand on the axis in one order rather than the other; 0.5 is a coin."""
    above = float((by_party["Democrats"][:, None] > by_party["Republicans"][None, :]).mean())
    return max(above, 1.0 - above)


def pooled_curves(runs: Runs, names: tuple[str, ...]) -> dict[str, list[object]]:
    curves = {}
    for name in names:
        columns = zip(*(found[name].pooled() for found in runs.values()), strict=True)
        forecast, truth = (np.concatenate(column) for column in columns)
        curves[name] = reliability(forecast, truth)
    return curves  # type: ignore[return-value]


def draw_plots(folder: Path) -> None:
    folder.mkdir(parents=True, exist_ok=True)
    full, resolved = run_all(SETS, Draws(0, 1, None, None), ALWAYS), run_all(SETS, Draws(20, SEEDS, None, None), ALWAYS)
    losses = {
        crowd: {name: float(run.figures()["log_loss"]) for name, run in found.items()}  # type: ignore[arg-type]
        for crowd, found in full.items()
    }
    for crowd, found in resolved.items():
        losses[crowd]["touchstone, 20 resolved"] = float(found["touchstone"].figures()["log_loss"])  # type: ignore[arg-type]
    plots = {
        "crowds-log-loss.svg": draw_dots(
            losses, title="Log-loss on ten real crowds", axis="log-loss", most=1.0, standalone=True
        ),
        "reliability-full.svg": draw_reliability(
            pooled_curves(full, ("touchstone", "share")), title="No story resolved", standalone=True
        ),
        "reliability-resolved.svg": draw_reliability(
            pooled_curves(resolved, ("touchstone", "share")), title="Twenty stories resolved", standalone=True
        ),
        "viewpoints.svg": draw_strips(
            viewpoints_by_party()[1],
            title="Where 241 readers of news stand, by the party they named",
            axis="viewpoint",
            standalone=True,
        ),
    }
    for name, plot in plots.items():
        (folder / name).write_text(plot, encoding="utf-8")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--plots", type=Path, help="draw the plots into this folder instead of measuring")
    plots = parser.parse_args().plots
    if plots:
        draw_plots(plots)
    else:
        print(json.dumps(measure(), indent=1))


if __name__ == "__main__":
    main()
