"""What a unit's mix of procedures lets expect, so that nobody is blamed for being given the hard ones."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Literal, NamedTuple, cast

from fastapi import HTTPException

from contract.events.reference import UnitLevel
from contract.indicators.indicator import wilson
from contract.indicators.shares import expected_share
from dashboards.answers.parts import Mix, MixPart
from dashboards.api.context import Asked, Store
from dashboards.api.file_formats import with_files
from dashboards.api.filters import From, To, Unit
from dashboards.api.routes.breakdown import FEWEST
from warehouse.read import evidence
from warehouse.read.periods import Period

Of = Literal["ratings", "dossiers"]
Standing = Literal["below", "above", "as_expected"]


class Cases(NamedTuple):
    """Cases of one procedure, and how many of them are good."""

    good: int = 0
    cases: int = 0


@with_files("parts")
def get_mix(store: Store, unit: Unit, of: Of, start: From = None, to: To = None) -> Mix:
    """The unit with all below it beside all units of its level: for each procedure its share of the cases and what is
    good of it, here and in all; the commonest here first.

    ``expected`` is what the unit would have if each of its procedures went as in all units of the level (itself
    included); ``beside`` says whether its own 95 % interval holds that: ``as_expected``, ``below``, ``above``, or None
    with too few cases. ``told`` is the share of its cases that tell their procedure; all others are one kind. 422 for a
    unit whose level has no other.
    """
    tree, period, _ = store.scope(unit, start, to, None)
    root = tree.above(unit)[-1]
    level = tree.units[unit].level
    everybody = list(tree.members(root, level))
    if unit == root:
        raise HTTPException(422, f"{unit!r} has no other unit of its level to be compared with")
    own = _by_procedure(store, tree.below(unit), period, of)
    all_units = _by_procedure(store, everybody, period, of)
    mine, total = _sum(own.values()), _sum(all_units.values())
    expected = expected_share({name: one.cases for name, one in own.items()}, all_units)
    names = evidence.procedure_names(store.client)
    parts: list[MixPart] = [
        {
            "part": name,
            "name_vi": names.get(name, ("", ""))[0],
            "name_en": names.get(name, ("", ""))[1],
            "n": own[name].cases,
            "share": 100 * own[name].cases / mine.cases,
            "value": _rate(own[name]),
            "n_of_all": all_units[name].cases,
            "share_of_all": 100 * all_units[name].cases / total.cases,
            "value_of_all": _rate(all_units[name]),
        }
        for name in sorted(own, key=lambda name: (-own[name].cases, name))
    ]
    interval = wilson(*mine) if mine.cases >= FEWEST else None
    return {
        "unit": unit,
        "level": cast("UnitLevel", level),
        **store.told(period),
        "of": of,
        "n": mine.cases,
        "value": _rate(mine),
        "interval": interval and (100 * interval[0], 100 * interval[1]),
        "value_of_all": _rate(total),
        "expected": None if expected is None or interval is None else 100 * expected,
        "told": 100 * (1 - own.get("", Cases()).cases / mine.cases) if mine.cases else None,
        "beside": _beside(expected, interval),
        "parts": parts,
    }


def _by_procedure(store: Asked, within: list[str], period: Period, of: Of) -> dict[str, Cases]:
    if of == "ratings":
        rated = evidence.ratings_by(store.client, within, period, "procedure")
        return {row["part"]: Cases(row["satisfied"], row["answered"]) for row in rated}
    ended = evidence.dossiers_by(store.client, within, period, "procedure")
    return {row["part"]: Cases(row["settled"] - row["settled_late"], row["settled"]) for row in ended if row["settled"]}


def _sum(found: Iterable[Cases]) -> Cases:
    listed = list(found)
    return Cases(sum(one.good for one in listed), sum(one.cases for one in listed))


def _rate(found: Cases) -> float | None:
    return 100 * found.good / found.cases if found.cases >= FEWEST else None


def _beside(expected: float | None, interval: tuple[float, float] | None) -> Standing | None:
    if expected is None or interval is None:
        return None
    low, high = interval
    return "below" if high < expected else "above" if low > expected else "as_expected"
