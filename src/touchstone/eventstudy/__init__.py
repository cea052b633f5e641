"""Prices and one moment in, abnormal return out."""

from touchstone.eventstudy.across import (
    FEWEST_CLUSTERS,
    FEWEST_EVENTS,
    Comparison,
    Event,
    Side,
    Verdict,
    clustered_mean,
    compare_sides,
)
from touchstone.eventstudy.errors import (
    BenchmarkUnusable,
    EventOutsidePrices,
    EventStudyError,
    PricesUnreadable,
    SeriesUnusable,
    TooFewPrices,
    UnknownInstrument,
)
from touchstone.eventstudy.market_model import NormalModel, fit_normal
from touchstone.eventstudy.returns import PriceSeries, Returns, log_returns
from touchstone.eventstudy.significance import (
    Estimate,
    Outcome,
    bmp_test,
    holm_adjusted,
    patell_test,
    rank_correlation,
    rank_test,
)
from touchstone.eventstudy.study import Design, Study, Window, run_study
from touchstone.eventstudy.tables import PriceTable, csv_rows, read_price, read_time
from touchstone.eventstudy.watching import Move, WatchRule, chance_if_watched, move_in

__all__ = [
    "FEWEST_CLUSTERS",
    "FEWEST_EVENTS",
    "BenchmarkUnusable",
    "Comparison",
    "Design",
    "Estimate",
    "Event",
    "EventOutsidePrices",
    "EventStudyError",
    "Move",
    "NormalModel",
    "Outcome",
    "PriceSeries",
    "PriceTable",
    "PricesUnreadable",
    "Returns",
    "SeriesUnusable",
    "Side",
    "Study",
    "TooFewPrices",
    "UnknownInstrument",
    "Verdict",
    "WatchRule",
    "Window",
    "bmp_test",
    "chance_if_watched",
    "clustered_mean",
    "compare_sides",
    "csv_rows",
    "fit_normal",
    "holm_adjusted",
    "log_returns",
    "move_in",
    "patell_test",
    "rank_correlation",
    "rank_test",
    "read_price",
    "read_time",
    "run_study",
]
