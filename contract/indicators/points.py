"""Points that a rule set gives for figures, card by card. Pure.

The general rule of Decision 766/QĐ-TTg: ``max_points`` from ``full_at`` on, in proportion below. A missing figure does
not count as 0 but lowers the attainable points; without all points attainable there is no band.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from types import MappingProxyType
from typing import Literal, Self

from pydantic import Field, model_validator

from contract.events.reference import UnitLevel
from contract.indicators.indicator import Closed, Figure

Standing = Literal["ok", "granted", "no_cases", "insufficient"]


class Also(Closed):
    """A condition on the figure of another indicator."""

    indicator: str
    from_value: float = -math.inf
    to_value: float = math.inf


class Step(Closed):
    """Points from a value of the indicator on, for units of some ``levels`` (all when empty).

    ``of`` names another indicator whose value is compared instead, ``also`` are conditions on other figures.
    """

    points: float
    from_value: float
    of: str | None = None
    levels: tuple[UnitLevel, ...] = ()
    also: tuple[Also, ...] = ()

    def others(self) -> set[str]:
        """The other indicators that the step depends on."""
        return {name for name in (self.of, *(other.indicator for other in self.also)) if name}

    def is_reached(self, value: float, others: Mapping[str, float]) -> bool:
        """Whether these values reach the step."""
        return (others[self.of] if self.of else value) >= self.from_value and all(
            other.from_value <= others[other.indicator] <= other.to_value for other in self.also
        )


class Component(Closed):
    """One indicator's points within a card.

    ``full_at`` is in the indicator's shown unit. Where ``steps`` are given, the highest one reached gives the points,
    not the proportion. ``without_cases``: the points where no case happened; cases that cannot be judged
    (``Figure.reason``) give none. ``granted_to``: levels whose units cannot have the figure and get the maximum.
    """

    indicator: str
    max_points: float = Field(gt=0)
    full_at: float = Field(100, gt=0)
    steps: tuple[Step, ...] = ()
    without_cases: Literal["none", "full", "zero"] = "none"
    granted_to: tuple[UnitLevel, ...] = ()

    def others(self) -> set[str]:
        """The other indicators that the points depend on."""
        return {name for step in self.steps for name in step.others()}

    def points(
        self, figure: Figure, level: str, others: Mapping[str, Figure] = MappingProxyType({})
    ) -> ComponentPoints:
        """The points for a figure of a unit of a level, given the ``others``; None when one of these is missing."""
        if level in self.granted_to:
            return ComponentPoints(self, self.max_points, "granted")
        values = {name: others[name].value for name in self.others() if name in others}
        known = {name: value for name, value in values.items() if value is not None}
        if figure.value is not None and known.keys() == self.others():
            return ComponentPoints(self, self._points_of(figure.value, level, known), "ok")
        if figure.status == "insufficient":
            return ComponentPoints(self, None, "insufficient")
        if figure.reason not in {None, "no_cases"}:
            return ComponentPoints(self, None, "no_cases")
        default = {"full": self.max_points, "zero": 0.0, "none": None}[self.without_cases]
        return ComponentPoints(self, default, "no_cases")

    def _points_of(self, value: float, level: str, others: Mapping[str, float]) -> float:
        if self.steps:
            steps = [step for step in self.steps if not step.levels or level in step.levels]
            return max((step.points for step in steps if step.is_reached(value, others)), default=0.0)
        return round(self.max_points * min(1.0, max(0.0, value / self.full_at)), 2)


class Card(Closed):
    """A group of components, shown together."""

    id: str
    name_vi: str
    name_en: str
    max_points: float
    components: tuple[Component, ...]

    @model_validator(mode="after")
    def _adds_up(self) -> Self:
        points = sum(component.max_points for component in self.components)
        if points != self.max_points:
            raise ValueError(f"{self.id}: its components have {points:g} points, not {self.max_points:g}")
        return self


class Total(Closed):
    """The name of the total of all cards."""

    id: str = Field(pattern=r"^[A-Z0-9]+(_[A-Z0-9]+)+$")
    name_vi: str
    name_en: str


class Band(Closed):
    """A class of totals, from ``from_points`` up to the next band."""

    from_points: float
    name_vi: str
    name_en: str
    icon: str


@dataclass(frozen=True, slots=True)
class ComponentPoints:
    """Points of one component, and their status."""

    component: Component
    points: float | None
    status: Standing


@dataclass(frozen=True, slots=True)
class CardPoints:
    """Points of one card: ``points`` of ``attainable``, which leaves out components without a figure."""

    card: Card
    components: Sequence[ComponentPoints]

    @property
    def points(self) -> float:
        """The points of all components with a figure."""
        return round(sum(part.points for part in self.components if part.points is not None), 2)

    @property
    def attainable(self) -> float:
        """The most points that those components can give."""
        return sum(part.component.max_points for part in self.components if part.points is not None)


@dataclass(frozen=True, slots=True)
class Score:
    """The points of a unit by a rule set."""

    cards: Sequence[CardPoints]
    bands: Sequence[Band]

    @property
    def points(self) -> float:
        """The total."""
        return round(sum(card.points for card in self.cards), 2)

    @property
    def attainable(self) -> float:
        """The greatest total possible with the components that have a figure."""
        return sum(card.attainable for card in self.cards)

    @property
    def band(self) -> Band | None:
        """The class of the total; None while any component has no points."""
        is_whole = self.attainable == sum(part.card.max_points for part in self.cards)
        return band_of(self.bands, self.points) if is_whole else None


def score(cards: Sequence[Card], bands: Sequence[Band], figures: Mapping[str, Figure], level: str) -> Score:
    """The score of a unit of a level; ``figures`` by indicator."""
    card_points = [
        CardPoints(
            card, [component.points(figures[component.indicator], level, figures) for component in card.components]
        )
        for card in cards
    ]
    return Score(card_points, bands)


def band_of(bands: Sequence[Band], points: float) -> Band | None:
    """The highest band that the points reach."""
    reached = [band for band in bands if points >= band.from_points]
    return max(reached, key=lambda band: band.from_points, default=None)


def places(totals: Sequence[float]) -> list[int]:
    """Ranks by points, the most first; equals share a rank: 1, 2, 2, 4."""
    return [1 + sum(other > total for other in totals) for total in totals]
