"""Figures of indicators: of one unit, of all units of a level, beside the period before, and by hour."""

from __future__ import annotations

from typing import Literal

from typing_extensions import TypedDict

from contract.events.reference import UnitLevel
from contract.indicators.funnel import Place
from contract.indicators.missing import Reason
from contract.indicators.verdict import Verdict
from dashboards.answers.common import Instant, Interval, OfPeriod, OfTree

FigureStatus = Literal["ok", "insufficient", "not_available"]


class Target(TypedDict):
    """The target that holds for a figure; ``value`` in the figure's unit of measure."""

    op: Literal[">=", "<="]
    value: float
    source: str


class Figure(OfPeriod):
    """One indicator of one unit; ``value`` is null, with a ``reason``, unless ``status`` is ``ok``."""

    id: str
    name_vi: str
    name_en: str
    unit_of_measure: Literal["percent", "hours", "minutes", "seconds", "count", "points"]
    direction: Literal["up", "down", "none"]
    unit: str
    value: float | None
    numerator: float | None
    denominator: float
    n: int
    interval: Interval | None
    target: Target | None
    points: float | None
    max_points: float | None
    status: FigureStatus
    reason: Reason | None
    reason_vi: str | None
    reason_en: str | None
    rule_set: str
    as_of: Instant | None
    verdict: Verdict


class Indicators(OfTree):
    """Figures of one unit."""

    unit: str
    as_of: Instant | None
    indicators: list[Figure]


class RankedFigure(Figure):
    """A figure in a ranking; ``place`` is where its unit stands in the funnel, null where there is none."""

    unit_name_vi: str
    unit_name_en: str
    place: Place | None


class Funnel(TypedDict):
    """What all units have together, in percent, and the variance between them beyond chance (arcsine scale)."""

    centre: float
    spread: float


class Ranking(OfTree):
    """Figures of all units of a level, and the funnels of shares, by indicator."""

    unit: str
    level: UnitLevel
    order: Literal["worst", "best"]
    as_of: Instant | None
    rankings: dict[str, list[RankedFigure]]
    funnels: dict[str, Funnel]


class Difference(TypedDict):
    """A figure less that of the period before; ``interval`` and ``beyond_chance`` are null unless both are shares."""

    value: float
    interval: Interval | None
    beyond_chance: bool | None


class ComparedFigure(Figure):
    """A figure of one of two periods."""

    period: Literal["this", "before"]


class Comparison(OfTree):
    """One indicator in a period and in the one before."""

    unit: str
    id: str
    as_of: Instant | None
    difference: Difference | None
    periods: list[ComparedFigure]


class HeatCell(TypedDict):
    """A figure of one unit in one hour; ``met`` is null without a figure or a target."""

    unit: str
    starts_at: Instant
    value: float | None
    n: int
    status: FigureStatus
    met: bool | None
    verdict: Verdict


class Heat(OfTree):
    """One indicator by unit and hour."""

    unit: str
    id: str
    rule_set: str
    cells: list[HeatCell]


class Step(TypedDict):
    """Counts of one hour or day; ``waits_s`` are tickets called, by the seconds that they waited."""

    starts_at: Instant
    answered: int
    satisfied: int
    tickets_issued: int
    tickets_called: int
    tickets_served: int
    waits_s: dict[str, int]
    dossiers_received: int
    dossiers_completed: int
    dossiers_late: int


class Series(OfTree):
    """Counts by hour or day, the earliest first; those without any case are left out."""

    unit: str
    step: Literal["hour", "day"]
    series: list[Step]


class CountedParts(TypedDict):
    """Numerator, denominator, number of cases and value of a figure."""

    numerator: float | None
    denominator: float | None
    n: float | None
    value: float | None


class Recount(OfTree):
    """One figure as it is served and as its raw events are counted anew."""

    unit: str
    id: str
    rule_set: str
    as_of: Instant | None
    agreement: Literal["equal", "moved", "different"]
    served: CountedParts
    recounted: CountedParts
    lent_by: int | None
    events_read: int
    took_s: float
