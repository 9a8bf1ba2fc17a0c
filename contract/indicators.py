"""The typed, closed catalogue of indicators, and how a figure is made of counts. Pure.

``catalogue()`` reads indicators.yaml; an unknown key or measure is an error that names it.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from functools import cache
from importlib.resources import files
from itertools import pairwise
from typing import Literal, Self

import yaml
from pydantic import BaseModel, ConfigDict, Field, model_validator

from contract.measures import DISTRIBUTIONS, MEASURES

Z95 = 1.959964
SECONDS_PER_MINUTE = 60


class _Closed(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


class Target(_Closed):
    """What the law or a plan expects while ``valid_from`` … ``valid_to`` holds; ``value`` in the shown unit."""

    op: Literal[">=", "<="]
    value: float
    valid_from: date
    valid_to: date | None = None
    source: str = Field(min_length=1)

    def holds_on(self, day: date) -> bool:
        """Whether this target is in force on a day."""
        return self.valid_from <= day and (self.valid_to is None or day <= self.valid_to)


class Indicator(_Closed):
    """One entry of the catalogue."""

    id: str = Field(pattern=r"^[A-Z0-9]+(_[A-Z0-9]+)+$")
    name_vi: str
    name_en: str
    group: Literal["satisfaction", "service", "progress", "online", "data"]
    kind: Literal["ratio", "mean", "quantile", "count"]
    numerator: str
    denominator: str
    quantile: float | None = Field(None, gt=0, lt=1)
    unit: Literal["percent", "minutes", "seconds", "count"]
    direction: Literal["up", "down"]
    min_n: int = Field(ge=0)
    max_points: float | None = None
    source: str = Field(min_length=1)
    targets: list[Target]

    @model_validator(mode="after")
    def _measures_exist(self) -> Self:
        for name in (self.numerator, self.denominator):
            if name not in MEASURES:
                raise ValueError(f"{self.id}: {name!r} is no measure of contract/measures.py")
        if (self.kind == "quantile") != (self.quantile is not None) or (self.kind == "quantile") != (
            self.numerator in DISTRIBUTIONS
        ):
            raise ValueError(f"{self.id}: a quantile needs a level and a distribution, and nothing else has them")
        days = sorted(self.targets, key=lambda target: target.valid_from)
        for earlier, later in pairwise(days):
            if earlier.valid_to is None or earlier.valid_to >= later.valid_from:
                raise ValueError(f"{self.id}: targets from {earlier.valid_from} and {later.valid_from} overlap")
        return self

    def target_on(self, day: date) -> Target | None:
        """The target in force on a day."""
        return next((target for target in self.targets if target.holds_on(day)), None)


class Catalogue(_Closed):
    """All indicators of one rule set, in the order of the file."""

    rule_set: str
    valid_from: date
    indicators: list[Indicator]


@cache
def catalogue() -> Catalogue:
    """The catalogue; raises pydantic's ValidationError, which names entry and key, when the file is wrong."""
    return Catalogue.model_validate(yaml.safe_load(files("contract").joinpath("indicators.yaml").read_text()))


Counts = Mapping[str, float | Mapping[int, int]]


@dataclass(frozen=True, slots=True)
class Figure:
    """An indicator's value and what it rests on. ``value`` is None unless ``status`` is ``ok``."""

    status: Literal["ok", "insufficient", "not_available"]
    value: float | None
    numerator: float | None
    denominator: float
    n: int
    interval: tuple[float, float] | None
    points: float | None


def evaluate(indicator: Indicator, counts: Counts) -> Figure:
    """The figure these counts give. No cases: not available, never 0 or 100. Too few: nothing but how many."""
    denominator = _number(counts[indicator.denominator])
    n = int(denominator)
    if indicator.kind == "count":
        value = _number(counts[indicator.numerator])
        return Figure("ok", value, value, denominator, n, None, None)
    if n == 0:
        return Figure("not_available", None, None, 0, 0, None, None)
    if n < indicator.min_n:
        return Figure("insufficient", None, None, denominator, n, None, None)
    found = counts[indicator.numerator]
    if isinstance(found, Mapping):
        seconds = nearest_rank(found, indicator.quantile or 0.5)
        return Figure("ok", _shown(indicator, seconds), seconds, denominator, n, None, None)
    ratio = found / denominator
    if indicator.kind == "mean":
        return Figure("ok", _shown(indicator, ratio), found, denominator, n, None, None)
    low, high = wilson(found, denominator) if ratio <= 1 else (ratio, ratio)
    points = None if indicator.max_points is None else round(indicator.max_points * ratio, 2)
    return Figure("ok", 100 * ratio, found, denominator, n, (100 * low, 100 * high), points)


def nearest_rank(distribution: Mapping[int, int], quantile: float) -> float:
    """The least value that at least ``quantile`` of the cases do not exceed; cases by value, at least one."""
    needed = math.ceil(quantile * sum(distribution.values()))
    seen = 0
    for value in sorted(distribution):
        seen += distribution[value]
        if seen >= needed:
            return float(value)
    raise ValueError("an empty distribution has no quantile")


def wilson(k: float, n: float) -> tuple[float, float]:
    """The 95 % interval of a share, after Wilson (1927): ``k`` of ``n`` cases, ``n`` > 0; as shares."""
    share, z2 = k / n, Z95 * Z95
    middle = (share + z2 / (2 * n)) / (1 + z2 / n)
    half = Z95 * math.sqrt((share * (1 - share) + z2 / (4 * n)) / n) / (1 + z2 / n)
    return max(0.0, middle - half), min(1.0, middle + half)


def _number(found: float | Mapping[int, int]) -> float:
    return float(sum(found.values())) if isinstance(found, Mapping) else float(found)


def _shown(indicator: Indicator, seconds: float) -> float:
    return seconds / SECONDS_PER_MINUTE if indicator.unit == "minutes" else seconds
