"""One indicator of the catalogue, and its figure computed from counts. Pure."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from itertools import combinations
from typing import Literal, Self

from pydantic import BaseModel, ConfigDict, Field, model_validator

from contract.events.reference import UnitLevel
from contract.indicators.measures import DISTRIBUTIONS, Counts, is_of_dossiers, terms, value_of
from contract.indicators.missing import Reason
from contract.languages import field_in

Z95 = 1.959964
SECONDS_OF = {"minutes": 60, "hours": 3600}
"""Seconds in each unit in which times are shown."""


class Closed(BaseModel):
    """A part of the catalogue; an unknown field is an error."""

    model_config = ConfigDict(extra="forbid", frozen=True)


class Dated(Closed):
    """A rule in force from ``valid_from`` to ``valid_to``, both included; without ``valid_to`` it is still in force."""

    valid_from: date
    valid_to: date | None = None

    def holds_on(self, day: date) -> bool:
        """Whether the rule is in force on a day."""
        return self.valid_from <= day and (self.valid_to is None or day <= self.valid_to)

    def overlaps(self, other: Dated) -> bool:
        """Whether both rules are in force on some day."""
        return self.holds_on(other.valid_from) or other.holds_on(self.valid_from)


class Target(Dated):
    """The target of a law or plan for units of some ``levels`` (all when empty); ``value`` in the shown unit."""

    op: Literal[">=", "<="]
    value: float
    levels: tuple[UnitLevel, ...] = ()
    source: str = Field(min_length=1)

    def is_for(self, level: str) -> bool:
        """Whether the target applies to units of a level."""
        return not self.levels or level in self.levels

    def is_met_by(self, value: float) -> bool:
        """Whether a value in the shown unit meets the target."""
        return value >= self.value if self.op == ">=" else value <= self.value

    def contradicts(self, other: Target) -> bool:
        """Whether both targets apply to one unit on one day."""
        return self.overlaps(other) and (
            not self.levels or not other.levels or bool(set(self.levels) & set(other.levels))
        )


class Indicator(Closed):
    """One entry of the catalogue; numerator and denominator are formulas of measures (contract/indicators/measures.py).

    ``factor`` is a second share by which a share is multiplied. ``lent_by``: a denominator of zero is replaced by last
    year's, a twelfth of it for a month and a quarter of it for a quarter (Decision 766, 1.4). ``basis`` is the
    authority of the formula: ``rule`` is in the cited text, ``practice`` is how the national portal was observed to
    count, ``choice`` is this project's reading. ``unjudged`` are cases that cannot be counted either way: where the
    denominator is zero and there are some, they are the reason for the missing figure, and no points are given.
    """

    id: str = Field(pattern=r"^[A-Z0-9]+(_[A-Z0-9]+)+$")
    name_vi: str = Field(min_length=1)
    name_en: str = Field(min_length=1)
    group: Literal["satisfaction", "service", "progress", "online", "payment", "digital", "transparency", "data"]
    kind: Literal["ratio", "mean", "quantile", "count"]
    numerator: str
    denominator: str
    factor: Factor | None = None
    quantile: float | None = Field(None, gt=0, lt=1)
    lent_by: Literal["last_year"] | None = None
    unjudged: tuple[Unjudged, ...] = ()
    unit: Literal["percent", "hours", "minutes", "seconds", "count", "points"]
    direction: Literal["up", "down", "none"]
    min_n: int = Field(ge=0)
    source: str = Field(min_length=1)
    basis: Literal["rule", "practice", "choice"]
    note_vi: str | None = None
    note_en: str | None = None
    targets: list[Target] = []

    @model_validator(mode="after")
    def _is_sound(self) -> Self:
        for formula in self.formulas():
            try:
                terms(formula)
            except ValueError as error:
                raise ValueError(f"{self.id}: {error}") from error
        if (self.kind == "quantile") != (self.quantile is not None) or (self.kind == "quantile") != (
            self.numerator in DISTRIBUTIONS
        ):
            raise ValueError(f"{self.id}: a quantile needs a level and a distribution, and nothing else has them")
        if bool(self.note_vi) != bool(self.note_en):
            raise ValueError(f"{self.id}: a note must be given in both languages")
        for one, other in combinations(self.targets, 2):
            if one.contradicts(other):
                raise ValueError(f"{self.id}: targets from {one.valid_from} and {other.valid_from} overlap")
        return self

    def name_in(self, language: str) -> str:
        """The indicator's name in a language; in the first language where it has none in this one."""
        return str(field_in(language, vars(self)))

    def formulas(self) -> list[str]:
        """All formulas of the figure, and those of cases that explain a missing one."""
        factors = [self.factor.numerator, self.factor.denominator] if self.factor else []
        return [self.numerator, self.denominator, *factors, *(each.cases for each in self.unjudged)]

    def why_unjudged(self, counts: Counts) -> Reason | None:
        """Why no case counts although there are some; None when there are none, or when some count."""
        if value_of(self.denominator, counts) != 0:
            return None
        return next((each.reason for each in self.unjudged if value_of(each.cases, counts) > 0), None)

    def measures(self) -> frozenset[str]:
        """All measures and cohorts in the formulas."""
        return frozenset(term.measure for formula in self.formulas() for term in terms(formula))

    def is_of_dossiers(self) -> bool:
        """Whether every measure is counted case by case, to the instant, and none by whole hours."""
        return all(is_of_dossiers(measure) for measure in self.measures())

    def is_share(self) -> bool:
        """Whether the figure is a plain share of cases, without a factor."""
        return self.kind == "ratio" and self.factor is None

    def target_on(self, day: date, level: str) -> Target | None:
        """The target in force on a day for units of a level."""
        return next((target for target in self.targets if target.holds_on(day) and target.is_for(level)), None)


