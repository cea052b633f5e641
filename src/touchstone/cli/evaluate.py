"""`touchstone evaluate`: how well the published method and its peers do on crowds whose truth is known."""

from __future__ import annotations

import json
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path

import click
import numpy as np
from rich.console import Console
from rich.progress import Progress
from rich.table import Table

from touchstone.cli.crowds import Crowd, read_crowd, thin_crowd
from touchstone.cli.peers import METHODS, Method, PeerFailed, known_methods
from touchstone.cli.tables import Refused
from touchstone.engine.arrays import Floats
from touchstone.engine.diagrams import draw_reliability
from touchstone.engine.estimator import Resolutions
from touchstone.engine.metrics import (
    Metric,
    accuracy,
    bootstrap_interval,
    brier_score,
    calibration_error,
    chance_calibration_error,
    log_loss,
    reliability,
)

ALWAYS = ("touchstone", "share", "laplace", "dawid_skene")
METRICS: dict[str, Metric] = {
    "accuracy": accuracy,
    "log_loss": log_loss,
    "brier": brier_score,
    "ece": calibration_error,
}
BOOTSTRAP_DRAWS = 100
Figures = dict[str, object]


@click.command()
@click.argument("folders", nargs=-1, required=True, metavar="DIR…", type=click.Path(path_type=Path))
@click.option(
    "--resolve", default=0, type=click.IntRange(min=0), help="Tell the calibrator N random truths; score the rest."
)
@click.option("--seeds", default=5, show_default=True, type=click.IntRange(min=1), help="Random draws to average over.")
@click.option("--votes", type=click.IntRange(min=1), help="Keep at most V random votes a story.")
@click.option("--per-reader", type=click.IntRange(min=1), help="Keep at most R random votes a reader.")
@click.option(
    "--methods", help="More methods, by name, separated by commas, or `all`; left out, crowd-kit's if it is installed."
)
@click.option("--real-class", type=int, help="Score this class of a set of many classes against the rest.")
@click.option("--diagram", type=click.Path(path_type=Path, dir_okay=False), help="Write a reliability diagram as SVG.")
@click.option(
    "--json", "as_json", is_flag=True, help="Print {set: {method: {accuracy, log_loss, brier, ece, n, seconds, …}}}."
)
def evaluate(
    folders: tuple[Path, ...],
    methods: str | None,
    real_class: int | None,
    diagram: Path | None,
    as_json: bool,
    **draw: int | None,
) -> None:
    """Score the published method on crowds whose truth is known, beside the raw share and other methods.

    Each DIR holds labels.csv (task,worker,label) and truth.csv (task,truth); label and truth are 1 (real) or 0 (fake).

    Log-loss reads every method's forecasts clipped to [1e-6, 1 − 1e-6]. Calibration error (ECE) uses ten bins of equal
    width over the forecasts of all draws together; `per draw` is the mean of the single draws, and `chance` what a
    perfectly calibrated forecaster would score in a single draw.
    """
    chosen = choose_methods(methods)
    crowds = [read_crowd(folder, real_class) for folder in folders]
    draws = Draws(draw["resolve"] or 0, draw["seeds"] or 1, draw["votes"], draw["per_reader"])
    for crowd in crowds:
        check_resolvable(crowd, draws.resolve)
    console = Console(stderr=True)
    with Progress(console=console, disable=as_json or not console.is_terminal, transient=True) as progress:
        bar = progress.add_task("Evaluating", total=len(crowds) * draws.needed * len(chosen))
        runs = {crowd.name: draws.run(crowd, chosen, lambda: progress.advance(bar)) for crowd in crowds}
    results = {crowd: {name: run.figures() for name, run in found.items()} for crowd, found in runs.items()}
    if as_json:
        click.echo(json.dumps(results))
    else:
        print_results(results)
    if diagram:
        write_diagram(diagram, runs)


def choose_methods(names: str | None) -> dict[str, Method]:
    """The methods always shown, then those asked for, or all of other libraries if none were.

    Raises click.BadParameter for an unknown name.
    """
    known = known_methods()
    wanted = [] if names is None else [name.strip() for name in names.split(",") if name.strip()]
    if wanted == ["all"]:
        wanted = list(known)
    for name in wanted:
        if name not in known:
            raise click.BadParameter(f"{name!r} is not one of {', '.join(known)}.", param_hint="--methods")
    if names is None:
        wanted = [name for name in known if name not in METHODS]
    return {name: known[name] for name in dict.fromkeys([*ALWAYS, *wanted])}


def check_resolvable(crowd: Crowd, resolve: int) -> None:
    """Raises click.BadParameter if resolving so many stories leaves none to score."""
    known = int((~np.isnan(crowd.truth)).sum())
    if resolve >= known:
        raise click.BadParameter(f"{crowd.name} has {known} truths; resolve fewer than that.", param_hint="--resolve")


