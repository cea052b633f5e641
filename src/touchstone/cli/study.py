"""`touchstone study`: what a price did after a moment, and whether that was more than noise."""

from __future__ import annotations

import json
import sys
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, BinaryIO

import click

from touchstone.eventstudy import (
    Design,
    EventStudyError,
    PricesUnreadable,
    PriceTable,
    Study,
    Window,
    csv_rows,
    read_time,
    run_study,
)

EXIT_BAD_INPUT = 2
UNITS_S = {"s": 1.0, "m": 60.0, "h": 3600.0, "d": 86_400.0}
PARQUET_MAGIC = b"PAR1"


class Moment(click.ParamType):
    """A time on the command line, as seconds since 1970."""

    name = "time"

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> float:
        """The seconds, or a usage error."""
        try:
            return read_time(value)
        except ValueError as err:
            self.fail(str(err), param, ctx)


class Duration(click.ParamType):
    """A length of time such as 90s, 15m, 4h or 7d, in seconds."""

    name = "duration"

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> float:
        """The seconds, or a usage error."""
        if isinstance(value, float):
            return value
        unit = UNITS_S.get(str(value)[-1:])
        try:
            seconds = float(str(value)[:-1]) * unit if unit else 0.0
        except ValueError:
            seconds = 0.0
        if not 0 < seconds < 1e11:
            self.fail(f"{value!r} is not a length of time; write it like 90s, 15m, 4h or 7d", param, ctx)
        return seconds


@click.command()
@click.argument("prices", type=click.Path(path_type=Path))
@click.option("--at", "at_s", type=Moment(), required=True, help="The event, such as 2026-03-02T12:00:00Z.")
@click.option("--instrument", required=True, help="Whose price is studied.")
@click.option("--benchmark", default=None, help="Instrument that explains what is normal; none: its own average.")
@click.option("--window", "window_s", type=Duration(), default=None, help="Length after the event; to the last price.")
@click.option("--estimation", type=click.IntRange(min=20), default=None, help="Returns that teach what is normal.")
@click.option("--drift", type=click.IntRange(min=0), default=None, help="Returns before the event studied as drift.")
@click.option("--confidence", type=click.FloatRange(0.5, 0.999), default=0.95, show_default=True)
@click.option("--robust/--independent", default=True, help="Widen intervals where noise lasts or grows.")
@click.option("--json", "as_json", is_flag=True, help="Print one JSON object.")
def study(prices: Path, at_s: float, instrument: str, benchmark: str | None, *, as_json: bool, **choices: Any) -> None:
    """Study what a price did after an event, against what was normal before it.

    PRICES is a CSV or Parquet file with the columns time, instrument and price.
    """
    design = Design(
        window_s=choices["window_s"],
        estimation_steps=choices["estimation"],
        drift_steps=choices["drift"],
        confidence=choices["confidence"],
        robust=choices["robust"],
    )
    if benchmark == instrument:
        raise click.BadParameter(f"{benchmark!r} cannot explain itself; name another one.", param_hint="--benchmark")
    try:
        table = _read_table(prices)
        series = table.series(instrument)
        yardstick = table.series(benchmark) if benchmark else None
        found = run_study(series, at_s=at_s, benchmark=yardstick, design=design)
    except EventStudyError as err:
        click.echo(f"touchstone study: {err}", err=True)
        sys.exit(EXIT_BAD_INPUT)
    click.echo(json.dumps(describe_study(found), indent=2) if as_json else _as_text(found, design.confidence))


def _read_table(path: Path) -> PriceTable:
    """Prices from a CSV or Parquet file. Raises PricesUnreadable."""
    source = str(path)
    try:
        with path.open("rb") as file:
            is_parquet = file.read(4) == PARQUET_MAGIC
        if is_parquet:
            return PriceTable(_parquet_rows(path), source=source)
        with path.open("rb") as file:
            return PriceTable(csv_rows(_lines(file, source), source=source), source=source)
    except OSError as err:
        raise PricesUnreadable(source, line=None, column=None, problem=err.strerror or str(err)) from err


def _lines(file: BinaryIO, source: str) -> Iterator[str]:
    for number, line in enumerate(file, start=1):
        try:
            yield line.decode("utf-8-sig" if number == 1 else "utf-8")
        except UnicodeDecodeError as err:
            problem = f"is neither UTF-8 text nor Parquet (byte 0x{line[err.start]:02x}); save it as UTF-8"
            raise PricesUnreadable(source, line=number, column=None, problem=problem) from err


