"""The catalogue: all rule sets with their indicators, from rules/*.yaml. Pure except for reading these files once."""

from __future__ import annotations

from collections import Counter, defaultdict
from datetime import date
from functools import cache, cached_property
from importlib.resources import files
from typing import NamedTuple, Self

import yaml
from pydantic import Field, ValidationError, model_validator

from contract.indicators.indicator import Closed, Dated, Indicator
from contract.indicators.points import Band, Card, Component, Total
from contract.indicators.streaks import LastingMiss

FILES = ("qd468", "qd766", "nd61_2018", "nd61_staff")
"""The order of rule sets, and so of indicators in lists."""


class RuleSet(Dated):
    """The indicators of one set of rules, and its points for them (none without cards)."""

    id: str
    name_vi: str
    name_en: str
    source: str = Field(min_length=1)
    cards: tuple[Card, ...] = ()
    total: Total | None = None
    bands: tuple[Band, ...] = ()
    indicators: tuple[Indicator, ...]
    warnings: tuple[LastingMiss, ...] = ()

    @model_validator(mode="after")
    def _names_its_points(self) -> Self:
        if bool(self.cards) != bool(self.total):
            raise ValueError(f"{self.id}: cards and the total of their points come together")
        return self

    @cached_property
    def components(self) -> dict[str, Component]:
        """Every component that gives points, by indicator."""
        return {component.indicator: component for card in self.cards for component in card.components}

    @cached_property
    def needed(self) -> tuple[str, ...]:
        """The indicators that the points are computed from."""
        others = [other for component in self.components.values() for other in sorted(component.others())]
        return tuple(dict.fromkeys([*self.components, *others]))

    @property
    def max_points(self) -> float:
        """The most points that a unit can have."""
        return sum(card.max_points for card in self.cards)


class Change(NamedTuple):
    """Rules that enter into force on a day: the rule set itself if it ``begins``, and targets of its indicators."""

    day: date
    rule_set: RuleSet
    targets: tuple[str, ...]
    begins: bool


class Catalogue(Closed):
    """Every rule set; each indicator belongs to one."""

    rule_sets: tuple[RuleSet, ...]

    @model_validator(mode="after")
    def _is_closed(self) -> Self:
        listed = Counter(indicator.id for rule_set in self.rule_sets for indicator in rule_set.indicators)
        listed.update(rule_set.total.id for rule_set in self.rule_sets if rule_set.total)
        listed.update(warning.id for warning in self.warnings)
        for name, times in listed.items():
            if times > 1:
                raise ValueError(f"{name} is listed {times} times")
        for rule_set in self.rule_sets:
            for name, component in rule_set.components.items():
                for missing in sorted({name, *component.others()} - self.indicators.keys()):
                    raise ValueError(f"{rule_set.id}: {missing} is not in the catalogue")
        for warning in self.warnings:
            for missing in sorted({*warning.indicators} - self.indicators.keys()):
                raise ValueError(f"{warning.id}: {missing} is not in the catalogue")
        return self

    @cached_property
    def indicators(self) -> dict[str, Indicator]:
        """Every indicator by its id, in the order of the files."""
        return {indicator.id: indicator for rule_set in self.rule_sets for indicator in rule_set.indicators}

    @cached_property
    def rule_set_of(self) -> dict[str, RuleSet]:
        """The rule set of each indicator."""
        return {indicator.id: rule_set for rule_set in self.rule_sets for indicator in rule_set.indicators}

    @cached_property
    def warnings(self) -> tuple[LastingMiss, ...]:
        """All warnings of targets missed on several days in a row."""
        return tuple(warning for rule_set in self.rule_sets for warning in rule_set.warnings)

    @cached_property
    def measures(self) -> frozenset[str]:
        """All measures and cohorts of all indicators."""
        return frozenset().union(*(indicator.measures() for indicator in self.indicators.values()))

    @cached_property
    def changes(self) -> tuple[Change, ...]:
        """The days on which a rule set or one of its targets enters into force; the earliest first."""
        days: defaultdict[tuple[date, str], list[str]] = defaultdict(list)
        for rules in self.rule_sets:
            days[rules.valid_from, rules.id] = []
        for indicator in self.indicators.values():
            for day in {target.valid_from for target in indicator.targets}:
                days[day, self.rule_set_of[indicator.id].id].append(indicator.id)
        sets = {rules.id: rules for rules in self.rule_sets}
        return tuple(
            Change(day, sets[name], tuple(targets), begins=sets[name].valid_from == day)
            for (day, name), targets in sorted(days.items(), key=lambda item: item[0])
        )

    def rule_set(self, name: str) -> RuleSet | None:
        """The rule set with this id, or None."""
        return next((rule_set for rule_set in self.rule_sets if rule_set.id == name), None)


@cache
def catalogue() -> Catalogue:
    """The catalogue; ValueError names file, entry and key of a fault."""
    return Catalogue(rule_sets=tuple(_read(name) for name in FILES))


def _read(name: str) -> RuleSet:
    file = files("contract.indicators").joinpath("rules", f"{name}.yaml")
    try:
        return RuleSet.model_validate(yaml.safe_load(file.read_text()))
    except (ValidationError, yaml.YAMLError) as error:
        raise ValueError(f"contract/indicators/rules/{name}.yaml: {error}") from error
