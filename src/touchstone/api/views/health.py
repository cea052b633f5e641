"""What the operator's monitors ask: `/healthz` whether this site answers, `/metrics` how it fares (Prometheus)."""

from __future__ import annotations

import hmac
import logging
from collections.abc import Iterator
from datetime import UTC, datetime

from django.conf import settings
from django.db import DatabaseError, connection
from django.http import Http404, HttpRequest, HttpResponse, JsonResponse
from prometheus_client import CONTENT_TYPE_LATEST, CollectorRegistry, ProcessCollector, generate_latest
from prometheus_client.core import GaugeMetricFamily

from touchstone.api.errors import error_body
from touchstone.ledger import queries as ledger
from touchstone.markets import queries as markets
from touchstone.stories import queries as stories
from touchstone.votes import queries as votes

logger = logging.getLogger(__name__)


def health(_request: HttpRequest) -> HttpResponse:
    """200 while this process and its database answer, else 503; tells strangers nothing more."""
    try:
        with connection.cursor() as cursor:
            cursor.execute("SELECT 1 FROM votes_tally")
    except DatabaseError:
        logger.exception("The database does not answer the health check.")
        answer = JsonResponse(error_body("database_lost", "The database does not answer."), status=503)
    else:
        answer = JsonResponse({"status": "ok"})
    answer["Cache-Control"] = "no-store"
    return answer


def metrics(request: HttpRequest) -> HttpResponse:
    """Figures for Prometheus, for those who know METRICS_TOKEN; a 404 for everyone else, and where none is set."""
    expected = f"Bearer {settings.METRICS_TOKEN}"
    given = request.headers.get("Authorization", "")
    if not settings.METRICS_TOKEN or not hmac.compare_digest(given.encode(), expected.encode()):
        raise Http404
    registry = CollectorRegistry()
    registry.register(SiteCollector())
    ProcessCollector(registry=registry)
    answer = HttpResponse(generate_latest(registry), content_type=CONTENT_TYPE_LATEST)
    answer["Cache-Control"] = "no-store"
    return answer


class SiteCollector:
    """The site's figures, read from the database when they are asked for, so that any web process gives the same."""

    def collect(self) -> Iterator[GaugeMetricFamily]:
        """One family for each figure; what is not known yet is left out."""
        at = datetime.now(UTC)
        totals, log = votes.totals(), ledger.log_state()
        yield GaugeMetricFamily("touchstone_votes", "Votes that stand", totals.real + totals.fake)
        yield GaugeMetricFamily("touchstone_stories_rated", "Stories with at least one vote", totals.stories)
        yield GaugeMetricFamily("touchstone_readers_voting", "Readers with at least one vote", totals.readers)
        yield GaugeMetricFamily(
            "touchstone_ledger_waiting", "Durable entries without a number yet", ledger.pending_count()
        )
        if log is not None:
            yield GaugeMetricFamily("touchstone_ledger_signed_entries", "Entries under the newest checkpoint", log.size)
            age = GaugeMetricFamily("touchstone_ledger_checkpoint_age_seconds", "Time since the newest checkpoint")
            age.add_metric([], (at - log.signed_at).total_seconds())
            yield age
        yield GaugeMetricFamily(
            "touchstone_move_alarms_open", "Stories to check because a price moved around them", stories.alarm_count()
        )
        prices = GaugeMetricFamily("touchstone_quote_age_seconds", "Age of a price on the strip", labels=["instrument"])
        for item in markets.ticker(at):
            prices.add_metric([item.symbol], (at - item.as_of).total_seconds())
        yield prices