@dataclass
class MethodRuns:
    """One method's forecasts on one crowd, a draw at a time."""

    forecasts: list[Floats] = field(default_factory=list)
    truths: list[Floats] = field(default_factory=list)
    seconds: list[float] = field(default_factory=list)

    def add(self, forecast: Floats, truth: Floats, seconds: float) -> None:
        """Keep one draw: its forecasts, and the truths left to score (NaN elsewhere)."""
        known = ~np.isnan(truth)
        self.forecasts.append(forecast[known])
        self.truths.append(truth[known])
        self.seconds.append(seconds)

    def pooled(self) -> tuple[Floats, Floats]:
        """Forecasts and truths of all draws together."""
        return np.concatenate(self.forecasts), np.concatenate(self.truths)

    def figures(self) -> Figures:
        """Means over the draws, the pooled calibration error, and the first draw's bootstrap intervals."""
        pairs = list(zip(self.forecasts, self.truths, strict=True))
        means: Figures = {name: float(np.mean([metric(p, y) for p, y in pairs])) for name, metric in METRICS.items()}
        rng = np.random.default_rng(0)
        return means | {
            "ece": calibration_error(*self.pooled()),
            "ece_per_draw": means["ece"],
            "ece_by_chance": float(np.mean([chance_calibration_error(p) for p in self.forecasts])),
            "n": float(np.mean([len(y) for y in self.truths])),
            "seconds": float(np.mean(self.seconds)),
            "intervals": {
                name: bootstrap_interval(metric, *pairs[0], rng=rng, draws=BOOTSTRAP_DRAWS)
                for name, metric in METRICS.items()
            },
        }


@dataclass(frozen=True)
class Draws:
    """Random repeats of one evaluation: thin the crowd, resolve some stories, fit, keep the others' forecasts."""

    resolve: int
    seeds: int
    votes: int | None
    per_reader: int | None

    @property
    def needed(self) -> int:
        """How many draws differ: one where nothing is drawn."""
        return self.seeds if self.resolve or self.votes or self.per_reader else 1

    def run(self, crowd: Crowd, methods: dict[str, Method], tick: Callable[[], object]) -> dict[str, MethodRuns]:
        """Each method's draws; a method of another library that breaks is named on stderr and left out."""
        runs = {name: MethodRuns() for name in methods}
        for seed in range(self.needed):
            rng = np.random.default_rng(seed)
            thinned = thin_crowd(crowd, self.votes, self.per_reader, rng)
            resolved = self._resolve(thinned, rng)
            hidden = thinned.truth.copy()
            hidden[resolved.story] = np.nan
            for name in list(runs):
                start = time.perf_counter()
                try:
                    forecast = methods[name](thinned, resolved)
                except PeerFailed as failure:
                    click.echo(str(failure), err=True)
                    del runs[name]
                else:
                    runs[name].add(forecast, hidden, time.perf_counter() - start)
                tick()
        return runs

    def _resolve(self, crowd: Crowd, rng: np.random.Generator) -> Resolutions:
        known = np.flatnonzero(~np.isnan(crowd.truth))
        story = rng.choice(known, min(self.resolve, len(known) - 1), replace=False)
        return Resolutions(story, crowd.truth[story].astype(np.int64))


def write_diagram(path: Path, runs: dict[str, dict[str, MethodRuns]]) -> None:
    """A reliability diagram of the methods always shown, over the stories of all crowds. Raises Refused."""
    curves = {}
    for name in ALWAYS:
        pooled = [found[name].pooled() for found in runs.values()]
        forecast, truth = (np.concatenate(column) for column in zip(*pooled, strict=True))
        curves[name] = reliability(forecast, truth)
    try:
        path.write_text(draw_reliability(curves, title="Forecast and outcome", standalone=True), encoding="utf-8")
    except OSError as error:
        raise Refused(f"{path}: cannot be written: {error.strerror or error}.") from error


def print_results(results: dict[str, dict[str, Figures]]) -> None:
    """A table of sets and methods with the log-loss's interval, and the means over the sets."""
    columns = ("set", "method", "accuracy", "log-loss", "(95 %)", "Brier", "ECE", "per draw", "chance", "stories", "s")
    table = Table(*columns)
    by_method: dict[str, list[Figures]] = {}
    for set_name, methods in results.items():
        for method, figures in methods.items():
            by_method.setdefault(method, []).append(figures)
            table.add_row(set_name, method, *_cells([figures]))
        table.add_section()
    for method, found in by_method.items() if len(results) > 1 else ():
        table.add_row("mean", method, *_cells(found))
    Console(width=120).print(table)


def _cells(found: list[Figures]) -> list[str]:
    """Text of the means of these figures; the interval only where they are one set's."""

    def mean(name: str) -> float:
        return float(np.mean([figures[name] for figures in found]))  # type: ignore[misc]

    low, high = found[0]["intervals"]["log_loss"]  # type: ignore[index]
    interval = f"{low:.3f}–{high:.3f}" if len(found) == 1 else ""
    texts = [f"{mean(name):.3f}" for name in ("accuracy", "log_loss", "brier", "ece", "ece_per_draw", "ece_by_chance")]
    return [*texts[:2], interval, *texts[2:], f"{mean('n'):.0f}", f"{mean('seconds'):.2f}"]