def _parquet_rows(path: Path) -> Iterator[tuple[int, object, object, object]]:
    import pyarrow
    import pyarrow.parquet

    try:
        held = pyarrow.parquet.ParquetFile(path)
        names = {name.lower(): name for name in held.schema_arrow.names}
        missing = [column for column in ("time", "instrument", "price") if column not in names]
        if missing:
            problem = f"the columns time, instrument, price are needed; missing: {', '.join(missing)}"
            raise PricesUnreadable(str(path), line=None, column=None, problem=problem)
        seen = 0
        for batch in held.iter_batches(columns=[names["time"], names["instrument"], names["price"]]):
            columns = (batch.column(names[column]).to_pylist() for column in ("time", "instrument", "price"))
            for place, (time, symbol, price) in enumerate(zip(*columns, strict=True), start=seen + 1):
                yield place, time, symbol, price
            seen += batch.num_rows
    except pyarrow.ArrowException as err:
        raise PricesUnreadable(str(path), line=None, column=None, problem=str(err)) from err


def describe_study(found: Study) -> dict[str, Any]:
    """The study as a JSON-ready dictionary; returns as fractions, 0.01 is one percent."""
    model = found.model
    return {
        "instrument": found.instrument,
        "benchmark": found.benchmark,
        "at": _iso(found.at_s),
        "price_at": found.price_at,
        "price_end": found.price_end,
        **_describe_window(found.window),
        "model": {
            "kind": "market" if found.benchmark else "mean",
            "alpha": model.alpha,
            "beta": model.beta,
            "residual_sd": model.residual_sd,
            "estimation_steps": model.size,
        },
        "windows": [_describe_window(each) for each in found.side],
        "drift": None if found.drift is None else _describe_window(found.drift),
        "note": note_on(found),
    }


def _describe_window(window: Window) -> dict[str, Any]:
    return {
        "start": _iso(window.start_s),
        "end": _iso(window.end_s),
        "steps": window.steps,
        "raw_return": window.raw_return,
        "abnormal_return": window.abnormal.value,
        "low": window.abnormal.low,
        "high": window.abnormal.high,
        "p_value": window.abnormal.p_value,
        "p_value_corrected": window.holm_p_value,
        "distinguishable": window.abnormal.is_distinguishable,
    }


def note_on(found: Study) -> str:
    """What the figures do and do not say, in one or two sentences."""
    looked = 1 + len(found.side) + (found.drift is not None)
    sentences = [f"{looked} windows were looked at; p_value_corrected allows for that."] if looked > 1 else []
    if found.drift is not None and found.drift.abnormal.is_distinguishable:
        sentences.append("The price had already moved abnormally before the event.")
    if found.stir > 1.0:
        sentences.append(f"Returns after the event were {found.stir:.1f} times as loud; the interval allows for it.")
    sentences.append("An abnormal move after an event does not show that the event caused it.")
    return " ".join(sentences)


def _as_text(found: Study, confidence: float) -> str:
    against = f"against {found.benchmark}" if found.benchmark else "against its own average"
    lines = [
        f"{found.instrument} {against}, from {_iso(found.window.start_s)} to {_iso(found.window.end_s)}",
        f"  price              {found.price_at:g} → {found.price_end:g}",
        f"  raw return         {_percent(found.window.raw_return)}",
        f"  abnormal return    {_interval(found.window, confidence)}",
        f"  verdict            {_verdict(found.window)}",
    ]
    for each in found.side:
        lines.append(
            f"  first {_length(each.end_s - each.start_s):<12} {_interval(each, confidence)}: {_verdict(each)}"
        )
    if found.drift is not None:
        length = _length(found.drift.end_s - found.drift.start_s)
        lines.append(f"  drift, {length:<11} {_interval(found.drift, confidence)}: {_verdict(found.drift)}")
    return "\n".join([*lines, "", note_on(found)])


def _verdict(window: Window) -> str:
    p_value = f"p = {window.abnormal.p_value:.2g}"
    if window.abnormal.is_distinguishable:
        return f"distinguishable from noise ({p_value})"
    return f"not distinguishable from noise ({p_value})"


def _interval(window: Window, confidence: float) -> str:
    found = window.abnormal
    return f"{_percent(found.value)} ({confidence:.0%} interval {_percent(found.low)} to {_percent(found.high)})"


def _percent(fraction: float) -> str:
    return f"{100 * fraction:+.2f} %"


def _length(seconds: float) -> str:
    for unit, size in (("d", 86_400.0), ("h", 3600.0), ("min", 60.0)):
        if seconds >= size:
            return f"{seconds / size:.3g} {unit}"
    return f"{seconds:.3g} s"


def _iso(at_s: float) -> str:
    return datetime.fromtimestamp(at_s, tz=UTC).isoformat().replace("+00:00", "Z")
