"""A unit's share compared with the one expected from its mix of procedures (indirect standardisation).

So that nobody is blamed for being given the hard cases.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Literal, NamedTuple, cast

from fastapi import HTTPException

from contract.events.reference import UnitLevel
from contract.indicators.indicator import wilson
from contract.indicators.shares import expected_share
from dashboards.answers.parts import Mix, MixPart
from dashboards.api.context import Question, QuestionDep
from dashboards.api.file_formats import with_files
from dashboards.api.routes.evidence.breakdown import FEWEST
from warehouse.read import evidence

Of = Literal["ratings", "dossiers"]
Standing = Literal["below", "above", "as_expected"]


class Cases(NamedTuple):
    """Cases of one procedure, and how many of them are good."""

    good: int = 0
    cases: int = 0


@with_files("parts")
def get_mix(question: QuestionDep, of: Of) -> Mix:
    """The unit with all below it beside all units of its level: for each procedure its share of the cases and what is
    good of it, here and in all; the commonest here first.

    ``expected`` is what the unit would have if each of its procedures went as in all units of the level (itself
    included); ``beside`` says whether its own 95 % interval holds that: ``as_expected``, ``below``, ``above``, or None
    with too few cases. ``told`` is the share of its cases that name their procedure; all others are one kind. 422 for a
    unit whose level has no other.
    """
    unit, tree = question.unit, question.tree
    root = tree.above(unit)[-1]
    level = tree.units[unit].level
    all_units = list(tree.members(root, level))
    if unit == root:
        raise HTTPException(422, f"{unit!r} has no other unit of its level to be compared with")
    own = _cases_by_procedure(question, question.units_below(), of)
    of_all = _cases_by_procedure(question, all_units, of)
    own_sum, sum_of_all = _sum(own.values()), _sum(of_all.values())
    expected = expected_share({procedure: cases.cases for procedure, cases in own.items()}, of_all)
    names = evidence.procedure_names(question.client)
    parts: list[MixPart] = [
        {
            "part": procedure,
            "name_vi": names.get(procedure, ("", ""))[0],
            "name_en": names.get(procedure, ("", ""))[1],
            "n": own[procedure].cases,
            "share": 100 * own[procedure].cases / own_sum.cases,
            "value": _rate(own[procedure]),
            "n_of_all": of_all[procedure].cases,
            "share_of_all": 100 * of_all[procedure].cases / sum_of_all.cases,
            "value_of_all": _rate(of_all[procedure]),
        }
        for procedure in sorted(own, key=lambda procedure: (-own[procedure].cases, procedure))
    ]
    interval = wilson(*own_sum) if own_sum.cases >= FEWEST else None
    return {
        "unit": unit,
        "level": cast("UnitLevel", level),
        **question.context.period_fields(question.period),
        "of": of,
        "n": own_sum.cases,
        "value": _rate(own_sum),
        "interval": interval and (100 * interval[0], 100 * interval[1]),
        "value_of_all": _rate(sum_of_all),
        "expected": None if expected is None or interval is None else 100 * expected,
        "told": 100 * (1 - own.get("", Cases()).cases / own_sum.cases) if own_sum.cases else None,
        "beside": _standing(expected, interval),
        "parts": parts,
    }


def _cases_by_procedure(question: Question, within: list[str], of: Of) -> dict[str, Cases]:
    if of == "ratings":
        rated = evidence.ratings_by(question.client, within, question.period, "procedure")
        return {row["part"]: Cases(row["satisfied"], row["answered"]) for row in rated}
    ended = evidence.dossiers_by(question.client, within, question.period, "procedure")
    return {row["part"]: Cases(row["settled"] - row["settled_late"], row["settled"]) for row in ended if row["settled"]}


def _sum(counted: Iterable[Cases]) -> Cases:
    listed = list(counted)
    return Cases(sum(cases.good for cases in listed), sum(cases.cases for cases in listed))


def _rate(cases: Cases) -> float | None:
    return 100 * cases.good / cases.cases if cases.cases >= FEWEST else None


def _standing(expected: float | None, interval: tuple[float, float] | None) -> Standing | None:
    if expected is None or interval is None:
        return None
    low, high = interval
    return "below" if high < expected else "above" if low > expected else "as_expected"
