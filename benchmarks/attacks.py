"""What every attack does to labels over 100 exact seeds, with its own and with 24 accounts; the docs' table and plots.

Run: python -m benchmarks.run attacks; then python -m benchmarks.attacks writes the table and the plots from the result.
"""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np

from touchstone.engine import PublicationRules, draw_dots, find_lockstep, weigh_record
from touchstone.engine.simulate import ATTACKS, BY_NAME, Row, make_world, run_attacks, summarise

ROOT = Path(__file__).resolve().parents[1]
SEEDS = 100
CURVE_SEEDS = 10
FEW = 24
CURVES = ("skilled-farm", "bought-mixed", "publisher-stuffing", "hijacked-top", "bandwagon")
CURVE_ACCOUNTS = (10, 25, 50, 100, 200, 400)
CONTROLS = ("fresh", "bandwagon", "camouflage")
WEAKENED = PublicationRules(
    newcomers_per_settled=1e9, needs_settled=False, earned_quorum=1e9, witnesses=0.0, turn_lead=0.0
)


def measure() -> dict[str, object]:
    """All figures of docs/explanation/attacks.md."""
    return {
        "seeds": SEEDS,
        "own_accounts": summarise(run_attacks(ATTACKS, range(SEEDS))),
        "few_accounts": summarise(run_attacks(ATTACKS, range(SEEDS), accounts=FEW)),
        "controls": summarise(run_attacks([BY_NAME[name] for name in CONTROLS], range(CURVE_SEEDS), rules=WEAKENED)),
        "curves": {name: curve_of(name) for name in CURVES},
    }


def curve_of(name: str) -> dict[str, float]:
    """Share of labels flipped or planted, by number of accounts."""
    shares = {}
    for accounts in CURVE_ACCOUNTS:
        row = summarise(run_attacks([BY_NAME[name]], range(CURVE_SEEDS), accounts=accounts))[name]
        shares[str(accounts)] = round((row["flipped"] + row["planted"]) / row["targets"], 4)
    return shares


def table_of(rows: dict[str, Row]) -> str:
    """The rows as a Markdown table."""
    lines = [
        "| attack | accounts | targets | flipped | planted | lost | points | account-days | right votes | cost "
        "| collateral | majority: flipped, lost | bridging: flipped, lost |",
        "|---|---:|---:|---:|---:|---:|---:|---:|---:|---:|---:|---:|---:|",
    ]
    for name, row in rows.items():
        cells = [
            name,
            f"{row['accounts']:.0f}",
            f"{row['targets']:.0f}",
            f"**{row['flipped']:.0f}**",
            f"{row['planted']:.0f}",
            f"{row['lost']:.0f}",
            f"{row['shift']:.1f}",
            f"{row['account_days']:,.0f}",
            f"{row['correct_votes']:,.0f}",
            f"{row['cost']:.1e}",
            f"{row['collateral']:.0f}",
            f"{row['majority_flipped']:.0f}, {row['majority_lost']:.0f}",
            f"{row['bridging_flipped']:.0f}, {row['bridging_lost']:.0f}",
        ]
        lines.append("| " + " | ".join(cells) + " |")
    return "\n".join(lines)


def earned_plot() -> str:
    """Mean weight by length of record for independent readers of three skills, at chances of 50 to 95 %."""
    rng = np.random.default_rng(1)
    rows = {}
    for votes in (10, 25, 50, 100, 200, 400):
        chance = rng.uniform(0.5, 0.95, (200, votes))
        rows[f"{votes} votes"] = {
            name: float(
                np.mean([weigh_record(zip(c, draws, strict=True)) for c, draws in zip(chance, right, strict=True)])
            )
            / 15.0
            for name, edge in (("follows the figures", 0.0), ("somewhat better", 0.6), ("skilled", 1.2))
            for right in [rng.random(chance.shape) < 1.0 / (1.0 + (1.0 - chance) / chance * np.exp(-edge))]
        }
    return draw_dots(rows, title="Weight by length of record", axis="mean weight", most=1.0, standalone=True)


def lockstep_plot() -> str:
    """Share of honest readers and of 100 brigade accounts that were grouped, by stories attacked together."""
    rows = {}
    for stories in (2, 3, 4, 6, 10):
        world = make_world(np.random.default_rng(7))
        rng = np.random.default_rng(stories)
        targets = rng.choice(world.live, stories, replace=False)
        start = world.published_ms[targets] + rng.integers(1, 40, stories) * 3_600_000
        after = world.with_votes(
            np.repeat(targets, 100),
            np.tile(world.n_readers + np.arange(100), stories),
            np.zeros(100 * stories, dtype=np.int64),
            np.repeat(start, 100) + rng.integers(0, 480_000, 100 * stories),
        )
        is_grouped = find_lockstep(after) >= 0
        rows[f"{stories} stories"] = {
            "brigade, %": 100.0 * float(is_grouped[world.n_readers :].mean()),
            "honest, %": 100.0 * float(is_grouped[: world.n_readers].mean()),
        }
    return draw_dots(
        rows, title="Accounts grouped by lockstep", axis="accounts grouped, %", most=100.0, standalone=True
    )


def main() -> None:
    """Write the plot and print the tables from the kept result."""
    figures = json.loads((ROOT / "benchmarks/results/attacks.json").read_text())["figures"]
    rows = {
        f"{accounts} accounts": {name: 100.0 * curve[str(accounts)] for name, curve in figures["curves"].items()}
        for accounts in CURVE_ACCOUNTS
    }
    plot = draw_dots(
        rows, title="What it takes to turn a label", axis="labels on the wrong side, %", most=100.0, standalone=True
    )
    (ROOT / "docs/images/attack-prices.svg").write_text(plot)
    (ROOT / "docs/images/earned-weight.svg").write_text(earned_plot())
    (ROOT / "docs/images/lockstep.svg").write_text(lockstep_plot())
    print(table_of(figures["own_accounts"]), "\n\n", table_of(figures["few_accounts"]), sep="")


if __name__ == "__main__":
    main()
