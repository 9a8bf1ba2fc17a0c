"""What anybody may know: bands of the service points for a closed month."""

from __future__ import annotations

from datetime import UTC
from typing import cast

from fastapi import HTTPException

from contract.indicators.catalogue import catalogue
from contract.indicators.indicator import evaluate
from contract.indicators.public_bands import PUBLISHED, Month, band
from dashboards.answers.units import PublicBands, PublicUnit
from dashboards.api.context import ContextDep
from dashboards.api.filters import MonthText, Unit, parse_month
from warehouse.read import counts as store_counts
from warehouse.read.periods import Period

LEVEL = "service_point"


def get_public(context: ContextDep, unit: Unit, month: MonthText = None) -> PublicBands:
    """For each service point below ``unit`` a band by indicator, None with too few cases; 422 for a month not over."""
    tree = context.tree_with(unit)
    chosen = parse_month(month) if month else Month.last_closed(context.clock())
    if not chosen.is_closed(context.clock()):
        raise HTTPException(422, f"the public is told of months that are over; {chosen} is not")
    period = Period(*(instant.astimezone(UTC) for instant in chosen.bounds()))
    indicators = [catalogue().indicators[name] for name in PUBLISHED]
    measures = {measure for indicator in indicators for measure in indicator.measures()}
    counts_of_points = store_counts.counts(context.client, tree.members(unit, LEVEL), period, measures)
    points = []
    for code, counts in sorted(counts_of_points.items()):
        names = {"unit": code, "name_vi": tree.units[code].name_vi, "name_en": tree.units[code].name_en}
        bands = {indicator.id: band(evaluate(indicator, counts)) for indicator in indicators}
        points.append(cast("PublicUnit", names | bands))
    return {"unit": unit, "tree": context.day.isoformat(), "month": str(chosen), "units": points}
