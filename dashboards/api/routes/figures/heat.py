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
from dashboards.api.context import QuestionDep, to_json_value
from dashboards.api.file_formats import with_files
from dashboards.api.filters import IndicatorId
from warehouse.read import counts as store_counts

LEVEL_BELOW = {"city": "branch", "department": "branch", "centre": "branch", "branch": "service_point"}
LONGEST = timedelta(days=3)


@with_files("cells")
def get_heat(question: QuestionDep, indicator_id: IndicatorId = "SAT_CSAT") -> Heat:
    """A figure for each unit right below and each hour with a case, three days at most; 422 for any other indicator.

    ``cells``: ``unit``, ``starts_at``, ``value``, ``n``, ``status`` and ``verdict`` as of a figure, and whether it is
    ``met``: None without a figure or target.
    """
    unit, tree, period = question.unit, question.tree, question.period
    indicator = question.context.indicator(indicator_id)
    if not indicator.measures() <= KEPT_BY_HOUR:
        raise HTTPException(422, f"{indicator_id!r} is not kept by the hour")
    if period.end - period.start > LONGEST:
        raise HTTPException(422, f"hours are told of {LONGEST.days} days at most")
    level = LEVEL_BELOW.get(tree.units[unit].level)
    members = (tree.members(unit, level) if level else {}) or question.whole_unit()
    counts_by_hour = store_counts.counts_by_hour(question.client, members, period, indicator.measures())
    cells: list[HeatCell] = []
    for (code, hour), counts in sorted(counts_by_hour.items()):
        figure = evaluate(indicator, counts)
        if figure.n:
            target = tree.target(indicator, code, hour.astimezone(VIETNAM).date())
            standing = verdict(figure, target)
            cells.append(
                {
                    "unit": code,
                    "starts_at": to_json_value(hour),
                    "value": figure.value,
                    "n": figure.n,
                    "status": figure.status,
                    "met": None if standing in ("too_few", "none") else standing == "met",
                    "verdict": standing,
                }
            )
    rule_set = catalogue().rule_set_of[indicator.id].id
    return {**question.head(period.whole_hours()), "id": indicator.id, "rule_set": rule_set, "cells": cells}
