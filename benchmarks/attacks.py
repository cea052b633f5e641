"""What every attack does to labels over 100 exact seeds, with its own and with 24 accounts; the docs' table and plots.

Run: python -m benchmarks.run attacks; then python -m benchmarks.attacks writes the table and the plots from the result.
"""

from __future__ import annotations

import json
from pathlib import Path

from touchstone.engine.rules import PublicationRules
from touchstone.engine.simulate import ATTACKS, BY_NAME, Row, run_attacks, summarise

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


def main() -> None:
    """Write the plot and print the tables from the kept result."""
    from touchstone.engine import draw_dots

    figures = json.loads((ROOT / "benchmarks/results/attacks.json").read_text())["figures"]
    rows = {
        f"{accounts} accounts": {name: 100.0 * curve[str(accounts)] for name, curve in figures["curves"].items()}
        for accounts in CURVE_ACCOUNTS
    }
    plot = draw_dots(
        rows, title="What it takes to turn a label", axis="labels on the wrong side, %", most=100.0, standalone=True
    )
    (ROOT / "docs/images/attack-prices.svg").write_text(plot)
    print(table_of(figures["own_accounts"]), "\n\n", table_of(figures["few_accounts"]), sep="")


if __name__ == "__main__":
    main()
