"""The sheet of an official (Circular 01/2018/TT-VPCP, form 01): indices of Decree 61 for each dossier. Pure.

An index of one dossier is the indicator of the same name computed for that dossier alone; the last line of the sheet is
the same formula over all dossiers.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import NamedTuple

from contract.indicators.catalogue import catalogue
from contract.indicators.cohorts import STEP_SHIFT, STEPS, cohort
from contract.indicators.indicator import evaluate
from contract.indicators.measures import is_cohort
from contract.indicators.points import Band, band_of

INDICES = ("ND61_1", "ND61_2", "ND61_3", "ND61_4", "ND61_6", "ND61_7")
RULE_SET = "nd61_staff"
FEWEST = 5
"""Below this number of dossiers the sheet shows no mean and no class."""


class Case(NamedTuple):
    """A settled dossier of an official: attributes as bits, counted steps, answers on the number of offices visited."""

    attributes: int
    steps_due: int
    steps_early: int
    steps_in_time: int
    offices_answers: int
    offices_points: int
    procedure_known: bool


@dataclass(frozen=True)
class Line:
    """Points by index, None where unknown; ``total`` and ``attainable`` leave index 6 out."""

    points: Mapping[str, float | None]
    total: float
    attainable: float

    @property
    def is_whole(self) -> bool:
        """Whether every index of the total is known."""
        return self.attainable == _most()

    @property
    def band(self) -> Band | None:
        """The class of the total; None while an index of it is missing."""
        rules = catalogue().rule_set(RULE_SET)
        return band_of(rules.bands, self.total) if rules and self.is_whole else None


def line(cases: Iterable[Case]) -> Line:
    """The points of one dossier, or the means over several."""
    sums: Counter[str] = Counter()
    keys: Counter[int] = Counter()
    for case in cases:
        keys[_key("settled", case.attributes)] += 1
        if case.procedure_known:
            keys[_key("offered", case.attributes)] += 1
        sums.update({name: getattr(case, name) for name in Case._fields[1:6]})
    points: dict[str, float | None] = {}
    for name in INDICES:
        indicator = catalogue().indicators[name]
        counts = {
            measure: cohort(measure).count(keys) if is_cohort(measure) else sums[measure]
            for measure in indicator.measures()
        }
        points[name] = evaluate(indicator.model_copy(update={"min_n": 1}), counts).value
    counted = [points[name] for name in _components()]
    known = [value for value in counted if value is not None]
    return Line(points, sum(known), 2.0 * len(known))


def _key(step: str, attributes: int) -> int:
    return (list(STEPS).index(step) + 1 << STEP_SHIFT) + attributes


def _components() -> list[str]:
    rules = catalogue().rule_set(RULE_SET)
    return list(rules.components) if rules else []


def _most() -> float:
    rules = catalogue().rule_set(RULE_SET)
    return rules.max_points if rules else 0.0
