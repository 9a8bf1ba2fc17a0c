"""One indicator by unit and hour of the day: where and when it turned."""

from __future__ import annotations

from datetime import timedelta

from fastapi import HTTPException

from contract.indicators.catalogue import catalogue
from contract.indicators.indicator import evaluate
from contract.indicators.measures import KEPT_BY_HOUR
from contract.indicators.verdict import verdict
from contract.time import VIETNAM
from dashboards.answers.figures import Heat, HeatCell
from dashboards.api.context import Store, readable
from dashboards.api.file_formats import with_files
from dashboards.api.filters import From, IndicatorId, To, Unit
from warehouse.read import counts as figures

LEVEL_BELOW = {"city": "branch", "department": "branch", "centre": "branch", "branch": "service_point"}
LONGEST = timedelta(days=3)


@with_files("cells")
def get_heat(
    store: Store,
    unit: Unit,
    indicator: IndicatorId = "SAT_CSAT",
    start: From = None,
    to: To = None,
) -> Heat:
    """A figure for each unit right below and each hour with a case, three days at most; 422 for any other indicator.

    ``cells``: ``unit``, ``starts_at``, ``value``, ``n``, ``status`` as of a figure, and whether it is ``met``: None
    without a figure or target.
    """
    tree, period, chosen = store.scope_of_one(unit, start, to, indicator)
    if not chosen.measures() <= KEPT_BY_HOUR:
        raise HTTPException(422, f"{indicator!r} is not kept by the hour")
    if period.end - period.start > LONGEST:
        raise HTTPException(422, f"hours are told of {LONGEST.days} days at most")
    level = LEVEL_BELOW.get(tree.units[unit].level)
    members = (tree.members(unit, level) if level else {}) or dict.fromkeys(tree.below(unit), unit)
    cells: list[HeatCell] = []
    for (code, hour), counts in sorted(
        figures.counts_by_hour(store.client, members, period, chosen.measures()).items()
    ):
        figure = evaluate(chosen, counts)
        if figure.n:
            target = tree.target(chosen, code, hour.astimezone(VIETNAM).date())
            judged = verdict(figure, target)
            cells.append(
                {
                    "unit": code,
                    "starts_at": readable(hour),
                    "value": figure.value,
                    "n": figure.n,
                    "status": figure.status,
                    "met": None if judged in ("too_few", "none") else judged == "met",
                    "verdict": judged,
                }
            )
    rule_set = catalogue().rule_set_of[chosen.id].id
    return {"unit": unit, **store.told(period.whole_hours()), "id": chosen.id, "rule_set": rule_set, "cells": cells}
