"""Figures that came as numbers, of which no single case is known: shown as they were told, apart from all others."""

from __future__ import annotations

from datetime import date

from pydantic import BaseModel, Field

from dashboards.api.context import Store, readable
from dashboards.api.filters import From, To, Unit
from warehouse.read import evidence


class CountedFigure(BaseModel):
    """One figure as somebody else counted it."""

    unit: str
    indicator: str = Field(description="the sender's name for what was counted; no indicator of the catalogue")
    name_vi: str
    name_en: str
    first_day: date
    last_day: date = Field(description="included")
    numerator: float
    denominator: float | None = Field(description="null where the count is no share")
    source: str = Field(description="who counted it, or where it stands")
    told_at: str = Field(description="when the newest word on it was said")


class CountedFigures(BaseModel):
    """The figures whose days lie in the period, in part at least."""

    unit: str
    start: str = Field(serialization_alias="from")
    to: str
    tree: str
    counted: list[CountedFigure]


def get_counted(store: Store, unit: Unit, start: From = None, to: To = None) -> CountedFigures:
    """Figures that came as numbers (`figures.counted`), of a unit and all below; they are in no other figure."""
    tree, period, _ = store.scope(unit, start, to, None)
    rows = evidence.counted(store.client, tree.below(unit), period)
    told = store.told(period)
    figures = [CountedFigure(**row | {"told_at": readable(row["told_at"])}) for row in rows]
    return CountedFigures(unit=unit, start=told["from"], to=told["to"], tree=told["tree"], counted=figures)
