"""What the simulated day lets one see: a figure of every indicator, but for those that one day cannot have."""

from __future__ import annotations

from datetime import UTC, date, datetime
from typing import Any

import pytest

from contract.indicators.catalogue import RuleSet, catalogue
from contract.indicators.indicator import Figure, evaluate
from contract.indicators.points import Score, score
from dashboards.api.unit_tree import tree_on
from runtime.settings import Settings
from sources.reference.load import read
from sources.simulation.command import hanoi
from sources.simulation.day import working_day
from tests.support import own_store, put
from warehouse.read import counts as figures
from warehouse.read.periods import Period

DAY = date(2026, 11, 20)
CITY = "H26"
SCALE = 0.1

EMPTY_AFTER_A_DAY = {
    "APO_RESCHED_GT1": "a dossier that was accepted that day is given a new appointment on a later one",
}
"""Indicators without a figure for a single day of the whole city, and why."""


@pytest.fixture(scope="module")
def figures_of_the_day(engine: Settings) -> dict[str, Figure]:
    indicators = catalogue()
    with own_store(engine, "simulated_day") as store:
        put(store, read(None).events)
        put(store, list(working_day(hanoi(), DAY, seed=1, scale=SCALE)))
        tree = tree_on(DAY, figures.units(store), [])
        period = Period(datetime(2026, 11, 19, 17, tzinfo=UTC), datetime(2026, 11, 20, 17, tzinfo=UTC))
        counts = figures.counts(store, dict.fromkeys(tree.below(CITY), CITY), period, indicators.measures)[CITY]
    return {indicator.id: evaluate(indicator, counts) for indicator in indicators.indicators.values()}


def points(rules: str, figures: dict[str, Figure]) -> Score:
    rule_set: RuleSet | None = catalogue().rule_set(rules)
    assert rule_set is not None
    return score(rule_set.cards, rule_set.bands, figures, "city")


def test_every_indicator_has_a_figure_but_those_that_a_day_cannot_have(
    figures_of_the_day: dict[str, Figure],
) -> None:
    figures = figures_of_the_day
    empty = {name for name, figure in figures.items() if figure.status != "ok"}
    assert empty == EMPTY_AFTER_A_DAY.keys()
    # Counts are told without a case as well: here each has one.
    counted: dict[str, Any] = {name: figures[name].denominator for name in ("Q766_5_1", "LTH_COUNT", "TIM_DUE_SOON")}
    assert all(counted.values()), counted


def test_all_three_rule_sets_come_to_a_band_that_is_neither_the_best_nor_the_worst(
    figures_of_the_day: dict[str, Figure],
) -> None:
    for rules in ("qd766", "nd61_2018", "nd61_staff"):
        points_of_rules = points(rules, figures_of_the_day)
        missing = [each for card in points_of_rules.cards for each in card.components if each.points is None]
        assert missing == [], rules
        assert points_of_rules.band is not None
    total = points("qd766", figures_of_the_day)
    assert 60 < total.points < 95


def test_shares_are_near_those_that_are_published(figures_of_the_day: dict[str, Figure]) -> None:
    values = {name: figure.value or 0.0 for name, figure in figures_of_the_day.items()}
    # Report 275/BC-UBND of 18/6/2026: digitisation above 98 %; plan 86/KH-UBND: 95 % restructured by the end of 2026.
    assert values["Q766_1_4"] > 95
    assert 90 < values["PROC_RESTRUCT"] <= 100
    assert values["DIG_POINTS"] > 95
    assert 80 < values["FLOW_ECIRC"] < 100