class Factor(Closed):
    """A share by which another is multiplied, as two formulas."""

    numerator: str
    denominator: str


class Unjudged(Closed):
    """Cases that an indicator cannot count, as a formula, and the reason."""

    reason: Reason
    cases: str


@dataclass(frozen=True, slots=True)
class Figure:
    """An indicator's value with its counts; ``value`` is None, with a ``reason``, unless ``status`` is ``ok``."""

    status: Literal["ok", "insufficient", "not_available"]
    value: float | None
    numerator: float | None
    denominator: float
    n: int
    interval: tuple[float, float] | None
    reason: Reason | None = None


def evaluate(indicator: Indicator, counts: Counts) -> Figure:
    """The figure that follows from counts.

    Without any case the figure is ``not_available``, never 0 or 100; with too few it holds only their number.
    """
    denominator = value_of(indicator.denominator, counts)
    if denominator == 0 and indicator.lent_by:
        last_years = counts.get(fallback_key(indicator.id), 0.0)
        denominator = 0.0 if isinstance(last_years, Mapping) else float(last_years)
    n = math.ceil(denominator)
    unjudged = indicator.why_unjudged(counts)
    if indicator.kind == "count" and not unjudged:
        value = value_of(indicator.numerator, counts)
        return Figure("ok", value, value, denominator, n, None)
    factor = _factor(indicator, counts)
    if n <= 0 or factor is None:
        return Figure("not_available", None, None, denominator, n, None, unjudged or "no_cases")
    if n < indicator.min_n:
        return Figure("insufficient", None, None, denominator, n, None, "too_few")
    numerator = counts[indicator.numerator] if indicator.kind == "quantile" else value_of(indicator.numerator, counts)
    if isinstance(numerator, Mapping):
        seconds = nearest_rank(numerator, indicator.quantile or 0.5)
        return Figure("ok", _in_shown_unit(indicator, seconds), seconds, denominator, n, None)
    ratio = numerator / denominator
    if indicator.kind == "mean":
        return Figure("ok", _in_shown_unit(indicator, ratio), numerator, denominator, n, None)
    low, high = wilson(numerator, denominator) if 0 <= ratio <= 1 else (ratio, ratio)
    return Figure("ok", 100 * factor * ratio, numerator, denominator, n, (100 * factor * low, 100 * factor * high))


def fallback_key(name: str) -> str:
    """The name in ``Counts`` of an indicator's denominator of last year (Decision 766, 1.4)."""
    return f"lent/{name}"


def nearest_rank(distribution: Mapping[int, int], quantile: float) -> float:
    """The least value that at least ``quantile`` of the cases do not exceed; ``distribution`` is cases by value."""
    needed = math.ceil(quantile * sum(distribution.values()))
    passed = 0
    for value in sorted(distribution):
        passed += distribution[value]
        if passed >= needed:
            return float(value)
    raise ValueError("an empty distribution has no quantile")


def wilson(k: float, n: float) -> tuple[float, float]:
    """The 95 % interval of the share ``k / n`` after Wilson (1927); ``n`` > 0."""
    share, z2 = k / n, Z95 * Z95
    middle = (share + z2 / (2 * n)) / (1 + z2 / n)
    half = Z95 * math.sqrt((share * (1 - share) + z2 / (4 * n)) / n) / (1 + z2 / n)
    return max(0.0, middle - half), min(1.0, middle + half)


def _factor(indicator: Indicator, counts: Counts) -> float | None:
    if indicator.factor is None:
        return 1.0
    cases = value_of(indicator.factor.denominator, counts)
    return value_of(indicator.factor.numerator, counts) / cases if cases > 0 else None


def _in_shown_unit(indicator: Indicator, number: float) -> float:
    return number / SECONDS_OF.get(indicator.unit, 1)
