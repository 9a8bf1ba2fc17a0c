"""What one source sent, and figures that were sent as numbers."""

from __future__ import annotations

from typing import Annotated

from pydantic import Field
from typing_extensions import TypedDict

from dashboards.answers.common import Day, Instant, OfTree


class ImportPart(TypedDict):
    """Events of one type; ``goes`` when they are taken back with their import."""

    type: str
    events: int
    first_at: Instant
    last_at: Instant
    units: int
    goes: bool


class Retraction(TypedDict):
    """Who took an import back, when and why."""

    time: Instant
    by: str
    reason: str


class Import(TypedDict):
    """What one import brought; ``counted`` of its events are in the figures."""

    source: str
    events: int
    counted: int
    parts: list[ImportPart]
    retracted: Retraction | None


class SourceCounts(TypedDict):
    """Distinct events of one source: ``rows`` in the raw table, ``stored`` of them in every figure."""

    source: str
    rows: int
    stored: int


class CountedFigure(TypedDict):
    """One figure as somebody else counted it."""

    unit: str
    indicator: Annotated[
        str, Field(description="the sender's name for what was counted; no indicator of the catalogue")
    ]
    name_vi: str
    name_en: str
    first_day: Day
    last_day: Annotated[Day, Field(description="included")]
    numerator: float
    denominator: Annotated[float | None, Field(description="null where the count is no share")]
    source: Annotated[str, Field(description="who counted it, or where it stands")]
    told_at: Annotated[Instant, Field(description="when the newest word on it was said")]


class CountedFigures(OfTree):
    """The figures whose days lie in the period, in part at least."""

    unit: str
    counted: list[CountedFigure]
