"""Parts of a figure: by counter, official, procedure, channel or time, and beside all units of the level."""

from __future__ import annotations

from typing import Literal, NotRequired

from typing_extensions import TypedDict

from contract.events.reference import UnitLevel
from dashboards.answers.common import Interval, OfTree

Of = Literal["ratings", "dossiers", "tickets"]
By = Literal["counter", "staff", "procedure", "channel", "hour", "weekday"]


class Part(TypedDict):
    """One part: a share in percent of ``n`` cases, null with too few. The counts are those of what it is a part of."""

    within: str
    part: str
    answered: NotRequired[int]
    satisfied: NotRequired[int]
    received: NotRequired[int]
    settled: NotRequired[int]
    settled_late: NotRequired[int]
    called: NotRequired[int]
    called_in_time: NotRequired[int]
    n: int
    value: float | None
    interval: Interval | None
    name_vi: NotRequired[str]
    name_en: NotRequired[str]


class Breakdown(OfTree):
    """A figure by one property of its cases."""

    unit: str
    of: Of
    by: By
    parts: list[Part]


class MixPart(TypedDict):
    """One procedure: its share of the cases and what is good of it, in percent, here and in all units of the level."""

    part: str
    name_vi: str
    name_en: str
    n: int
    share: float
    value: float | None
    n_of_all: int
    share_of_all: float
    value_of_all: float | None


class Mix(OfTree):
    """A share compared with the one expected from the unit's mix of procedures (indirect standardisation)."""

    unit: str
    level: UnitLevel
    of: Literal["ratings", "dossiers"]
    n: int
    value: float | None
    interval: Interval | None
    value_of_all: float | None
    expected: float | None
    told: float | None
    beside: Literal["below", "above", "as_expected"] | None
    parts: list[MixPart]
