"""Units, reference events, and the bands of service points that the public may see."""

from __future__ import annotations

from typing_extensions import TypedDict

from contract.events.reference import UnitLevel
from contract.indicators.public_bands import Band
from dashboards.answers.common import Day, Instant


class Unit(TypedDict):
    """A unit as it is on the tree's day; ``valid_to`` is included, null where no end is known."""

    unit: str
    parent: str
    level: UnitLevel
    name_vi: str
    name_en: str
    valid_from: Day
    valid_to: Day | None
    open: bool


class Units(TypedDict):
    """The units of a day's tree."""

    tree: Day
    units: list[Unit]


class ReferenceEvent(TypedDict):
    """A reference event as it was sent (CloudEvents 1.0); fields of other extensions may be there as well."""

    specversion: str
    id: str
    source: str
    type: str
    subject: str
    time: str
    data: dict[str, object]


class Reference(TypedDict):
    """All reference events, the earliest first."""

    events: list[ReferenceEvent]


class ReferenceLoad(TypedDict):
    """One load of reference data: ``files`` counts lines and changes by file."""

    time: Instant
    sha256: str
    unit: str
    by: str
    name: str
    files: dict[str, dict[str, int]]
    refused: int


class ReferenceLoads(TypedDict):
    """Loads of reference data, the latest first."""

    loads: list[ReferenceLoad]


class PublicUnit(TypedDict):
    """The bands of one service point by indicator, null with too few cases."""

    unit: str
    name_vi: str
    name_en: str
    SAT_CSAT: Band | None
    Q766_2_1: Band | None


class PublicBands(TypedDict):
    """The bands of all service points for a month that is over."""

    unit: str
    tree: Day
    month: str
    units: list[PublicUnit]
