"""One figure recounted from raw events while an inspector waits, without slowing anybody else."""

from __future__ import annotations

import os
from concurrent.futures import ProcessPoolExecutor
from multiprocessing import get_context
from typing import cast

from fastapi import HTTPException

from contract.indicators.catalogue import catalogue
from dashboards.answers.figures import CountedParts, Recount
from dashboards.api.context import QuestionDep
from dashboards.api.filters import IndicatorId
from runtime.settings import Settings
from warehouse.client import connect
from warehouse.read.periods import Period
from warehouse.verify import one_figure

RETRY_AFTER_S = 10
NICENESS = 10
TOO_MUCH = "about {events} events are too much to recount here ({most} at most): use `hailong verify`"


def get_recount(question: QuestionDep, indicator_id: IndicatorId) -> Recount:
    """One indicator of one unit with everything below it, as it is served and as its raw events are counted anew.

    ``agreement``: ``equal``, ``different``, or ``moved`` when the served figure changed meanwhile. ``lent_by``: the
    year that lends its denominator to a period without cases (Decision 766, 1.4), read as well; else null. 422 for more
    events than can be counted while somebody waits, 429 while another recount runs.
    """
    context, period, within = question.context, question.period, question.units_below()
    indicator = context.indicator(indicator_id)
    events = one_figure.events_to_read(context.client, indicator, within, period)
    if events > (most := context.settings.recount_max_events):
        raise HTTPException(422, TOO_MUCH.format(events=events, most=most))
    if not context.recounting.acquire(blocking=False):
        raise HTTPException(429, "another recount is under way", {"Retry-After": str(RETRY_AFTER_S)})
    try:
        recounted = _recount_apart(context.settings, indicator.id, within, period)
    finally:
        context.recounting.release()
    return {
        **question.head(period if indicator.is_of_dossiers() else period.whole_hours()),
        "id": indicator.id,
        "rule_set": catalogue().rule_set_of[indicator.id].id,
        "as_of": context.as_of(),
        "agreement": recounted.agreement,
        "served": cast("CountedParts", recounted.served),
        "recounted": cast("CountedParts", recounted.recounted),
        "lent_by": recounted.lent_by,
        "events_read": recounted.events_read,
        "took_s": recounted.took_s,
    }


def _recount_apart(settings: Settings, indicator: str, within: list[str], period: Period) -> one_figure.Recounted:
    # In a process of its own and behind all others in the queue: counting would keep the threads that answer waiting.
    with ProcessPoolExecutor(1, get_context("spawn"), os.nice, (NICENESS,)) as process:
        return process.submit(_recount, settings, indicator, within, period).result()


def _recount(settings: Settings, indicator: str, within: list[str], period: Period) -> one_figure.Recounted:
    return one_figure.recount(connect(settings), catalogue().indicators[indicator], within, period)
