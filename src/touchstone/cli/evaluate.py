"""`touchstone evaluate`: how well the published method and its peers do on crowds whose truth is known."""

from __future__ import annotations

import json
import time
from collections.abc import Callable
from pathlib import Path

import click
import numpy as np
from rich.console import Console
from rich.progress import Progress
from rich.table import Table

from touchstone.cli.crowds import Crowd, read_crowd, thin_crowd
from touchstone.cli.peers import METHODS, Method, known_methods
from touchstone.engine.arrays import Floats
from touchstone.engine.estimator import Resolutions
from touchstone.engine.metrics import (
    Metric,
    accuracy,
    bootstrap_interval,
    brier_score,
    calibration_error,
    log_loss,
)

METRICS: dict[str, Metric] = {
    "accuracy": accuracy,
    "log_loss": log_loss,
    "brier": brier_score,
    "ece": calibration_error,
}
Figures = dict[str, object]


@click.command()
@click.argument("folders", nargs=-1, required=True, metavar="DIR…", type=click.Path(path_type=Path))
@click.option(
    "--resolve", default=0, type=click.IntRange(min=0), help="Tell the calibrator N random truths; score the rest."
)
@click.option("--seeds", default=5, show_default=True, type=click.IntRange(min=1), help="Random draws to average over.")
@click.option("--votes", type=click.IntRange(min=1), help="Keep at most V random votes a story.")
@click.option("--per-reader", type=click.IntRange(min=1), help="Keep at most R random votes a reader.")
@click.option("--methods", help="More methods, by name, separated by commas; `all` for every one installed.")
@click.option("--real-class", type=int, help="Score this class of a set of many classes against the rest.")
@click.option(
    "--json", "as_json", is_flag=True, help="Print {set: {method: {accuracy, log_loss, brier, ece, n, seconds}}}."
)
def evaluate(
    folders: tuple[Path, ...],
    resolve: int,
    seeds: int,
    votes: int | None,
    per_reader: int | None,
    methods: str | None,
    real_class: int | None,
    as_json: bool,
) -> None:
    """Score the published method on crowds whose truth is known, beside the raw share and other methods.

    Each DIR holds labels.csv (task,worker,label) and truth.csv (task,truth); label and truth are 1 (real) or 0 (fake).
    Log-loss reads every method's forecasts clipped to [1e-6, 1 − 1e-6]; calibration error uses ten bins of equal width.
    """
    chosen = choose_methods(methods)
    crowds = [read_crowd(folder, real_class) for folder in folders]
    for crowd in crowds:
        check_resolvable(crowd, resolve)
    draws = Draws(resolve, seeds if resolve or votes or per_reader else 1, votes, per_reader)
    console = Console(stderr=True)
    with Progress(console=console, disable=as_json or not console.is_terminal, transient=True) as progress:
        bar = progress.add_task("Evaluating", total=len(crowds) * draws.seeds * len(chosen))
        results = {crowd.name: draws.run(crowd, chosen, lambda: progress.advance(bar)) for crowd in crowds}
    if as_json:
        click.echo(json.dumps(results))
    else:
        print_results(results)


def choose_methods(names: str | None) -> dict[str, Method]:
    """The methods always shown, then those asked for. Raises click.BadParameter for an unknown name."""
    known = known_methods()
    wanted = [] if names is None else [name.strip() for name in names.split(",") if name.strip()]
    if wanted == ["all"]:
        wanted = list(known)
    for name in wanted:
        if name not in known:
            raise click.BadParameter(f"{name!r} is not one of {', '.join(known)}.", param_hint="--methods")
    installed = [name for name in known if name not in METHODS]
    return {
        name: known[name]
        for name in dict.fromkeys(["touchstone", "share", "laplace", "dawid_skene", *wanted, *installed])
    }


def check_resolvable(crowd: Crowd, resolve: int) -> None:
    """Raises click.BadParameter if resolving so many stories leaves none to score."""
    known = int((~np.isnan(crowd.truth)).sum())
    if resolve >= known:
        raise click.BadParameter(f"{crowd.name} has {known} truths; resolve fewer than that.", param_hint="--resolve")


class Draws:
    """Random repeats of one evaluation: thin the crowd, resolve some stories, fit, score the others."""

    def __init__(self, resolve: int, seeds: int, votes: int | None, per_reader: int | None) -> None:
        self.resolve, self.seeds, self.votes, self.per_reader = resolve, seeds, votes, per_reader

    def run(self, crowd: Crowd, methods: dict[str, Method], tick: Callable[[], object]) -> dict[str, Figures]:
        """Each method's figures, averaged over the seeds."""
        runs: dict[str, list[Figures]] = {name: [] for name in methods}
        for seed in range(self.seeds):
            rng = np.random.default_rng(seed)
            thinned = thin_crowd(crowd, self.votes, self.per_reader, rng)
            resolved = self._resolve(thinned, rng)
            hidden = thinned.truth.copy()
            hidden[resolved.story] = np.nan
            for name, method in methods.items():
                start = time.perf_counter()
                forecast = method(thinned, resolved)
                seconds = time.perf_counter() - start
                runs[name].append(score(forecast, hidden, seconds, with_intervals=seed == 0))
                tick()
        return {name: average(figures) for name, figures in runs.items()}

    def _resolve(self, crowd: Crowd, rng: np.random.Generator) -> Resolutions:
        known = np.flatnonzero(~np.isnan(crowd.truth))
        story = rng.choice(known, min(self.resolve, len(known) - 1), replace=False)
        return Resolutions(story, crowd.truth[story].astype(np.int64))


def score(forecast: Floats, truth: Floats, seconds: float, *, with_intervals: bool) -> Figures:
    """All figures of one run."""
    figures: Figures = {name: metric(forecast, truth) for name, metric in METRICS.items()}
    figures |= {"n": int((~np.isnan(truth)).sum()), "seconds": seconds}
    if with_intervals:
        rng = np.random.default_rng(0)
        figures["intervals"] = {
            name: bootstrap_interval(metric, forecast, truth, rng=rng, draws=100) for name, metric in METRICS.items()
        }
    return figures


def average(runs: list[Figures]) -> Figures:
    """Figures averaged over runs; the intervals are the first run's."""
    means: Figures = {
        name: float(np.mean([run[name] for run in runs]))
        for name in (*METRICS, "n", "seconds")  # type: ignore[misc]
    }
    return means | {"intervals": runs[0]["intervals"]}


def print_results(results: dict[str, dict[str, Figures]]) -> None:
    """A table of sets and methods with the log-loss's interval, and the means over the sets."""
    table = Table("set", "method", "accuracy", "log-loss", "(95 %)", "Brier", "ECE", "stories", "seconds")
    means: dict[str, list[Figures]] = {}
    for set_name, methods in results.items():
        for method, figures in methods.items():
            means.setdefault(method, []).append(figures)
            low, high = figures["intervals"]["log_loss"]  # type: ignore[index]
            table.add_row(set_name, method, *_cells(figures, f"{low:.3f}–{high:.3f}"))
        table.add_section()
    for method, runs in means.items() if len(results) > 1 else ():
        table.add_row("mean", method, *_cells(average(runs), ""))
    Console(width=110).print(table)


def _cells(figures: Figures, interval: str) -> list[str]:
    text = {name: f"{figures[name]:.3f}" for name in METRICS}
    seconds = f"{figures['seconds']:.2f}"
    return [text["accuracy"], text["log_loss"], interval, text["brier"], text["ece"], f"{figures['n']:.0f}", seconds]
