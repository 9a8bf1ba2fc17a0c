"""What anybody may know: bands of the service points for a closed month."""

from __future__ import annotations

from datetime import UTC
from typing import cast

from fastapi import HTTPException

from contract.indicators.catalogue import catalogue
from contract.indicators.indicator import evaluate
from contract.indicators.public_bands import TOLD_OF, Month, band
from dashboards.answers.units import PublicBands, PublicUnit
from dashboards.api.context import Store
from dashboards.api.filters import MonthText, Unit, month_of
from warehouse.read import counts as figures
from warehouse.read.periods import Period

LEVEL = "service_point"


def get_public(
    store: Store,
    unit: Unit,
    month: MonthText = None,
) -> PublicBands:
    """For each service point below ``unit`` a band by indicator, None with too few cases; 422 for a month not over."""
    tree, _, _ = store.scope(unit, None, None, None)
    chosen = month_of(month) if month else Month.last_closed(store.clock())
    if not chosen.is_closed(store.clock()):
        raise HTTPException(422, f"the public is told of months that are over; {chosen} is not")
    period = Period(*(instant.astimezone(UTC) for instant in chosen.bounds()))
    wanted = [catalogue().indicators[name] for name in TOLD_OF]
    measures = {measure for indicator in wanted for measure in indicator.measures()}
    found = figures.counts(store.client, tree.members(unit, LEVEL), period, measures)
    units = [
        cast(
            "PublicUnit",
            {
                "unit": code,
                "name_vi": tree.units[code].name_vi,
                "name_en": tree.units[code].name_en,
                **{indicator.id: band(evaluate(indicator, counts)) for indicator in wanted},
            },
        )
        for code, counts in sorted(found.items())
    ]
    return {"unit": unit, "tree": store.day.isoformat(), "month": str(chosen), "units": units}
