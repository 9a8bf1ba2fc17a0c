"""Points of units by a rule set, and the sheet of one official."""

from __future__ import annotations

from typing import Literal

from typing_extensions import TypedDict

from contract.events.reference import UnitLevel
from dashboards.answers.common import Instant, OfTree


class Band(TypedDict):
    """A class of totals."""

    name_vi: str
    name_en: str
    icon: str


class ScoreComponent(TypedDict):
    """Points of one indicator; null where there is no figure."""

    indicator: str
    points: float | None
    max_points: float
    status: Literal["ok", "granted", "no_cases", "insufficient"]


class ScoreCard(TypedDict):
    """Points of a group of indicators; ``attainable`` leaves out those without points."""

    id: str
    name_vi: str
    name_en: str
    points: float
    attainable: float
    max_points: float
    components: list[ScoreComponent]


class Score(TypedDict):
    """Points of one unit; ``band`` is null while any component has none."""

    unit: str
    unit_name_vi: str
    unit_name_en: str
    place: int
    points: float
    attainable: float
    band: Band | None
    cards: list[ScoreCard]


class Scores(OfTree):
    """Points of the unit or of all units of a level, the most points first."""

    unit: str
    level: UnitLevel | None
    as_of: Instant | None
    rule_set: str
    name_vi: str
    name_en: str
    total: str | None
    max_points: float
    scores: list[Score]


class SheetPoints(TypedDict):
    """Points by index of Decree 61; ``total`` without index 6, of ``attainable``."""

    points: dict[str, float | None]
    total: float
    attainable: float


class SheetDossier(SheetPoints):
    """Points of one dossier that ended with a result."""

    dossier: str
    unit: str
    procedure: str
    ended_at: Instant | None
    procedure_name_vi: str
    procedure_name_en: str


class StaffSheet(OfTree):
    """An official's dossiers with their points; ``whole`` are the means, null with fewer than five dossiers."""

    unit: str
    staff: str
    as_of: Instant | None
    rule_set: str
    n: int
    dossiers: list[SheetDossier]
    whole: SheetPoints | None
    band: Band | None
