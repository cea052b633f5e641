"""`touchstone attack`: what each kind of attack does to the published labels of made-up newsrooms."""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence

import click
from rich.console import Console
from rich.progress import Progress, TaskID
from rich.table import Table

from touchstone.engine.simulate import ATTACKS, BY_NAME, Attack, Outcome, Row, run_attacks, summarise


@click.command()
@click.argument("names", nargs=-1, metavar="[NAME…]")
@click.option(
    "--seeds", default=5, show_default=True, type=click.IntRange(min=1, max=10_000), help="Newsrooms: 0 to K−1."
)
@click.option("--accounts", type=click.IntRange(min=1, max=20_000), help="Accounts of every attack; else each its own.")
@click.option("--list", "only_list", is_flag=True, help="Say what each attack does, and run none.")
@click.option("--json", "as_json", is_flag=True, help="Print {attack: {seeds, targets, flipped, planted, lost, …}}.")
def attack(names: tuple[str, ...], seeds: int, accounts: int | None, only_list: bool, as_json: bool) -> None:
    """Attack made-up newsrooms and count what it does to labels; without NAME, in every known way.

    Each seed is one newsroom with 500 resolved stories; up to ten live stories with a label are attacked. The same
    seeds give the same figures. `flipped`: the label was out and moved to the opposite side. `planted`: no label was
    out yet, and the opposite one came. `lost`: no label on its side at the end. Beside ours stand the bare majority and
    one-factor bridging.
    """
    chosen = choose_attacks(names)
    if only_list:
        for each in chosen:
            click.echo(f"{each.name:20} {each.accounts:>5} accounts  {each.summary}")
        return
    console = Console(stderr=True)
    with Progress(console=console, disable=as_json or not console.is_terminal, transient=True) as progress:
        bar = progress.add_task("Attacking", total=len(chosen) * seeds)
        rows = summarise(_counted(run_attacks(chosen, range(seeds), accounts=accounts), progress, bar))
    if as_json:
        click.echo(json.dumps(rows))
    else:
        print_rows(rows, seeds)


def choose_attacks(names: Sequence[str]) -> list[Attack]:
    """The attacks of these names, or all. Raises click.BadParameter for an unknown name."""
    for name in names:
        if name not in BY_NAME:
            raise click.BadParameter(f"{name!r} is not one of {', '.join(BY_NAME)}.", param_hint="NAME")
    return [BY_NAME[name] for name in dict.fromkeys(names)] or list(ATTACKS)


def _counted(
    outcomes: Iterator[tuple[str, int, Outcome]], progress: Progress, bar: TaskID
) -> Iterator[tuple[str, int, Outcome]]:
    for outcome in outcomes:
        progress.advance(bar)
        yield outcome


def print_rows(rows: dict[str, Row], seeds: int) -> None:
    """The table for people."""
    table = Table(title=f"Attacks on {seeds} newsroom{'s' if seeds > 1 else ''}")
    table.add_column("attack", no_wrap=True)
    for heading in ("accounts", "targets", "flipped", "planted", "lost", "points", "account-days", "right votes"):
        table.add_column(heading, justify="right")
    for heading in ("collateral", "majority flipped", "bridging flipped"):
        table.add_column(heading, justify="right")
    for name, row in rows.items():
        counts = (row["targets"], row["flipped"], row["planted"], row["lost"])
        peers = (row["collateral"], row["majority_flipped"], row["bridging_flipped"])
        table.add_row(
            name,
            f"{row['accounts']:.0f}",
            *(f"{count:.0f}" for count in counts),
            f"{row['shift']:.1f}",
            f"{row['account_days']:,.0f}",
            f"{row['correct_votes']:,.0f}",
            *(f"{count:.0f}" for count in peers),
        )
    Console(width=None if Console().is_terminal else 150).print(table)
