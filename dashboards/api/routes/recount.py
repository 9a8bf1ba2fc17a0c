"""One figure recounted from raw events while an inspector waits, without slowing anybody else."""

from __future__ import annotations

import os
from concurrent.futures import ProcessPoolExecutor
from multiprocessing import get_context
from typing import cast

from fastapi import HTTPException

from contract.indicators.catalogue import catalogue
from dashboards.answers.figures import CountedParts, Recount
from dashboards.api.context import Store
from dashboards.api.filters import From, IndicatorId, To, Unit
from runtime.settings import Settings
from warehouse.client import connect
from warehouse.read.periods import Period
from warehouse.verify import one_figure as recount_one

RETRY_AFTER_S = 10
NICENESS = 10
TOO_MUCH = "about {events} events are too much to recount here ({most} at most): use `hailong verify`"


def get_recount(
    store: Store,
    unit: Unit,
    indicator: IndicatorId,
    start: From = None,
    to: To = None,
) -> Recount:
    """One indicator of one unit with everything below it, as it is served and as its raw events are counted anew.

    ``agreement``: ``equal``, ``different``, or ``moved`` when the served figure changed meanwhile. ``lent_by``: the
    year that lends its denominator to a period without cases (Decision 766, 1.4), read as well; else null. 422 for more
    events than can be counted while somebody waits, 429 while another recount runs.
    """
    tree, period, chosen = store.scope_of_one(unit, start, to, indicator)
    within = tree.below(unit)
    events = recount_one.events_to_read(store.client, chosen, within, period)
    if events > (most := store.settings.recount_max_events):
        raise HTTPException(422, TOO_MUCH.format(events=events, most=most))
    if not store.recounting.acquire(blocking=False):
        raise HTTPException(429, "another recount is under way", {"Retry-After": str(RETRY_AFTER_S)})
    try:
        found = _apart(store.settings, chosen.id, within, period)
    finally:
        store.recounting.release()
    return {
        "unit": unit,
        **store.told(period if chosen.is_of_dossiers() else period.whole_hours()),
        "id": chosen.id,
        "rule_set": catalogue().rule_set_of[chosen.id].id,
        "as_of": store.as_of(),
        "agreement": found.agreement,
        "served": cast("CountedParts", found.served),
        "recounted": cast("CountedParts", found.recounted),
        "lent_by": found.lent_by,
        "events_read": found.events_read,
        "took_s": found.took_s,
    }


def _apart(settings: Settings, indicator: str, within: list[str], period: Period) -> recount_one.Recounted:
    # In a process of its own and behind all others in the queue: counting would keep the threads that answer waiting.
    with ProcessPoolExecutor(1, get_context("spawn"), os.nice, (NICENESS,)) as apart:
        return apart.submit(_recount, settings, indicator, within, period).result()


def _recount(settings: Settings, indicator: str, within: list[str], period: Period) -> recount_one.Recounted:
    return recount_one.recount(connect(settings), catalogue().indicators[indicator], within, period)
